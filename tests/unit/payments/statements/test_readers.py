"""What each reader makes of a bank's file, and that everything else ends in one plain refusal with a line."""

import random
import zipfile
from datetime import date
from io import BytesIO

import pytest

from app.payments.rules_bank import list_faults
from app.payments.statements import reading
from app.payments.statements.csv_guess import guess_profile
from app.payments.statements.csv_profile import CsvProfile
from app.payments.statements.detect import read_bank_file
from app.payments.statements.model import BankFile, Detail, Unreadable
from tests.unit.payments.statements.mutate import mutate
from tests.unit.payments.statements.samples import ALL, BAI2, CAMT, CSV, DUTCH, GERMAN, SGML

DAY = date(2026, 11, 20)


def _read(text, **options):
    return read_bank_file(text.encode() if isinstance(text, str) else text, "statement", **options)


# account, currency, opening, closing, credits, debits, adds up, entries
FACTS = {
    "camt": ("DE02120300000000202051", "EUR", 100_00, 157_50, 70_00, 12_50, True, 3),
    "german": ("10020030/1234567", "EUR", 100_00, 160_50, 70_50, 10_00, True, 2),
    "dutch": ("NL91ABNA0417164300", "EUR", -10_00, 8_50, 20_00, 1_50, True, 2),
    "polish": ("PL61109010140000071219812874", "PLN", 0, 10_00, 12_30, 2_30, True, 2),
    "swiss": ("CH9300762011623852957", "CHF", 5_00, 8_00, 3_00, 0, True, 1),
    "sgml": ("DE1", "EUR", None, None, 1234_50, 50, None, 2),
    "xml ofx": ("9", "JPY", None, -500, 0, 500, None, 1),
    "bai2": ("1234", "CAD", 100_00, 150_00, 70_00, 20_00, True, 2),
    "csv": ("DE02", "EUR", 105_00, 1100_50, 1000_50, 5_00, True, 2),
}


@pytest.mark.parametrize("name", FACTS)
def test_a_file_says_its_account_balances_and_sums(name):
    (statement,) = _read(ALL[name]).statements
    balances = [balance and balance.amount for balance in (statement.opening, statement.closing)]
    said = (statement.account, statement.currency, *balances, statement.credits, statement.debits, statement.adds_up)
    assert (*said, len(statement.entries)) == FACTS[name]


# the place of the entry, its days, its code, the bank's reference, whether it reverses, its details
ENTRIES = [
    ("camt", 0, DAY, date(2026, 11, 21), "", "B-77", False, (
        Detail(amount=40_00, remittance="INV-2026- 00017", party_name="Acme Ltd", party_account="NL91ABNA0417164300"),
        Detail(amount=32_00, reference="RF18539007547034", end_to_end_id="E-2"),
        Detail(amount=-2_00, remittance="Bank charge", is_charge=True))),
    ("camt", 1, DAY, None, "", "", True, (Detail(amount=-12_50, party_name="Bolt GmbH", return_reason="AC04"),)),
    ("german", 0, DAY, date(2026, 11, 21), "NTRF+166", "B-77", False, (
        Detail(amount=70_50, remittance="Rechnung INV-2026-00017 danke", end_to_end_id="E-2", mandate_id="M-9",
               party_name="Möbel Müller", party_account="DE02120300000000202051"),)),
    ("german", 1, date(2026, 3, 1), None, "NSTO+159", "", True,
     (Detail(amount=-10_00, remittance="zurueck"),)),
    ("dutch", 0, DAY, DAY, "NMSC", "", False, (
        Detail(amount=-1_50, remittance="INV 17", end_to_end_id="E-3", mandate_id="M-3", party_name="Jansen BV",
               return_reason="MD06"),)),
    ("dutch", 1, DAY, DAY, "NTRF", "B-9", False, (
        Detail(amount=20_00, remittance="RF18539007547034", reference="RF18539007547034", end_to_end_id="E-4",
               party_name="De Vries", party_account="NL20INGB0001234567"),)),
    ("polish", 1, DAY, DAY, "NTRF", "", False, (
        Detail(amount=-2_30, remittance="CZYNSZ", party_name="ANNA", party_account="27114020040000300201355387"),)),
    ("swiss", 0, DAY, DAY, "NMSC", "Z-1", True, (Detail(amount=3_00, remittance="Storno", end_to_end_id="F-1"),)),
    ("sgml", 0, DAY, None, "CREDIT", "F-1", False, (Detail(amount=1234_50, remittance="M&M", party_name="M&M"),)),
    ("xml ofx", 0, DAY, None, "", "", False, (Detail(amount=-500, remittance="A < B", party_name="A < B"),)),
    ("bai2", 0, DAY, date(2026, 11, 21), "195", "B-1", False, (
        Detail(amount=70_00, remittance="Wire, from Acme", end_to_end_id="E-7", party_name="Acme Ltd"),)),
    ("csv", 0, DAY, date(2026, 11, 21), "", "", False, (
        Detail(amount=1000_50, remittance="INV-1; second line", party_name="Acme",
               party_account="NL91ABNA0417164300"),)),
]  # fmt: skip


def test_an_entry_says_days_code_reference_and_what_is_to_be_matched():
    for name, place, booked_on, value_on, code, reference, is_reversal, details in ENTRIES:
        entry = _read(ALL[name]).statements[0].entries[place]
        said = (entry.booked_on, entry.value_on, entry.code, entry.bank_reference, entry.is_reversal, entry.details)
        assert said == (booked_on, value_on, code, reference, is_reversal, details), name


def test_texts_are_read_in_the_encoding_they_are_written_in():
    for encoding in ("utf-8", "cp1252", "latin-1", "utf-16"):
        entry = _read(GERMAN.encode(encoding)).statements[0].entries[0]
        assert entry.details[0].party_name == "Möbel Müller", encoding


def test_what_does_not_add_up_is_told_and_never_repaired():
    cases = (
        (CAMT.replace(">157.50000<", ">157.51<"), 157_51),
        (CAMT.replace('"EUR">157.50000<', '"CHF">157.50<'), 157_50),
        (GERMAN.replace("EUR160,50", "EUR161,50"), 161_50),
        (BAI2.replace("49,41000,7", "49,41001,7"), 150_00),
        (BAI2.replace("98,41000,1,9", "98,41000,1,8"), 150_00),
        (BAI2.replace("99,41000,1,11", "99,41000,2,11"), 150_00),
        (CSV.replace("1.100,50", "1.100,51"), 100_00),
    )
    for text, closing in cases:
        (statement,) = _read(text).statements
        assert (statement.adds_up, statement.closing.amount) == (False, closing), text[:200]


def _zipped():
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as folder:
        folder.writestr("a.csv", CSV)
    return packed.getvalue()


BOMB = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><Document>&b;</Document>'
# what is wrong, the file, the line it is found in, what the refusal says
HOSTILE = [
    ("empty", b"", 0, "is empty"),
    ("blank", b" \r\n\t", 0, "is empty"),
    ("a PDF", b"%PDF-1.7 ...", 0, "a PDF"),
    ("a ZIP", _zipped(), 0, "a ZIP"),
    ("a web page", "<!DOCTYPE html><html><body>Sign in</body></html>", 1, "web page"),
    ("prose", "Dear Sir or Madam,\nplease pay.\n", 1, "format is not known"),
    ("NUL", GERMAN.replace("danke", "dan\0ke"), 8, "no text"),
    ("an entity bomb", BOMB, 1, "DTD"),
    ("an entity bomb in OFX", SGML.replace("<OFX>", '<!DOCTYPE l [<!ENTITY a "aaaa">]><OFX>'), 4, "DTD"),
    ("deep XML", "<a>" * 70 + "</a>" * 70, 1, "nested deeper"),
    ("wide XML", "<Document>" + "<a/>" * 100_001 + "</Document>", 1, "nested deeper or wider"),
    ("other XML", "<Invoice/>", 1, "no camt"),
    ("an unknown encoding", '<?xml version="1.0" encoding="klingon"?><Document/>', 1, "encoding"),
    ("truncated camt", CAMT[:2000], 25, "cut off here. Fetch it again"),
    ("camt, cut within a tag", CAMT[:1994], 25, "cut off here. Fetch it again"),
    ("camt, another encoding than it says", CAMT.replace("Acme", "Äcme").encode("cp1252"), 13,
     "says that it is written in UTF-8, and this line is not"),
    ("camt, a tag that is not closed", CAMT.replace("</b:Id>", "", 1), 27, "broken: mismatched tag. Fetch it again"),
    ("truncated OFX", SGML[:400], 9, "ends before"),
    ("truncated BAI2", BAI2[:-20], 9, "cut off after this record 49"),
    ("camt, 30 February", CAMT.replace("<b:Dt>2026-11-20</b:Dt></b:BookgDt>", "<b:Dt>2026-02-30</b:Dt></b:BookgDt>"),
     9, "not a day"),
    ("MT940, 31 April", GERMAN.replace("2611211120CR", "2604310501CR"), 6, "not a day"),
    ("CSV, 30 February", CSV.replace("20.11.2026", "30.02.2026"), 3, "not a day"),
    ("camt, no amount", CAMT.replace(">40.00<", ">forty<"), 12, "“forty” is not an amount"),
    ("camt, a fraction of a cent", CAMT.replace(">70.00<", ">70.001<"), 9, "more decimals"),
    ("camt, no currency of this world", CAMT.replace('"EUR">70', '"ABC">70'), 9, "not a currency"),
    ("camt, an absurd amount", CAMT.replace(">70.00<", f">{'9' * 400}<"), 9, "not an amount"),
    ("MT940, no amount", GERMAN.replace("CR70,50", "CRXX,50"), 6, "no booking"),
    ("MT940, a letter in the amount", GERMAN.replace("CR70,50", "CR7x0,50"), 6, "“7x0,50” is not an amount"),
    ("MT940, a code in the amount", GERMAN.replace("CR70,50", "CR7SEK0,50"), 6, "“7SEK0,50” is not an amount"),
    ("MT940, thousands", GERMAN.replace("CR70,50", "CR7.070,50"), 6, "“7.070,50” is not an amount"),
    ("MT940, a sign", GERMAN.replace("CR70,50", "CR-70,50"), 6, "no booking"),
    ("MT940, booked on 30 February", GERMAN.replace("2602300301RC", "2602300230RC"), 9, "“0230” is not a day"),
    ("MT940, 30 February alone", GERMAN.replace("2602300301RC", "260230RC"), 9, "“260230” is not a day"),
    ("camt, more than a date", CAMT.replace(">2026-11-20</b:Dt></b:BookgDt>", ">2026-11-20x</b:Dt></b:BookgDt>"), 9,
     "not a date"),
    ("OFX, a space in the amount", SGML.replace("1.234,50", "12 34,50"), 6, "not an amount"),
    ("OFX, more than a date", SGML.replace("<DTPOSTED>20261120", "<DTPOSTED>20261120-1"), 6, "not a date"),
    ("BAI2, a share that is no amount", BAI2.replace("16,195,7000,", "16,195,7000,S,1,x,2,"), 5, "not an amount"),
    ("CSV, a date unlike the others", CSV.replace("20.11.2026", "20.11.20x6"), 3, "not a date as DD.MM.YYYY"),
    ("MT940, no balance", GERMAN.replace("EUR160,50", "EUR"), 11, "no balance"),
    ("MT940, an endless line", GERMAN.replace("danke", "x" * 30_000), 8, "longer than"),
    ("OFX, no amount", SGML.replace("1.234,50", "twelve"), 6, "not an amount"),
    ("OFX, nothing as the amount", SGML.replace("1.234,50", ""), 6, "not an amount"),
    ("BAI2, no amount", BAI2.replace("16,195,7000", "16,195,70.00"), 5, "not an amount"),
    ("BAI2, no direction", BAI2.replace("16,195,", "16,700,"), 5, "neither a credit nor a debit"),
    ("BAI2, out of place", BAI2.replace("02,US,", "16,195,"), 2, "does not belong"),
    ("CSV, no amount", CSV.replace("1.000,50;EUR", "ten;EUR"), 3, "not an amount"),
    ("CSV, an open quotation mark", CSV.replace('second line"', "second line"), 3, "quotation marks"),
]  # fmt: skip


def test_every_fault_has_a_verdict_with_line_and_reason():
    for what, content, line, reason in HOSTILE:
        with pytest.raises(Unreadable) as refused:
            _read(content)
        assert reason in refused.value.message, (what, refused.value.message)
        assert refused.value.details["line"] == line, (what, refused.value.details)


def test_a_bai2_file_cut_off_anywhere_says_after_which_record():
    for end in range(BAI2.index("\n") + 1, BAI2.index("1,11/")):
        with pytest.raises(Unreadable, match="The file is cut off after this record") as refused:
            _read(BAI2[:end])
        line = refused.value.details["line"]
        assert BAI2.splitlines()[line - 1].startswith(refused.value.message.split(":")[0][-2:]), end
        assert line <= BAI2[:end].count("\n") + 1
    with pytest.raises(Unreadable, match="after this record 98: its last record"):
        _read(BAI2.replace("1,11/", "1,1"))
    assert _read(BAI2.replace("1,11/", "1,11")).statements[0].adds_up


def test_a_value_date_of_30_february_is_left_out_and_told():
    """Banks count interest in months of 30 days; a day of booking exists, or the entry is not booked."""
    camt = CAMT.replace("<b:Dt>2026-11-21</b:Dt></b:ValDt>", "<b:Dt>2026-02-30</b:Dt></b:ValDt>")
    for text, shown in ((GERMAN, "260230"), (camt, "2026-02-30")):
        (told,) = [one for one in _read(text).statements[0].entries if one.remark]
        assert (told.value_on, f"“{shown}” is not a day" in told.remark, told.fault) == (None, True, "")
    posted = SGML.replace("<DTPOSTED>20261120", "<DTPOSTED>20260230")
    assert "“20260230120000[-5:EST]” is not a day" in _read(posted).statements[0].entries[0].fault


def test_a_file_has_a_size_lines_and_entries_it_may_not_pass(monkeypatch):
    with pytest.raises(Unreadable, match="larger than 50 MB"):
        _read(b" " * (reading.MOST_BYTES + 1))
    monkeypatch.setattr(reading, "MOST_ENTRIES", 1)
    for name in ("camt", "german", "sgml", "bai2"):
        with pytest.raises(Unreadable, match="more than 1 entries"):
            _read(ALL[name])
    with pytest.raises(Unreadable, match="more than 1 entries"):
        _read(AMERICAN, profiles=[PROFILE])
    monkeypatch.setattr(reading, "MOST_LINES", 5)
    for name in ("dutch", "xml ofx"):
        with pytest.raises(Unreadable, match="more than 5 lines"):
            _read(ALL[name] + "\n" * 10)


def test_a_long_statement_is_read_whole():
    batch = CAMT[: CAMT.index("<b:Ntry>")] + 1_000 * CAMT[CAMT.index("<b:Ntry>") : CAMT.index("</b:Stmt>")]
    (statement,) = _read(batch + CAMT[CAMT.index("</b:Stmt>") :]).statements
    assert len(statement.entries) == 3_000


PROFILE = CsvProfile(
    name="My bank", delimiter=",", date_format="MM/DD/YYYY", decimal_mark=".", booked_on="Day", debit="Out",
    credit="In", remittance="Text", own_account="ACC-1", own_currency="USD",
)  # fmt: skip
AMERICAN = 'Day,Text,Out,In\n11/12/2026,A,"1,000.50",\n11/13/2026,B,,7\n'


def test_a_saved_profile_reads_what_a_file_cannot_say_of_itself():
    (statement,) = _read(AMERICAN, profiles=[CsvProfile(**_fields(PROFILE) | {"debit": "Soll"}), PROFILE]).statements
    assert (statement.account, statement.currency, statement.adds_up) == ("ACC-1", "USD", None)
    assert [(entry.booked_on.day, entry.amount) for entry in statement.entries] == [(12, -1000_50), (13, 7_00)]


def _fields(profile):
    return {name: getattr(profile, name) for name in profile.__dataclass_fields__}


def test_a_guess_marks_what_it_cannot_know():
    cases = (
        (CSV, ()),
        ("Date;Amount\n01/02/2026;5,00\n", ("date_format", "own_account", "own_currency")),
        ("Date;Amount;Currency\n2026-02-01;1,000;EUR\n", ("decimal_mark", "own_account")),
        ("Date;Amount;Currency;Account\n2026-02-01;1,00;EUR;A\n2026-02-01;1,00;EUR;B\n", ("own_account",)),
    )
    for text, unknown in cases:
        assert guess_profile(text.encode()).unknown == unknown, text
    assert guess_profile(b"a;b\n1;2\n") is None
    with pytest.raises(Unreadable, match="does not say how dates are written"):
        _read(cases[1][0])


@pytest.mark.parametrize("name", ALL)
def test_a_mutated_file_is_read_or_refused_and_nothing_else(name):
    chance = random.Random(f"{name} 5")
    for _ in range(300):
        content = mutate(ALL[name].encode(), chance)
        try:
            answer = read_bank_file(content, name)
        except Unreadable as refused:
            answer = refused
        assert isinstance(answer, BankFile) or (answer.message and answer.details["line"] >= 0)


def test_dutch_banks_name_the_other_account_below_the_booking():
    text = DUTCH.replace("NTRFNONREF//B-9", "NOVBNL20INGB0001234567\nDe Vries").replace("/EREF/E-4//CNTP/", "")
    detail = _read(text).statements[0].entries[1].details[0]
    assert (detail.party_name, detail.party_account) == ("De Vries", "NL20INGB0001234567")


@pytest.mark.parametrize("until", ["\n:62M:", "0,NSTO", "\n:61:260230"])
def test_an_mt940_that_is_cut_off_shows_what_is_left_and_may_not_be_booked(until):
    [statement] = _read(GERMAN[: GERMAN.index(until)]).statements
    assert statement.fault.reason.startswith("With this entry the statement ends without a closing balance")
    assert [problem.line for problem in list_faults(statement)] == [statement.entries[-1].line]


def test_what_is_only_announced_hides_no_cut():
    text = GERMAN[: GERMAN.index("\n:62M:")].replace("2602300301RC10", "2602300301EC10")
    [statement] = _read(text).statements
    assert statement.entries[-1].is_pending
    assert [problem.line for problem in list_faults(statement)] == [statement.booked[-1].line]


def _without(text, begin, end):
    start = text.index(begin)
    return text[:start] + text[text.index(end, start) + len(end) :]


BALANCE = ("<b:Bal><b:Tp><b:CdOrPrtry><b:Cd>{}<", "</b:Bal>\n")
NO_OPENING, NO_CLOSING = (_without(CAMT, BALANCE[0].format(one), BALANCE[1]) for one in ("PRCD", "CLBD"))
DEMANDED = {
    "camt.053, no closing": (NO_CLOSING, "no closing balance (CLBD): nobody"),
    "camt.053, no opening": (NO_OPENING, "no opening balance (OPBD): nobody"),
    "MT940, no opening": (_without(DUTCH, ":60F:", "\n"), "no opening balance (:60F:): nobody"),
    "MT940, neither": (
        _without(_without(DUTCH, ":60F:", "\n"), ":62F:", "\n"),
        "no opening balance (:60F:) and no closing balance (:62F:): nobody",
    ),
    "MT940, nothing but an opening": (DUTCH[: DUTCH.index(":61:")], "no closing balance (:62F:): nobody"),
}


@pytest.mark.parametrize("what", DEMANDED)
def test_a_statement_without_a_balance_its_format_demands_is_held_back(what):
    text, reason = DEMANDED[what]
    [statement] = _read(text).statements
    assert [reason in one.reason for one in list_faults(statement)] == [True]


def test_reports_and_formats_that_need_no_balance_are_not_held_back_for_one():
    report = NO_CLOSING.replace("BkToCstmrStmt", "BkToCstmrAcctRpt").replace("b:Stmt>", "b:Rpt>")
    for text in (report, SGML):
        [statement] = _read(text).statements
        assert (statement.adds_up, list(list_faults(statement))) == (None, []), text[:80]


@pytest.mark.parametrize(
    ("codes", "adds_up"), [(("OPBD", "ITBD"), True), (("ITBD", "CLBD"), True), (("ITBD", "ITBD"), True)]
)
def test_a_page_of_a_longer_camt_053_begins_or_ends_with_an_interim_balance(codes, adds_up):
    text = CAMT.replace("<b:Cd>PRCD<", f"<b:Cd>{codes[0]}<").replace("<b:Cd>CLBD<", f"<b:Cd>{codes[1]}<")
    [statement] = _read(text).statements
    assert (statement.adds_up, list(list_faults(statement))) == (adds_up, [])


@pytest.mark.parametrize(
    ("entry", "booked_on"),
    [
        ("2602301120DR5,", date(2026, 11, 20)),  # interest of long ago
        ("2611201120D5,", date(2026, 11, 20)),
        ("2701041121D5,", date(2026, 11, 21)),  # value in the year after
        ("2511201120D5,", date(2026, 11, 20)),
        ("2602280301D5,", date(2026, 3, 1)),  # far from the balances: next to the value date
        ("2601051230D5,", date(2025, 12, 30)),
    ],
)
def test_an_mt940_booking_has_the_year_of_its_statement(entry, booked_on):
    text = f":20:X\n:25:1\n:60F:C261119EUR10,\n:61:{entry}NTRFX\n:62F:C261120EUR5,\n-\n"
    assert _read(text).statements[0].entries[0].booked_on == booked_on


def test_an_mt940_booking_at_the_turn_of_the_year_has_the_year_of_its_own_side():
    text = ":20:X\n:25:1\n:60F:C261230EUR10,\n:61:2701021231D5,NTRFX\n:61:2612310102D5,NTRFX\n:62F:C270102EUR0,\n-\n"
    entries = _read(text).statements[0].entries
    assert [one.booked_on for one in entries] == [date(2026, 12, 31), date(2027, 1, 2)]
