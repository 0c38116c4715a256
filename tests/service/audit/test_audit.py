"""The trail: timelines in one scan, and seals that show any tampering."""

import random
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.audit import queries, services
from app.audit.models import AuditSeal
from app.audit.rules import SEAL_SIZE
from app.db.base import db, session
from app.db.triggers import list_guards
from app.db.unit_of_work import unit_of_work


def write(now, count=1, **ids: object):
    with unit_of_work():
        for number in range(count):
            services.record(
                "order.opened", actor="user:1", now=now, object_kind="order", object_id=number, note=f"ü{number}", **ids
            )


def seal(now):
    with unit_of_work():
        return services.seal_entries(now)


def tamper(*statements):
    """As somebody who may switch the guards off."""
    dialect = db.engine.dialect.name
    guards = [guard for guard in list_guards() if guard.table.startswith("audit_")]
    with unit_of_work() as current:
        for guard in guards:
            for statement in guard.drop(dialect):
                current.execute(text(statement))
        for statement in statements:
            current.execute(text(statement))


@pytest.mark.parametrize("name", ["deal_id", "order_id", "customer_id", "invoice_id"])
def test_a_timeline_is_newest_first_and_goes_on_where_it_stopped(app, now, name):
    write(now, 7, **{name: 5})
    write(now, 3, **{name: 6})
    first = queries.list_timeline(**{name: 5}, limit=4)
    rest = queries.list_timeline(**{name: 5}, limit=4, before=first[-1].id)
    assert [entry.object_id for entry in (*first, *rest)] == [6, 5, 4, 3, 2, 1, 0]


def test_a_timeline_is_of_exactly_one_thing(app):
    for ids in ({}, {"deal_id": 1, "customer_id": 2}):
        with pytest.raises(ValueError, match="a timeline is that of one"):
            queries.list_timeline(**ids)


def test_the_timeline_of_an_order_begins_with_its_deal(app, now):
    write(now, 2, deal_id=4)
    write(now, 1, deal_id=5)
    write(now, 3, deal_id=4, order_id=9)
    assert [entry.object_id for entry in queries.list_timeline(order_id=9, deal_id=4)] == [2, 1, 0, 1, 0]


@pytest.mark.parametrize("read", [
    lambda **more: queries.list_timeline(customer_id=5, **more),
    lambda **more: queries.list_entries_of("order", 0, **more),
])  # fmt: skip
def test_a_timeline_goes_by_the_time_of_the_facts_not_by_when_they_were_written(app, now, read):
    days = (3, 1, 2, 1)
    for day in days:
        write(now - timedelta(days=day), customer_id=5)
    told = [(now - entry.at).days for entry in read()]
    assert told == [1, 1, 2, 3]
    paged = [read(limit=1)[0]]
    while page := read(limit=1, before=paged[-1].id):
        paged += page
    assert [entry.id for entry in paged] == [4, 2, 3, 1]


def test_the_entries_of_an_object_are_found_by_its_kind(app, now):
    write(now, 3)
    assert [entry.object_id for entry in queries.list_entries_of("order", 1)] == [1]
    assert queries.list_entries_of("invoice", 1) == []


@pytest.mark.parametrize("change", ["UPDATE audit_entry SET actor = 'x'", "DELETE FROM audit_entry"])
def test_the_database_itself_refuses_to_change_the_trail(app, now, change):
    write(now)
    with pytest.raises(DBAPIError, match="append-only"), unit_of_work() as current:
        current.execute(text(change))


def test_sealing_covers_every_entry_once_in_a_chain(app, now):
    write(now, 5)
    assert seal(now) == 5
    assert seal(now) == 0
    write(now, SEAL_SIZE + 3)
    assert seal(now) == SEAL_SIZE + 3
    seals = session().query(AuditSeal).order_by(AuditSeal.id).all()
    assert [one.entries for one in seals] == [5, SEAL_SIZE, 3]
    assert [one.previous_digest for one in seals] == ["", seals[0].digest, seals[1].digest]
    assert queries.broken_seals() == []
    assert queries.count_unsealed() == 0


def test_a_rolled_back_entry_leaves_no_hole_in_the_chain(app, now):
    write(now, 2)
    session().rollback()
    with pytest.raises(ZeroDivisionError), unit_of_work():
        services.record("x.y", actor="a", now=now, object_kind="x", object_id=1 // 0)
    write(now, 2)
    seal(now)
    assert queries.broken_seals() == []


TAMPERINGS = [
    "UPDATE audit_entry SET actor = 'user:9' WHERE id = {id}",
    "UPDATE audit_entry SET object_id = object_id + 1 WHERE id = {id}",
    "UPDATE audit_entry SET detail = '{{}}' WHERE id = {id}",
    "UPDATE audit_entry SET detail = detail || ' ' WHERE id = {id}",
    "UPDATE audit_entry SET customer_id = 77 WHERE id = {id}",
    "DELETE FROM audit_entry WHERE id = {id}",
    "UPDATE audit_entry SET id = -{id} WHERE id = {id}",
    "UPDATE audit_seal SET digest = previous_digest WHERE id = {seal}",
    "UPDATE audit_seal SET entries = entries + 1 WHERE id = {seal}",
    "UPDATE audit_seal SET last_entry_id = last_entry_id - 1 WHERE id = {seal}",
    "DELETE FROM audit_seal WHERE id = {seal}",
]


@pytest.mark.parametrize("statement", TAMPERINGS)
def test_every_tampering_shows(app, now, statement):
    chance = random.Random(statement)
    for _ in range(4):
        write(now, 6)
        seal(now)
    assert queries.broken_seals() == []
    tamper(statement.format(id=chance.randint(2, 24), seal=chance.randint(1, 3)))
    assert queries.broken_seals() != []


def test_an_entry_put_in_afterwards_shows(app, now):
    for _ in range(2):
        write(now, 3)
        seal(now)
    tamper(
        "DELETE FROM audit_entry WHERE id = 4",
        "INSERT INTO audit_entry (id, at, actor, action, object_kind, object_id, detail) "
        "SELECT 4, at, 'user:9', action, object_kind, object_id, detail FROM audit_entry WHERE id = 3",
    )
    assert [broken.seal_id for broken in queries.broken_seals()] == [2]
    assert queries.broken_seals(since_seal=2) == []


def test_only_the_newer_seals_can_be_asked_about(app, now):
    for _ in range(3):
        write(now, 3)
        seal(now)
    assert queries.broken_seals(since_seal=1) == []
    tamper("UPDATE audit_entry SET actor = 'x' WHERE id = 8")
    assert [broken.seal_id for broken in queries.broken_seals(since_seal=2)] == [3]
    assert queries.last_seal().id == 3
