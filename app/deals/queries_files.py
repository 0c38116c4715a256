"""Reads the files of deals, and what a checklist asks files for."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, and_, func, select

from app.db.base import session
from app.deals.models_handoff import DealFile
from app.deals.queries_handoff import list_items
from app.documents.models import Document
from app.kernel.errors import NotFound

FILE_OWNER, FILE_KIND = "deal_file", "file"  # under which the bytes of a deal's file are stored


class FileUnknown(NotFound):
    """There is no such file, or it was removed from its deal."""


@dataclass(frozen=True)
class StoredFile:
    """A file of a deal with its stored document."""

    file: DealFile
    document: Document


def list_files(deal_id: int) -> list[StoredFile]:
    """The files that were not removed, the newest first."""
    chosen = _stored().where(DealFile.deal_id == deal_id, DealFile.removed_at.is_(None))
    return [StoredFile(*row) for row in session().execute(chosen.order_by(DealFile.id.desc()))]


def get_file(file_id: int) -> StoredFile:
    """A file that was not removed."""
    row = session().execute(_stored().where(DealFile.id == file_id, DealFile.removed_at.is_(None))).first()
    if row is None:
        raise FileUnknown
    return StoredFile(*row)


def count_files(deal_id: int) -> int:
    kept = select(func.count()).where(DealFile.deal_id == deal_id, DealFile.removed_at.is_(None))
    return session().scalar(kept) or 0


def list_asked(deal_type: str) -> dict[str, str]:
    """The items that ask for a file on deals of this type: label by code, in their order."""
    return {item.code: item.label for item in list_items(deal_type) if item.asks_file and not item.check}


def _stored() -> Select[DealFile, Document]:
    of_file = and_(Document.owner_kind == FILE_OWNER, Document.owner_id == DealFile.id, Document.kind == FILE_KIND)
    return select(DealFile, Document).join(Document, of_file)
