"""Puts lines of the bank into the books and has matching look at them, as an import does."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from app.db.base import session
from app.db.unit_of_work import in_unit_of_work
from app.payments import services_bank, services_cash
from app.payments.models_bank import StatementLine
from app.payments.statements.model import Detail, Entry
from tests.bank_files import entry, handed_in, statement
from tests.factories import ACTOR, NOW


def paid(amount: int, remittance: str = "", *, name: str = "", account: str = "", **facts: object) -> Entry:
    """An entry of one detail with its payer; minor units."""
    detail = Detail(amount=amount, remittance=remittance, party_name=name, party_account=account)
    return entry(amount, details=(detail,), **facts)


def make_lines(*entries: Entry, proposes: bool = True) -> list[int]:
    """The lines of one file by id, with what matching proposes for them."""
    in_unit_of_work(lambda: services_bank.import_file(handed_in(statement(entries)), actor=ACTOR, now=NOW))
    ids: Sequence[int] = session().scalars(select(StatementLine.id).order_by(StatementLine.id)).all()[-len(entries) :]
    if proposes:
        in_unit_of_work(lambda: services_cash.propose_lines(ids, now=NOW))
    session().rollback()
    return list(ids)
