"""What the commands of pure arithmetic share: JSON in with exact numbers, one JSON document out."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import click

from app.cli.common import note, say_json
from app.kernel.errors import BadInput

MOST_DIGITS = 100


class NotJson(BadInput):
    """This is not JSON: {reason}."""


def say_answer(ctx: click.Context, content: bytes, compute: Callable[[object], Any]) -> None:
    """Prints what `compute` answers to the JSON document. A single refused one is noted too, with exit code 1."""
    try:
        answer = compute(read_exact_json(content))
    except BadInput as refusal:
        answer = {"error": str(refusal), "field": refusal.field}
    say_json(answer)
    if isinstance(answer, dict) and "error" in answer:
        note(f"{answer['field']}: {answer['error']}" if answer["field"] else answer["error"])
        ctx.exit(1)


def read_exact_json(content: bytes) -> Any:
    """JSON in UTF-8 with exact numbers. What no number can be stays text, so that its own document is refused."""
    try:
        return json.loads(
            content.decode("utf-8-sig"),
            parse_float=_exact_number,
            parse_int=_whole_number,
            parse_constant=str,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError:
        raise NotJson(reason="the file is not UTF-8") from None
    except RecursionError:
        raise NotJson(reason="it is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise NotJson(reason=f"{error.msg} in line {error.lineno}, column {error.colno}") from None


class _GivenTwice:
    """Stands where a field was written twice; no reader of fields takes it."""

    def __repr__(self) -> str:
        return "a field given twice"


def _exact_number(text: str) -> Decimal | str:
    return text if "e" in text.lower() or len(text) > MOST_DIGITS else Decimal(text)


def _whole_number(text: str) -> int | str:
    return text if len(text) > MOST_DIGITS else int(text)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in pairs:
        fields[name] = _GivenTwice() if name in fields else value
    return fields
