"""Knows what commands share: JSON on stdout, the instant they take as now, dates, and the application they open."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

import click

from app.kernel import clock
from app.kernel.errors import BadInput

if TYPE_CHECKING:
    from flask import Flask

F = TypeVar("F", bound=Callable[..., Any])


class _Instant(click.ParamType[datetime]):
    name = "INSTANT"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return clock.parse_instant(value)
        except BadInput as refusal:
            self.fail(str(refusal), param, ctx)


class _Date(click.ParamType[date]):
    name = "DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail("write a date like 2026-11-22", param, ctx)


INSTANT = _Instant()
DATE = _Date()


def json_option(command: F) -> F:
    """``--json`` as the argument ``as_json``."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")(command)


def now_option(command: F) -> F:
    """``--now INSTANT`` as the argument ``now``: aware, UTC, this instant unless given."""
    option = click.option(
        "--now", type=INSTANT, default=clock.now, help="Take this instant as now.", show_default="now"
    )
    return option(command)


def say_json(answer: Any) -> None:
    """One JSON document on stdout. Dates become ISO text; a float or another surprise is an error, not a guess."""
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2, allow_nan=False, default=_as_text))


def note(text: str) -> None:
    """A remark for the person at the terminal, on stderr, so that stdout stays one document."""
    click.echo(text, err=True)


@contextmanager
def app_context() -> Iterator[Flask]:
    """The application from the environment's settings, with its context pushed."""
    from app import create_app

    app = create_app()
    with app.app_context():
        yield app


def _as_text(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    raise TypeError(f"{type(value).__name__} has no place in the answer")


def ask_about_day_to_come(on: date, now: datetime, what: str) -> None:
    """A person is asked before something leaves for a business date after today, a program is told on stderr."""
    from app.company.queries import business_today

    if on <= business_today(now):
        return
    if is_asked():
        click.confirm(f"{on} is still to come: {what}. Go on?", abort=True, err=True)
    else:
        note(f"{on} is still to come: {what}.")


def is_asked() -> bool:
    """Whether somebody sits at the terminal."""
    return sys.stdin.isatty()
