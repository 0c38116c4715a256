"""What tasks say is next, and which buttons they offer: refused, on hold, of somebody away, or built on already."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.auth.models_absence import Absence
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.kernel import clock
from app.orders.models_holds import HoldKind
from app.orders.services_holds import place_hold
from app.tasks.queries import list_tasks_of
from app.tasks.rules_evidence import Evidence
from app.tasks.services import assign_task, finish_task
from tests import factories
from tests.factories import ACTOR, NOW, sign_in

pytestmark = pytest.mark.usefixtures("today")
STAMP = {"actor": ACTOR, "now": NOW}


@pytest.fixture
def desk(client):
    with client.application.app_context():
        factories.make_company()
        factories.make_order()
    sign_in(client, "clerk")
    return client


def task_of(code):
    return next(task for task in list_tasks_of(1) if task.code == code)


def words_of(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\xa0", " ")


def ask_for_a_decision(desk, code="confirm_order"):
    with desk.application.app_context(), unit_of_work():
        task_of(code).evidence = Evidence.DECISION
        return task_of(code).id


def test_a_refusal_asks_why_and_is_what_the_order_waits_for(desk):
    task_id = ask_for_a_decision(desk)
    answer = desk.post(f"/tasks/{task_id}/finish", data={"evidence": "refused", "note": ""})
    assert (answer.status_code, "Note" in answer.text) == (422, True)
    assert desk.post(f"/tasks/{task_id}/finish", data={"evidence": "refused", "note": "No stamp"}).status_code == 302
    page = words_of(desk.get("/orders/1").text)
    assert "Customer service refused “Confirm the order to the customer”: No stamp" in page
    assert "Refused: No stamp" in page
    assert "Decide…" in page
    assert "Decide what to do" in words_of(desk.get("/tasks?view=all").text)
    assert "refused" in words_of(desk.get("/exceptions").text)
    # many at once decide nothing
    assert "Left" in desk.post("/tasks/bulk", data={"action": "finish", "ids": task_id, "evidence": "refused"}).text
    with desk.application.app_context():
        assert task_of("confirm_order").state == "open"


def test_an_exception_whose_task_stands_refused_says_on_its_page_why_it_stays(desk):
    task_id = ask_for_a_decision(desk)
    desk.post(f"/tasks/{task_id}/finish", data={"evidence": "refused", "note": "No stamp"})
    sent = {"note": "Stamped", "version": "1"}
    answer = desk.post("/exceptions/1/resolve", data=sent, headers={"Referer": "http://localhost/exceptions/1"})
    assert (answer.status_code, answer.location) == (302, "/exceptions/1")
    page = words_of(desk.get("/exceptions/1").text)
    assert "“Confirm the order to the customer” still stands refused. Decide the task again" in page
    assert desk.post("/exceptions/1/resolve", data=sent).status_code == 409
    # refused again since the page was opened: not the exception that was seen
    desk.post(f"/tasks/{task_id}/finish", data={"evidence": "refused", "note": "Wrong stamp"})
    page = words_of(desk.get("/exceptions/1").text)
    assert "Exception said anew: refused decision" in page
    assert page.count("“Confirm the order to the customer”: Wrong stamp") == 2


@pytest.mark.parametrize(
    ("evidence", "sent", "said"),
    [
        (Evidence.DECISION, "", "Choose approved or refused."),
        (Evidence.DECISION, "perhaps", "Choose approved or refused."),
        (Evidence.NUMBER, " ", "Enter the number."),
        (Evidence.FILE, "", "Choose the file."),
    ],
)
def test_the_page_that_asks_for_evidence_says_what_is_missing_at_its_field(desk, evidence, sent, said):
    with desk.application.app_context(), unit_of_work():
        task_of("confirm_order").evidence = evidence
        task_of("confirm_order").evidence_label = "Stamp"
        task_id = task_of("confirm_order").id
    answer = desk.post(f"/tasks/{task_id}/finish", data={"evidence": sent, "note": ""})
    assert answer.status_code == 422
    at_field = re.search(r'id="evidence-error">.*?<span>(.*?)</span>', answer.text, re.S)
    assert at_field[1].strip() == said
    assert "is only done with" not in answer.text
    many = desk.post("/tasks/bulk", data={"action": "finish", "ids": task_id}).text
    assert "Open the task and add it." in many


def test_who_has_no_button_for_the_next_step_is_told_whom_to_ask(desk):
    sign_in(desk, "member", department_code="qa")

    def read_step():
        return re.search(r'<div class="next-step">.*?</div></div>', desk.get("/orders/1").text, re.S)[0]

    assert "Ask Customer service to finish “Confirm the order to the customer”" in words_of(read_step())
    assert ("/finish" in read_step(), 'data-key="d"' in read_step()) == (False, False)
    task_id = ask_for_a_decision(desk)
    sign_in(desk, "clerk")
    desk.post(f"/tasks/{task_id}/finish", data={"evidence": "refused", "note": "No stamp"})
    assert "decide what to do" in words_of(read_step())
    sign_in(desk, "member", department_code="qa")
    assert "No stamp ask Customer service to decide again" in words_of(read_step())
    with desk.application.app_context(), unit_of_work():
        place_hold(1, HoldKind.INTERNAL, "Flood", review_on=clock.now().date(), **STAMP)
    assert "Ask finance or a manager about the internal hold on hold since" in words_of(read_step())


def test_tasks_of_an_order_on_hold_wait(desk):
    task_id = ask_for_a_decision(desk)
    with desk.application.app_context(), unit_of_work():
        place_hold(1, HoldKind.INTERNAL, "Flood", review_on=clock.now().date(), **STAMP)
    for path in ("/tasks?view=all", "/tasks/board?view=all"):
        page = desk.get(path).text
        assert "Wait the order is on hold (Flood)" in words_of(page), path
        assert "/finish" not in page.partition("data-bulk")[0], path
    board = desk.get("/tasks/board?view=all").text
    assert "data-task" not in board.partition('id="column-customer"')[0]
    assert "Draft an invoice ahead" not in desk.get("/orders/1").text
    answer = desk.get(f"/tasks/{task_id}/finish?next=/orders/1")
    assert (answer.status_code, answer.location) == (302, "/orders/1")
    assert "is on hold: Flood" in words_of(desk.get("/orders/1").text)


def test_a_stand_in_is_named_wherever_somebody_away_is(desk):
    app = desk.application
    with app.app_context():
        anita = factories.make_user(app, "member", name="Anita", email="anita@t.test", department_code="finance")
        elena = factories.make_user(app, "member", name="Elena", email="elena@t.test", department_code="qa")
        today = clock.now().date()
        with unit_of_work():
            days = {"first_day": today, "last_day": today + timedelta(days=2), "set_by": ACTOR, "set_at": NOW}
            session().add(Absence(user_id=anita, stand_in_id=elena, **days))
            assign_task(task_of("credit_check").id, anita, **STAMP)
    page = words_of(desk.get("/tasks?view=all").text)
    assert "Ask Elena, who stands in for Anita" in page
    assert re.search(r"Anita \(away until 24 Nov.*?, Elena stands in\)", page)
    with app.app_context():
        other = task_of("confirm_order").id
    desk.post(f"/tasks/{other}/assign", data={"person": anita})
    assert re.search(r"is with Anita now, away until 24 Nov.*?, Elena stands in", words_of(desk.get("/tasks").text))
    sign_in(desk, user_id=elena)
    for path in ("/tasks", "/tasks/board"):
        mine = words_of(desk.get(path).text)
        assert "You stand in for Anita until 24 Nov" in mine, path
        assert "for Anita" in mine.replace("stand in for Anita", ""), path
        assert "Finish it" in mine, path


def test_a_refusal_says_so_on_the_page_whose_button_was_pressed(desk):
    with desk.application.app_context():
        task_id, first = task_of("prepare_goods").id, task_of("credit_check").id
        with unit_of_work():
            finish_task(first, **STAMP)
            finish_task(task_id, **STAMP)
    assert f"/tasks/{first}/reopen" not in desk.get("/orders/1").text  # what was built on it is done
    assert f"/tasks/{task_id}/reopen" in desk.get("/orders/1").text
    url = f"/tasks/{first}/reopen"
    answer = desk.post(url, headers={"Referer": "http://localhost/orders/1?x=1"})
    assert (answer.status_code, answer.location) == (302, "/orders/1?x=1")
    assert "Reopen that one first" in desk.get("/orders/1").text
    for headers in (
        {},
        {"Referer": "http://elsewhere.test/orders/1"},
        {"Referer": "http://localhost/orders/1", "Accept": "application/json"},
    ):
        assert desk.post(url, headers=headers).status_code == 409, headers
    form = f"/tasks/{task_id}/finish"  # has a page of its own, which keeps what was typed
    assert desk.post(form, headers={"Referer": f"http://localhost{form}"}).status_code == 409


@pytest.mark.parametrize(
    ("role", "department", "has_letter"),
    [("clerk", None, True), ("clerk", "customer_service", True), ("clerk", "qa", False), ("manager", "qa", False)],
)
def test_the_letter_of_the_next_task_is_only_for_tasks_close_to_me(desk, role, department, has_letter):
    sign_in(desk, role, department_code=department)
    page = desk.get("/orders/1").text
    step = re.search(r'<div class="next-step">.*?</div></div>', page, re.S)[0]
    assert "Done" in step
    assert ('data-key="d"' in step) is has_letter


def test_an_invoice_is_drafted_by_another_letter(desk):
    with desk.application.app_context():
        factories.finish_all_tasks(1)
    sign_in(desk, "admin")
    step = re.search(r'<div class="next-step">.*?</div></div>', desk.get("/orders/1").text, re.S)[0]
    assert ('data-key="i"' in step, 'data-key="d"' in step) == (True, False)
