"""Knows how each refusal looks from outside: one table from error class to status and title, as a page or as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog
from flask import current_app, g, has_request_context, jsonify, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, IntegrityError
from werkzeug.exceptions import HTTPException, SecurityError

from app.db.unit_of_work import is_retryable
from app.kernel.errors import (
    BadInput,
    Conflict,
    Forbidden,
    NotFound,
    RuleError,
    TillpaidError,
    is_kept_for_people,
    write_details_with,
)
from app.kernel.money import Money
from app.kernel.texts import counted
from app.web.addresses import is_own_page
from app.web.filters import day, moment, money
from app.web.flashes import say
from app.web.requests import request_id

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue

log = structlog.stdlib.get_logger("tillpaid.web")


class TooManyAttempts(TillpaidError):
    """Too many attempts. Wait {wait} and try again."""

    def __init__(self, *, seconds: int) -> None:
        super().__init__(seconds=seconds, wait=counted(seconds, "second"))


@dataclass(frozen=True)
class Answer:
    """What the outside sees: the status, a title, and a sentence that says what to do."""

    status: int
    title: str
    message: str = ""


REFUSALS: Mapping[type[TillpaidError], Answer] = {
    NotFound: Answer(404, "Not found"),
    Forbidden: Answer(403, "Not allowed"),
    Conflict: Answer(409, "Changed in the meantime"),
    BadInput: Answer(422, "Something is not right yet"),
    TooManyAttempts: Answer(429, "Too many attempts"),
    RuleError: Answer(409, "This cannot be done"),
    TillpaidError: Answer(409, "This cannot be done"),
}

HTTP: Mapping[int, Answer] = {
    400: Answer(400, "The request cannot be read", "Go back, load the page again and repeat your change."),
    403: Answer(403, "Not allowed", "Your role does not allow this. Ask an administrator."),
    404: Answer(404, "Not found", "There is no such page. Check the address, or start from the first page."),
    405: Answer(405, "Not possible here", "This address does not take that kind of request."),
    413: Answer(413, "Too large", "This is larger than {megabytes} MB; nothing was taken. Send less at once."),
    415: Answer(415, "Unknown kind of content", "This address does not take that kind of content."),
    429: Answer(429, "Too many attempts", "Wait a minute and try again."),
    500: Answer(500, "Something broke here", "Nothing was changed. Tell an administrator the number below."),
    503: Answer(503, "Not available", "This is busy or being maintained. Try again in a minute."),
}


def install(app: Flask) -> None:
    write_details_with(write_detail)
    app.register_error_handler(TillpaidError, answer_refusal)
    app.register_error_handler(CSRFError, answer_stale_form)
    app.register_error_handler(DBAPIError, answer_database)
    app.register_error_handler(SecurityError, answer_foreign_host)
    app.register_error_handler(HTTPException, answer_http)


def write_detail(value: Any) -> Any:
    """Amounts and days in a refusal as pages write them; a program and the command line get them plain."""
    is_for_people = not wants_json() if has_request_context() else is_kept_for_people()
    if not isinstance(value, date | Money) or not is_for_people:
        return value
    if isinstance(value, Money):
        return money(value)
    return moment(value) if isinstance(value, datetime) else day(value)


def answer_for(error: TillpaidError) -> Answer:
    """The row of the nearest class, with the error's own sentence."""
    row = next(REFUSALS[kind] for kind in type(error).__mro__ if kind in REFUSALS)
    return Answer(row.status, row.title, str(error))


def answer_refusal(error: TillpaidError) -> ResponseReturnValue:
    answer = answer_for(error)
    log.info("refused", rule=type(error).__name__, status=answer.status, actor=g.get("actor"))
    if (page := _page_pressed_on()) and answer.status == 409:
        say(answer.message, "bad")
        return redirect(page)
    headers = {"Retry-After": str(error.details["seconds"])} if answer.status == 429 and error.details else {}
    return _respond(answer, headers, field=getattr(error, "field", None))


def _page_pressed_on() -> str:
    """The page of ours whose button was pressed; "" for a program, and where a form's own page keeps what was typed."""
    here = urlsplit(request.referrer or "")
    page = here.path + (f"?{here.query}" if here.query else "")
    is_ours = request.method == "POST" and here.netloc == request.host and here.path != request.path
    return page if is_ours and not wants_json() and is_own_page(page) else ""


def answer_stale_form(_error: CSRFError) -> ResponseReturnValue:
    log.info("refused", rule="CSRF", status=400, actor=g.get("actor"))
    message = "The page was open too long or came from elsewhere, so nothing was changed. Load it again and repeat."
    return _respond(Answer(400, "The form is out of date", message), {})


def answer_database(error: DBAPIError) -> ResponseReturnValue:
    """Two at once: busy is 503, a uniqueness or reference that the database guards is 409; all else is a fault."""
    if is_retryable(error):
        log.warning("busy", error=str(error.orig), actor=g.get("actor"))
        return _respond(HTTP[503], {"Retry-After": "2"})
    if isinstance(error, IntegrityError):
        # PostgreSQL's sentence quotes the values, which are personal: its constraint's name says enough
        diagnosis = getattr(error.orig, "diag", None)
        rule = diagnosis.constraint_name if diagnosis is not None else str(error.orig)
        log.error("refused by the database", rule=rule, statement=error.statement, actor=g.get("actor"))
        message = "Somebody did the same at this moment, or what it refers to is gone. Load the page again."
        return _respond(Answer(409, "Changed in the meantime", message), {})
    raise error


def answer_foreign_host(_error: SecurityError) -> ResponseReturnValue:
    """Before any routing, so without a template: the request names a host that is not ours."""
    sentence = "This Tillpaid does not answer under this name. Its own name is set by PUBLIC_BASE_URL."
    return sentence + "\n", 400, {"Content-Type": "text/plain; charset=utf-8"}


def answer_http(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error
    if status >= 500:
        original = getattr(error, "original_exception", None)
        log.error("broken", status=status, exc_info=original or error)
    row = HTTP.get(status, Answer(status, error.name, ""))
    # our own HTTPException subclasses carry their sentence; the library's are said by the table
    own = type(error).__module__.startswith("app.")
    answer = Answer(row.status, row.title, str(error.description) if own else _say(row))
    kept = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    return _respond(answer, kept)


def _say(row: Answer) -> str:
    """A body has room for the file and the form around it."""
    if row.status != 413:
        return row.message
    return row.message.format(megabytes=(request.max_content_length or 0) // (1024 * 1024) - 1 or 1)


def wants_json() -> bool:
    """Whether the asker is a program: an API address, or JSON before HTML in Accept."""
    if request.path.startswith(("/api/", "/hooks/")):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best is not None and best != "text/html"


def _respond(answer: Answer, headers: Mapping[str, str], **extra: Any) -> ResponseReturnValue:
    if wants_json():
        return _problem(answer, headers, extra)
    back = _find_form() if answer.status == 413 else {}
    try:
        page = render_template(
            "errors/error.html", code=answer.status, title=answer.title, message=answer.message, **back
        )
    except Exception as broken:  # a fault while saying what is at fault must still answer
        log.error("broken error page", exc_info=broken)
        page = f"<!doctype html><title>{answer.status}</title><p>{answer.title}. Number: {request_id()}</p>"
    return page, answer.status, dict(headers)


def _find_form() -> dict[str, str]:
    """Where what was sent came from, if that address is a page too."""
    adapter = current_app.create_url_adapter(request)
    if adapter is None or not adapter.test(request.path, "GET"):
        return {}
    return {"next_url": request.path, "next_label": "Choose again"}


def _problem(answer: Answer, headers: Mapping[str, str], extra: Mapping[str, Any]) -> ResponseReturnValue:
    """RFC 9457."""
    body = {
        "type": "about:blank",
        "title": answer.title,
        "status": answer.status,
        "detail": answer.message,
        "request_id": request_id(),
        **{name: value for name, value in extra.items() if value is not None},
    }
    response = jsonify(body)
    response.content_type = "application/problem+json"
    response.status_code = answer.status
    response.headers.update(dict(headers))
    return response
