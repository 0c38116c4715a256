"""Renders HTML to PDF/A in warm processes of its own, behind a fence: limits on time, memory and what may be read.

The engine is never loaded here. A renderer that takes too long or too much is ended; the next document gets a new one.
"""

from __future__ import annotations

import atexit
import os
import queue
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, cast

from app.documents.children import ROOT, Patient, environment_of, require_no_transaction
from app.documents.render_frames import OUT_OF_MEMORY, FrameBroken, read_frame, write_frame
from app.kernel.errors import RuleError

PDF_A = "pdf/a-3b"


class RenderingFailed(RuleError):
    """The document could not be rendered: {reason}"""


class RenderingTooLong(RenderingFailed):
    """The document took longer than {seconds:g} seconds to render and was stopped."""


class RenderingTooLarge(RenderingFailed):
    """The document needed more than {megabytes} MB of memory and was stopped."""


@dataclass(frozen=True)
class PdfAttachment:
    """A file inside the PDF. `relationship` is that of PDF/A-3: Data, Source, Alternative, Supplement."""

    name: str
    content: bytes
    media_type: str
    relationship: str = "Unspecified"
    description: str = ""


@dataclass(frozen=True)
class Rendering:
    """The PDF, its number of pages, the characters no font has, the addresses it asked for in vain; how it was made."""

    content: bytes
    pages: int
    missing: str
    denied: tuple[str, ...]
    by_form: bool = False


@dataclass(frozen=True)
class Limits:
    """What one document may take, and after how many documents a process is replaced."""

    seconds: float = 60
    start_seconds: float = 60
    megabytes: int = 1024
    documents: int = 500


def render_pdf(
    html: str,
    *,
    identifier: str,
    title: str,
    language: str,
    created: datetime,
    variant: str = PDF_A,
    attachments: Sequence[PdfAttachment] = (),
    bundle: Mapping[str, bytes] | None = None,
    xmp: Sequence[str] = (),
    by_form: bool = False,
) -> bytes:
    """The PDF of an HTML document; equal arguments give equal bytes on the same system.

    It may name `data:` addresses, `static/fonts/...` and the files in `bundle` as `bundle:name`; nothing else is read.
    `by_form` says that many documents have this template: it is laid out once, and texts that fit are written into it.
    Raises RenderingFailed; RuntimeError inside a unit of work, because locks must not wait for a layout.
    """
    return default_renderer().render(
        html, identifier=identifier, title=title, language=language, created=created, variant=variant,
        attachments=attachments, bundle=bundle, xmp=xmp, by_form=by_form,
    ).content  # fmt: skip


def missing_characters(text: str) -> str:
    """The characters of a text that no font of the renderer has, each once; empty when all can be shown."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;")
    fonts = (ROOT / "templates" / "pdf" / "fonts.css").read_text()
    html = f"<!DOCTYPE html><style>{fonts} body {{ font: 9pt Inter, DejaVu }}</style><p>{escaped}</p>"
    made = default_renderer().render(
        html, identifier="glyphs", title="-", language="en", created=datetime.fromisoformat("2000-01-01T00:00:00+00:00")
    )
    return made.missing


class Renderer:
    """A pool of renderer processes, started when needed. Safe to share between threads; `close` ends them all."""

    def __init__(self, size: int | None = None, limits: Limits | None = None) -> None:
        self.size = size or os.cpu_count() or 1
        self.limits = limits or Limits()
        self._places: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(self.size):
            self._places.put(None)

    def render(
        self,
        html: str,
        *,
        identifier: str,
        title: str,
        language: str,
        created: datetime,
        variant: str = PDF_A,
        attachments: Sequence[PdfAttachment] = (),
        bundle: Mapping[str, bytes] | None = None,
        xmp: Sequence[str] = (),
        by_form: bool = False,
    ) -> Rendering:
        """As `render_pdf`, with what was found on the way."""
        require_no_transaction()
        files = [("attachments", list(attachments)), ("bundle", [_bundled(*item) for item in (bundle or {}).items()])]
        header: dict[str, Any] = {
            "identifier": identifier, "title": title, "language": language, "created": created.isoformat(),
            "variant": variant, "xmp": list(xmp), "by_form": by_form,
        }  # fmt: skip
        header |= {group: [_facts(file) for file in listed] for group, listed in files}
        blocks = [html.encode(), *(file.content for _group, listed in files for file in listed)]
        with self._child() as child:
            return child.render(header, blocks)

    def warm_up(self) -> None:
        """Starts one process ahead of the first document."""
        with self._child():
            pass

    def pids(self) -> list[int]:
        """The processes that wait for a document now."""
        with self._places.mutex:
            return [child.pid for child in self._places.queue if child is not None]

    def close(self) -> None:
        """Ends the processes; a later document starts new ones."""
        for _ in range(self.size):
            child = self._places.get()
            if child is not None:
                child.close()
        for _ in range(self.size):
            self._places.put(None)

    @contextmanager
    def _child(self) -> Iterator[_Child]:
        child = self._places.get()
        try:
            if child is None or not child.is_usable:
                if child is not None:
                    child.close()
                child = None
                child = _Child(self.limits)
            yield child
        finally:
            self._places.put(child)


class _Child:
    """One renderer process and its two pipes."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.rendered = 0
        self._folder = tempfile.mkdtemp(prefix="tillpaid-render-")
        self._process = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "app.documents.render_child", str(limits.megabytes)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=ROOT, env=environment_of(self._folder),
        )  # fmt: skip
        self._answers = Patient(cast(IO[bytes], self._process.stdout).fileno())
        if self._exchange({}, None, limits.start_seconds) is None:
            raise RenderingFailed("The document could not be rendered: the renderer did not start.")

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def is_usable(self) -> bool:
        return self._process.poll() is None and self.rendered < self.limits.documents

    def render(self, header: dict[str, Any], blocks: list[bytes]) -> Rendering:
        self.rendered += 1
        answer = self._exchange(header, blocks, self.limits.seconds)
        if answer is None:
            raise self._why_it_ended()
        facts, contents = answer
        if "error" in facts:
            raise RenderingFailed(reason=facts["error"])
        return Rendering(contents[0], facts["pages"], facts["missing"], tuple(facts["denied"]), facts["by_form"])

    def _exchange(
        self, header: dict[str, Any], blocks: list[bytes] | None, seconds: float
    ) -> tuple[dict[str, Any], list[bytes]] | None:
        """Sends a frame (unless `blocks` is None) and waits for the answer; None when the process ended instead."""
        self._answers.allow(seconds)
        try:
            if blocks is not None:
                write_frame(cast(Any, self._process.stdin), header, blocks)
            answer = read_frame(cast(Any, self._answers))
        except TimeoutError:
            self.close()
            raise RenderingTooLong(seconds=seconds) from None
        except (FrameBroken, OSError):
            answer = None
        if answer is None:
            self._process.wait(timeout=10)
            self.close()
        return answer

    def _why_it_ended(self) -> RenderingFailed:
        """Our own code for a failed allocation, or the libraries' abort; the kernel's kill is about memory as well."""
        if self._process.returncode in {OUT_OF_MEMORY, -signal.SIGABRT, -signal.SIGKILL}:
            return RenderingTooLarge(megabytes=self.limits.megabytes)
        return RenderingFailed(reason=f"the renderer ended with {self._process.returncode}.")

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        shutil.rmtree(self._folder, ignore_errors=True)


_shared: dict[int, Renderer] = {}
_sharing = threading.Lock()


def default_renderer() -> Renderer:
    """This process's own pool; a forked server process gets another one."""
    with _sharing:
        renderer = _shared.get(os.getpid())
        if renderer is None:
            renderer = _shared[os.getpid()] = Renderer()
            atexit.register(renderer.close)
        return renderer


def use_renderer(renderer: Renderer) -> None:
    """Makes this pool the one of the process, such as one of a size that is to be measured."""
    with _sharing:
        _shared[os.getpid()] = renderer


def _bundled(name: str, content: bytes) -> PdfAttachment:
    return PdfAttachment(name, content, "application/octet-stream")


def _facts(file: PdfAttachment) -> dict[str, str]:
    return {
        "name": file.name,
        "media_type": file.media_type,
        "relationship": file.relationship,
        "description": file.description,
    }
