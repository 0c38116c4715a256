"""Turns HTML into PDF in warm processes of their own, which are recycled after some documents and killed at a limit."""

from __future__ import annotations

import atexit
import base64
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from app.documents.child import DONE, read_frame, write_frame
from app.kernel.errors import TillpaidError

ROOT = Path(__file__).resolve().parents[2]
MOST_SECONDS = 60.0
MOST_MEMORY = 2 * 1024**3  # address space; a usual invoice needs a tenth
MOST_DOCUMENTS = 500  # then a fresh process starts, whatever leaked goes with the old one


class RenderingFailed(TillpaidError):
    """The document could not be rendered: {reason}."""


@dataclass(frozen=True)
class EnclosedFile:
    """A file to put inside the PDF, such as the XML of an e-invoice."""

    name: str
    content: bytes
    relationship: str = "Data"


class RenderingProcess:
    """One child. It is used by one thread at a time."""

    def __init__(self) -> None:
        self.rendered = 0
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "app.documents.child", str(MOST_MEMORY)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
            env={"PATH": os.environ.get("PATH", ""), "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"},
        )

    @property
    def is_worn_out(self) -> bool:
        return self.rendered >= MOST_DOCUMENTS or self._process.poll() is not None

    def render(self, job: bytes, most_seconds: float) -> bytes:
        """The PDF. Raises RenderingFailed, and after a time-out or a crash the process is gone."""
        assert self._process.stdin and self._process.stdout  # noqa: S101 - both are pipes
        watch = threading.Timer(most_seconds, self._process.kill)
        watch.start()
        try:
            write_frame(self._process.stdin, DONE, job)
            answer = read_frame(self._process.stdout)
        except OSError:
            answer = None
        finally:
            watch.cancel()
        self.rendered += 1
        if answer is None:
            self.close()
            raise RenderingFailed(reason=f"it took more than {most_seconds:.0f} s, or more memory than allowed")
        kind, body = answer
        if kind != DONE:
            raise RenderingFailed(reason=body.decode("utf-8", "replace"))
        return body

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


class Renderer:
    """As many warm processes as are in use at the same time, at most one per core."""

    def __init__(self, processes: int | None = None) -> None:
        self._free: list[RenderingProcess] = []
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(processes or os.cpu_count() or 1)
        self._owner = os.getpid()

    def render(self, job: bytes, most_seconds: float = MOST_SECONDS) -> bytes:
        with self._places, self._borrow() as process:
            return process.render(job, most_seconds)

    def close(self) -> None:
        """Ends the processes; those of another process (after a fork) are left alone."""
        with self._lock:
            free, self._free = self._free, []
        if os.getpid() == self._owner:
            for process in free:
                process.close()

    @contextmanager
    def _borrow(self) -> Iterator[RenderingProcess]:
        process = self._take()
        try:
            yield process
        finally:
            if process.is_worn_out:
                process.close()
            else:
                with self._lock:
                    self._free.append(process)

    def _take(self) -> RenderingProcess:
        with self._lock:
            if os.getpid() != self._owner:  # a web server forked us: its pipes are not ours
                self._free, self._owner = [], os.getpid()
            return self._free.pop() if self._free else RenderingProcess()


renderer = Renderer()
atexit.register(renderer.close)


def render_pdf(
    html: str,
    *,
    identifier: str,
    title: str,
    language: str,
    created: datetime,
    variant: str = "pdf/a-3b",
    attachments: Sequence[EnclosedFile] = (),
    most_seconds: float = MOST_SECONDS,
) -> bytes:
    """The PDF/A of this page. It may name `data:` pictures and `static/fonts/...`; nothing else is ever read.

    The same arguments give the same bytes on the same system. Raises RenderingFailed.
    """
    job = {
        "html": html,
        "identifier": identifier,
        "title": title,
        "language": language,
        "variant": variant,
        "created": created.isoformat(timespec="seconds"),
        "enclosures": [{**asdict(one), "content": base64.b64encode(one.content).decode()} for one in attachments],
    }
    return renderer.render(json.dumps(job).encode(), most_seconds)
