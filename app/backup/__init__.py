"""Copies of everything that is stored, and the way back: see docs/operators/backup.md."""

from app.backup.making import MadeBackup, back_up, keep_copy
from app.backup.restoring import Restored, restore

__all__ = ["MadeBackup", "Restored", "back_up", "keep_copy", "restore"]
