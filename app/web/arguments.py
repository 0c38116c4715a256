"""Knows how to read what stands in an address: ids, dates, words of a list; junk is a refusal, never a fault."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

from flask import current_app, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge
from werkzeug.routing import BaseConverter, IntegerConverter, ValidationError

from app.kernel.errors import BadInput
from app.web.fields import parse_date

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.routing import Map

E = TypeVar("E", bound=enum.StrEnum)
F = TypeVar("F", bound=Callable[..., Any])

LARGEST_ID = 2**63 - 1
LONGEST_ARGUMENT = 2_000


class UnreadableText(BadRequest):
    """A text with characters that no text has."""

    description = "The request contains characters that no text has (NUL or half of a pair). Nothing was changed."


class RowId(IntegerConverter):
    """`<int:id>` in a route, within what a database column holds; anything larger is no address of ours."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:  # noqa: A002 - werkzeug's name
        kwargs.setdefault("max", LARGEST_ID)
        super().__init__(map, *args, **kwargs)


class Day(BaseConverter):
    """`<day:on>` in a route: a date written 2026-11-22; anything else is no address of ours."""

    part_isolating = True

    def to_python(self, value: str) -> date:
        try:
            return parse_date(value)
        except ValueError:
            raise ValidationError from None

    def to_url(self, value: Any) -> str:
        return value.isoformat() if isinstance(value, date) else str(value)


def takes_up_to(largest: int) -> Callable[[F], F]:
    """Lets a view take a body of that many bytes, where the usual limit is too low."""

    def mark(view: F) -> F:
        view.largest_body = largest  # type: ignore[attr-defined]
        return view

    return mark


def install(app: Flask) -> None:
    app.url_map.converters.update(int=RowId, day=Day)
    app.before_request(_set_limit)
    app.before_request(_refuse_too_many_fields)
    app.before_request(_refuse_unreadable_text)


def _set_limit() -> None:
    view = current_app.view_functions.get(request.endpoint or "")
    if (largest := getattr(view, "largest_body", None)) is not None:
        request.max_content_length = largest


def _refuse_too_many_fields() -> None:
    """The framework's limits hold for multipart bodies only; a plain form could carry millions of fields."""
    if request.mimetype != "application/x-www-form-urlencoded":
        return
    request.max_content_length = current_app.config["MAX_FORM_MEMORY_SIZE"]
    if request.get_data(cache=True).count(b"&") >= current_app.config["MAX_FORM_PARTS"]:
        raise RequestEntityTooLarge


def _refuse_unreadable_text() -> None:
    texts = [request.path, *_texts_of(request.args)]
    if request.form:
        texts.extend(_texts_of(request.form))
    if not all(is_readable(text) for text in texts):
        raise UnreadableText


def _texts_of(values: MultiDict[str, str]) -> Iterable[str]:
    for name, value in values.items(multi=True):
        yield name
        yield value


def is_readable(text: str) -> bool:
    """Whether a database and a page can keep this text: no NUL, no lone surrogate."""
    return "\x00" not in text and not any("\ud800" <= character <= "\udfff" for character in text)


def text_argument(args: MultiDict[str, str], name: str, *, longest: int = 200) -> str:
    """The stripped text of an argument, empty when absent."""
    value = args.get(name, "").strip()
    if len(value) > longest:
        raise BadInput(f"The address is too long: {name} takes at most {longest} characters.", field=name)
    return value


def id_argument(args: MultiDict[str, str], name: str) -> int | None:
    """A row's id, or None when absent or empty."""
    value = args.get(name, "").strip()
    if not value:
        return None
    if not (value.isascii() and value.isdigit()) or len(value) > 19 or int(value) > LARGEST_ID:
        raise BadInput(f"{name} must be a number.", field=name)
    return int(value)


def date_argument(args: MultiDict[str, str], name: str) -> date | None:
    """A date written 2026-11-22, or None when absent or empty."""
    value = args.get(name, "").strip()
    if not value:
        return None
    try:
        return parse_date(value)
    except ValueError:
        raise BadInput(f"{name} must be a date like 2026-11-22.", field=name) from None


def word_argument(args: MultiDict[str, str], name: str, words: type[E]) -> E | None:
    """One word of an enumeration, or None when absent or empty."""
    value = args.get(name, "").strip()
    if not value:
        return None
    try:
        return words(value)
    except ValueError:
        choices = ", ".join(word.value for word in words)
        raise BadInput(f"{name} must be one of: {choices}.", field=name) from None


def flag_argument(args: MultiDict[str, str], name: str) -> bool:
    """A switch: 1 or 0; absent is 0."""
    value = args.get(name, "").strip()
    if value not in {"", "0", "1"}:
        raise BadInput(f"{name} must be 0 or 1.", field=name)
    return value == "1"
