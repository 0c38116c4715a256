"""Finds the open instalments of which exactly some amount was asked, where the amount is rare enough to tell anything.

An amount that was asked often, such as a monthly fee, names nobody; it is left out without reading who was asked.
"""

from collections.abc import Collection
from typing import Any, cast

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    String,
    and_,
    column,
    func,
    literal_column,
    select,
    values,
)
from sqlalchemy.orm import aliased

from app.db.base import session
from app.db.statements import in_chunks
from app.ledger.models import LedgerEntry
from app.ledger.queries import OpenItem

Asked = tuple[int, str]  # minor units and currency

MOST_ASKED = 20
AT_ONCE = 2  # parameters of each


def list_rare(amounts: Collection[Asked]) -> set[Asked]:
    """Those of the amounts that few instalments ever had; costs the same however many had one."""
    found: set[Asked] = set()
    for chunk in in_chunks(amounts, each=AT_ONCE):
        found |= {(row[0], row[1]) for row in session().execute(select_rare(chunk))}
    return found


def list_open_of(rare: Collection[Asked]) -> list[OpenItem]:
    """The instalments of such an amount of which all is open."""
    found: list[OpenItem] = []
    for chunk in in_chunks(rare, each=AT_ONCE):
        found += map(OpenItem._make, session().execute(select_open(chunk)))
    return found


def select_rare(amounts: Collection[Asked]) -> Select[Any]:
    wanted = _wanted(amounts)
    asked = select(LedgerEntry.position).where(_is_asked(LedgerEntry, wanted)).correlate(wanted)
    one_too_many = asked.limit(1).offset(MOST_ASKED).scalar_subquery()
    chosen: Any = select(wanted.c.amount, wanted.c.currency).where(one_too_many.is_(None))
    return cast(Select[Any], chosen)


def select_open(amounts: Collection[Asked]) -> Select[Any]:
    wanted, asked, entry = _wanted(amounts), aliased(LedgerEntry), LedgerEntry
    of_it = select(func.sum(entry.amount)).where(entry.document == asked.document, entry.instalment == asked.instalment)
    columns: list[Any] = [asked.customer_id, asked.currency, asked.document, asked.instalment, asked.due_on]
    chosen: Any = select(*columns, asked.amount).join_from(wanted, asked, _is_asked(asked, wanted))
    return cast(Select[Any], chosen.where(of_it.scalar_subquery() == asked.amount))


def _wanted(amounts: Collection[Asked]) -> CTE:
    return values(column("amount", BigInteger), column("currency", String)).data(list(amounts)).cte("wanted")


def _is_asked(entry: Any, wanted: CTE) -> ColumnElement[bool]:
    # literally, or the engines do not see that the index fits
    is_instalment = entry.kind == literal_column("'instalment'")
    return and_(is_instalment, entry.amount == wanted.c.amount, entry.currency == wanted.c.currency)
