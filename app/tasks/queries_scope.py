"""Reads whose tasks somebody sees on a day."""

from datetime import date

from app.auth.models import User
from app.auth.queries_absence import list_covered
from app.tasks.rules_scope import Scope, scope_of


def build_scope(user: User, today: date) -> Scope:
    """The person's own tasks and department, and those of everybody they stand in for that day."""
    covered = [(away.id, away.department_code or "") for away in list_covered(user.id, today)]
    return scope_of(user.id, user.role, user.department_code, covered)
