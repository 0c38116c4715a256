"""Takes bank files out of a folder: imports each, says beside it what became of it, and moves it away.

A crash between the import and the move is harmless: the same bytes again are already imported.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from app.kernel.errors import kept_for_people
from app.payments.bank_files import import_files
from app.payments.rules_bank import LARGEST_FILE
from app.payments.services_bank import FileVerdict

log = logging.getLogger("tillpaid.bank_files")

ACTOR = "system:bank_files"
REST_SECONDS = 10  # a file that changed since may still be written
FINE = frozenset({"imported", "already_imported"})


@kept_for_people()
def take_folder(folder: Path, *, now: datetime, may_go_on: Callable[[], bool] = lambda: True) -> int:
    """Files that lie still go to `done` or `refused` in the folder, with a text of what became of them; how many."""
    taken = 0
    for path in _list_resting(folder, now):
        if not may_go_on():
            break
        taken += _take(path, now)
    return taken


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


def _take(path: Path, now: datetime) -> bool:
    """Another worker may have been faster: then the file is gone."""
    for name in ("done", "refused"):
        (path.parent / name).mkdir(exist_ok=True)  # before the import: who cannot move a file would take it forever
    try:
        with path.open("rb") as opened:
            content = opened.read(LARGEST_FILE + 1)
        verdict = import_files([(path.name, content)], actor=ACTOR, now=now)[0]
        _move(path, verdict)
    except FileNotFoundError:
        return False
    log.info("bank file %s: %s", path.name, verdict.status)
    return True


def _move(path: Path, verdict: FileVerdict) -> None:
    target = _free(path.parent / ("done" if verdict.status in FINE else "refused") / path.name)
    path.rename(target)
    target.with_name(f"{target.name}.txt").write_text(say(verdict), encoding="utf-8")


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
