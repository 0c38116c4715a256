"""Has XML checked against schema and official rules, in a process of its own with limits on time and memory."""

from __future__ import annotations

import atexit
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from typing import IO, Any, cast

from app.documents.children import ROOT, Patient, environment_of, require_no_transaction
from app.documents.render_frames import FrameBroken, read_frame, write_frame
from app.kernel.errors import RuleError

SECONDS = 60.0
MEGABYTES = 1024
MOST_DOCUMENTS = 2000  # then the process is replaced


class CheckFailed(RuleError):
    """The e-invoice could not be checked: {reason}"""


@dataclass(frozen=True)
class RuleFinding:
    """A rule that is broken: its official id, its own words, and where."""

    rule: str
    text: str
    at: str = ""
    flag: str = "fatal"


def check_xml(content: bytes, *, schema: str, rules: str) -> list[RuleFinding]:
    """What the schema finds, else what the rules find; both are named by their files among the rule files.

    Raises CheckFailed; RuntimeError inside a unit of work, because locks must not wait for it.
    """
    require_no_transaction()
    return default_checker().check(content, schema=schema, rules=rules)


class Checker:
    """A process per core, each started when needed; as many threads at a time, others wait."""

    def __init__(self, seconds: float = SECONDS, megabytes: int = MEGABYTES, size: int | None = None) -> None:
        self.seconds = seconds
        self.megabytes = megabytes
        self.size = size or os.cpu_count() or 1
        # the last one given back is taken first: one thread alone keeps to one process
        self._places: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        for _ in range(self.size):
            self._places.put(None)

    def check(self, content: bytes, *, schema: str, rules: str) -> list[RuleFinding]:
        child = self._places.get()
        try:
            if child is None or not child.is_usable:
                child = self._renew(child)
            answer = child.ask({"schema": schema, "rules": rules}, content, self.seconds)
        except (TimeoutError, FrameBroken, OSError) as fault:
            if child is not None:
                child.close()
            what = "it took too long" if isinstance(fault, TimeoutError) else "the checker ended"
            raise CheckFailed(reason=f"{what}.") from fault
        finally:
            self._places.put(child)
        if "error" in answer:
            raise CheckFailed(reason=answer["error"])
        return [RuleFinding(**one) for one in answer["findings"]]

    def close(self) -> None:
        """Ends the processes; a later document starts new ones."""
        for _ in range(self.size):
            child = self._places.get()
            if child is not None:
                child.close()
        for _ in range(self.size):
            self._places.put(None)

    def _renew(self, child: _Child | None) -> _Child:
        if child is not None:
            child.close()
        return _Child(self.megabytes, self.seconds)


class _Child:
    def __init__(self, megabytes: int, seconds: float) -> None:
        self.asked = 0
        self._folder = tempfile.mkdtemp(prefix="tillpaid-check-")
        self._running = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", "app.documents.xml_child", str(megabytes)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            cwd=ROOT, env=environment_of(self._folder),
        )  # fmt: skip
        self._answers = Patient(cast(IO[bytes], self._running.stdout).fileno())
        try:
            self._read(seconds)
        except (TimeoutError, FrameBroken, OSError) as fault:
            self.close()
            raise CheckFailed(reason="the checker did not start.") from fault

    @property
    def is_usable(self) -> bool:
        return self._running.poll() is None and self.asked < MOST_DOCUMENTS

    def ask(self, header: dict[str, Any], content: bytes, seconds: float) -> dict[str, Any]:
        self.asked += 1
        write_frame(cast(Any, self._running.stdin), header, [content])
        return self._read(seconds)

    def _read(self, seconds: float) -> dict[str, Any]:
        self._answers.allow(seconds)
        answer = read_frame(cast(Any, self._answers))
        if answer is None:
            raise FrameBroken
        return answer[0]

    def close(self) -> None:
        self._running.kill()
        self._running.wait()
        for pipe in (self._running.stdin, self._running.stdout):
            if pipe is not None:
                pipe.close()
        shutil.rmtree(self._folder, ignore_errors=True)


_shared: dict[int, Checker] = {}
_sharing = threading.Lock()


def default_checker() -> Checker:
    """This process's own checker; a forked server process gets another one."""
    with _sharing:
        checker = _shared.get(os.getpid())
        if checker is None:
            checker = _shared[os.getpid()] = Checker()
            atexit.register(checker.close)
        return checker
