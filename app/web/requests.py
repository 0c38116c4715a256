"""Knows one request: its id, how long it took, and the one line the log keeps about it, without personal data."""

from __future__ import annotations

import logging
import secrets
import sys
import time
from typing import TYPE_CHECKING, TextIO

import structlog
from flask import g, has_request_context, request

if TYPE_CHECKING:
    from flask import Flask
    from flask.typing import ResponseReturnValue
    from structlog.typing import EventDict, Processor, WrappedLogger
    from werkzeug import Response

REQUEST_ID_HEADER = "X-Request-Id"
log = structlog.stdlib.get_logger("tillpaid.web")


class StandardError(logging.StreamHandler[TextIO]):
    """Writes to what stderr is at the moment of writing, so that a redirected stderr gets the line."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def install(app: Flask) -> None:
    configure_logs()
    app.before_request(_begin)
    app.after_request(_end)
    app.context_processor(lambda: {"request_id": request_id()})


def request_id() -> str:
    """The id of the current request, in the log and on error pages; never taken from outside."""
    if not has_request_context():
        return ""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    return str(g.request_id)


def configure_logs() -> None:
    """JSON lines on stderr with UTC times, for our own lines and those of libraries. Once per process."""
    root = logging.getLogger()
    if any(isinstance(handler, StandardError) for handler in root.handlers):
        return
    shared: list[Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_request_id,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root.addHandler(handler)
    logging.getLogger("tillpaid").setLevel(logging.INFO)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # its line per request would repeat ours


def _add_request_id(_logger: WrappedLogger, _method: str, line: EventDict) -> EventDict:
    if found := request_id():
        line.setdefault("request_id", found)
    return line


def _begin() -> ResponseReturnValue | None:
    g.request_began = time.perf_counter()
    request_id()
    return None


def _end(response: Response) -> Response:
    response.headers[REQUEST_ID_HEADER] = request_id()
    if request.endpoint == "static" and response.status_code < 400:
        return response
    began = g.get("request_began")
    # The route, not the path or the query: those carry names and tokens
    log.info(
        "request",
        method=request.method,
        route=request.url_rule.rule if request.url_rule else None,
        status=response.status_code,
        ms=round((time.perf_counter() - began) * 1000, 1) if began is not None else None,
        actor=g.get("actor"),
    )
    return response
