"""Takes bank files out of a folder: imports each, says beside it what became of it, and moves it away.

A crash between the import and the move is harmless: the same bytes again are already imported.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from app.kernel.errors import kept_for_people
from app.payments.bank_files import import_files, tell_gaps
from app.payments.rules_bank import LARGEST_FILE
from app.payments.services_bank import FileVerdict

log = logging.getLogger("tillpaid.bank_files")

ACTOR = "system:bank_files"
REST_SECONDS = 10  # a file that changed since may still be written
FINE = frozenset({"imported", "already_imported"})
Taken = tuple[Path, FileVerdict]  # the text beside a file, and what it says


@kept_for_people()
def take_folder(folder: Path, *, now: datetime, may_go_on: Callable[[], bool] = lambda: True) -> int:
    """Files that lie still go to `done` or `refused` in the folder, with a text of what became of them; how many."""
    taken = []
    for path in _list_resting(folder, now):
        if not may_go_on():
            break
        taken += _take(path, now)
    _tell_gaps_anew(taken)
    return len(taken)


def _list_resting(folder: Path, now: datetime) -> list[Path]:
    """Plain files, the oldest first. Links and hidden files are none of ours."""
    if not folder.is_dir():
        return []
    found = []
    for path in folder.iterdir():
        if path.name.startswith(".") or path.is_symlink() or not path.is_file():
            continue
        changed = path.stat().st_mtime
        if now.timestamp() - changed >= REST_SECONDS:
            found.append((changed, path))
    return [path for _, path in sorted(found)]


def _take(path: Path, now: datetime) -> list[Taken]:
    """Another worker may have been faster: then the file is gone."""
    for name in ("done", "refused"):
        (path.parent / name).mkdir(exist_ok=True)  # before the import: who cannot move a file would take it forever
    try:
        with path.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
        verdict = import_files([(path.name, content)], actor=ACTOR, now=now)[0]
        text = _move(path, verdict)
    except FileNotFoundError:
        return []
    log.info("bank file %s: %s", path.name, verdict.status)
    return [(text, verdict)]


def _move(path: Path, verdict: FileVerdict) -> Path:
    """The text beside it."""
    target = _free(path.parent / ("done" if verdict.status in FINE else "refused") / path.name)
    path.rename(target)
    text = target.with_name(f"{target.name}.txt")
    text.write_text(say(verdict), encoding="utf-8")
    return text


def _tell_gaps_anew(taken: Sequence[Taken]) -> None:
    """A file taken later may be the statement that was missing before an earlier one."""
    said = [say(verdict) for _, verdict in taken]
    tell_gaps(verdict for _, verdict in taken)
    for (text, verdict), before in zip(taken, said, strict=True):
        if (anew := say(verdict)) != before:
            text.write_text(anew, encoding="utf-8")


def _free(target: Path) -> Path:
    """A name nobody has yet: x.sta, x.sta.2, x.sta.3."""
    tried, number = target, 1
    while tried.exists():
        number += 1
        tried = target.with_name(f"{target.name}.{number}")
    return tried


def say(verdict: FileVerdict) -> str:
    """What became of a file, for whoever finds it."""
    new = sum(one.new for one in verdict.statements)
    lines = [f"{verdict.name}: {verdict.status.replace('_', ' ')}, {new} new entries"]
    lines += [f"{one.place.lower()}{one.reason}" for one in verdict.problems]
    lines += verdict.gaps
    return "\n".join(lines) + "\n"
