"""Queueing, and what people decide about messages."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.audit.queries import list_timeline
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.documents.services import store_document
from app.kernel.errors import BadInput, NotFound
from app.kernel.lifecycle import MoveRefused, ReasonMissing
from app.outbox import queries, services
from app.outbox.delivery import claim_next
from app.outbox.rules import MessageState
from app.outbox.sender import Sender, connect_sender
from app.outbox.services import AttachmentRef, NewMessage

S = MessageState


def new(**changes: object):
    facts = {
        "kind": "invoice", "object_kind": "invoice", "object_id": 7, "recipient": "ap@customer.example",
        "subject": "Invoice INV-2026-00007", "body_text": "Please find our invoice.", "customer_id": 3, "invoice_id": 7,
        "order_id": 5,
    }  # fmt: skip
    return NewMessage(**(facts | changes))


def queue(now, **changes: object):
    with unit_of_work():
        return services.enqueue(new(**changes), now=now)


def put(message_id, state):
    with unit_of_work():
        services.lock_message(message_id).state = state


def test_the_same_key_queues_one_message(app, now):
    first = queue(now)
    second = queue(now + timedelta(hours=1), subject="Another subject")
    assert second.id == first.id
    assert second.subject == "Invoice INV-2026-00007"
    assert queries.count_messages() == {S.QUEUED: 1}


@pytest.mark.parametrize(
    "difference",
    [
        {"kind": "dunning"}, {"object_kind": "order"}, {"object_id": 8}, {"level": 1}, {"period": "2026-11"},
        {"edition": 2}, {"recipient": "other@customer.example"},
    ],
)  # fmt: skip
def test_each_part_of_the_key_makes_another_message(app, now, difference):
    queue(now)
    queue(now, **difference)
    assert queries.count_messages() == {S.QUEUED: 2}


def test_a_message_that_is_rolled_back_is_not_queued(app, now):
    def issue_and_fail():
        with unit_of_work():
            services.enqueue(new(), now=now)
            raise RuntimeError("the invoice was not issued after all")

    with pytest.raises(RuntimeError):
        issue_and_fail()
    assert queries.count_messages() == {}


@pytest.mark.parametrize("recipient", ["", "nobody", "a@b.example, c@d.example", "x@y.example\nBcc: z@y.example"])
def test_a_bad_address_is_refused_when_queueing(app, now, recipient):
    with pytest.raises(BadInput) as refusal, unit_of_work():
        services.enqueue(new(recipient=recipient), now=now)
    assert refusal.value.field == "recipient"
    assert queries.count_messages() == {}


def test_a_message_is_from_the_company_as_it_was_when_queued(app, now):
    connect_sender(app, lambda: Sender("billing@tillpaid.example", "Tillpaid Ltd"))
    try:
        message = queue(now)
    finally:
        app.extensions.pop("tillpaid_sender")
    assert (message.sender, message.sender_name) == ("billing@tillpaid.example", "Tillpaid Ltd")
    assert message.message_id.endswith("@tillpaid.example>")


def test_before_the_company_is_set_up_a_message_comes_from_our_own_host(app, now):
    app.extensions.pop("tillpaid_sender", None)
    assert queue(now).sender == "no-reply@tillpaid.test"


def test_a_queued_message_is_on_the_timelines_it_belongs_to(app, now):
    queue(now)
    for where in ({"customer_id": 3}, {"invoice_id": 7}, {"order_id": 5}):
        (entry,) = list_timeline(**where)
        assert (entry.action, entry.detail["recipient"]) == ("message.queued", "ap@customer.example")


def test_resending_makes_the_next_edition_with_the_same_content_and_attachments(app, now):
    old = queue(now, attachments=[AttachmentRef("invoice", 7, "pdf")])
    put(old.id, S.ACCEPTED)
    with unit_of_work():
        services.resend(old.id, actor="user:1", now=now)
    with unit_of_work():
        third = services.resend(old.id, actor="user:1", now=now)
    assert (third.edition, third.subject, third.state) == (3, old.subject, S.QUEUED)
    assert [one.document_kind for one in third.attachments] == ["pdf"]
    assert third.message_id != queries.get_message(old.id).message_id
    assert queries.get_message(old.id).state == S.ACCEPTED


def test_an_uncertain_message_that_arrived_is_accepted(app, now):
    message = queue(now)
    put(message.id, S.UNCERTAIN)
    with unit_of_work():
        services.resolve_uncertain(message.id, accepted=True, actor="user:1", now=now)
    found = queries.get_message(message.id)
    assert (found.state, found.accepted_at) == (S.ACCEPTED, now)
    assert [one.outcome for one in queries.list_attempts(message.id)] == ["arrived"]


def test_an_uncertain_message_that_did_not_arrive_goes_again_under_the_same_message_id(app, now):
    message = queue(now)
    message_id = message.message_id
    put(message.id, S.UNCERTAIN)
    later = now + timedelta(days=5)
    with unit_of_work():
        services.resolve_uncertain(message.id, accepted=False, actor="user:1", now=later)
    found = queries.get_message(message.id)
    assert (found.state, found.message_id, found.next_attempt_at) == (S.QUEUED, message_id, later)
    assert found.patience_from == later


@pytest.mark.parametrize("accepted", [True, False])
def test_only_an_uncertain_message_can_be_resolved(app, now, accepted):
    message = queue(now)
    with pytest.raises(MoveRefused), unit_of_work():
        services.resolve_uncertain(message.id, accepted=accepted, actor="user:1", now=now)


def test_cancelling_needs_a_reason_and_a_message_that_still_waits(app, now):
    message = queue(now)
    with pytest.raises(ReasonMissing), unit_of_work():
        services.cancel_message(message.id, "  ", actor="user:1", now=now)
    with unit_of_work():
        services.cancel_message(message.id, "wrong customer", actor="user:1", now=now)
    with pytest.raises(MoveRefused), unit_of_work():
        services.cancel_message(message.id, "again", actor="user:1", now=now)
    assert queries.list_attempts(message.id)[0].reply == "wrong customer"
    with unit_of_work():
        assert claim_next("w", now + timedelta(days=1)) is None


def test_a_missing_message_is_not_found(app, now):
    with pytest.raises(NotFound), unit_of_work():
        services.cancel_message(99, "x", actor="user:1", now=now)


def test_a_message_waits_until_each_of_its_documents_is_stored(app, now):
    refs = [AttachmentRef("invoice", 7, "pdf"), AttachmentRef("invoice", 7, "xml")]
    message = queue(now, attachments=refs)
    for kind in ("pdf", "xml"):
        with unit_of_work():
            assert claim_next("w", now) is None
        assert queries.count_due(now) == 0
        assert queries.list_missing_documents(queries.get_message(message.id))[-1].document_kind == "xml"
        with unit_of_work():
            store_document(
                owner_kind="invoice", owner_id=7, kind=kind, name=f"x.{kind}", media_type=f"application/{kind}",
                content=kind.encode(), now=now,
            )  # fmt: skip
    assert queries.count_due(now) == 1
    letter = queries.read_letter(queries.get_message(message.id))
    assert [(part.name, part.content) for part in letter.parts] == [("x.pdf", b"pdf"), ("x.xml", b"xml")]


def test_the_history_of_a_message_cannot_be_changed(app, now):
    message = queue(now)
    with unit_of_work():
        services.add_attempt(message.id, "accepted", "250 ok", actor="system:outbox", now=now)
    for change in ("UPDATE message_attempt SET reply = 'x'", "DELETE FROM message_attempt"):
        with pytest.raises(DBAPIError, match="append-only"), unit_of_work():
            session().execute(text(change))
