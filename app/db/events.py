"""News to the right: a wing announces what happened; the roof's table says who answers, in the same unit of work."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Flask, current_app


@dataclass(frozen=True)
class Event:
    """Something that happened; subclasses name it and carry ids only."""

    actor: str
    now: datetime


Answers = Mapping[type[Event], Sequence[Callable[[Any], Any]]]


def connect_answers(app: Flask, answers: Answers) -> None:
    app.extensions["tillpaid_answers"] = answers


def announce(event: Event) -> None:
    """Calls every answer to this event in the order of the table; a refusal undoes the whole unit of work."""
    answers: Answers = current_app.extensions["tillpaid_answers"]
    for answer in answers.get(type(event), ()):
        answer(event)
