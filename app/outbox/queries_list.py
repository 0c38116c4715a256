"""Finds messages for people: lists by state and kind, bounded counts, what a message carries and what came after it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, literal, or_, select, union_all
from sqlalchemy.orm import aliased, load_only

from app.db.base import session
from app.documents.models import Document, DocumentRequest, RequestState
from app.outbox.models import Message, MessageAttachment
from app.outbox.queries import lacks_a_document
from app.outbox.rules import WAITING, WATCHED_KINDS, MessageState

MOST_COUNTED = 1_000
MOST_TO_DECIDE = 99
MOST_RELATED = 20

# What a list shows; the texts of a mail are too large to be read for each row
LISTED = (
    Message.kind, Message.edition, Message.recipient, Message.recipient_name, Message.subject, Message.state,
    Message.attempts, Message.queued_at, Message.next_attempt_at, Message.accepted_at, Message.last_reply,
)  # fmt: skip


@dataclass(frozen=True)
class Carried:
    """An attachment as people see it; without a document it is waited for, and `error` says why in vain."""

    attachment: MessageAttachment
    document: Document | None
    error: str = ""


def select_messages(
    *,
    states: Collection[MessageState] = (),
    to_decide: bool = False,
    kind: str = "",
    text: str = "",
    customer_id: int | None = None,
    about: tuple[str, int] | None = None,
) -> Select[Any]:
    """Messages without their texts: by states, kind, part of the recipient or subject, customer, object."""
    statement = select(Message).options(load_only(*LISTED, raiseload=True))
    if states:
        statement = statement.where(Message.state.in_(states))
    if to_decide:
        statement = statement.where(needs_decision())
    if kind:
        statement = statement.where(Message.kind == kind)
    if text:
        found = (Message.recipient, Message.recipient_name, Message.subject)
        statement = statement.where(or_(*(column.icontains(text, autoescape=True) for column in found)))
    if customer_id is not None:
        statement = statement.where(Message.customer_id == customer_id)
    if about is not None:
        statement = statement.where(Message.object_kind == about[0], Message.object_id == about[1])
    return statement


def count_states(most: int = MOST_COUNTED) -> dict[MessageState, int]:
    """How many messages are in each state, counting no further than `most` + 1 of each: one range of an index each."""
    counts = []
    for state in MessageState:
        bounded = select(literal(1).label("one")).where(Message.state == state).limit(most + 1).subquery()
        counts.append(select(literal(state.value).label("state"), func.count().label("n")).select_from(bounded))
    return {MessageState(row.state): row.n for row in session().execute(union_all(*counts))}


def count_to_decide() -> int:
    """How many messages wait for a person, up to 99."""
    bounded = select(literal(1).label("one")).where(needs_decision()).limit(MOST_TO_DECIDE).subquery()
    return session().scalar(select(func.count()).select_from(bounded)) or 0


def needs_decision() -> ColumnElement[bool]:
    """In doubt, or refused with nothing sent about the same thing since.

    Asked on every page, so it is answered from two indexes: by state, then by object. The kind is left out on purpose:
    an index on it would be taken instead, and read through.
    """
    later = aliased(Message)
    answered = exists().where(
        later.object_kind == Message.object_kind,
        later.object_id == Message.object_id,
        later.id > Message.id,
        later.level == Message.level,
        later.period == Message.period,
        or_(later.recipient == Message.recipient, later.edition > Message.edition),
    )
    # the states are named first for the index: what came later is only looked up for these few
    return and_(
        Message.state.in_((MessageState.UNCERTAIN, MessageState.REJECTED)),
        or_(Message.state == MessageState.UNCERTAIN, and_(Message.kind.not_in(WATCHED_KINDS), ~answered)),
    )


def find_lacking_documents(messages: Iterable[Message]) -> set[int]:
    """The ids of those that wait for a document to be rendered; one query for all."""
    waiting = [message.id for message in messages if message.state in WAITING]
    if not waiting:
        return set()
    return set(session().scalars(select(Message.id).where(Message.id.in_(waiting), lacks_a_document())))


def list_carried(message_id: int) -> list[Carried]:
    """The attachments of a message with their documents, or what became of rendering them; one query."""
    same_document = and_(
        Document.owner_kind == MessageAttachment.owner_kind,
        Document.owner_id == MessageAttachment.owner_id,
        Document.kind == MessageAttachment.document_kind,
    )
    same_request = and_(
        DocumentRequest.owner_kind == MessageAttachment.owner_kind,
        DocumentRequest.owner_id == MessageAttachment.owner_id,
        DocumentRequest.kind == MessageAttachment.document_kind,
        DocumentRequest.state == RequestState.FAILED,
    )
    rows = session().execute(
        select(MessageAttachment, Document, DocumentRequest.error)
        .outerjoin(Document, same_document)
        .outerjoin(DocumentRequest, same_request)
        .where(MessageAttachment.message_id == message_id)
        .order_by(MessageAttachment.id)
    )
    return [Carried(attachment, document, error or "") for attachment, document, error in rows]


def list_related(message: Message) -> Sequence[Message]:
    """Other messages about the same object, newest first."""
    statement = select_messages(about=(message.object_kind, message.object_id)).where(Message.id != message.id)
    return session().scalars(statement.order_by(Message.id.desc()).limit(MOST_RELATED)).all()


def list_newest(statement: Select[Any], limit: int) -> Sequence[Message]:
    """The first of a list, newest first."""
    return session().scalars(statement.order_by(Message.id.desc()).limit(limit)).all()


def find_by_message_ids(message_ids: Iterable[str]) -> Mapping[str, tuple[int, str]]:
    """Id and kind of each message by its Message-ID header; unknown ones are missing."""
    wanted = [one for one in message_ids if one]
    if not wanted:
        return {}
    columns = select(Message.message_id, Message.id, Message.kind).where(Message.message_id.in_(wanted))
    return {row[0]: (row[1], row[2]) for row in session().execute(columns)}
