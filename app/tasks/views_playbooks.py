"""Pages of playbooks: what each type of order needs, edited on screen in versions."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from flask import redirect, render_template, request, url_for

from app.auth.guards import get_actor, guard
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.tasks import queries_playbooks as queries
from app.tasks import services_playbooks as services
from app.tasks.drawings import draw_steps
from app.tasks.forms_playbooks import NewPlaybookForm, PlaybookForm, change_rows, read_rows, write_rows
from app.tasks.pages import blueprint
from app.tasks.queries import list_departments, name_departments
from app.tasks.rules import STANDARD
from app.tasks.rules_playbooks import (
    PlaybookFaulty,
    describe_changes,
    find_circle,
    list_faults,
    list_warnings,
    read_steps,
)
from app.web.arguments import id_argument
from app.web.filters import request_now
from app.web.flashes import say
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from app.tasks.models_playbooks import PlaybookVersion


@blueprint.get("/playbooks")
@guard(Permission.TASKS_VIEW)
def playbooks() -> ResponseReturnValue:
    """What each type of order needs from whom, by when and after what."""
    live, everything = queries.list_live_versions(), queries.list_all_playbooks()
    in_use = [live[one.order_type] for one in everything if one.is_active and one.order_type in live]
    return render_template(
        "tasks/playbooks.html",
        playbooks=[(version, read_steps(version.steps)) for version in in_use],
        others=[one for one in everything if not one.is_active or one.order_type not in live],
        newest=queries.newest_numbers(),
        members=_list_members(),
        **_names(),
    )


def _list_members() -> dict[str, list[str]]:
    members: dict[str, list[str]] = defaultdict(list)
    for one in queries.list_colleagues().values():
        if one.department:
            members[one.department].append(one.name)
    return members


def _names() -> dict[str, Any]:
    """What the tables of steps call departments and people."""
    people = {user_id: one.name for user_id, one in queries.list_colleagues().items()}
    return {"departments": name_departments(), "people": people}


@blueprint.get("/playbooks/<order_type>")
@guard(Permission.TASKS_VIEW)
def playbook(order_type: str) -> ResponseReturnValue:
    """One playbook: the live version or another one, drawn and as a table, and all its versions."""
    found = queries.get_playbook(order_type)
    newest = queries.newest_number(order_type)
    version = queries.get_version(order_type, id_argument(request.args, "version") or found.live_number or newest)
    versions = queries.list_versions(order_type)
    steps = read_steps(version.steps)
    return render_template(
        "tasks/playbook.html",
        playbook=found,
        version=version,
        newest=newest,
        steps=steps,
        picture=draw_steps(steps),
        warnings=list_warnings(steps),
        versions=versions,
        savers=name_actors(one.saved_by for one in versions),
        is_standard=order_type == STANDARD,
        **_names(),
    )


@blueprint.route("/playbooks/new", methods=["GET", "POST"])
@guard(Permission.PLAYBOOKS_EDIT)
def new_playbook() -> ResponseReturnValue:
    """A playbook for another order type."""
    form = NewPlaybookForm(playbooks=[(one.order_type, one.name) for one in queries.list_all_playbooks()])
    if form.validate_on_submit():
        try:
            return _create(form)
        except BadInput as refusal:
            form.refuse(refusal)
    return render_template("tasks/playbook_new.html", form=form), 422 if form.errors else 200


def _create(form: NewPlaybookForm) -> ResponseReturnValue:
    order_type = form.order_type.data or ""
    with unit_of_work():
        services.create_playbook(
            order_type, form.name.data or "", copy_of=form.copy_of.data, actor=get_actor(), now=request_now()
        )
    say("The playbook is a draft. Change its steps, then publish it.")
    return redirect(url_for("tasks.edit_playbook", order_type=order_type))


@blueprint.route("/playbooks/<order_type>/edit", methods=["GET", "POST"])
@guard(Permission.PLAYBOOKS_EDIT)
def edit_playbook(order_type: str) -> ResponseReturnValue:
    """The steps on screen; every button sends the form, and only saving makes a version."""
    queries.get_playbook(order_type)
    newest = queries.get_version(order_type, queries.newest_number(order_type))
    if request.method == "GET":
        form = _fill(newest.name, newest.number, write_rows(read_steps(newest.steps)))
        return _show_editor(newest, form)
    form = PlaybookForm()
    is_sound = form.validate_on_submit()
    wanted = request.form.get("do", "")
    if wanted and wanted != "check":
        return _show_editor(
            newest, _fill(form.name.data or "", form.based_on.data or "", change_rows(form.rows(), wanted))
        )
    return _save(order_type, form) if is_sound and not wanted else _show_editor(newest, form, is_check=True)


def _fill(name: str, based_on: int | str, rows: list[dict[str, Any]]) -> PlaybookForm:
    return PlaybookForm(formdata=None, data={"name": name, "based_on": str(based_on), "steps": rows})


def _save(order_type: str, form: PlaybookForm) -> ResponseReturnValue:
    based_on, steps = read_version(form.based_on.data), read_rows(form.rows())
    try:
        with unit_of_work():
            number = services.save_version(
                order_type, form.name.data or "", steps, based_on=based_on, actor=get_actor(), now=request_now()
            ).number
    except services.PlaybookChanged:
        return _show_both(order_type, form, based_on)
    except PlaybookFaulty:
        return _show_editor(queries.get_version(order_type, queries.newest_number(order_type)), form, is_check=True)
    except BadInput as refusal:
        form.refuse(refusal)
        return _show_editor(queries.get_version(order_type, queries.newest_number(order_type)), form)
    say(f"Version {number} is saved as a draft. Publish it, and orders that open from then on use it.")
    return redirect(url_for("tasks.playbook", order_type=order_type, version=number))


def _show_both(order_type: str, form: PlaybookForm, based_on: int) -> ResponseReturnValue:
    """Somebody was faster: what they changed beside what this person changed. Saving again takes this person's."""
    session().expire_all()
    began = read_steps(queries.get_version(order_type, based_on).steps)
    newest = queries.get_version(order_type, queries.newest_number(order_type))
    both = {
        "theirs": describe_changes(began, read_steps(newest.steps)),
        "mine": describe_changes(began, read_rows(form.rows())),
        "who": name_actors([newest.saved_by]).get(newest.saved_by, newest.saved_by),
    }
    filled = _fill(form.name.data or "", newest.number, form.rows())
    return _show_editor(newest, filled, both=both, status=409)


def _show_editor(
    newest: PlaybookVersion,
    form: PlaybookForm,
    *,
    is_check: bool = False,
    both: dict[str, Any] | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    departments = {one.code: one.name for one in list_departments()}
    colleagues = queries.list_colleagues()
    steps = read_rows(form.rows())
    faults = list_faults(steps, departments, colleagues)
    for fault in faults if is_check else ():
        form.refuse(BadInput(fault.text, field=fault.field))
    circle = find_circle(steps) if len(faults) == 1 else []
    form.offer(departments, colleagues)
    page = render_template(
        "tasks/playbook_edit.html",
        form=form,
        newest=newest,
        both=both,
        is_check=is_check,
        warnings=list_warnings(steps),
        picture=draw_steps(steps, circle) if not faults or len(circle) > 1 else None,
    )
    return page, 422 if form.errors or form.form_errors else status


@blueprint.post("/playbooks/<order_type>/publish")
@guard(Permission.PLAYBOOKS_EDIT)
def publish_playbook(order_type: str) -> ResponseReturnValue:
    """Makes a version live."""
    number = read_version(request.form.get("version"))
    with unit_of_work():
        services.publish_version(order_type, number, actor=get_actor(), now=request_now())
    say(f"Version {number} is live. Orders that are running keep their tasks.")
    return redirect(url_for("tasks.playbook", order_type=order_type))


@blueprint.post("/playbooks/<order_type>/retire")
@guard(Permission.PLAYBOOKS_EDIT)
def retire_playbook(order_type: str) -> ResponseReturnValue:
    """No more orders from it."""
    with unit_of_work():
        services.retire_playbook(order_type, actor=get_actor(), now=request_now())
    say("The playbook is retired. Orders of this type use the standard one from now on.")
    return redirect(url_for("tasks.playbook", order_type=order_type))


@blueprint.post("/playbooks/<order_type>/restore")
@guard(Permission.PLAYBOOKS_EDIT)
def restore_playbook(order_type: str) -> ResponseReturnValue:
    """Back in use."""
    with unit_of_work():
        services.restore_playbook(order_type, actor=get_actor(), now=request_now())
    say("The playbook is in use again.")
    return redirect(url_for("tasks.playbook", order_type=order_type))
