"""Finds stored documents and those that are still to be rendered."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, or_, select

from app.db.base import session
from app.documents.models import Document, DocumentContent, DocumentRequest, RequestState
from app.kernel.errors import NotFound


class DocumentNotFound(NotFound):
    """There is no such document."""


class DocumentRequestNotFound(NotFound):
    """Nobody asked for this document."""


def find_document(owner_kind: str, owner_id: int, kind: str) -> Document | None:
    """The stored document of this kind, or None while it is not rendered."""
    chosen = select(Document).where(
        Document.owner_kind == owner_kind, Document.owner_id == owner_id, Document.kind == kind
    )
    return session().scalars(chosen).one_or_none()


def get_document(document_id: int) -> Document:
    found = session().get(Document, document_id)
    if found is None:
        raise DocumentNotFound
    return found


def list_documents(owner_kind: str, owner_id: int) -> list[Document]:
    """Everything stored for an object, oldest first."""
    chosen = select(Document).where(Document.owner_kind == owner_kind, Document.owner_id == owner_id)
    return list(session().scalars(chosen.order_by(Document.id)))


def read_content(document: Document) -> bytes:
    """The bytes, as they were stored."""
    content = session().scalar(select(DocumentContent.content).where(DocumentContent.sha256 == document.sha256))
    if content is None:
        raise DocumentNotFound
    return content


def find_request(owner_kind: str, owner_id: int, kind: str) -> DocumentRequest | None:
    """The request for a document, with its state and the last error."""
    chosen = select(DocumentRequest).where(
        DocumentRequest.owner_kind == owner_kind,
        DocumentRequest.owner_id == owner_id,
        DocumentRequest.kind == kind,
    )
    return session().scalars(chosen).one_or_none()


def get_request(request_id: int) -> DocumentRequest:
    found = session().get(DocumentRequest, request_id)
    if found is None:
        raise DocumentRequestNotFound
    return found


def count_requests() -> dict[RequestState, int]:
    """How many documents are in which state of rendering."""
    counted = select(DocumentRequest.state, func.count()).group_by(DocumentRequest.state)
    return {row[0]: row[1] for row in session().execute(counted)}


def list_failed_requests(limit: int = 50) -> Sequence[DocumentRequest]:
    """The documents a person has to look at, newest first."""
    failed = select(DocumentRequest).where(DocumentRequest.state == RequestState.FAILED)
    return session().scalars(failed.order_by(DocumentRequest.id.desc()).limit(limit)).all()


def is_due(now: datetime) -> ColumnElement[bool]:
    """Waiting and its time has come, or its worker went silent."""
    return or_(
        and_(DocumentRequest.state == RequestState.PENDING, DocumentRequest.next_attempt_at <= now),
        and_(DocumentRequest.state == RequestState.CLAIMED, DocumentRequest.lease_until < now),
    )


def is_rendering_due(now: datetime) -> bool:
    """Whether a worker has anything to render."""
    return session().scalar(select(DocumentRequest.id).where(is_due(now)).limit(1)) is not None


def oldest_waiting() -> datetime | None:
    """Since when the longest waiting document waits."""
    waiting = DocumentRequest.state.in_((RequestState.PENDING, RequestState.CLAIMED))
    return session().scalar(select(func.min(DocumentRequest.requested_at)).where(waiting))
