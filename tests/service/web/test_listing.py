"""Lists page by key on both engines: nothing twice, nothing left out, whatever the order and the empty values."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import event, select
from werkzeug.datastructures import MultiDict

from app.audit.models import AuditEntry
from app.db.base import db, session
from app.db.unit_of_work import unit_of_work
from app.kernel.money import Money
from app.web import listing
from app.web.cursor import BadCursor, write_cursor
from app.web.export import ExportColumn, export_csv
from app.web.sorting import UnknownSort

START = datetime(2026, 11, 1, 8, 0, tzinfo=UTC)

ORDERS = {
    "one column": [(AuditEntry.id, "desc")],
    "upwards": [(AuditEntry.at, "asc"), (AuditEntry.id, "asc")],
    "downwards": [(AuditEntry.at, "desc"), (AuditEntry.id, "desc")],
    "mixed": [(AuditEntry.action, "asc"), (AuditEntry.id, "desc")],
    "with empty values": [(AuditEntry.deal_id, "asc"), (AuditEntry.id, "asc")],
    "with empty values downwards": [(AuditEntry.deal_id, "desc"), (AuditEntry.id, "asc")],
}


@pytest.fixture
def entries(app):
    with unit_of_work() as current:
        for number in range(37):
            current.add(
                AuditEntry(
                    at=START + timedelta(minutes=number // 3),
                    actor="user:1",
                    action=f"thing.{'abc'[number % 3]}",
                    object_kind="thing",
                    object_id=number,
                    deal_id=None if number % 5 == 0 else number % 4,
                )
            )
    return app


def turn(order, url="", size=5):
    args = MultiDict({name: values[0] for name, values in parse_qs(urlsplit(url).query).items()})
    return listing.paginate(select(AuditEntry), order=order, args=args, path="/things", size=size)


def expected_ids(order):
    """The same order by Python: empty values are the largest."""
    rows = list(session().scalars(select(AuditEntry)))
    for column, direction in reversed(order):
        rows.sort(
            key=lambda row, name=column.key: (
                (getattr(row, name) is None, getattr(row, name) or 0)
                if getattr(row, name) is None or isinstance(getattr(row, name), int)
                else (False, getattr(row, name))
            ),
            reverse=direction == "desc",
        )
    return [row.id for row in rows]


@pytest.mark.parametrize("name", ORDERS)
def test_paging_down_shows_every_row_once_in_order(entries, name):
    order, seen, url = ORDERS[name], [], ""
    while True:
        page = turn(order, url)
        seen.extend(row.id for row in page.rows)
        url = page.older_url
        if not url:
            break
    assert seen == expected_ids(order)


@pytest.mark.parametrize("name", ORDERS)
def test_paging_up_again_shows_the_same_pages(entries, name):
    order, pages = ORDERS[name], [turn(ORDERS[name])]
    while pages[-1].older_url:
        pages.append(turn(order, pages[-1].older_url))
    back = [pages[-1]]
    while back[-1].newer_url:
        back.append(turn(order, back[-1].newer_url))
    assert [[row.id for row in page.rows] for page in reversed(back)] == [[r.id for r in page.rows] for page in pages]
    assert back[-1].newer_url == ""


def test_the_way_up_ends_on_a_whole_first_page(entries):
    order = ORDERS["one column"]
    third_row = turn(order).rows[2].id
    page = turn(order, "?before=" + write_cursor("id:desc", [third_row]))
    assert len(page.rows) == 5
    assert page.newer_url == ""


def test_a_row_added_meanwhile_moves_nothing(entries):
    order = ORDERS["one column"]
    first = turn(order)
    with unit_of_work() as current:
        current.add(AuditEntry(at=START, actor="user:1", action="x.y", object_kind="thing", object_id=99))
    assert turn(order, first.older_url).rows[0].id == first.rows[-1].id - 1


def test_columns_come_as_tuples_and_an_empty_list_is_false(entries):
    statement = select(AuditEntry.object_id, AuditEntry.action)
    page = listing.paginate(statement, order=ORDERS["one column"], args={}, path="/", size=2)
    assert page.rows == [(36, "thing.a"), (35, "thing.c")]
    assert not listing.paginate(statement.where(AuditEntry.id < 0), order=ORDERS["one column"], args={}, path="/")


def test_filters_and_repeated_arguments_stay_in_the_addresses(entries):
    args = MultiDict([("state", "open"), ("state", "late"), ("q", ""), ("after", "")])
    page = listing.paginate(select(AuditEntry), order=ORDERS["one column"], args=args, path="/things", size=5)
    assert page.older_url.startswith("/things?state=open&state=late&after=")


JUNK = [
    "x", "%%%", "é", "=", "W10", "bnVsbA", "A" * 2_000, "eyJhIjoxfQ",
    write_cursor("another:order", [START, 1]),
    write_cursor("at:desc,id:desc", ["no date", 1]),
    write_cursor("at:desc,id:desc", ["2026-11-01T08:00:00", 1]),
    write_cursor("at:desc,id:desc", ["0001-01-01T00:00:00+23:59", 1]),
    write_cursor("at:desc,id:desc", [START, 10**30]),
    write_cursor("at:desc,id:desc", [START, True]),
    write_cursor("at:desc,id:desc", [START, "1"]),
    write_cursor("at:desc,id:desc", [START]),
]  # fmt: skip


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("side", ["after", "before"])
def test_a_junk_place_is_refused(entries, side, junk):
    with pytest.raises(BadCursor):
        listing.paginate(select(AuditEntry), order=ORDERS["downwards"], args={side: junk}, path="/")


def test_a_text_place_with_characters_no_database_keeps_is_refused(entries):
    for text in ("a\x00b", "\ud800"):
        place = write_cursor("action:asc,id:desc", [text, 1])
        with pytest.raises(BadCursor):
            listing.paginate(select(AuditEntry), order=ORDERS["mixed"], args={"after": place}, path="/")


def test_counting_stops_at_its_bound(entries):
    assert str(listing.count_up_to(select(AuditEntry), most=36)) == "36+"
    assert str(listing.count_up_to(select(AuditEntry), most=37)) == "37"
    assert (
        listing.count_up_to(select(AuditEntry.id).where(AuditEntry.object_id < 3).order_by(AuditEntry.id)).number == 3
    )


@contextmanager
def watched():
    """The statements sent meanwhile, with their parameters."""
    sent = []

    def note(_connection, _cursor, sql, parameters, _context, _many):
        sent.append((sql, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.engine, "before_cursor_execute", note)


def test_a_page_is_one_statement_that_reads_one_row_more_than_it_shows(entries):
    order = ORDERS["downwards"]
    url = turn(order).older_url
    session().rollback()
    with watched() as sent:
        turn(order, url)
    ((sql, parameters),) = [pair for pair in sent if "audit_entry" in pair[0]]
    given = list(parameters.values()) if isinstance(parameters, dict) else list(parameters)
    assert "LIMIT" in sql
    assert 6 in given


SORTS = {"when": AuditEntry.at, "what": AuditEntry.action, "id": AuditEntry.id}


def choose(sort):
    return listing.choose_sort(SORTS, default="-when", tie=AuditEntry.id, args={"sort": sort}, path="/things")


def test_a_sort_word_becomes_columns():
    assert choose("").order == [(AuditEntry.at, "desc"), (AuditEntry.id, "desc")]
    assert choose("what").order == [(AuditEntry.action, "asc"), (AuditEntry.id, "asc")]
    assert choose("-id").order == [(AuditEntry.id, "desc")]


@pytest.mark.parametrize("junk", ["actor", "--when", "when desc", "at;drop", "-", "when,id", "1"])
def test_any_other_sort_word_is_refused(junk):
    with pytest.raises(UnknownSort):
        choose(junk)


def test_a_head_turns_its_own_sorting():
    sort = choose("when")
    assert sort.head("When", "when") == {
        "label": "When", "kind": "", "hide": "", "sort_url": "/things?sort=-when", "sorted": "asc"
    }  # fmt: skip
    assert choose("-when").head("When", "when")["sort_url"] == "/things?sort=when"
    assert sort.head("What", "what")["sorted"] == ""
    assert "sort_url" not in sort.head("Actions")


def read_export(app, monkeypatch, columns, totals=()):
    monkeypatch.setattr("app.web.export.CHUNK", 4)
    with app.test_request_context():
        answer = export_csv(
            select(AuditEntry).where(AuditEntry.object_id < 10),
            order=[(AuditEntry.object_id, "asc")], columns=columns, name="things", now=START, totals=totals,
        )  # fmt: skip
    text = answer.get_data().decode("utf-8-sig")
    return answer, list(csv.reader(io.StringIO(text, newline="")))


def test_an_export_has_every_row_of_the_list_and_nothing_else(entries, monkeypatch):
    columns = [ExportColumn("Number", lambda row: row.object_id), ExportColumn("What", lambda row: row.action)]
    answer, rows = read_export(entries, monkeypatch, columns, totals=[["Total", 45]])
    assert rows[0] == ["Number", "What"]
    assert [row[0] for row in rows[1:11]] == [str(number) for number in range(10)]
    assert rows[11:] == [["Total", "45"]]
    assert answer.headers["Content-Disposition"] == 'attachment; filename="things-2026-11-01.csv"'
    assert answer.content_type == "text/csv; charset=utf-8"


def test_the_name_of_a_cut_export_says_so(entries, monkeypatch):
    monkeypatch.setattr("app.web.export.MOST_ROWS", 8)
    answer, rows = read_export(entries, monkeypatch, [ExportColumn("Number", lambda row: row.object_id)])
    assert len(rows) == 1 + 8
    assert "things-2026-11-01-first-8-rows-only.csv" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\x00"])
def test_no_cell_is_a_formula(entries, monkeypatch, start):
    _, rows = read_export(entries, monkeypatch, [ExportColumn("Name", lambda _row: start + "1+1")])
    assert rows[1] == ["'" + start + "1+1"]


def test_numbers_stay_numbers(entries, monkeypatch):
    values = [-5, Decimal("-0.50"), Money(-103500, "EUR"), Money(7, "JPY"), None, START.date()]
    columns = [ExportColumn(str(place), lambda _row, value=value: value) for place, value in enumerate(values)]
    _, rows = read_export(entries, monkeypatch, columns)
    assert rows[1] == ["-5", "-0.50", "-1035.00", "7", "", "2026-11-01"]
