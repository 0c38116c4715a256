"""Pages of absences: one's own, and a colleague's who cannot say it any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, render_template, url_for
from flask_login import current_user
from wtforms import SelectField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from app.auth.guards import get_actor, require, signed_in
from app.auth.names import list_people, name_users
from app.auth.pages import blueprint
from app.auth.queries import get_user
from app.auth.queries_absence import list_absences
from app.auth.rules import Permission
from app.auth.services_absence import OwnStandIn, end_absence, set_absence
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput
from app.web.filters import day, request_now, request_today
from app.web.flashes import say
from app.web.forms import BaseForm, DateField

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


class AbsenceForm(BaseForm):
    first_day = DateField("First day", [InputRequired("Choose a day.")])
    last_day = DateField("Last day", [InputRequired("Choose a day.")])
    stand_in_id = SelectField("Who stands in?", [InputRequired("Choose a colleague.")])


@blueprint.route("/people/<int:user_id>/away", methods=["GET", "POST"])
@signed_in
def away(user_id: int) -> ResponseReturnValue:
    """When somebody is away, and who takes over their tasks and notices."""
    person = _require_may_say(user_id)
    form = AbsenceForm()
    colleagues = [SelectChoice(str(one), name) for one, name in list_people() if one != user_id]
    form.stand_in_id.choices = [SelectChoice("", "Choose…"), *colleagues]
    if form.stand_in_id.data == str(user_id):
        form.stand_in_id.invalid_choice_message = str(OwnStandIn())
    if form.validate_on_submit():
        try:
            return _set(user_id, form)
        except BadInput as refusal:
            form.refuse(refusal)
    absences = list_absences(user_id, request_today())
    names = name_users(absence.stand_in_id for absence in absences)
    page = render_template("auth/away.html", person=person, form=form, absences=absences, names=names)
    return page, 422 if form.errors else 200


def _set(user_id: int, form: AbsenceForm) -> ResponseReturnValue:
    first_day, last_day = form.first_day.data, form.last_day.data
    assert first_day is not None and last_day is not None  # noqa: S101, PT018 - the form requires both
    with unit_of_work():
        set_absence(
            user_id,
            int(form.stand_in_id.data),
            first_day=first_day,
            last_day=last_day,
            today=request_today(),
            actor=get_actor(),
            now=request_now(),
        )
    say(f"From {day(first_day)} to {day(last_day)} the stand-in sees the tasks and gets the notices.")
    return redirect(url_for("auth.away", user_id=user_id))


@blueprint.post("/people/<int:user_id>/away/<int:absence_id>/end")
@signed_in
def back(user_id: int, absence_id: int) -> ResponseReturnValue:
    """Back already, or not away after all."""
    _require_may_say(user_id)
    with unit_of_work():
        end_absence(absence_id, user_id=user_id, today=request_today(), actor=get_actor(), now=request_now())
    say("The absence is taken back.")
    return redirect(url_for("auth.away", user_id=user_id))


def _require_may_say(user_id: int) -> object:
    """Everybody says it of themselves; of others who gives tasks to people."""
    if user_id != current_user.id:
        require(Permission.TASKS_ASSIGN)
    return get_user(user_id)
