"""Knows whose tasks somebody sees and works on: everybody's, or those of the own department and the own ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.auth.rules import Permission, Role, may


@dataclass(frozen=True)
class Scope:
    """What one person may see. `department` is empty when the person belongs to none.

    `covers` are the people somebody stands in for, with their departments: their tasks are in sight too.
    """

    user_id: int
    department: str
    sees_all: bool
    covers: tuple[tuple[int, str], ...] = ()

    @property
    def people(self) -> tuple[tuple[int, str], ...]:
        """The person with the department, and everybody it stands in for with theirs."""
        return (self.user_id, self.department), *self.covers

    @property
    def departments(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(department for _person, department in self.people if department))

    def includes(self, department_code: str, assignee_id: int | None) -> bool:
        """Whether a task of this department, given to this person, is in sight."""
        is_theirs = any(assignee_id == person for person, _department in self.people)
        return self.sees_all or is_theirs or department_code in self.departments


def scope_of(user_id: int, role: Role | str, department: str | None, covers: Iterable[tuple[int, str]] = ()) -> Scope:
    """The role table decides who sees the tasks of every department."""
    return Scope(user_id, department or "", may(role, Permission.TASKS_VIEW_ALL), tuple(covers))
