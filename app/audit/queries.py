"""Reads the trail: the timeline of an object, and whether the chain of seals still holds."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import ColumnElement, Text, and_, func, or_, select, type_coerce
from sqlalchemy.orm import InstrumentedAttribute

from app.audit.models import AuditEntry, AuditSeal
from app.audit.rules import FIRST_DIGEST, seal_digest
from app.db.base import session
from app.kernel.texts import counted

DigestRow = tuple[int, str, str, str, str, int, int | None, int | None, int | None, int | None, str]


@dataclass(frozen=True)
class BrokenSeal:
    """A seal that does not hold, with the reason in plain words."""

    seal_id: int
    reason: str


def list_timeline(
    *,
    deal_id: int | None = None,
    order_id: int | None = None,
    customer_id: int | None = None,
    invoice_id: int | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[AuditEntry]:
    """The entries of one deal, order, customer or invoice, the latest first; with its deal an order's are of both.

    `before` is the id of the last entry seen, for the next page.
    """
    columns = _columns_of(deal_id=deal_id, order_id=order_id, customer_id=customer_id, invoice_id=invoice_id)
    return _latest(or_(*(column == value for column, value in columns)), before, limit)


def list_entries_of(
    object_kind: str, object_id: int, *, before: int | None = None, limit: int = 50
) -> list[AuditEntry]:
    """The entries about one object of any kind, the latest first."""
    return _latest(and_(AuditEntry.object_kind == object_kind, AuditEntry.object_id == object_id), before, limit)


def _latest(chosen: ColumnElement[bool], before: int | None, limit: int) -> list[AuditEntry]:
    """By the instant of the fact: what is taken over from an earlier system is written down late."""
    entries = select(AuditEntry).where(chosen)
    if before is not None:
        seen = select(AuditEntry.at).where(AuditEntry.id == before).scalar_subquery()
        entries = entries.where(or_(AuditEntry.at < seen, and_(AuditEntry.at == seen, AuditEntry.id < before)))
    return list(session().scalars(entries.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit)))


def last_seal() -> AuditSeal | None:
    """The newest seal: its digest is the head that readers outside may keep as an anchor."""
    return session().scalars(select(AuditSeal).order_by(AuditSeal.id.desc()).limit(1)).first()


def count_unsealed() -> int:
    """Entries after the newest seal."""
    newest = select(func.coalesce(func.max(AuditSeal.last_entry_id), 0)).scalar_subquery()
    return session().scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.id > newest)) or 0


def broken_seals(since_seal: int = 0) -> list[BrokenSeal]:
    """Every seal after `since_seal` that does not hold: entries changed, removed or put in, or the chain cut."""
    broken: list[BrokenSeal] = []
    digest, position = FIRST_DIGEST, 0
    for seal in _seals(since_seal):
        if seal.id > since_seal and (reason := _why_broken(seal, digest, position)):
            broken.append(BrokenSeal(seal.id, reason))
        digest, position = seal.digest, seal.last_entry_id
    return broken


def digest_rows(after: int, until: int) -> list[DigestRow]:
    """What a digest covers: the entries in (after, until] as stored, ids ascending."""
    columns = select(
        AuditEntry.id, AuditEntry.at, AuditEntry.actor, AuditEntry.action, AuditEntry.object_kind, AuditEntry.object_id,
        AuditEntry.deal_id, AuditEntry.order_id, AuditEntry.customer_id, AuditEntry.invoice_id,
        type_coerce(AuditEntry.detail, Text),
    )  # fmt: skip
    chosen = columns.where(AuditEntry.id > after, AuditEntry.id <= until).order_by(AuditEntry.id)
    return [(row[0], _instant(row[1]), *row[2:]) for row in session().execute(chosen)]


def _why_broken(seal: AuditSeal, previous: str, position: int) -> str:
    if seal.previous_digest != previous:
        return "it does not follow the seal before it: a seal was changed, removed or put in"
    rows = digest_rows(position, seal.last_entry_id)
    if len(rows) != seal.entries:
        return f"it covers {counted(seal.entries, 'entry', 'entries')}, but there are {len(rows)}"
    if seal_digest(previous, rows) != seal.digest:
        return "one of its entries was changed"
    return ""


def _seals(since_seal: int) -> Iterator[AuditSeal]:
    # The seal at since_seal itself is read too: the next one builds on it
    yield from session().scalars(select(AuditSeal).where(AuditSeal.id >= since_seal).order_by(AuditSeal.id))


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _columns_of(**ids: int | None) -> list[tuple[InstrumentedAttribute[int | None], int]]:
    given = {name: value for name, value in ids.items() if value is not None}
    if len(given) != 1 and set(given) != {"deal_id", "order_id"}:
        raise ValueError("a timeline is that of one deal, order, customer or invoice, or of an order with its deal")
    return [(getattr(AuditEntry, name), value) for name, value in given.items()]
