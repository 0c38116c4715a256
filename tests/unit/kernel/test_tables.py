"""Tables in text files: encodings, separators, quotes, line numbers, limits."""

import pytest

from app.kernel.errors import BadInput
from app.kernel.tables import (
    FileEmpty,
    FileTooLarge,
    FileUnreadable,
    HeaderWrong,
    TooManyRows,
    column_key,
    is_formula,
    read_table,
)

TEXT = "name,city\nMüller,Köln\nŽofie,Łódź\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_unicode_encoding_is_recognised(encoding):
    table = read_table(TEXT.encode(encoding))
    assert table.header == ("name", "city")
    assert [row.cells for row in table.rows] == [("Müller", "Köln"), ("Žofie", "Łódź")]


def test_what_is_no_unicode_is_read_as_windows_writes_it():
    table = read_table("name;city\r\nMüller – Söhne;Köln\r\n".encode("windows-1252"))
    assert (table.rows[0].cells, table.encoding, table.separator) == (("Müller – Söhne", "Köln"), "windows-1252", ";")


def test_another_encoding_can_be_said():
    assert read_table("a\nŁódź\n".encode("windows-1250"), encoding="windows-1250").rows[0].cells == ("Łódź",)
    with pytest.raises(FileUnreadable):
        read_table(b"a\n\xff\n", encoding="utf-8")
    with pytest.raises(FileUnreadable):
        read_table(b"a\n1\n", encoding="no-such-encoding")


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_in_the_header_outside_quotes(separator):
    text = separator.join(['"a;b,c|d"', "second", "third"]) + "\n" + separator.join(["1", "2", "3"]) + "\n"
    assert read_table(text.encode()).rows[0].cells == ("1", "2", "3")


def test_excel_may_say_the_separator_first():
    table = read_table(b"sep=;\r\na;b\r\n1,5;2\r\n")
    assert (table.header, table.rows[0].line, table.rows[0].cells) == (("a", "b"), 3, ("1,5", "2"))


def test_a_row_knows_the_line_where_it_begins():
    table = read_table(b'\na,b\n"x\ny",1\n\n ,\nz,2\n')
    assert [(row.line, row.cells) for row in table.rows] == [(3, ("x\ny", "1")), (7, ("z", "2"))]


def test_a_quotation_mark_that_is_never_closed_is_named_by_its_line():
    table = read_table(b'a,b\n1,2\n"3,4\n5,6\n')
    assert [row.line for row in table.rows] == [2]
    assert table.faults[0][0] == 3
    assert "never closed" in table.faults[0][1]


def test_a_row_with_wrong_quotation_marks_or_too_many_cells_is_named_and_the_others_are_read():
    table = read_table(b'a,b\n"1"x,2\n3,4,5\n6\n7,8,,\n')
    assert [line for line, _reason in table.faults] == [2, 3]
    assert [row.cells for row in table.rows] == [("6", ""), ("7", "8")]


@pytest.mark.parametrize(
    ("content", "refusal"),
    [
        (b"", FileEmpty),
        (b"\n \n", FileEmpty),
        (b"a,A\n1,2\n", HeaderWrong),
        (b"x" * 2000, FileTooLarge),
        (b"a\n" + b"1\n" * 101, TooManyRows),
        (b"\xff\xfe\x00", FileUnreadable),
        (b"a\n\x81\n", FileUnreadable),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_as_a_whole(content, refusal):
    with pytest.raises(refusal):
        read_table(content, most_bytes=1500, most_rows=100)


def test_junk_of_any_kind_is_read_or_refused_but_never_breaks():
    import random

    chance = random.Random(7)
    for _ in range(500):
        junk = bytes(chance.choice(b'a,;"\n\r\t\x00\xff\xfe=1') for _ in range(chance.randrange(60)))
        try:
            read_table(junk)
        except BadInput:
            continue


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        ' =HYPERLINK("http://x")',
        "@SUM(A1)",
        "+cmd|' /C calc'!A0",
        "-2+3+cmd|x",
        "-A1(2)",
        "-2+3",
        "-2-3",
        "+1*2",
        "-A1+B2",
        "- 2,5 / 4",
    ],
)
def test_a_formula_is_told(cell):
    assert is_formula(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "-5",
        "+49 (30) 123-4",
        "- 20 cm cable",
        "a=b",
        "+1",
        "-12,50",
        "",
        "x@y.de",
        "(1)",
        "-1 000.5",
        "+49 30/123-45",
        "-2%",
        "- 10 + VAT",
        "-A4 paper",
    ],
)
def test_plain_text_is_no_formula(cell):
    assert not is_formula(cell)


def test_column_names_meet_without_regard_to_case_and_dashes():
    assert [column_key(name) for name in ("Deal - ID", " Close Date ", "unit_price", "PO-Number")] == [
        "deal_id", "close_date", "unit_price", "po_number",
    ]  # fmt: skip
