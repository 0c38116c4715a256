"""Puts lines of the bank into the books and has matching look at them, as an import does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select

from app.db.base import session
from app.db.unit_of_work import in_unit_of_work
from app.payments import bank_files, queries_matched, services_bank, services_cash
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


def take(*entries: Entry, match: bool = True) -> list[int]:
    """The ids of the lines these entries have in the books; matched, the certain ones are placed, as by an import."""
    file = handed_in(statement(entries), salt=str(id(entries)))
    verdict = in_unit_of_work(lambda: services_bank.import_file(file, actor=ACTOR, now=NOW))
    ids = list(queries_matched.list_new(verdict.file_id))
    session().rollback()
    if match:
        bank_files.match_lines(ids, now=NOW)
    return ids


def line(line_id: int) -> StatementLine:
    """As it now stands in the database."""
    session().rollback()
    return session().get_one(StatementLine, line_id)


def act(service: Callable[..., Any], line_id: int, **facts: Any) -> Any:
    """What a person does to a line they see as it is, or as it was at the `version` they name."""
    version = facts.pop("version", None) or line(line_id).version
    return in_unit_of_work(lambda: service(line_id, version=version, actor=ACTOR, now=NOW, **facts))
