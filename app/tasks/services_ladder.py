"""Keeps the escalation ladder and who leads which department."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete

from app.audit.services import record
from app.company.services import lock_company
from app.db.base import session
from app.kernel.errors import BadInput, Conflict
from app.tasks.models_escalation import EscalationLevel
from app.tasks.queries import list_departments
from app.tasks.queries_escalation import list_colleagues, list_levels, name_leads
from app.tasks.rules_escalation import STANDARD_LADDER, Level


class LadderChanged(Conflict):
    """Somebody else changed the escalation ladder in the meantime. Load it again."""


class LeadUnknown(BadInput):
    """Choose somebody who works here."""


def ensure_standard_ladder() -> None:
    """The standard levels, unless there are some."""
    if not list_levels():
        _store(STANDARD_LADDER)


def describe_ladder() -> str:
    """What a form remembers, so that nobody overwrites what another saved meanwhile."""
    levels = [f"{level.share_percent}{level.who}" for level in list_levels()]
    return ",".join([*levels, *(f"{code}={lead or ''}" for code, lead in sorted(name_leads().items()))])


def set_ladder(
    levels: Sequence[Level], leads: Mapping[str, int | None], *, seen: str, actor: str, now: datetime
) -> None:
    """The levels and leads from now on; steps that are planned follow within the hour. Raises LadderChanged."""
    lock_company()
    if seen != describe_ladder():
        raise LadderChanged
    here = {person.id for person in list_colleagues()}
    before = name_leads()
    for department in list_departments():
        lead = leads.get(department.code)
        if lead is not None and lead != before.get(department.code) and lead not in here:
            raise LeadUnknown(field=f"lead-{department.code}")
        department.lead_id = lead
    _store(levels)
    if seen != describe_ladder():
        record("ladder.changed", actor=actor, now=now, object_kind="company", object_id=1, after=describe_ladder())


def _store(levels: Sequence[Level]) -> None:
    session().execute(delete(EscalationLevel))
    session().add_all(
        EscalationLevel(position=level.position, share_percent=level.share_percent, who=level.who) for level in levels
    )
    session().flush()
