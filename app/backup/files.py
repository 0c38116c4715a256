"""Knows how a file appears: complete, on disk, under its name for the first time, with its checksum beside it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.backup.errors import BackupDamaged, BackupExists, FolderMissing, NotWritable

BYTES_AT_ONCE = 1 << 20


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A draft beside `path`, readable by its owner only; at the end it becomes `path`, or nothing is left.

    Raises BackupExists, FolderMissing, NotWritable.
    """
    if path.exists():
        raise BackupExists(path=path)
    if not path.parent.is_dir():
        raise FolderMissing(folder=path.parent)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            draft = Path(folder) / path.name
            yield draft
            draft.chmod(0o600)
            _sync(draft)
            _write_checksum(path, fingerprint(draft))
            _give_name(draft, path)
        _sync(path.parent)
    except OSError as error:
        raise NotWritable(path=path, reason=error.strerror or str(error)) from error


def fingerprint(path: Path) -> str:
    """sha256 of the file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_fingerprint(path: Path) -> None:
    """Compares with the checksum that stands beside the file, if it came along. Raises BackupDamaged."""
    beside = checksum_path(path)
    if beside.is_file() and beside.read_text("ascii", "replace").partition(" ")[0] != fingerprint(path):
        raise BackupDamaged(path=path, reason=f"its bytes are not those of {beside.name}")


def checksum_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _write_checksum(path: Path, digest: str) -> None:
    """Before the file has its name, so that a checksum left by an earlier one is never taken for its own."""
    beside = checksum_path(path)
    beside.write_text(f"{digest}  {path.name}\n", "ascii")
    _sync(beside)


def _give_name(draft: Path, path: Path) -> None:
    """A link refuses a name that was taken meanwhile; where the file system has none, looking first must do."""
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        raise BackupExists(path=path) from None
    except OSError:
        if path.exists():
            raise BackupExists(path=path) from None
        draft.rename(path)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
