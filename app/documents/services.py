"""Stores documents once and for all, and leads requests for new ones through claim, finish and failure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.audit.services import record
from app.db.base import session
from app.db.statements import insert_once
from app.documents import queries
from app.documents.models import Document, DocumentContent, DocumentRequest, RequestState
from app.documents.rules import LEASE, LONGEST_ERROR, MOST_ATTEMPTS, pause_after
from app.kernel.errors import RuleError


class DocumentRequestLost(RuleError):
    """Another worker has taken over this document."""


class DocumentRequestRuns(RuleError):
    """This document is not in trouble: it is waiting or done."""


@dataclass(frozen=True)
class RenderedDocument:
    """What a renderer made: a file still to be stored."""

    kind: str
    name: str
    media_type: str
    content: bytes
    facts: Mapping[str, Any] = field(default_factory=dict)
    beside: tuple["RenderedDocument", ...] = ()  # made in the same go, stored in the same transaction


@dataclass(frozen=True)
class ClaimedRequest:
    """A request this worker may render now; `attempt` is its fence."""

    id: int
    owner_kind: str
    owner_id: int
    kind: str
    attempt: int


def store_document(
    *,
    owner_kind: str,
    owner_id: int,
    kind: str,
    name: str,
    media_type: str,
    content: bytes,
    now: datetime,
    facts: Mapping[str, Any] | None = None,
) -> Document:
    """Stores the bytes under their owner and kind. The first bytes win: a second call returns what is there."""
    if stored := queries.find_document(owner_kind, owner_id, kind):
        return stored
    digest = hashlib.sha256(content).hexdigest()
    # Looked for first: SQLite's guard against REPLACE also fires for a row that ON CONFLICT would leave alone
    if session().scalar(select(DocumentContent.sha256).where(DocumentContent.sha256 == digest)) is None:
        insert_once(DocumentContent, {"sha256": digest, "content": content})
    row = {
        "owner_kind": owner_kind,
        "owner_id": owner_id,
        "kind": kind,
        "facts": dict(facts or {}),
        "name": name,
        "media_type": media_type,
        "byte_size": len(content),
        "sha256": digest,
        "stored_at": now,
    }
    insert_once(Document, row)
    stored = queries.find_document(owner_kind, owner_id, kind)
    assert stored is not None  # noqa: S101 - the row was written above, or by somebody at the same time
    return stored


def store_rendered(owner_kind: str, owner_id: int, made: RenderedDocument, *, now: datetime) -> Document:
    """Stores what a renderer made, with what it made beside it; returns the former."""
    stored = [
        store_document(
            owner_kind=owner_kind, owner_id=owner_id, kind=one.kind, name=one.name, media_type=one.media_type,
            content=one.content, facts=one.facts, now=now,
        )
        for one in (made, *made.beside)
    ]  # fmt: skip
    return stored[0]


def request_document(*, owner_kind: str, owner_id: int, kind: str, now: datetime) -> DocumentRequest:
    """Asks the worker for a document, once; it is rendered after this unit of work is committed."""
    facts = {
        "owner_kind": owner_kind,
        "owner_id": owner_id,
        "kind": kind,
        "state": RequestState.PENDING,
        "attempts": 0,
        "next_attempt_at": now,
        "requested_at": now,
    }
    insert_once(DocumentRequest, facts)
    request = queries.find_request(owner_kind, owner_id, kind)
    assert request is not None  # noqa: S101 - as above
    return request


def claim_requests(now: datetime, *, limit: int = 1) -> list[ClaimedRequest]:
    """Takes requests that are due, or whose worker went silent; those that killed every worker are given up."""
    _give_up_deadly_requests(now)
    chosen = (
        select(DocumentRequest).where(queries.is_due(now)).order_by(DocumentRequest.next_attempt_at, DocumentRequest.id)
    )
    claimed = session().scalars(chosen.limit(limit).with_for_update(skip_locked=True)).all()
    for request in claimed:
        request.state, request.lease_until = RequestState.CLAIMED, now + LEASE
        request.attempts += 1
    return [ClaimedRequest(one.id, one.owner_kind, one.owner_id, one.kind, one.attempts) for one in claimed]


def finish_request(claim: ClaimedRequest, rendered: RenderedDocument | None, *, now: datetime) -> None:
    """Stores what was rendered and closes the request. Safe to repeat: the first bytes win."""
    if rendered is not None:
        store_rendered(claim.owner_kind, claim.owner_id, rendered, now=now)
    request = _lock(claim.id)
    request.state, request.lease_until, request.error = RequestState.DONE, None, None


def fail_request(claim: ClaimedRequest, error: str, *, now: datetime) -> DocumentRequest:
    """Notes why rendering failed; it is tried again after a pause, and in the end left to a person."""
    request = _lock(claim.id)
    if request.state != RequestState.CLAIMED or request.attempts != claim.attempt:
        raise DocumentRequestLost
    pause = pause_after(request.attempts)
    request.error, request.lease_until = error[:LONGEST_ERROR], None
    request.state = RequestState.FAILED if pause is None else RequestState.PENDING
    request.next_attempt_at = now if pause is None else now + pause
    return request


def retry_request(request_id: int, *, actor: str, now: datetime) -> DocumentRequest:
    """Lets the worker try a failed document again, at once."""
    request = _lock(request_id)
    if request.state != RequestState.FAILED:
        raise DocumentRequestRuns
    request.state, request.attempts, request.next_attempt_at = RequestState.PENDING, 0, now
    record(
        "document.retried", actor=actor, now=now, object_kind=request.owner_kind, object_id=request.owner_id,
        kind=request.kind, error=request.error,
    )  # fmt: skip
    return request


def _give_up_deadly_requests(now: datetime) -> None:
    silent = update(DocumentRequest).where(
        DocumentRequest.state == RequestState.CLAIMED,
        DocumentRequest.lease_until < now,
        DocumentRequest.attempts >= MOST_ATTEMPTS,
    )
    reason = f"The worker stopped {MOST_ATTEMPTS} times while rendering this document."
    session().execute(silent.values(state=RequestState.FAILED, lease_until=None, error=reason))


def _lock(request_id: int) -> DocumentRequest:
    request = session().get(DocumentRequest, request_id, with_for_update=True, populate_existing=True)
    if request is None:
        raise queries.DocumentRequestNotFound
    return request
