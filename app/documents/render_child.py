"""The renderer process: reads tasks, answers with PDFs, and can do nothing else; it ends when its owner does.

Started as `python -m app.documents.render_child MEGABYTES`, without the application's settings in its environment.
"""

from __future__ import annotations

import logging
import os
import resource
import shutil
import signal
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any, BinaryIO

from app.documents.render_frames import OUT_OF_MEMORY, read_frame, write_frame

ROOT = Path(__file__).resolve().parents[2]
FONTS = ROOT / "static" / "fonts"
WARM_UP = "<!DOCTYPE html><html lang='en'><title>-</title><style>{fonts} body{{font:9pt Inter, DejaVu}}</style><b>-</b>"

# What Python says before it opens a line, starts a program or loads a library of its own accord
_REFUSED = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.startfile", "ftplib.",
            "http.client.", "urllib.", "webbrowser.")  # fmt: skip
_READABLE = tuple(
    {
        str(Path(place).resolve())
        for place in (ROOT, sys.prefix, sys.base_prefix, sysconfig.get_path("stdlib"), "/usr/share", "/etc/fonts")
    }
)


def main() -> None:
    """Serves tasks until the owner closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the owner's business
    tasks, answers = _take_pipes()
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    logging.getLogger("fontTools").setLevel(logging.CRITICAL)
    from app.documents.render_engine import Engine

    engine = Engine(FONTS)
    _warm_up(engine)
    _limit_memory(int(sys.argv[1]))
    sys.addaudithook(_refuse)
    write_frame(answers, {"ready": True})
    try:
        while (frame := read_frame(tasks)) is not None:
            _answer(engine, frame, answers)
    finally:
        # An owner that was killed cannot do it
        shutil.rmtree(_TEMPORARY, ignore_errors=True)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output become private: a library that prints must not break a frame."""
    tasks = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return tasks, answers


def _warm_up(engine: Any) -> None:
    from app.documents.render_engine import Task

    fonts = (ROOT / "templates" / "pdf" / "fonts.css").read_text()
    engine.make(Task(WARM_UP.format(fonts=fonts), "warm-up", "-", "en", "2000-01-01T00:00:00+00:00", "pdf/a-3b"))


def _answer(engine: Any, frame: tuple[dict[str, Any], list[bytes]], answers: BinaryIO) -> None:
    try:
        made = engine.make(_task(*frame))
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # nothing in this process can be trusted any more
    except Exception as error:
        write_frame(answers, {"error": f"{type(error).__name__}: {error}"[:1000]})
    else:
        facts = {"pages": made.pages, "missing": made.missing, "denied": made.denied, "by_form": made.by_form}
        write_frame(answers, facts, [made.content])


def _task(header: dict[str, Any], blocks: list[bytes]) -> Any:
    from app.documents.render_engine import File, Task

    contents = iter(blocks)
    html = next(contents).decode()
    files = {
        group: tuple(File(content=next(contents), **facts) for facts in header.pop(group))
        for group in ("attachments", "bundle")
    }
    header.pop("blocks")
    facts: dict[str, Any] = header | files | {"xmp": tuple(header["xmp"])}
    return Task(html=html, **facts)


def _limit_memory(megabytes: int) -> None:
    """So much more than the warm process already uses; the address space of the libraries counts too."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize() if _has_proc() else 1 << 30
    limit = used + megabytes * 1024 * 1024
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _has_proc() -> bool:
    return Path("/proc/self/statm").exists()


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    """The second fence, behind the fetcher: no network, no programs, no file outside the installation."""
    if event.startswith(_REFUSED):
        raise PermissionError(f"the renderer may not use {event}")
    if event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        path = os.path.realpath(os.fsdecode(arguments[0]))
        if not path.startswith((*_READABLE, _TEMPORARY, os.devnull)):
            raise PermissionError(f"the renderer may not open {path}")


_TEMPORARY = os.path.realpath(tempfile.gettempdir())

if __name__ == "__main__":
    main()
