"""An earlier system's files become open items and habits: all of them or none, and again changes nothing."""

from datetime import date

import pytest
from sqlalchemy import func, select

from app.audit.queries import list_timeline
from app.customers.models import Customer
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.invoices.models import Invoice
from app.ledger import queries as ledger
from app.ledger import queries_checks as checks
from app.ledger.models import LedgerEntry
from app.ledger.services_periods import close_period
from app.payments import queries, services
from app.payments.aging import as_json, read_aging
from app.payments.history import import_history
from app.payments.history_plan import Status
from app.payments.models import Payment
from tests.factories import ACTOR, NOW, make_company, make_customer

CUSTOMERS = """customer_id,name,country,currency,email,terms_days
K1,Żółw Logistyka,PL,PLN,ap@zolw.example,30
K2,شركة النور,KW,KWD,,
"""
INVOICES = """number,customer_id,issued_on,due_on,currency,gross
R-1,K1,2026-07-01,2026-07-31,PLN,1230.00
R-2,K1,2026-08-10,2026-09-09,PLN,500.00
R-3,K2,2026-09-01,2026-09-15,KWD,12.345
"""
PAYMENTS = """payment_id,customer_id,received_on,currency,amount,invoice,allocated
P-1,K1,2026-07-20,PLN,1500.00,R-1,1230.00
P-1,K1,2026-07-20,PLN,1500.00,R-2,200.00
P-2,K2,2026-09-20,KWD,2.000,,
"""
FILES = {"customers.csv": CUSTOMERS, "invoices.csv": INVOICES, "payments.csv": PAYMENTS}

pytestmark = pytest.mark.usefixtures("app")


def bring_in(*, dry_run=False, is_strict=False, **changes):
    texts = {**FILES, **{f"{name}.csv": text for name, text in changes.items()}}
    files = [(name, text.encode()) for name, text in texts.items() if text]
    with unit_of_work():
        return import_history(files, dry_run=dry_run, is_strict=is_strict, actor=ACTOR, now=NOW)


def counts(done, kind):
    return {status.value: number for status, number in done.plan.counts[kind].items() if number}


def rejected(done):
    return [
        (one.file, one.line, one.id, " ".join(one.reasons)) for one in done.plan.verdicts if one.status == "rejected"
    ]


def count_everything():
    models = (Customer, Invoice, Payment, LedgerEntry)
    return [session().scalar(select(func.count()).select_from(model)) for model in models]


def test_open_items_are_as_the_files_say_on_any_day_even_before_a_company_is_set_up():
    done = bring_in()
    assert done.is_imported
    assert [counts(done, kind) for kind in done.plan.counts] == [{"created": 2}, {"created": 3}, {"created": 2}]
    aged = as_json(read_aging(date(2026, 9, 30)), by_customer=False)
    assert aged["currency"]["PLN"] == {
        "not_due": "0.00", "1-30": "300.00", "31-60": "0.00", "61-90": "0.00", "91-120": "0.00", "over_120": "0.00",
        "total": "300.00", "unapplied": "70.00", "receivable": "230.00",
    }  # fmt: skip
    assert aged["rows"] == [
        {
            "customer": "Żółw Logistyka", "invoice": "R-2", "instalment": 1, "due_on": "2026-09-09",
            "days_past_due": 21, "currency": "PLN", "open": "300.00",
        },
        {
            "customer": "شركة النور", "invoice": "R-3", "instalment": 1, "due_on": "2026-09-15",
            "days_past_due": 15, "currency": "KWD", "open": "12.345",
        },
    ]  # fmt: skip
    early = as_json(read_aging(date(2026, 7, 25)), by_customer=True)
    assert early["rows"] == [
        {
            "customer": "Żółw Logistyka", "currency": "PLN", "not_due": "0.00", "1-30": "0.00", "31-60": "0.00",
            "61-90": "0.00", "91-120": "0.00", "over_120": "0.00", "total": "0.00", "unapplied": "270.00",
            "receivable": "-270.00",
        }
    ]  # fmt: skip


def test_the_same_files_again_change_nothing():
    bring_in()
    before = count_everything()
    again = bring_in()
    assert again.is_imported
    assert {status for kind in again.plan.counts for status in counts(again, kind)} == {"unchanged"}
    assert again.plan.verdicts == []
    assert count_everything() == before


def test_files_may_come_one_after_the_other():
    assert bring_in(invoices="", payments="").is_imported
    assert bring_in(customers="", payments="").is_imported
    assert bring_in(customers="", invoices="").is_imported
    assert ledger.receivable(date(2026, 9, 30)) == {"PLN": 230_00, "KWD": 10_345}


def test_later_rows_are_added_and_known_ones_left_alone():
    bring_in()
    done = bring_in(payments=PAYMENTS + "P-3,K1,2026-10-01,PLN,300.00,R-2,300.00\n")
    assert counts(done, "payments") == {"unchanged": 2, "created": 1}
    assert ledger.open_amount(f"invoice:{queries_invoice('R-2')}") == 0


def queries_invoice(number):
    return session().scalar(select(Invoice.id).where(Invoice.number == number))


def test_what_people_placed_since_is_no_difference():
    make_company()
    bring_in()
    payment = queries.find_by_external_id("history", "P-1")
    with unit_of_work():
        services.allocate(payment.id, [(queries_invoice("R-2"), 1, 70_00)], actor=ACTOR, now=NOW)
        services.undo_allocation(
            queries.list_live_allocations(payment.id)[0].id, reason="wrong invoice", actor=ACTOR, now=NOW
        )
    assert counts(bring_in(), "payments") == {"unchanged": 2}


def test_changed_rows_are_reported_and_not_applied():
    bring_in()
    done = bring_in(
        customers=CUSTOMERS.replace("Żółw Logistyka,PL", "Żółw Holding,PL"),
        invoices=INVOICES.replace("500.00", "600.00"),
        payments=PAYMENTS.replace("R-2,200.00", "R-2,150.00"),
    )
    assert done.is_imported
    assert [(one.id, one.status) for one in done.plan.verdicts] == [
        ("K1", Status.CHANGED), ("R-2", Status.CHANGED), ("P-1", Status.CHANGED),
    ]  # fmt: skip
    assert ledger.receivable(date(2026, 9, 30)) == {"PLN": 230_00, "KWD": 10_345}


BAD = {
    "customers": CUSTOMERS + "K3,Bad Mail,DE,EUR,not-an-address,\n",
    "invoices": INVOICES + "R-4,K9,2026-01-01,2026-01-31,EUR,1.00\n",
    "payments": PAYMENTS
    + "P-3,K1,2026-10-01,PLN,300.01,R-2,300.01\n"
    + "P-4,K1,2026-10-01,PLN,5.00,R-9,5.00\n"
    + "P-5,K2,2026-10-01,KWD,5.000,R-2,5.000\n"
    + "P-6,K1,2026-10-01,EUR,5.00,R-2,5.00\n"
    + "P-7,K9,2026-10-01,EUR,5.00,,\n",
}


def test_one_bad_row_stops_everything_and_each_is_named():
    done = bring_in(**BAD)
    assert not done.is_imported
    assert count_everything() == [0, 0, 0, 0]
    assert [(file, line, name) for file, line, name, _ in rejected(done)] == [
        ("customers.csv", 4, "K3"), ("invoices.csv", 5, "R-4"), ("payments.csv", 5, "P-3"), ("payments.csv", 6, "P-4"),
        ("payments.csv", 7, "P-5"), ("payments.csv", 8, "P-6"), ("payments.csv", 9, "P-7"),
    ]  # fmt: skip
    reasons = [reason for *_, reason in rejected(done)]
    assert reasons[1] == "There is no customer K9."
    assert reasons[2] == "Invoice R-2 has only 300.00 open, not 300.01."
    assert reasons[3] == "There is no invoice R-9 of the earlier system."
    assert reasons[4] == "Invoice R-2 is of customer K1, the payment of K2. Invoice R-2 is in PLN, the payment in KWD."
    assert reasons[5] == "Invoice R-2 is in PLN, the payment in EUR."


def test_what_is_wrong_with_other_rows_and_fields_hides_nothing():
    done = bring_in(
        customers=CUSTOMERS + "K3,Bad,XX,EUR,not-an-address,soon\n,No id,DE,EUR,,\n",
        invoices=INVOICES + "R-4,K9,2026-02-30,2026-03-31,EUR,1.00\n,K1,2026-01-01,2026-01-31,PLN,1.00\n",
        payments=PAYMENTS
        + "P-3,K9,2026-10-01,PLN,5.00,R-8,5.00\n"
        + "P-4,K1,2026-02-30,PLN,5.00,R-9,5.00\n"
        + "P-5,K1,2026-10-01,PLN,5.00,R-7,9.00\n"
        + "P-6,K1,2026-10-01,PLN,5.00,R-4,5.00\n",
    )
    gap = "Perhaps it stands in a row that could not be read."
    assert [(line, name, said.split(". ")) for _, line, name, said in rejected(done)] == [
        (4, "K3", [
            "country: 'XX' is not a country of ISO 3166", "Write its two letters, like DE",
            "terms_days: 'soon' is not a number of days from 0 to 3650",
            "email: 'not-an-address' is not an e-mail address that mail can be sent to.",
        ]),
        (5, "", ["customer_id is missing."]),
        (5, "R-4", [
            "issued_on: '2026-02-30' is not a date", "Write it like 2026-11-22", "There is no customer K9", gap,
        ]),
        (6, "", ["number is missing."]),
        (5, "P-3", [
            "There is no customer K9", gap[:-1], "There is no invoice R-8 of the earlier system", gap,
        ]),
        (6, "P-4", [
            "received_on: '2026-02-30' is not a date", "Write it like 2026-11-22",
            "There is no invoice R-9 of the earlier system", gap,
        ]),
        (7, "P-5", [
            "9.00 of payment P-5 is allocated, but only 5.00 came in", "There is no invoice R-7 of the earlier system",
            gap,
        ]),
    ]  # fmt: skip


def test_a_file_that_is_none_of_ours_stands_for_all_it_may_hold():
    done = bring_in(customers="who,what\nK1,x\n", payments=PAYMENTS + "P-3,K1,2026-10-01,PLN,5.00,R-9,5.00\n")
    assert [(file, line) for file, line, *_ in rejected(done)] == [("customers.csv", 1), ("payments.csv", 5)]


def test_a_row_that_cannot_be_read_is_not_reported_twice_by_those_that_name_it():
    done = bring_in(customers=CUSTOMERS.replace("K1,Żółw Logistyka,PL", "K1,Żółw Logistyka,XX"))
    assert [(name, line) for name, line, *_ in rejected(done)] == [("customers.csv", 2)]


def test_a_dry_run_says_what_would_happen_and_changes_nothing():
    done = bring_in(dry_run=True)
    assert not done.is_imported
    assert done.plan.is_possible
    assert counts(done, "invoices") == {"created": 3}
    assert count_everything() == [0, 0, 0, 0]


def test_a_customer_we_have_already_is_recognised_and_keeps_what_it_has():
    make_company()
    ours = make_customer("ŻÓŁW  Logistyka", country="PL", currency="EUR")
    done = bring_in()
    [verdict] = done.plan.verdicts
    assert (verdict.id, verdict.status) == ("K1", Status.RECOGNISED)
    assert session().scalar(select(Invoice.customer_id).where(Invoice.number == "R-1")) == ours.id
    assert ours.currency == "EUR"
    assert counts(bring_in(), "invoices") == {"unchanged": 3}


def test_settlements_count_from_the_later_of_money_and_invoice_and_fill_the_snapshots():
    done = bring_in()
    assert done.snapshots == 4  # July to October
    assert checks.list_broken_snapshots() == []
    first = session().scalars(select(LedgerEntry).where(LedgerEntry.kind == "settlement")).all()
    assert [(entry.effective_on, entry.amount) for entry in first] == [
        (date(2026, 7, 20), -1230_00), (date(2026, 8, 10), -200_00),
    ]  # fmt: skip


def test_the_trail_tells_of_every_row():
    bring_in()
    customer = session().scalars(select(Customer).where(Customer.external_id == "K1")).one()
    actions = [entry.action for entry in list_timeline(customer_id=customer.id)]
    assert sorted(actions) == [
        "customer.created", "invoice.registered", "invoice.registered", "payment.allocated", "payment.allocated",
        "payment.recorded",
    ]  # fmt: skip


DOUBTFUL = {
    "invoices": "number,customer_id,issued_on,due_on,currency,gross\n"
    "R-1,K1,1999-12-31,1999-12-01,PLN,10\nR-2,K1,2031-01-01,2031-02-01,PLN,10\nR-3,K1,1999-12-01,1999-12-31,PLN,1\n",
    "payments": "payment_id,customer_id,received_on,currency,amount,invoice,allocated\n"
    "P-1,K1,2031-01-01,PLN,1,,\nP-2,K9,2031-01-01,PLN,1,,\n",
}


def test_any_dates_are_taken_and_the_doubtful_ones_shown():
    """Due before issue, decades ago, far ahead: earlier systems hold such dates, and people want to know."""
    known = DOUBTFUL | {"payments": DOUBTFUL["payments"].replace("K9", "K1")}
    done = bring_in(**known)
    assert done.is_imported
    assert [(one.id, one.status, one.reasons[0].split()[0]) for one in done.plan.verdicts] == [
        ("R-1", Status.DOUBTFUL, "due_on"), ("R-2", Status.DOUBTFUL, "issued_on"),
        ("P-1", Status.DOUBTFUL, "received_on"), ("P-2", Status.DOUBTFUL, "received_on"),
    ]  # fmt: skip
    assert counts(done, "invoices") == {"created": 3}
    assert [item.open for item in ledger.list_open_items(date(2026, 11, 22))] == [10_00, 1_00]
    assert bring_in(**known, is_strict=True).plan.verdicts == []


def test_doubtful_dates_are_refused_where_that_is_wanted():
    done = bring_in(**DOUBTFUL, is_strict=True)
    assert not done.is_imported
    assert [(name, said.split(".")[0]) for *_, name, said in rejected(done)] == [
        ("R-1", "due_on 1999-12-01 is before issued_on 1999-12-31"),
        ("R-2", "issued_on 2031-01-01 is after today, 2026-11-22"),
        ("P-1", "received_on 2031-01-01 is after today, 2026-11-22"),
        ("P-2", "There is no customer K9"),
    ]


def test_each_row_dated_in_closed_books_is_named(app):
    make_company()
    bring_in(payments="")
    with unit_of_work():
        close_period(date(2026, 8, 31), "month end", today=NOW.date(), actor=ACTOR, now=NOW)
    done = bring_in(invoices=INVOICES.replace("R-1,", "R-4,") + "R-5,K1,2026-08-31,2026-09-09,PLN,5.00\n")
    says = "the books are closed up to 2026-08-31. Have them reopened, or leave the row out."
    assert [row for row in rejected(done) if "closed" in row[3]] == [
        ("invoices.csv", 2, "R-4", f"issued_on 2026-07-01: {says}"),
        ("invoices.csv", 5, "R-5", f"issued_on 2026-08-31: {says}"),
        ("payments.csv", 2, "P-1", f"received_on 2026-07-20: {says}"),
    ]
    assert not done.is_imported
    assert counts(done, "invoices")["unchanged"] == 2
