"""Playbooks on screen: steps changed without script, saved as a draft, published; two editors; evidence."""

import re
from dataclasses import replace
from io import BytesIO

import pytest

from app.db.unit_of_work import unit_of_work
from app.tasks import queries_playbooks as playbooks
from app.tasks.queries import list_tasks_of
from app.tasks.rules_evidence import Evidence
from app.tasks.rules_playbooks import read_steps
from app.tasks.services_playbooks import publish_version, save_version
from tests import factories
from tests.factories import ACTOR, NOW, sign_in

pytestmark = pytest.mark.usefixtures("today")
EDIT = "/tasks/playbooks/standard/edit"


@pytest.fixture
def desk(app, client):
    with app.app_context():
        factories.make_company()
    sign_in(client, "manager")
    return client


def kept(app, number):
    """The steps of a version of the standard playbook."""
    with app.app_context():
        return read_steps(playbooks.get_version("standard", number).steps)


def fields_of(page):
    """What a browser would send of the form, as it was served."""
    form = page.partition("<main")[2]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", form):
        found = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if found.get("type") not in {"checkbox", "radio"} or " checked" in tag:
            sent.setdefault(found.get("name"), []).append(found.get("value", ""))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option selected value="([^"]*)"|<option value="([^"]*)" selected', options)
        sent[name] = [next(filter(None, chosen.groups()), "")] if chosen else [""]
    sent.pop("csrf_token", None)
    return {name: values for name, values in sent.items() if name}


def titles(page):
    return re.findall(r'name="steps-\d+-title"[^>]*value="([^"]*)"', page)


def test_steps_are_moved_removed_and_added_before_anything_is_saved(app, desk):
    page = desk.get(EDIT).text
    begun = titles(page)
    assert len(begun) == 6
    page = desk.post(EDIT, data={**fields_of(page), "do": "up-1"}).text
    assert titles(page)[:2] == [begun[1], begun[0]]
    page = desk.post(EDIT, data={**fields_of(page), "do": "remove-2"}).text
    assert begun[2] not in titles(page)
    page = desk.post(EDIT, data={**fields_of(page), "do": "add"}).text
    assert titles(page)[-1] == ""
    refused = desk.post(EDIT, data=fields_of(page))
    assert refused.status_code == 422
    assert "Say what is to be done." in refused.text
    sent = {**fields_of(page), "steps-5-title": "Call the customer", "steps-5-department": "marketing",
            "steps-5-target_hours": "1,5", "steps-5-evidence": "number",
            "steps-5-evidence_label": "Ticket"}  # fmt: skip
    saved = desk.post(EDIT, data=sent)
    assert saved.location == "/tasks/playbooks/standard?version=2"  # the first one that was saved
    last = kept(app, 2)[-1]
    assert (last.title, last.target_minutes, last.prerequisites) == ("Call the customer", 90, ("ask_feedback",))
    assert "a draft" in desk.get(saved.location).text
    assert desk.post("/tasks/playbooks/standard/publish", data={"version": 2}).status_code == 302
    assert "Call the customer" in desk.get("/tasks/playbooks").text


def test_a_circle_and_junk_are_named_at_their_fields(desk):
    sent = fields_of(desk.get(EDIT).text)
    circle = desk.post(EDIT, data={**sent, "steps-1-prerequisites": ["prepare_goods"], "do": "check"})
    assert "waits for “Pick and pack the goods”, which waits for “Check credit and billing data”" in circle.text
    assert circle.text.count('class="graph-arrow graph-red"') == 2
    junk = {
        "steps-0-due_after_days": "soon",
        "steps-0-target_hours": "-1",
        "steps-0-assignee_id": "x",
        "steps-1-department": "?",
    }
    page = desk.post(EDIT, data={**sent, **junk})
    assert page.status_code == 422
    for words in ("0 to 500 working days", "more than 0", "somebody who works here", "department that is active"):
        assert words in page.text
    assert 'value="soon"' in page.text


@pytest.mark.parametrize("pressed", [{}, {"do": "check"}])
def test_all_that_is_wrong_is_said_at_once_with_step_and_field(desk, pressed):
    wrong = {"name": "x" * 81, "steps-0-target_hours": "-1", "steps-1-due_after_days": "9999", "steps-2-title": ""}
    page = desk.post(EDIT, data={**fields_of(desk.get(EDIT).text), **wrong, **pressed})
    assert page.status_code == 422
    for place, said in (
        ("name", "Name</a>: Use at most 80 characters."),
        ("steps-0-target_hours", "Step 1, Target</a>: A target is more than 0 and at most 1000 working hours."),
        ("steps-1-due_after_days", "Step 2, Due after</a>: Due after 0 to 500 working days."),
        ("steps-2-title", "Step 3, What is to be done?</a>: Say what is to be done."),
    ):
        assert page.text.count(f'<li><a href="#{place}">{said}</li>') == 1, said


def test_the_second_editor_sees_both_and_may_save_again(app, desk):
    mine = {**fields_of(desk.get(EDIT).text), "steps-0-title": "Ring the customer"}
    theirs = {**mine, "steps-0-title": "Write to the customer"}
    assert desk.post(EDIT, data=theirs).status_code == 302
    page = desk.post(EDIT, data=mine)
    assert page.status_code == 409
    assert "now “Write to the customer”" in page.text
    assert "now “Ring the customer”" in page.text
    assert desk.post(EDIT, data=fields_of(page.text)).status_code == 302
    assert kept(app, 3)[0].title == "Ring the customer"
    assert desk.post(EDIT, data={**mine, "based_on": "junk"}).status_code == 409


def test_a_new_playbook_is_begun_from_another_and_retired(desk):
    sent = {"order_type": "repair", "name": "Repair", "copy_of": "service"}
    assert desk.post("/tasks/playbooks/new", data=sent).location == "/tasks/playbooks/repair/edit"
    assert desk.post("/tasks/playbooks/new", data=sent).status_code == 422
    for act in ("retire", "restore"):
        assert desk.post(f"/tasks/playbooks/repair/{act}").status_code == 302
        assert desk.post(f"/tasks/playbooks/repair/{act}").status_code == 409
    assert desk.post("/tasks/playbooks/standard/retire").status_code == 409
    for path in ("nothing", "standard?version=9", "nothing/edit"):
        assert desk.get(f"/tasks/playbooks/{path}").status_code == 404


def test_only_who_may_edit_is_offered_to(desk):
    sign_in(desk, "clerk")
    assert "/edit" not in desk.get("/tasks/playbooks/standard").text
    assert desk.get(EDIT).status_code == 403
    assert desk.post("/tasks/playbooks/standard/publish", data={"version": 1}).status_code == 403


def test_evidence_is_asked_for_on_every_way_and_kept(app, desk):
    asked = {"confirm_order": (Evidence.DECISION, "Terms"), "credit_check": (Evidence.FILE, "Report")}
    steps = [
        replace(step, evidence=asked[step.code][0], evidence_label=asked[step.code][1]) if step.code in asked else step
        for step in kept(app, 1)
    ]
    with app.app_context():
        with unit_of_work():
            save_version("standard", "Standard order", steps, based_on=1, actor=ACTOR, now=NOW)
            publish_version("standard", 2, actor=ACTOR, now=NOW)
        order_id = factories.make_order().id
        confirm, credit = [task.id for task in list_tasks_of(order_id)[:2]]
    plan = desk.get(f"/orders/{order_id}").text
    assert f"/tasks/{credit}/finish" in plan
    assert "Standard order, version 2" in plan
    assert "is only done with a file: Report" in desk.post("/tasks/bulk", data={"action": "finish", "ids": credit}).text
    assert desk.post(f"/tasks/{confirm}/finish", data={"evidence": "perhaps"}).status_code == 422
    assert desk.post(f"/tasks/{confirm}/finish", data={"evidence": "refused", "note": "too long"}).status_code == 302
    page = desk.get(f"/tasks/{credit}/finish").text
    assert 'type="file"' in page
    assert "multipart/form-data" in page
    drawing = {"evidence": (BytesIO(b"<svg onload=x()>"), "report.pdf")}
    refused = desk.post(f"/tasks/{credit}/finish", data=drawing)
    assert refused.status_code == 422
    assert "can run code" in refused.text
    assert desk.get(f"/tasks/{credit}/evidence").status_code == 404
    report = {"evidence": (BytesIO(b"%PDF-1.7"), "report.pdf")}
    assert desk.post(f"/tasks/{credit}/finish", data=report).status_code == 302
    file = desk.get(f"/tasks/{credit}/evidence")
    assert file.data == b"%PDF-1.7"
    assert file.headers["Content-Disposition"] == "attachment; filename=report.pdf"
    sign_in(desk, "member", department_code="qa")
    assert desk.get(f"/tasks/{credit}/evidence").status_code == 403
