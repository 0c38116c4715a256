"""Knows whose tasks somebody sees and works on: everybody's, or those of the own department and the own ones."""

from __future__ import annotations

from dataclasses import dataclass

from app.auth.rules import Permission, Role, may


@dataclass(frozen=True)
class Scope:
    """What one person may see. `department` is empty when the person belongs to none."""

    user_id: int
    department: str
    sees_all: bool

    def includes(self, department_code: str, assignee_id: int | None) -> bool:
        """Whether a task of this department, given to this person, is in sight."""
        return self.sees_all or assignee_id == self.user_id or department_code == self.department


def scope_of(user_id: int, role: Role | str, department: str | None) -> Scope:
    """The role table decides who sees the tasks of every department."""
    return Scope(user_id, department or "", may(role, Permission.TASKS_VIEW_ALL))
