"""A line goes by itself only where independent evidence says so; else a person sees the ways with their reasons."""

from dataclasses import replace
from datetime import date

import pytest

from app.payments.rules_book import EarlierPayment, Habit, MatchLine, OpenBook, OpenItem, Opposite, PayerAccount
from app.payments.rules_matching import Action, Policy, propose
from app.payments.rules_names import NameIndex
from app.payments.rules_remittance import Series
from bench.matching import add_up, build_book, tabulate
from bench.remittances import invent

BOTH = {(21, 1): 640_00, (22, 1): 640_00}
THREE = BOTH | {(23, 1): 300_00}
ALL_OF_SUED = THREE | {(24, 1): 500_00}
GREEK = {(41, 1): 300_00, (42, 1): 340_00}
ON, DUE = date(2026, 11, 20), date(2026, 12, 1)
NORD, SUED, KIEL = "Nordlicht Logistik GmbH", "Suedstern Papier AG", "Kieler Werft KG"


def item(number, customer, amount, *, instalment=1, currency="EUR", **more):
    return OpenItem(
        number, instalment, f"INV-2026-{number:05d}", customer, currency, date(2026, 11, 1), DUE, amount, **more
    )


BOOK = OpenBook(
    series=Series(("INV-{year}-{number:05d}",), ("SO-{year}-{number:05d}",), ("C-{number:05d}",)),
    items=[
        item(11, 1, 100_00), item(12, 1, 250_00), item(13, 1, 999_00, payable=979_02, payable_until=ON),
        item(14, 1, 480_00, instalment=1), item(14, 1, 520_00, instalment=2),
        item(21, 2, 640_00, po_number="PO-4711"), item(22, 2, 640_00), item(23, 2, 300_00),
        item(24, 2, 500_00, payable=490_00, payable_until=date(2026, 11, 9)),
        item(41, 5, 300_00), item(42, 5, 340_00), item(15, 4, 77_00, currency="USD"),
        item(31, 3, 815_00), item(32, 3, 60_00), item(33, 3, 62_00, payable=60_00, payable_until=ON),
    ],
    settled_numbers={"INV-2026-00009": 1},
    accounts=[PayerAccount("DE1", 1, 5, 0), PayerAccount("DE3", 3, 4, 0), PayerAccount("DE4", 4, 1, 0)],
    names=NameIndex([(1, NORD), (2, SUED), (3, KIEL), (4, "Zephyr Airparts LLC"), (5, "Ελληνική Ηλιακή Α.Ε.")]),
    numbers={"C-00002": 2},
    habits={(3, Habit.AMOUNT): 3},
    payments=[EarlierPayment(7, 1, "EUR", 90_00, date(2026, 10, 1), "", ("INV-2026-00008",))],
)  # fmt: skip


def line(amount, text="", name="", account="", **more):
    return MatchLine(
        amount=amount, currency=more.pop("currency", "EUR"), booked_on=ON, remittance=text, party_name=name,
        party_account=account, **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("paid", "shares", "certain", "reason"),
    [
        # what goes by itself
        (line(100_00, "INV-2026-00011"), {(11, 1): 100_00}, True, "number in remittance"),
        (line(350_00, "INV-2026-00011, 12"), {(11, 1): 100_00, (12, 1): 250_00}, True, "exact amount of all named"),
        (line(520_00, "inv 2026 00014"), {(14, 2): 520_00}, True, "exact amount of an instalment"),
        (line(979_02, "INV-2026-00013"), {(13, 1): 979_02}, True, "less the early discount, in time"),
        (line(815_00, "", KIEL, "DE3"), {(31, 1): 815_00}, True, "known account"),
        (line(100_00, "1NV-2O26-OOO11", NORD, "DE1"), {(11, 1): 100_00}, True, "known account"),
        # what waits for a person
        (line(100_00, "1NV-2O26-OOO11"), {(11, 1): 100_00}, False, "misread letters"),
        (line(250_00, "", NORD), {(12, 1): 250_00}, False, "same name"),
        (line(250_00, "", NORD, "DE1"), {(12, 1): 250_00}, False, "known account"),
        (line(815_00, "INV-2026-00999", KIEL, "DE3"), {(31, 1): 815_00}, False, "known account"),
        (line(60_00, "", KIEL, "DE3"), {(32, 1): 60_00}, False, "known account"),
        (line(640_00, "2026-21", SUED), {(21, 1): 640_00}, False, "shortened"),
        (line(640_00, "PO 4711", SUED), {(21, 1): 640_00}, False, "order in remittance"),
        (line(640_00, "INV-2026-00021", NORD, "DE1"), {(21, 1): 640_00}, False, "account of another customer"),
        (line(640_00, "INV-2026-00021", KIEL), {(21, 1): 640_00}, False, "name of another customer"),
        (line(100_00, "INV-2026-00011 INV-2026-00009"), {(11, 1): 100_00}, False, "number in remittance"),
        (line(100_00, "INV-2026-00011 INV-2026-00012"), {(11, 1): 100_00}, False, "number in remittance"),
        (line(240_00, "INV-2026-00012"), {(12, 1): 240_00}, False, "less a usual bank fee"),
        (line(490_00, "INV-2026-00024"), {(24, 1): 490_00}, False, "too late"),
        (line(110_00, "INV-2026-00011"), {(11, 1): 100_00}, False, "more than is open: 10.00 EUR goes on account"),
        (line(300_00, "Rechnung 23/2026", SUED), {(23, 1): 300_00}, True, "number in remittance, shortened"),
        (line(300_00, "Rechnung 23/2026"), {(23, 1): 300_00}, False, "number in remittance, shortened"),
        (line(815_00, "Miete 11/2026", KIEL), {(31, 1): 815_00}, False, "no number is named"),
        (line(3000_00, "hello", SUED), ALL_OF_SUED, False, "more than is open: 920.00 EUR goes on account"),
        (line(80_00, "", "Zephyr Airparts LLC", currency="USD"), {(15, 1): 77_00}, False, "more than is open: 3.00"),
        (line(640_00, "danke", "Ελληνική Ηλιακή Α.Ε."), GREEK, False, "exact amount of all that is open"),
        (line(125_00, "INV-2026-00012"), {(12, 1): 125_00}, False, "a part of what is open: 125.00 EUR is missing"),
        (line(940_00, "C-00002"), {(21, 1): 640_00, (23, 1): 300_00}, False, "customer number"),
        (line(77_00, "INV-2026-00015", NORD), {}, False, "INV-2026-00015 is in USD"),
        (line(77_00, "INV-2026-00015 USD 77.00", "Zephyr Airparts"), {}, False, "INV-2026-00015 is in USD"),
        (line(77_00, "thanks", "Zephyr Airparts LLC"), {}, False, "owes nothing in this currency"),
        (line(77_00, "thanks", account="DE4"), {}, False, "known account"),
        (line(900_00, "INV-2026-00022, 23 and 00021"), BOTH | {(22, 1): 260_00}, False, "names 3 invoices, pays 680"),
        (line(1500_00, "INV-2026-00023, 21 and 22", SUED), THREE | {(23, 1): 220_00}, False, "80.00 EUR of INV"),
        (line(1600_00, "INV-2026-00021, 22 and 23"), THREE, False, "more than is open"),
        (line(640_00, "", "ELLINIKI ILIAKI AE"), {(41, 1): 300_00, (42, 1): 340_00}, False, "same name"),
        (line(640_00, "", "ELLHNIKH HLIAKH"), {(41, 1): 300_00, (42, 1): 340_00}, False, "similar name"),
        (line(55_00, "INV-2026-00009"), {}, False, "settled already"),
        (line(815_00), {(31, 1): 815_00}, False, "exact amount"),
    ],
)  # fmt: skip
def test_the_first_proposal_and_whether_it_is_certain(paid, shares, certain, reason):
    first = propose(paid, BOOK)[0]
    assert {(share.invoice_id, share.instalment): share.amount for share in first.shares} == shares
    assert (first.is_certain, 0 < first.score <= 100) == (certain, True)
    assert reason in " / ".join(first.reasons)


@pytest.mark.parametrize(
    ("paid", "doubt"),
    [
        (line(640_00, "2026-21", SUED), "another open item has about this amount"),
        (line(100_00, "2026-11"), "the number is not whole and the payer not known"),
        (line(640_00, "INV-2026-00021", KIEL), "another customer has this name"),
        (line(640_00, "INV-2026-00021", "", "DE1"), "another customer uses this account"),
        (line(100_00, "INV-2026-00011 INV-2026-00012"), "INV-2026-00012 is named too"),
        (line(100_00, "INV-2026-00011 INV-2026-00009"), "INV-2026-00009 is named, which is settled"),
        (line(100_00, "RF99 INV2 0260 0011"), "the RF reference does not add up"),
        (line(100_00, "INV-2026-00011", reference="RF99INV202600011"), "the RF reference does not add up"),
        (line(110_00, "INV-2026-00011"), "the amount is not exact"),
        (line(250_00, "", NORD), "no number is named"),
        (line(815_00, "INV-2026-00999", KIEL, "DE3"), "INV-2026-00999 is named, which is no invoice of ours"),
        (line(640_00, "RG 21/2026"), "the number is not whole and the payer not known"),
        (line(300_00, "Rechnung 11/2026", NORD), "the amount is not exact"),
        (line(60_00, "", KIEL, "DE3"), "another open item fits as well"),
        (line(100_00, "INV-2026-00011", was_taken_back=True), "it was taken back once"),
        (line(-90_00, "INV-2026-00008 Return", NORD), "the bank does not say that it came back"),
    ],
)
def test_what_waits_says_why_and_scores_below_what_goes_by_itself(paid, doubt):
    first = propose(paid, BOOK)[0]
    assert (first.is_certain, first.reasons[:3].count(f"waits: {doubt}")) == (False, 1)
    assert first.score < propose(line(100_00, "INV-2026-00011"), BOOK)[0].score


def test_by_policy_what_is_certain_waits_and_says_so():
    first = propose(line(100_00, "INV-2026-00011"), BOOK, Policy(only_propose=True))[0]
    assert (first.is_certain, first.score < 96, first.reasons[2]) == (
        True,
        True,
        "waits: the settings say: only propose",
    )


def test_too_much_is_said_of_all_that_is_named_and_of_no_part():
    found = propose(line(900_00, "INV-2026-00022, 23 and 00021"), BOOK)
    assert not any("more than is open" in one.reasons for one in found)


@pytest.mark.parametrize(
    ("bearer", "payer", "least"),
    [
        ("Ελληνική Ηλιακή Α.Ε.", "Elliniki Iliaki AE", 1),
        ("Χρήστος Ψαράς ΕΠΕ", "XRISTOS PSARAS", 0.7),
        ("Ευαγγέλου Υιοί", "Evaggelou Yioi", 0.9),
        ("Газпром Нефть ООО", "Gazprom Neft OOO", 1),
        ("Київський Хліб", "Kyivskyi Khlib", 0.9),
        ("شركة النور للتجارة", "Sharikat Al Noor", 0.7),
        ("Kieler Werft KG", "Ελληνική Ηλιακή", 0),
        ("Щукин и Жуков", "Sarkany Zrt", 0),
    ],
)
def test_a_name_is_known_in_latin_letters_however_it_was_spelt(bearer, payer, least):
    likeness = max([one.likeness for one in NameIndex([(1, bearer)]).find(payer)], default=0)
    assert (likeness >= least, bool(likeness)) == (True, bool(least))


def test_what_is_kept_back_has_an_amount_and_a_reason():
    assert propose(line(240_00, "INV-2026-00012"), BOOK)[0].deduction == (12, 1, 10_00, "bank_fee")
    assert propose(line(490_00, "INV-2026-00024"), BOOK)[0].deduction == (24, 1, 10_00, "discount_late")


def test_nothing_is_let_go_while_money_on_account_covers_what_is_missing():
    fee, late = line(240_00, "INV-2026-00012"), line(490_00, "INV-2026-00024")
    for paid, (customer, missing) in ((fee, (1, 10_00)), (late, (2, 10_00))):
        enough, less = (replace(BOOK, money={(customer, "EUR"): lies}) for lies in (missing, missing - 1))
        [covered, short] = [propose(paid, book)[0] for book in (enough, less)]
        assert (covered.deduction, covered.shares, covered.is_certain) == (None, short.shares, False)
        assert "10.00 EUR is missing, and money on account covers it" in covered.reasons
        assert short.deduction.amount == missing


def test_equal_amounts_are_both_proposed_and_neither_is_certain():
    found = propose(line(640_00, "", SUED), BOOK)
    assert [one.shares[0].invoice_id for one in found[:2]] == [21, 22]
    assert not any(one.is_certain for one in found)


@pytest.mark.parametrize(
    ("taken", "action", "payment", "certain"),
    [
        (line(-90_00, "RETOURE INV-2026-00008", return_reason="AC04"), Action.REVERSE, 7, True),
        (line(-95_50, "Return INV-2026-00008", NORD), Action.REVERSE, 7, False),
        (line(-12_50, "Kontofuehrungsentgelt"), Action.CHARGE, None, False),
        (line(-12_50, "", code="PMNT/CCRD/CHRG"), Action.CHARGE, None, False),
        (line(-50_00, "Erstattung CN-2026-00001", NORD), Action.REFUND, None, False),
    ],
)
def test_money_that_went_out_is_a_return_a_charge_or_a_refund(taken, action, payment, certain):
    first = propose(taken, BOOK)[0]
    assert (first.action, first.payment_id, first.is_certain) == (action, payment, certain)


def test_what_nothing_speaks_for_is_left_alone():
    nobody = [line(123_45, "Lohn 11/2026", "Finanzamt"), line(-9_99, "Miete"), line(5_00, "x", is_reversal=True)]
    assert [propose(each, BOOK) for each in nobody] == [[], [], []]


def test_five_hundred_invented_lines_are_placed_and_none_is_allocated_wrong():
    world = invent(500, seed=5)
    precision, found = add_up(tabulate(world, build_book(world)))
    assert precision == 1
    assert found >= 0.9


BACK = {"is_reversal": True}


def other(name="", text="", account="", *, payment=None, named="", mandate=""):
    return Opposite(
        5, date(2026, 11, 22), text, "", named, name, account, payment, 1 if payment else None, mandate
    )  # fmt: skip


@pytest.mark.parametrize(
    ("paid", "kind", "score", "says"),
    [
        # the bank takes a credit back that is still open: neither is placed by itself
        (line(100_00, "INV-2026-00011", KIEL, opposites=(other(KIEL),)), "cancel", 90, "taken back by a line of 22"),
        (line(-100_00, "", KIEL, **BACK, opposites=(other(KIEL),)), "cancel", 90, "takes back a line of 22 Nov"),
        (line(-55_00, "RENT 17", "X", **BACK, opposites=(other("Y", "Rent 17"),)), "cancel", 90, "same remittance"),
        (line(55_00, "Rent", **BACK, opposites=(other("Landlord AG", "Rent"),)), "cancel", 90, "same remittance"),
        (line(-55_00, "", **BACK, opposites=(other("Y", "Rent"),)), "cancel", 45, "nothing but the amount"),
        (line(-55_00, "", "Y", return_reason="AC04", opposites=(other("Y", payment=7),)), "reverse", 90, "same name"),
        (line(100_00, "INV-2026-00011", opposites=(other(KIEL),)), "allocate", 90, "a return of this amount is open"),
        # whose payer is another one is another line
        (line(100_00, "INV-2026-00011", "X", opposites=(other("Y", "Rent"),)), "allocate", 96, "exact amount"),
    ],
)  # fmt: skip
def test_a_return_and_what_it_takes_back_are_one_pair(paid, kind, score, says):
    first = propose(paid, BOOK)[0]
    assert (first.action.value, first.score, first.is_certain) == (kind, score, kind == "allocate" and score == 96)
    assert says in " / ".join(first.reasons)


@pytest.mark.parametrize(
    ("changes", "others", "doubt"),
    [
        ({}, (), ""),
        ({"mandate_id": ""}, (), ""),
        (
            {},
            (other(NORD, account="DE1", payment=8, named="E-7", mandate="M-1"),),
            "another payment has this id",
        ),
        ({"end_to_end_id": "E-8"}, (), "no number is named"),
        ({"end_to_end_id": ""}, (), "no number is named"),
        ({"mandate_id": "M-2"}, (), "no number is named"),
        ({"party_name": "Somebody else"}, (), "no number is named"),
    ],
)
def test_a_returned_debit_is_certain_by_its_end_to_end_id_with_its_amount_account_and_name(changes, others, doubt):
    taken = (other(NORD, account="DE1", payment=7, named="E-7", mandate="M-1"), *others)
    said = {"end_to_end_id": "E-7", "mandate_id": "M-1", "return_reason": "AC04"}
    back = replace(line(-90_00, "Direct debit", NORD, "DE1", opposites=taken, **said), **changes)
    first = propose(back, BOOK)[0]
    assert (first.action, first.payment_id, first.is_certain, first.doubt) == (Action.REVERSE, 7, not doubt, doubt)
