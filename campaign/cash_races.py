"""Two people at once on the same money, again and again; the books are checked after each kind of race.

script/campaign cash_races [--rounds 200] [--only NAME] [--postgresql]
"""

from __future__ import annotations

import argparse
import logging
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import partial
from itertools import count
from typing import Any

from flask import Flask

from app import create_app
from app.customers.models import Customer
from app.db.base import session
from app.db.unit_of_work import in_unit_of_work
from app.invoices.services import credit_invoice
from app.kernel.errors import TillpaidError
from app.ledger import queries as ledger
from app.payments import bank_files, queries, queries_cash, queries_matched, services, services_cash
from app.payments.rules_cash import AsideCode
from app.payments.rules_settling import DeductionCode
from app.payments.services_bank import import_file
from app.payments.services_deductions import approve_deduction, propose_deduction
from app.payments.services_refunds import approve_refund, export_refunds, propose_refund
from app.payments.services_refunds_back import return_refund
from app.payments.services_transfers import transfer_money
from app.payments.statements.model import Detail, Entry
from app.verify import verify
from campaign.mail_kill import scratch_settings
from tests.bank_files import entry, handed_in, statement
from tests.factories import (
    ACTOR,
    NOW,
    make_company,
    make_customer,
    make_issued_invoice,
    make_open_invoice,
    make_payment,
)

TODAY, OTHER = date(2026, 11, 22), "user:77"
FACTS: dict[str, Any] = {"actor": ACTOR, "now": NOW}
EARLY = NOW - timedelta(days=3)  # than the bank's day
PAYEE = "DE75512108001245126199"
PATIENCE_SECONDS = 60
Act = Callable[[], Any]
_salt = count()


@dataclass
class Round:
    """What happens at once, how many of it must be refused, and what must be true afterwards."""

    acts: Sequence[Act]
    refused: set[int] = field(default_factory=lambda: {1})
    holds: Callable[[], bool] = lambda: True


@dataclass
class Tally:
    """What some rounds of a race came to."""

    rounds: int = 0
    refused: int = 0
    faults: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)  # invariants


def at_once(app: Flask, acts: Sequence[Act]) -> list[Any]:
    """What each act returned, or the error it met; they start together."""
    session().rollback()  # this thread's own read would make the others wait
    start, outcomes = threading.Barrier(len(acts)), [None] * len(acts)

    def work(place: int, act: Act) -> None:
        with app.app_context():
            start.wait()
            try:
                outcomes[place] = act()
            except Exception as error:
                outcomes[place] = error  # type: ignore[call-overload]

    threads = [threading.Thread(target=work, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=PATIENCE_SECONDS)
    return ["still running" if thread.is_alive() else one for thread, one in zip(threads, outcomes, strict=True)]


def run(app: Flask, race: Callable[[], Round], rounds: int) -> Tally:
    """The application's context must be open, and the company set up."""
    tally = Tally()
    for _ in range(rounds):
        one = race()
        outcomes = at_once(app, one.acts)
        refused = sum(isinstance(outcome, TillpaidError) for outcome in outcomes)
        tally.rounds, tally.refused = tally.rounds + 1, tally.refused + refused
        others = [repr(one) for one in outcomes if isinstance(one, Exception) and not isinstance(one, TillpaidError)]
        tally.faults += [*others, *(one for one in outcomes if one == "still running")]
        if refused not in one.refused or not one.holds():
            tally.faults.append(f"round {tally.rounds}: {refused} refused, {outcomes}")
    session().rollback()
    tally.broken = [f"{each.invariant.code} {each.findings[:2]}" for each in verify(NOW).broken]
    session().rollback()
    return tally


# --- what is needed ---------------------------------------------------------------------------------------------------


def _do(service: Callable[..., Any], *given: Any, **facts: Any) -> Act:
    """In a unit of work, without what it returns, which is gone with its session."""
    return lambda: in_unit_of_work(lambda: service(*given, **FACTS | facts)) and None


def _line(amount: int) -> int:
    return _take(entry(amount, "no name", bank_reference=f"R{next(_salt)}"))


def _take(said: Entry) -> int:
    file = handed_in(statement([said]))
    verdict = in_unit_of_work(lambda: import_file(file, **FACTS))
    [line_id] = queries_matched.list_new(verdict.file_id or 0)
    return line_id


def _accept(line_id: int, customer: Customer, invoice_id: int, amount: int, version: int = 1) -> Act:
    shares = [(invoice_id, 1, amount)]
    return _do(services_cash.accept, line_id, customer_id=customer.id, shares=shares, version=version)


def _allocate(payment_id: int, invoice_id: int, amount: int) -> Act:
    return _do(services.allocate, payment_id, [(invoice_id, 1, amount)])


def _open(invoice_id: int) -> int:
    session().rollback()
    return ledger.open_amount(f"invoice:{invoice_id}")


def _left(payment_id: int) -> int:
    session().rollback()
    return queries.amount_left(payment_id)


def _refund(payment_id: int, amount: int) -> int:
    bank = {"beneficiary": "Nord", "iban": PAYEE, "reason": "x"}
    return in_unit_of_work(lambda: propose_refund(payment_id, amount, **bank, **FACTS).id)


# --- the races --------------------------------------------------------------------------------------------------------


def two_allocate_one_payment() -> Round:
    customer = make_customer()
    one, other = make_open_invoice(customer, 50_00).id, make_open_invoice(customer, 50_00).id
    payment = make_payment(customer, 50_00, allocations=None).id
    return Round([_allocate(payment, one, 50_00), _allocate(payment, other, 50_00)], holds=lambda: _left(payment) == 0)


def two_accept_one_line() -> Round:
    customer = make_customer()
    one, other, line = make_open_invoice(customer, 50_00).id, make_open_invoice(customer, 50_00).id, _line(50_00)
    acts = [_accept(line, customer, one, 50_00), _accept(line, customer, other, 50_00)]
    return Round(acts, holds=lambda: _open(one) + _open(other) == 50_00)


def accept_and_credit() -> Round:
    customer = make_customer()
    invoice = make_issued_invoice(customer)
    invoice_id, amount = invoice.id, invoice.amount_due
    acts = [
        _accept(_line(amount), customer, invoice_id, amount),
        _do(credit_invoice, invoice_id, reason="Wrong", issued_on=TODAY),
    ]
    return Round(acts, refused={0, 1}, holds=lambda: _open(invoice_id) == 0)


def the_same_file_twice() -> Round:
    customer = make_customer()
    invoice = make_open_invoice(customer, 50_00)
    said = statement([entry(50_00, invoice.number, bank_reference=f"R{next(_salt)}")])
    invoice_id, file = invoice.id, handed_in(said)

    def take() -> None:
        verdict = in_unit_of_work(lambda: import_file(file, **FACTS))
        new = queries_matched.list_new(verdict.file_id or 0)
        session().rollback()
        bank_files.match_lines(new, now=NOW)

    return Round([take, take], refused={0}, holds=lambda: _open(invoice_id) == 0)


def accept_and_undo() -> Round:
    customer = make_customer()
    invoice, first, second = make_open_invoice(customer, 50_00).id, _line(50_00), _line(50_00)
    _accept(first, customer, invoice, 50_00)()
    acts = [
        _accept(second, customer, invoice, 50_00),
        _do(services_cash.undo_line, first, reason="x", version=2),
    ]
    return Round(acts, refused={0, 1}, holds=lambda: (_open(invoice) == 0) == _is_matched(second))


def _is_matched(line_id: int) -> bool:
    return queries_cash.find_match(line_id) is not None


def refund_and_place() -> Round:
    customer = make_customer()
    invoice, payment = make_open_invoice(customer, 50_00).id, make_payment(customer, 50_00, allocations=None).id
    acts = [_do(approve_refund, _refund(payment, 50_00), actor=OTHER), _allocate(payment, invoice, 50_00)]
    return Round(acts, holds=lambda: _left(payment) == 0)


def two_approve() -> Round:
    customer = make_customer()
    payment = make_payment(customer, 50_00, allocations=None).id
    refund = _refund(payment, 30_00)
    approve = partial(_do, approve_refund, refund)
    return Round([approve(actor=OTHER), approve(actor="user:78")], holds=lambda: _left(payment) == 20_00)


def reverse_and_place() -> Round:
    customer = make_customer()
    invoice, payment = make_open_invoice(customer, 50_00).id, make_payment(customer, 50_00, allocations=None).id
    acts = [_do(services.reverse_payment, payment, reason="x"), _allocate(payment, invoice, 50_00)]
    return Round(acts, refused={0, 1}, holds=lambda: _open(invoice) == 50_00)


def transfer_and_place() -> Round:
    customer, other = make_customer(), make_customer("Sister GmbH", vat_id="")
    invoice, payment = make_open_invoice(customer, 50_00).id, make_payment(customer, 50_00, allocations=None).id
    acts = [_do(transfer_money, payment, 50_00, other.id, reason="x"), _allocate(payment, invoice, 50_00)]
    return Round(acts, holds=lambda: _left(payment) == 0)


def deduct_and_place() -> Round:
    customer = make_customer()
    invoice, payment = make_open_invoice(customer, 50_00).id, make_payment(customer, 50_00, allocations=None).id
    asked = {"code": DeductionCode.OTHER, "reason": "x", **FACTS}
    deduction = in_unit_of_work(lambda: propose_deduction(invoice, 1, 20_00, **asked).id)
    acts = [_do(approve_deduction, deduction, actor=OTHER), _allocate(payment, invoice, 50_00)]
    return Round(acts, holds=lambda: _open(invoice) in {0, 30_00})


def set_aside_and_accept() -> Round:
    customer = make_customer()
    invoice, line = make_open_invoice(customer, 50_00).id, _line(50_00)
    aside = _do(services_cash.set_aside, line, reason_code=AsideCode.NOT_OURS, version=1)
    acts = [aside, _accept(line, customer, invoice, 50_00)]
    return Round(acts, holds=lambda: (_open(invoice) == 0) == _is_matched(line))


def accept_a_return_and_mark_it() -> Round:
    customer = make_customer()
    payment = make_payment(customer, 50_00, allocations=None).id
    refund = _refund(payment, 50_00)
    _do(approve_refund, refund, actor=OTHER, now=EARLY)()
    _do(export_refunds, now=EARLY)()
    back = Detail(amount=50_00, end_to_end_id=f"REFUND-{refund}", party_account=PAYEE)
    line = _take(entry(50_00, details=(back,), bank_reference=f"R{next(_salt)}"))
    acts = [
        _do(services_cash.accept_refund_back, line, refund_id=refund, version=1),
        _do(return_refund, refund, reason="x"),
    ]
    return Round(acts, holds=lambda: _left(payment) == 50_00)


RACES: tuple[Callable[[], Round], ...] = (
    two_allocate_one_payment, two_accept_one_line, accept_and_credit, the_same_file_twice, accept_and_undo,
    refund_and_place, two_approve, reverse_and_place, transfer_and_place, deduct_and_place, set_aside_and_accept,
    accept_a_return_and_mark_it,
)  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--only", default="", help="the name of one race")
    parser.add_argument("--postgresql", action="store_true", help="on a PostgreSQL of its own instead of SQLite")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    wrong = 0
    with ExitStack() as stack:
        app = create_app(scratch_settings(stack, postgresql=options.postgresql))
        stack.enter_context(app.app_context())
        make_company()
        for race in RACES:
            if options.only in ("", race.__name__):
                tally = run(app, race, options.rounds)
                wrong += len(tally.faults) + len(tally.broken)
                said = f"{tally.rounds} rounds, {tally.refused} refused, {len(tally.faults)} faults"
                print(f"{race.__name__:<26} {said}, {len(tally.broken)} broken invariants", flush=True)
                for one in [*tally.faults[:3], *tally.broken]:
                    print(f"  {one}")
    print(f"{'PostgreSQL' if options.postgresql else 'SQLite'}: {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
