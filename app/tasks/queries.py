"""Reads departments, playbooks and tasks, each list by the day its tasks are due."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import ColumnElement, Select, func, or_, select

from app.db.base import session
from app.kernel.errors import NotFound
from app.tasks.models import Department, Task, TaskState
from app.tasks.models_playbooks import Playbook

UNFINISHED = (TaskState.OPEN, TaskState.BLOCKED)


class TaskUnknown(NotFound):
    """There is no such task."""


class DepartmentUnknown(NotFound):
    """There is no such department."""


def get_task(task_id: int) -> Task:
    task = session().get(Task, task_id)
    if task is None:
        raise TaskUnknown
    return task


def get_tasks(task_ids: Sequence[int]) -> list[Task]:
    """These tasks; TaskUnknown when one is not there."""
    found = list(session().scalars(select(Task).where(Task.id.in_(task_ids))))
    if len(found) < len(set(task_ids)):
        raise TaskUnknown
    return found


def get_department(code: str) -> Department:
    department = session().get(Department, code)
    if department is None:
        raise DepartmentUnknown
    return department


def list_departments() -> list[Department]:
    return list(session().scalars(select(Department).where(Department.is_active).order_by(Department.name)))


def name_departments() -> dict[str, str]:
    """Name by code, in the order of the names."""
    return {
        row.code: row.name
        for row in session().execute(select(Department.code, Department.name).order_by(Department.name))
    }


def list_playbooks() -> list[Playbook]:
    """Every playbook that plans orders."""
    live = Playbook.is_active & Playbook.live_number.is_not(None)
    return list(session().scalars(select(Playbook).where(live).order_by(Playbook.name)))


def list_tasks_of(order_id: int) -> list[Task]:
    """The plan of one order, in its order."""
    return list(session().scalars(select(Task).where(Task.order_id == order_id).order_by(Task.position, Task.id)))


def filter_tasks(
    *,
    state: TaskState | None = None,
    department_code: str = "",
    assignee_id: int | None = None,
    mine_of: Sequence[tuple[int, str]] = (),
    late_on: date | None = None,
) -> Select[Task]:
    """Tasks with these properties; `mine_of` are people with their departments: theirs, and nobody's of them."""
    statement = select(Task)
    if state is not None:
        statement = statement.where(Task.state == state)
    if department_code:
        statement = statement.where(Task.department_code == department_code)
    if assignee_id is not None:
        statement = statement.where(Task.assignee_id == assignee_id)
    if mine_of:
        statement = statement.where(or_(*(_is_for(person, department) for person, department in mine_of)))
    if late_on is not None:
        statement = statement.where(Task.state == TaskState.OPEN, Task.due_on < late_on)
    return statement


def _is_for(person: int, department: str) -> ColumnElement[bool]:
    theirs = Task.assignee_id == person
    nobodys = (Task.assignee_id.is_(None)) & (Task.department_code == department)
    return or_(theirs, nobodys) if department else theirs


def count_by_state(*, department_code: str = "") -> dict[TaskState, int]:
    statement = select(Task.state, func.count()).group_by(Task.state)
    if department_code:
        statement = statement.where(Task.department_code == department_code)
    counted = {state: int(number) for state, number in session().execute(statement)}
    return {state: counted.get(state, 0) for state in TaskState}


def count_open_by_department() -> dict[str, int]:
    statement = select(Task.department_code, func.count()).where(Task.state == TaskState.OPEN)
    return {code: int(number) for code, number in session().execute(statement.group_by(Task.department_code))}


def count_late(on: date, *, department_code: str = "") -> int:
    late = filter_tasks(late_on=on, department_code=department_code)
    return session().scalar(late.with_only_columns(func.count()).order_by(None)) or 0


def next_tasks_of(order_ids: Sequence[int]) -> dict[int, Task]:
    """For each order the open task that is due first: who holds the ball."""
    if not order_ids:
        return {}
    statement = (
        select(Task)
        .where(Task.order_id.in_(set(order_ids)), Task.state == TaskState.OPEN)
        .order_by(Task.order_id, Task.is_required.desc(), Task.due_on, Task.id)
    )
    first: dict[int, Task] = {}
    for task in session().scalars(statement):
        first.setdefault(task.order_id, task)
    return first
