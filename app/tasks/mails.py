"""Knows the mail somebody gets when a task takes too long."""

from flask import render_template

from app.auth.accounts_parts import public_url
from app.orders.models import Order
from app.outbox.services import NewMessage
from app.tasks.models import Task
from app.tasks.models_escalation import TaskEscalation
from app.tasks.rules_escalation import Colleague


def build_escalation(step: TaskEscalation, task: Task, order: Order, person: Colleague) -> NewMessage:
    """What takes too long and what to do; one for each step and person."""
    link = public_url(f"/orders/{order.id}#task-{task.id}")
    text = render_template("mail/escalation.txt", step=step, task=task, order=order, person=person, link=link)
    return NewMessage(
        kind="task.escalation",
        object_kind="task_escalation",
        object_id=step.id,
        level=step.position,
        recipient=person.email,
        recipient_name=person.name,
        subject=f"“{task.title}” on order {order.number} needs somebody",
        body_text=text,
        order_id=order.id,
    )
