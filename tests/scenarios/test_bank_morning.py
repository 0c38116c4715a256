"""The story of two mornings with a bank file: what is certain, what somebody decides, what is learned and undone."""

from __future__ import annotations

from datetime import UTC, date, datetime

from app.db.base import session
from app.db.unit_of_work import in_unit_of_work, unit_of_work
from app.ledger import queries as ledger
from app.payments import bank_files, queries_cash, queries_matched, services_cash
from app.payments.aging import as_json, read_aging
from app.payments.rules_cash import Group, LineKind
from app.payments.services_bank import import_file
from app.payments.statements.model import Detail
from app.verify import verify
from tests.bank_files import entry, handed_in, statement
from tests.book import ROWS
from tests.factories import ACTOR, make_company, make_customer, make_open_invoice

MONDAY, TUESDAY = date(2026, 11, 16), date(2026, 11, 17)
SISTER = "NL91ABNA0417164300"


def at(day):
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def line(day, amount, text, *, account="", name="", returned="", number=0):
    detail = Detail(
        amount=amount, remittance=text, party_account=account, party_name=name, return_reason=returned,
        end_to_end_id=f"E{number}" if number else "",
    )  # fmt: skip
    return entry(amount, on=day, details=(detail,))


def morning(day, *lines):
    """The file of the day before is handed in; its lines."""
    file = handed_in(statement(lines), salt=str(day))
    verdict = in_unit_of_work(lambda: import_file(file, actor=ACTOR, now=at(day)))
    ids = queries_matched.list_new(verdict.file_id)
    session().rollback()
    bank_files.match_lines(ids, now=at(day))
    return [queries_cash.show_line(one) for one in ids]


def facts(day, shown):
    session().rollback()
    return {"version": queries_cash.get_line(shown.line.id).version, "actor": ACTOR, "now": at(day)}


def open_of(*invoices):
    return [ledger.open_amount(f"invoice:{one}") for one in invoices]


def history():
    """What anybody owed on each day of the two weeks, as known now."""
    session().rollback()
    return [as_json(read_aging(date(2026, 11, day)), by_customer=False) | {"known_at": ""} for day in range(8, 23)]


def test_a_morning_with_the_bank_file_and_the_next_one(app):
    make_company(write_off_amount="10.00", write_off_percent="5")
    north, south = make_customer("Nordlicht Logistik GmbH"), make_customer("Südwind Handels AG", vat_id="")
    certain, short, first, second, debit = (
        make_open_invoice(north, gross, number=f"R-2026-10{place}").id
        for place, gross in enumerate((100_00, 200_00, 30_00, 45_00, 60_00))
    )
    unnamed, later = (make_open_invoice(south, 80_00, number=f"R-2026-20{place}").id for place in (0, 1))

    # Monday: of five lines two are certain and placed; one is short by a fee, one says nothing anybody knows
    shown = morning(
        MONDAY, line(MONDAY, 100_00, "R-2026-100"), line(MONDAY, 195_00, "R-2026-101", name="Nordlicht Logistik GmbH"),
        line(MONDAY, 75_00, "R-2026-102, R-2026-103"), line(MONDAY, 80_00, "holding pays", account=SISTER, number=1),
        line(MONDAY, 60_00, "R-2026-104"),
    )  # fmt: skip
    assert [one.group for one in shown] == [Group.DONE, Group.SUGGESTED, Group.DONE, Group.UNKNOWN, Group.DONE]
    assert open_of(certain, short, first, second, debit) == [0, 200_00, 0, 0, 0]

    # The short one is accepted as proposed, the fee goes by policy; the other is found and taught
    best = shown[1].proposals[0]
    taken = (best.deduction["invoice_id"], best.deduction["instalment"], best.deduction["amount"], "bank_fee")
    with unit_of_work():
        services_cash.accept(
            shown[1].line.id, customer_id=north.id, shares=[(short, 1, 195_00)], deduction=taken,
            **facts(MONDAY, shown[1]),
        )  # fmt: skip
    before = history()
    with unit_of_work():
        services_cash.accept(
            shown[3].line.id, customer_id=south.id, shares=[(unnamed, 1, 80_00)], **facts(MONDAY, shown[3])
        )  # fmt: skip
    assert open_of(short, unnamed, later) == [0, 0, 80_00]

    # Tuesday: the same account is known, and a debit came back
    learned, returned = morning(
        TUESDAY, line(TUESDAY, 80_00, "holding pays", account=SISTER, number=2),
        line(TUESDAY, -60_00, "RETURN R-2026-104", returned="AC04"),
    )  # fmt: skip
    assert (learned.group, learned.proposals[0].customer_id) == (Group.SUGGESTED, south.id)
    assert "known account" in learned.proposals[0].reasons
    assert (returned.group, returned.match.kind) == (Group.DONE, LineKind.REVERSE)
    assert open_of(debit) == [60_00]

    # The return was a mistake of the bank, and the holding paid for somebody else: all as it was, on every day
    for one in (returned, shown[3]):
        with unit_of_work():
            services_cash.undo_line(one.line.id, reason="Mistaken", **facts(TUESDAY, one))
    assert history() == before
    assert verify(at(TUESDAY), ROWS).is_ok
