"""Playbooks in versions: saved, published, retired; orders keep the one they were planned from."""

from dataclasses import replace

import pytest
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.audit.models import AuditEntry
from app.auth.models import User
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.documents.queries import get_document, read_content
from app.documents.rules_uploads import UploadMisnamed
from app.kernel.errors import BadInput
from app.tasks import queries, services
from app.tasks import queries_playbooks as playbooks
from app.tasks import services_playbooks as editing
from app.tasks.models import TaskState
from app.tasks.models_playbooks import PlaybookVersion
from app.tasks.rules_evidence import Evidence, EvidenceMissing, Given
from app.tasks.rules_playbooks import PlaybookFaulty, read_steps
from tests import factories
from tests.factories import ACTOR, NOW

BY = {"actor": ACTOR, "now": NOW}


@pytest.fixture(autouse=True)
def company(app):
    factories.make_company()


def steps_of(order_type="standard"):
    return read_steps(playbooks.find_live_version(order_type).steps)


def save(steps, *, order_type="standard", based_on=1, name="Standard order", publish=False):
    with unit_of_work():
        number = editing.save_version(order_type, name, steps, based_on=based_on, **BY).number
        if publish:
            editing.publish_version(order_type, number, **BY)
    return number


def change(code, **values):
    return [replace(step, **values) if step.code == code else step for step in steps_of()]


def task_of(order_id, code):
    return next(task for task in queries.list_tasks_of(order_id) if task.code == code)


def finish(order_id, code, given=services.NOTHING):
    with unit_of_work():
        return services.finish_task(task_of(order_id, code).id, given=given, **BY)


def test_a_running_order_keeps_its_version_and_a_draft_is_not_live():
    before = factories.make_order("D-1")
    assert save(change("deliver", title="Ship by rail")) == 2
    during = factories.make_order("D-2")
    with unit_of_work():
        editing.publish_version("standard", 2, **BY)
    after = factories.make_order("D-3")
    found = [
        (playbooks.find_plan_of(order.id).number, task_of(order.id, "deliver").title[:12])
        for order in (before, during, after)
    ]
    assert found == [(1, "Ship, and ke"), (1, "Ship, and ke"), (2, "Ship by rail")]
    assert playbooks.get_version("standard", 2).changes == "“Ship, and keep the proof of delivery”: now “Ship by rail”"
    said = [entry.action for entry in session().query(AuditEntry).filter_by(object_kind="playbook")]
    assert said == ["playbook.saved", "playbook.published"]


def test_the_second_of_two_editors_is_told():
    save(change("deliver", due_after_days=6))
    with pytest.raises(editing.PlaybookChanged):
        save(change("deliver", due_after_days=7))
    assert playbooks.newest_number("standard") == 2


def test_faulty_steps_and_no_change_make_no_version():
    for steps, refusal in ((change("deliver", title=""), PlaybookFaulty), (steps_of(), editing.NothingChanged)):
        with pytest.raises(refusal):
            save(steps)
    assert playbooks.newest_number("standard") == 1


def test_a_saved_version_never_changes():
    rewrite = update(PlaybookVersion).values(changes="nothing happened")
    with pytest.raises(IntegrityError, match="never change"), unit_of_work():
        session().execute(rewrite)


def test_a_new_order_type_has_its_own_playbook_until_it_is_retired():
    with unit_of_work():
        editing.create_playbook("repair", "Repair", copy_of="service", **BY)
    assert playbooks.find_live_version("repair").order_type == "standard"
    with unit_of_work():
        editing.publish_version("repair", 1, **BY)
    assert [one.order_type for one in queries.list_playbooks()] == ["custom_build", "repair", "service", "standard"]
    assert playbooks.find_live_version("repair").order_type == "repair"
    with unit_of_work():
        editing.retire_playbook("repair", **BY)
    assert playbooks.find_live_version("repair").order_type == "standard"
    with pytest.raises(editing.PlaybookRetired):
        save(steps_of()[:2], order_type="repair", name="Repair")
    with unit_of_work():
        editing.restore_playbook("repair", **BY)
    assert playbooks.find_live_version("repair").order_type == "repair"
    with pytest.raises(editing.StandardNeeded), unit_of_work():
        editing.retire_playbook("standard", **BY)


def test_an_order_type_is_a_short_word_nobody_has_yet():
    for order_type in ("", "Repair", "new", "9to5", "standard", "x" * 41, "a/b"):
        with pytest.raises(BadInput), unit_of_work():
            editing.create_playbook(order_type, "Repair", copy_of="standard", **BY)


def test_the_default_person_gets_the_task_unless_they_left(app):
    person = factories.make_user(app, "member", department_code="finance")
    steps = [replace(step, assignee_id=person) if step.code == "credit_check" else step for step in steps_of()]
    operator = factories.make_user(app, "member", email="op@tillpaid.test", department_code="operations")
    steps = [replace(step, assignee_id=operator) if step.code == "prepare_goods" else step for step in steps]
    save(steps, publish=True)
    order = factories.make_order("D-1")
    assert task_of(order.id, "credit_check").assignee_id == person
    assert task_of(order.id, "prepare_goods").assignee_id == operator
    with unit_of_work():
        session().get(User, operator).active = False
    finish(order.id, "credit_check")
    freed = task_of(order.id, "prepare_goods")
    assert (freed.state, freed.assignee_id) == (TaskState.OPEN, None)
    assert task_of(factories.make_order("D-2").id, "prepare_goods").assignee_id is None


def test_a_task_is_finished_with_its_evidence_only_and_asks_again_when_reopened():
    steps = change("credit_check", evidence=Evidence.FILE, evidence_label="Report", target_minutes=240)
    save(steps, publish=True)
    order = factories.make_order()
    assert task_of(order.id, "credit_check").target_minutes == 240
    for given, refusal in (
        (services.NOTHING, EvidenceMissing),
        (Given(text="yes"), EvidenceMissing),
        (Given(file_name="a.png", file=b"%PDF-1"), UploadMisnamed),
    ):
        with pytest.raises(refusal):
            finish(order.id, "credit_check", given)
    assert task_of(order.id, "credit_check").state is TaskState.OPEN
    report = Given(file_name="../report.pdf", file=b"%PDF-1.7 report")
    finish(order.id, "credit_check", report)
    done = task_of(order.id, "credit_check")
    document = get_document(done.evidence_document_id)
    assert (done.evidence_text, document.media_type) == ("report.pdf", "application/pdf")
    assert read_content(document) == b"%PDF-1.7 report"
    with unit_of_work():
        services.reopen_task(done.id, **BY)
    assert task_of(order.id, "prepare_goods").state is TaskState.BLOCKED
    with pytest.raises(EvidenceMissing):
        finish(order.id, "credit_check")
    finish(order.id, "credit_check", report)
