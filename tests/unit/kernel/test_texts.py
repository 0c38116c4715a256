"""Text that people type: what is kept, what is refused, and when two names are the same."""

import pytest

from app.kernel.texts import TextMissing, TextTooLong, TextUnreadable, clean_block, clean_line, counted, identity_key


def test_a_line_is_composed_and_has_single_spaces():
    assert clean_line("  Mu\u0308ller \t &\n Sohn ", "name") == "Müller & Sohn"


def test_a_block_keeps_its_lines():
    assert clean_block(" a\r\nb\rc ", "notes") == "a\nb\nc"


@pytest.mark.parametrize("text", ["a\x00b", "a\x1bb", "ab\u202egnp", "\ud800"])
def test_what_cannot_be_shown_is_refused(text):
    with pytest.raises(TextUnreadable, match="Name"):
        clean_line(text, "name")


def test_missing_and_overlong_text_is_named():
    with pytest.raises(TextMissing, match="Postal code is missing"):
        clean_line("  ", "address.postal_code", required=True)
    with pytest.raises(TextTooLong):
        clean_line("x" * 201, "name")
    with pytest.raises(TextTooLong):
        clean_line(" " * 10_000_000, "name")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ACME, Inc.", "Acme Inc"),
        ("Straße 1", "STRASSE 1"),
        ("A  B", "a b"),
        ("ＡＢＣ", "abc"),
        ("Łódź S.A.", "łódź s a"),
    ],
)
def test_spellings_of_one_name_meet(one, other):
    assert identity_key(one) == identity_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Müller", "Muller"), ("Acme", "Acme 2"), ("شركة النور", "شركة النورس"), ("Acme GmbH", "Acme AG")],
)
def test_different_names_stay_apart(one, other):
    assert identity_key(one) != identity_key(other)


def test_a_name_of_punctuation_alone_still_has_a_key():
    assert identity_key("***") == "***"


@pytest.mark.parametrize(
    ("said", "text"),
    [
        (counted(0, "day"), "0 days"),
        (counted(1, "day"), "1 day"),
        (counted(1240, "entry", "entries"), "1,240 entries"),
        (counted(1, "task is", "tasks are"), "1 task is"),
    ],
)
def test_a_count_has_the_word_that_goes_with_it(said, text):
    assert said == text


def test_separators_of_lines_and_paragraphs_are_line_ends_as_pages_draw_them():
    assert clean_block("One\u2028two\u2029three\r\nfour\rfive", "note") == "One\ntwo\nthree\nfour\nfive"
