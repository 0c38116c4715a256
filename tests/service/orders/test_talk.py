"""Comments with mentions, files, and exceptions of an order, on both engines."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from app.audit.queries import list_timeline
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.documents.models import Document
from app.documents.rules_uploads import UploadActive
from app.kernel.errors import NotFound
from app.kernel.lifecycle import MoveRefused
from app.kernel.texts import TextMissing
from app.orders import queries_exceptions, queries_talk, services_exceptions, services_files, services_talk
from app.orders.queries_backlog import worth_by_band
from app.orders.rules_age import AgeBand, Days
from app.orders.rules_exceptions import Cause, DateNotAhead, ExceptionState
from app.outbox.models import Message
from tests import factories
from tests.factories import NOW

TODAY = date(2026, 11, 22)


@pytest.fixture
def people(app):
    factories.make_company()
    emails = ("anna.weber@firm.example", "ben@firm.example", "gone@firm.example")
    ids = [factories.make_user(app, "member", email=email) for email in emails]
    with unit_of_work():
        from app.auth.models import User

        session().get_one(User, ids[2]).active = False
    return ids


@pytest.fixture
def order(people):
    return factories.make_order()


def write(order, author, text):
    with unit_of_work():
        return services_talk.write_comment(order.id, text, author_id=author, actor=f"user:{author}", now=NOW)


def mails():
    return list(session().scalars(select(Message.recipient).where(Message.kind == "order.mention")))


def actions(order):
    return [entry.action for entry in list_timeline(order_id=order.id)]


def test_each_mentioned_person_gets_one_mail_but_not_the_author_nor_who_left(order, people):
    anna, ben, _gone = people
    written = write(order, anna, "@ben @ben @anna.weber @gone @nobody")
    assert [person.id for person in written.told] == [ben]
    assert written.unknown == ("@gone", "@nobody")
    assert mails() == ["ben@firm.example"]
    assert session().scalar(select(func.count()).select_from(queries_talk.select_unread(ben).subquery())) == 1
    assert {"order.commented", "order.mentioned", "message.queued"} <= set(actions(order))
    text = session().scalar(select(Message.body_text).where(Message.kind == "order.mention"))
    assert f"/orders/{order.id}#comment-{written.comment.id}" in text


def test_a_mention_is_read_by_its_person_only_and_keeps_the_first_time(order, people):
    anna, ben, _gone = people
    write(order, anna, "@ben look")
    mention = session().scalars(queries_talk.select_unread(ben)).one()
    with unit_of_work(), pytest.raises(queries_talk.MentionUnknown):
        services_talk.read_mention(mention, user_id=anna, now=NOW)
    for later in range(2):
        with unit_of_work():
            services_talk.read_mention(mention, user_id=ben, now=NOW + timedelta(hours=later))
    assert queries_talk.get_mention(mention, ben).read_at == NOW
    write(order, anna, "@ben again")
    with unit_of_work():
        services_talk.read_all_mentions(user_id=ben, now=NOW)
    assert session().scalars(queries_talk.select_unread(ben)).all() == []


def test_a_comment_is_withdrawn_once_by_its_author(order, people):
    anna, ben, _gone = people
    comment_id = write(order, anna, "A secret").comment.id

    def withdraw(person):
        with unit_of_work():
            services_talk.withdraw_comment(comment_id, author_id=person, actor=f"user:{person}", now=NOW)

    with pytest.raises(services_talk.CommentOfAnother):
        withdraw(ben)
    withdraw(anna)
    comment = queries_talk.get_comment(comment_id)
    assert (comment.text, comment.withdrawn_at) == ("", NOW)
    with pytest.raises(services_talk.CommentWithdrawn):
        withdraw(anna)


def test_a_comment_of_nothing_is_refused(order, people):
    with pytest.raises(TextMissing):
        write(order, people[0], " \n ")


def add(order, name="notes.txt", content=b"Hello"):
    with unit_of_work():
        return services_files.add_file(order.id, name, content, actor="user:1", now=NOW)


def test_a_file_is_stored_once_and_taken_off_the_list_with_its_bytes_kept(order, monkeypatch):
    stored = add(order)
    assert [one.document.name for one in queries_talk.list_files(order.id)] == ["notes.txt"]
    with unit_of_work():
        services_files.remove_file(stored.file.id, actor="user:2", now=NOW)
    assert queries_talk.list_files(order.id) == []
    assert session().scalar(select(func.count()).where(Document.owner_kind == "order_file")) == 1
    with unit_of_work(), pytest.raises(queries_talk.FileUnknown):
        services_files.remove_file(stored.file.id, actor="user:2", now=NOW)
    assert {"order.file_added", "order.file_removed"} <= set(actions(order))
    with pytest.raises(UploadActive):
        add(order, "notes.txt", b"<html><body onload=x>")
    monkeypatch.setattr(services_files, "MOST_FILES", 1)
    add(order)
    with pytest.raises(services_files.TooManyFiles):
        add(order)


def act(name, exception, *args, days=0, **options):
    with unit_of_work():
        service = getattr(services_exceptions, f"{name}_exception")
        return service(exception, *args, actor="user:1", now=NOW + timedelta(days=days), **options)


def queue(state, days=0):
    statement = queries_exceptions.select_exceptions(TODAY + timedelta(days=days), state=ExceptionState(state))
    return len(session().scalars(statement).all())


def test_the_life_of_an_exception(order, people):
    one = act("raise", order.id, Cause.STOCK, "Two connectors are missing", owner_id=people[0]).id
    until = TODAY + timedelta(days=3)
    with pytest.raises(DateNotAhead):
        act("suspend", one, TODAY)
    act("suspend", one, until)
    assert (queue("open"), queue("suspended")) == (0, 1)
    assert (queue("open", days=3), queue("suspended", days=3)) == (1, 0)
    with pytest.raises(MoveRefused):
        act("resume", one, days=3)
    act("suspend", one, until + timedelta(days=9), days=3)
    act("resume", one, days=3)
    with pytest.raises(TextMissing):
        act("resolve", one, " ")
    with pytest.raises(services_exceptions.ExceptionChanged):
        act("resolve", one, "Came by courier", version=1)
    act("resolve", one, "Came by courier", days=4)
    with pytest.raises(MoveRefused):
        act("resume", one)
    act("reopen", one, "One is broken", days=5)
    assert (queue("open"), queue("resolved")) == (1, 0)
    done = [action for action in actions(order) if action.startswith("exception.")]
    assert [action.partition(".")[2] for action in reversed(done)] == [
        "raised", "suspended", "suspended", "resumed", "resolved", "reopened"
    ]  # fmt: skip


def test_an_exception_belongs_to_somebody_who_works_here_or_to_a_department(order, people):
    anna, _ben, gone = people
    for owner in (gone, 4242):
        with pytest.raises(services_exceptions.OwnerUnknown):
            act("raise", order.id, Cause.OTHER, "Stuck", owner_id=owner)
    with pytest.raises(NotFound):
        act("raise", 4242, Cause.OTHER, "Stuck")
    act("raise", order.id, Cause.OTHER, "Stuck", owner_id=anna)
    act("raise", order.id, Cause.CREDIT, "Stuck", department_code="qa")

    def found(**wanted):
        return [one.cause for one in session().scalars(queries_exceptions.select_exceptions(TODAY, **wanted))]

    assert found(mine=[(anna, None)]) == [Cause.OTHER]
    assert sorted(found(mine=[(anna, "qa")])) == [Cause.CREDIT, Cause.OTHER]
    assert found(cause=Cause.CREDIT) == [Cause.CREDIT]


def test_the_backlog_counts_open_orders_by_age_and_currency(people):
    factories.make_order("NEW")
    factories.make_order("OLD", now=NOW - timedelta(days=40))
    factories.make_fulfilled_order("DONE")
    bands = {
        AgeBand.FRESH: Days(TODAY - timedelta(days=7), None),
        AgeBand.OLDEST: Days(None, TODAY - timedelta(days=8)),
    }
    found = worth_by_band(bands)
    assert {band: (worth.count, list(worth.totals)) for band, worth in found.items() if worth.count} == {
        AgeBand.FRESH: (1, ["EUR"]),
        AgeBand.OLDEST: (1, ["EUR"]),
    }
