"""Delivery: what each behaviour of a server makes of a message, and who may still speak after a lease."""

from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP

import pytest

from app.db.unit_of_work import is_in_unit_of_work, unit_of_work
from app.outbox import delivery, queries, services
from app.outbox.delivery import deliver_due
from app.outbox.rules import MessageState
from app.outbox.services import NewMessage
from app.outbox.smtp import Patience, SmtpTransport
from app.outbox.transports import Answer, MailboxTransport, Outcome
from tests.harness.smtp import Answer as Says
from tests.harness.smtp import Drop, SmtpServer, Stall

S = MessageState
HASTE = Patience(command=0.3, data=0.3, final_dot=0.3)


def queue(now, number=1, **changes: object):
    facts = {
        "kind": "invoice", "object_kind": "invoice", "object_id": number, "recipient": f"ap{number}@customer.example",
        "subject": f"Invoice {number}", "body_text": "Here it is.",
    }  # fmt: skip
    with unit_of_work():
        return services.enqueue(NewMessage(**(facts | changes)), now=now).id


def deliver(server, now, **options: object):
    return deliver_due(SmtpTransport(server.url, patience=HASTE), owner="test", now=lambda: now, **options)


def state_of(message_id):
    return queries.get_message(message_id).state


def outcomes(message_id):
    return [one.outcome for one in queries.list_attempts(message_id)]


def test_a_message_is_handed_over_once_as_it_was_queued(app, now, smtp_server):
    message_id = queue(now, recipient_name="Ann Ćurić", body_html="<p>Here it is.</p>")
    assert deliver(smtp_server, now).accepted == 1
    assert deliver(smtp_server, now).attempted == 0
    (received,) = smtp_server.received
    assert received.recipients == ("ap1@customer.example",)
    assert received.subject == "Invoice 1"
    assert received.message_id == queries.get_message(message_id).message_id
    message = queries.get_message(message_id)
    assert (message.state, message.accepted_at, message.last_reply) == (S.ACCEPTED, now, "250 2.0.0 taken in")


def test_many_messages_share_a_connection(app, now, smtp_server):
    for number in range(5):
        queue(now, number)
    assert deliver(smtp_server, now).accepted == 5
    assert smtp_server.connections == 1


# fault -> (state afterwards, part of the reply, does the next message still get its turn)
BEHAVIOURS = [
    (Says("MAIL", "451 4.3.0 not now"), S.DEFERRED, "451 4.3.0 not now", False),
    (Says("MAIL", "550 5.7.1 who are you"), S.DEFERRED, "550 5.7.1 who are you", False),
    (Says("MAIL", "552 5.3.4 too big"), S.REJECTED, "552 5.3.4 too big", True),
    (Says("RCPT", "450 4.2.0 greylisted"), S.DEFERRED, "450 4.2.0 greylisted", True),
    (Says("RCPT", "550 5.1.1 no such mailbox"), S.REJECTED, "550 5.1.1 no such mailbox", True),
    (Says("RCPT", "421 4.3.2 closing"), S.DEFERRED, "421 4.3.2 closing", False),
    (Says("DATA", "452 4.3.1 full"), S.DEFERRED, "452 4.3.1 full", True),
    (Says("DATA", "554 5.7.1 spam"), S.REJECTED, "554 5.7.1 spam", True),
    (Says("DOT", "451 4.3.0 try later"), S.DEFERRED, "451 4.3.0 try later", True),
    (Says("DOT", "554 5.6.0 bad content"), S.REJECTED, "554 5.6.0 bad content", True),
    (Drop("MAIL"), S.DEFERRED, "closed", False),
    (Drop("RCPT"), S.DEFERRED, "closed", False),
    (Drop("DATA"), S.DEFERRED, "closed", False),
    (Drop("DOT"), S.UNCERTAIN, "after the mail was handed over", False),
    (Drop("DOT", accepted=True), S.UNCERTAIN, "after the mail was handed over", False),
    (Stall("MAIL"), S.DEFERRED, "did not answer in time", False),
    (Stall("DATA"), S.DEFERRED, "did not answer in time", False),
    (Stall("DOT"), S.UNCERTAIN, "did not answer in time", False),
]


@pytest.mark.parametrize(
    ("fault", "state", "reply", "others_go_on"), BEHAVIOURS, ids=[repr(row[0]) for row in BEHAVIOURS]
)
def test_each_behaviour_of_a_server_has_its_state(app, now, smtp_server, fault, state, reply, others_go_on):
    first, second = queue(now, 1), queue(now + timedelta(seconds=1), 2)
    smtp_server.next_messages(fault)
    deliver(smtp_server, now + timedelta(seconds=2))
    message = queries.get_message(first)
    assert message.state == state
    assert reply in message.last_reply
    assert state_of(second) == (S.ACCEPTED if others_go_on else S.QUEUED)
    assert message.lease_until is None


def test_a_line_that_breaks_in_the_middle_of_the_mail_leaves_it_undelivered_or_in_doubt(app, now, smtp_server):
    message_id = queue(now, body_text="long line\n" * 50_000)
    smtp_server.next_messages(Drop("BODY"))
    deliver(smtp_server, now)
    assert state_of(message_id) in {S.DEFERRED, S.UNCERTAIN}
    assert smtp_server.received == []


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO"])
@pytest.mark.parametrize("how", [Drop, Stall, lambda verb: Says(verb, "421 4.3.2 too busy")])
def test_a_server_that_does_not_greet_defers_one_message_and_ends_the_round(app, now, smtp_server, verb, how):
    first, second = queue(now, 1), queue(now + timedelta(seconds=1), 2)
    smtp_server.next_connections(*[how(verb)] * 3)
    count = deliver(smtp_server, now + timedelta(seconds=2))
    assert (count.deferred, state_of(first), state_of(second)) == (1, S.DEFERRED, S.QUEUED)


def test_a_server_that_is_down_defers(app, now):
    message_id = queue(now)
    server = SmtpServer()
    with server:
        pass
    deliver(server, now)
    message = queries.get_message(message_id)
    assert (message.state, message.next_attempt_at) == (S.DEFERRED, now + timedelta(minutes=1))
    assert "refused" in message.last_reply


def test_a_wrong_password_defers_and_is_not_the_messages_fault(app, now):
    message_id = queue(now)
    with SmtpServer(user="us", password="right") as server:
        wrong = server.url.replace("right", "wrong")
        deliver_due(SmtpTransport(wrong, patience=HASTE), owner="test", now=lambda: now)
        assert state_of(message_id) == S.DEFERRED
        assert "535" in queries.get_message(message_id).last_reply
        later = now + timedelta(hours=1)
        assert deliver(server, later).accepted == 1


def test_one_refused_recipient_does_not_keep_the_others_from_their_mail(app, now, smtp_server):
    ids = [queue(now, number) for number in range(4)]
    smtp_server.refuse_recipient("ap2@customer.example")
    deliver(smtp_server, now)
    assert [state_of(one) for one in ids] == [S.ACCEPTED, S.ACCEPTED, S.REJECTED, S.ACCEPTED]


def test_a_deferred_message_is_tried_again_after_its_pause_and_given_up_after_three_days(app, now, smtp_server):
    message_id = queue(now)
    smtp_server.decide(lambda _sender, _attempt: Says("RCPT", "450 4.2.0 greylisted"))
    at, tries = now, 0
    while state_of(message_id) in {S.QUEUED, S.DEFERRED}:
        at = max(at, queries.get_message(message_id).next_attempt_at)
        assert deliver(smtp_server, at - timedelta(seconds=1)).attempted == 0
        deliver(smtp_server, at)
        tries += 1
    message = queries.get_message(message_id)
    assert message.state == S.REJECTED
    assert message.last_reply == "Given up after three days. Last answer: 450 4.2.0 greylisted"
    assert timedelta(days=2, hours=12) < at - now <= timedelta(days=3)
    assert tries == smtp_server.attempts == 15


def test_a_mail_in_doubt_that_may_repeat_goes_again_under_its_message_id(app, now, smtp_server):
    message_id = queue(now, kind="mis", resend_when_uncertain=True)
    smtp_server.next_messages(Drop("DOT", accepted=True))
    deliver(smtp_server, now)
    assert state_of(message_id) == S.DEFERRED
    deliver(smtp_server, now + timedelta(minutes=2))
    assert state_of(message_id) == S.ACCEPTED
    first, second = smtp_server.received
    assert first.message_id == second.message_id
    assert first.content == second.content


def test_a_mail_in_doubt_that_may_not_repeat_waits_for_a_person(app, now, smtp_server):
    message_id = queue(now)
    smtp_server.next_messages(Drop("DOT", accepted=True))
    deliver(smtp_server, now)
    for days in range(1, 5):
        deliver(smtp_server, now + timedelta(days=days))
    assert state_of(message_id) == S.UNCERTAIN
    assert len(smtp_server.received) == 1
    assert [one.id for one in queries.list_uncertain()] == [message_id]


def claim(now, owner="first"):
    with unit_of_work():
        claimed = delivery.claim_next(owner, now)
    assert claimed is not None
    return claimed


def test_a_worker_that_dies_before_data_leaves_its_message_to_the_next(app, now, smtp_server):
    message_id = queue(now)
    claim(now)
    assert deliver(smtp_server, now + timedelta(minutes=1)).attempted == 0
    assert deliver(smtp_server, now + timedelta(minutes=3)).accepted == 1
    assert outcomes(message_id) == ["release", "accepted"]


@pytest.mark.parametrize(("repeats", "state", "received"), [(False, S.UNCERTAIN, 0), (True, S.ACCEPTED, 1)])
def test_a_worker_that_dies_after_data_leaves_a_doubt(app, now, smtp_server, repeats, state, received):
    message_id = queue(now, resend_when_uncertain=repeats)
    claimed = claim(now)
    with unit_of_work():
        assert delivery.start_data(claimed, now)
    deliver(smtp_server, now + timedelta(minutes=14))
    assert state_of(message_id) == S.DATA_STARTED
    deliver(smtp_server, now + timedelta(minutes=16))
    assert state_of(message_id) == state
    assert len(smtp_server.received) == received


def test_a_late_worker_may_neither_hand_over_nor_settle(app, now):
    message_id = queue(now)
    late = claim(now, "late")
    with unit_of_work():
        delivery.release_silent(now + timedelta(minutes=3))
    second = claim(now + timedelta(minutes=3), "second")
    with unit_of_work():
        assert not delivery.start_data(late, now + timedelta(minutes=3))
    with unit_of_work():
        assert delivery.settle(late, Answer(Outcome.DEFERRED, "late"), now + timedelta(minutes=3)) == "refused"
    assert state_of(message_id) == S.CLAIMED
    with unit_of_work():
        assert delivery.start_data(second, now + timedelta(minutes=3))
    assert outcomes(message_id) == ["release", "too late"]


def test_the_late_answer_of_a_worker_that_nobody_replaced_ends_the_doubt(app, now):
    message_id = queue(now)
    slow = claim(now)
    with unit_of_work():
        delivery.start_data(slow, now)
    with unit_of_work():
        delivery.release_silent(now + timedelta(minutes=16))
    assert state_of(message_id) == S.UNCERTAIN
    with unit_of_work():
        assert delivery.settle(slow, Answer(Outcome.ACCEPTED, "250 ok"), now + timedelta(minutes=17)) == "accepted"
    assert state_of(message_id) == S.ACCEPTED


def test_after_a_persons_decision_a_late_answer_changes_nothing(app, now):
    message_id = queue(now)
    slow = claim(now)
    with unit_of_work():
        delivery.start_data(slow, now)
    with unit_of_work():
        delivery.release_silent(now + timedelta(minutes=16))
    with unit_of_work():
        services.resolve_uncertain(message_id, accepted=False, actor="user:1", now=now + timedelta(minutes=17))
    with unit_of_work():
        assert delivery.settle(slow, Answer(Outcome.ACCEPTED, "250 ok"), now + timedelta(minutes=18)) == "refused"
    assert state_of(message_id) == S.QUEUED


def test_without_the_fence_a_late_worker_would_send_twice(app, now):
    """The protection switched off: proves that the test above could fail."""
    queue(now)
    late = claim(now, "late")
    with unit_of_work():
        delivery.release_silent(now + timedelta(minutes=3))
    claim(now + timedelta(minutes=3), "second")
    blind = replace(late, fence=queries.get_message(late.message_id).fence)
    with unit_of_work():
        assert delivery.start_data(blind, now + timedelta(minutes=3))


def test_no_transaction_is_open_while_a_server_is_spoken_to(app, now):
    seen = []

    class Watching(MailboxTransport):
        def send(self, letter, *, start_data):
            from app.db.base import session

            seen.append((is_in_unit_of_work(), session().in_transaction()))
            started = start_data()
            seen.append((is_in_unit_of_work(), session().in_transaction(), started))
            return Answer(Outcome.ACCEPTED, "ok")

    queue(now)
    deliver_due(Watching(None), owner="test", now=lambda: now)
    assert seen == [(False, False), (False, False, True)]


def test_data_started_is_committed_before_the_mail_is_handed_over(app, now):
    seen = []

    class Watching(MailboxTransport):
        def send(self, letter, *, start_data):
            start_data()
            seen.append(state_of(letter.number))
            return Answer(Outcome.ACCEPTED, "ok")

    queue(now)
    deliver_due(Watching(None), owner="test", now=lambda: now)
    assert seen == [S.DATA_STARTED]


def test_a_fault_of_ours_puts_one_message_off_and_the_others_go(app, now, smtp_server, monkeypatch):
    ids = [queue(now, number) for number in range(3)]
    read = queries.read_letter
    monkeypatch.setattr(queries, "read_letter", lambda message: read(message) if message.object_id != 1 else 1 / 0)
    deliver(smtp_server, now)
    assert [state_of(one) for one in ids] == [S.ACCEPTED, S.DEFERRED, S.ACCEPTED]
    assert "ZeroDivisionError" in queries.get_message(ids[1]).last_reply


def test_a_round_stops_at_its_limit_or_when_told(app, now, smtp_server):
    for number in range(5):
        queue(now, number)
    assert deliver(smtp_server, now, limit=2).accepted == 2
    assert deliver(smtp_server, now, may_go_on=lambda: False).attempted == 0


def test_the_local_mailbox_keeps_a_whole_mail_under_one_name(app, now, tmp_path):
    message_id = queue(now)
    transport = MailboxTransport(tmp_path / "mail")
    deliver_due(transport, owner="test", now=lambda: now)
    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == f"20261122T090000Z-{message_id:06d}.eml"
    mail = message_from_bytes(file.read_bytes(), policy=SMTP)
    assert mail["To"] == "ap1@customer.example"
    assert state_of(message_id) == S.ACCEPTED


def test_a_worker_that_died_writing_the_local_mailbox_just_writes_again(app, now, tmp_path):
    message_id = queue(now)
    claimed = claim(now)
    with unit_of_work():
        delivery.start_data(claimed, now)
    transport = MailboxTransport(tmp_path)
    deliver_due(transport, owner="test", now=lambda: now + timedelta(minutes=20))
    assert state_of(message_id) == S.ACCEPTED
    assert len(list(tmp_path.iterdir())) == 1


def test_a_mailbox_that_cannot_be_written_defers(app, now, tmp_path):
    (tmp_path / "mail").write_text("a file, not a folder")
    message_id = queue(now)
    deliver_due(MailboxTransport(tmp_path / "mail"), owner="test", now=lambda: now)
    assert state_of(message_id) == S.DEFERRED
