"""Stored documents and the requests for them: first bytes win, failures wait, silence is noticed."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.db.unit_of_work import unit_of_work
from app.documents import queries, services
from app.documents.models import RequestState
from app.documents.rendering import Renderer
from app.documents.services import DocumentRequestLost, DocumentRequestRuns, RenderedDocument
from app.kernel.errors import NotFound

S = RequestState


def store(now, content=b"%PDF-1", kind="pdf", owner_id=7):
    with unit_of_work():
        return services.store_document(
            owner_kind="invoice", owner_id=owner_id, kind=kind, name="INV.pdf", media_type="application/pdf",
            content=content, now=now,
        )  # fmt: skip


def request(now, owner_id=7):
    with unit_of_work():
        return services.request_document(owner_kind="invoice", owner_id=owner_id, kind="pdf", now=now).id


def claim(now, limit=1):
    with unit_of_work():
        return services.claim_requests(now, limit=limit)


def fail(claimed, now, reason="no font"):
    with unit_of_work():
        return services.fail_request(claimed, reason, now=now).state


def test_the_first_bytes_win(app, now):
    first = store(now)
    second = store(now + timedelta(days=1), b"%PDF-2")
    assert (second.id, second.stored_at) == (first.id, now)
    assert queries.read_content(second) == b"%PDF-1"
    assert (second.byte_size, second.sha256[:8]) == (6, first.sha256[:8])


def test_equal_bytes_are_stored_once(app, now):
    a, b = store(now), store(now, kind="copy")
    assert a.id != b.id
    assert a.sha256 == b.sha256
    assert [one.kind for one in queries.list_documents("invoice", 7)] == ["pdf", "copy"]


@pytest.mark.parametrize("table", ["document", "document_content"])
def test_the_database_itself_refuses_to_change_what_is_stored(app, now, table):
    store(now)
    for change in (f"UPDATE {table} SET sha256 = 'x'", f"DELETE FROM {table}"):
        with pytest.raises(DBAPIError, match="never change"), unit_of_work() as current:
            current.execute(text(change))


def test_a_missing_document_is_not_found(app):
    assert queries.find_document("invoice", 1, "pdf") is None
    with pytest.raises(NotFound):
        queries.get_document(1)
    with pytest.raises(NotFound):
        queries.get_request(1)


def test_a_document_is_asked_for_once_and_rendered_once(app, now):
    assert request(now) == request(now + timedelta(hours=1))
    (claimed,) = claim(now)
    assert claim(now) == []
    with unit_of_work():
        made = RenderedDocument("pdf", "INV.pdf", "application/pdf", b"%PDF")
        services.finish_request(claimed, made, now=now)
    assert queries.get_request(claimed.id).state == S.DONE
    assert queries.find_document("invoice", 7, "pdf").name == "INV.pdf"
    assert not queries.is_rendering_due(now + timedelta(days=9))


def test_a_failure_is_shown_and_tried_again_after_growing_pauses(app, now):
    number, at, waits = request(now), now, []
    while queries.get_request(number).state != S.FAILED:
        (claimed,) = claim(at)
        fail(claimed, at, f"no font, try {claimed.attempt}")
        found = queries.get_request(number)
        waits.append((found.next_attempt_at - at) // timedelta(seconds=1))
        at = found.next_attempt_at
        assert claim(at - timedelta(seconds=1)) == []
    assert waits == [10, 60, 300, 1800, 7200, 0]
    assert queries.get_request(number).error == "no font, try 6"
    assert [one.id for one in queries.list_failed_requests()] == [number]


def test_a_person_can_have_a_failed_document_tried_again(app, now):
    number = request(now)
    with pytest.raises(DocumentRequestRuns), unit_of_work():
        services.retry_request(number, actor="user:1", now=now)
    for days in range(6):
        fail(claim(now + timedelta(days=days))[0], now + timedelta(days=days))
    with unit_of_work():
        services.retry_request(number, actor="user:1", now=now + timedelta(days=9))
    assert claim(now + timedelta(days=9))[0].id == number


def test_a_silent_worker_loses_the_document_and_its_late_failure_is_refused(app, now):
    request(now)
    (late,) = claim(now)
    assert claim(now + timedelta(minutes=4)) == []
    (second,) = claim(now + timedelta(minutes=6))
    assert second.attempt == 2
    with pytest.raises(DocumentRequestLost):
        fail(late, now + timedelta(minutes=6))


def test_the_late_bytes_of_a_silent_worker_are_welcome(app, now):
    request(now)
    (late,) = claim(now)
    claim(now + timedelta(minutes=6))
    with unit_of_work():
        services.finish_request(late, RenderedDocument("pdf", "a.pdf", "application/pdf", b"a"), now=now)
    assert queries.find_document("invoice", 7, "pdf") is not None


def test_a_document_that_kills_every_worker_is_given_up(app, now):
    number, at = request(now), now
    for _ in range(6):
        assert len(claim(at)) == 1
        at += timedelta(minutes=6)
    assert claim(at) == []
    found = queries.get_request(number)
    assert (found.state, found.error) == (S.FAILED, "The worker stopped 6 times while rendering this document.")


def test_waiting_documents_are_counted(app, now):
    request(now, 1)
    request(now + timedelta(minutes=1), 2)
    claim(now)
    assert queries.count_requests() == {S.PENDING: 1, S.CLAIMED: 1}
    assert queries.oldest_waiting() == now


def test_a_rendering_inside_a_unit_of_work_is_a_mistake(app, now):
    renderer = Renderer(1)
    with pytest.raises(RuntimeError, match="after the commit"), unit_of_work():
        renderer.render("x", identifier="x", title="x", language="en", created=now)
    renderer.close()
