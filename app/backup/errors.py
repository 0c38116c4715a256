"""Knows why a backup is not made or not restored, in words for the person who operates the system."""

from __future__ import annotations

from app.kernel.errors import RuleError


class BackupExists(RuleError):
    """{path} exists already. A backup never overwrites a file: name another one."""


class FolderMissing(RuleError):
    """There is no folder {folder}. Make it first."""


class NotWritable(RuleError):
    """{path} cannot be written: {reason}. Nothing was left behind."""


class NothingToCopy(RuleError):
    """The database has no tables yet, so there is nothing to copy. Run `tillpaid init`."""


class DatabaseDamaged(RuleError):
    """The database itself is damaged: {reason}. Keep this file, and restore the newest backup into a new one."""


class UnknownColumn(RuleError):
    """{table}.{column} is of type {type}, which a portable backup cannot carry."""


class BackupMissing(RuleError):
    """There is no file {path}."""


class NotABackup(RuleError):
    """{path} is neither a copy of an SQLite database nor a portable backup of Tillpaid."""


class BackupDamaged(RuleError):
    """{path} is damaged: {reason}. Nothing was changed; take another backup."""


class NewerBackup(RuleError):
    """{path} was made by a newer Tillpaid ({what}). Install that version first. Nothing was changed."""


class DatabaseInUse(RuleError):
    """Others are using the database. Stop the web server and the worker, then repeat. Nothing was changed."""


class DatabaseHasData(RuleError):
    """The database has data already. Restore into an empty one, or repeat with --replace to put the backup there."""


class DatabaseShared(RuleError):
    """The database holds tables that are not Tillpaid's ({tables}). Restore into a database of its own."""


class RowsDoNotFit(RuleError):
    """The rows of {table} do not fit into this database: {reason}. Nothing was changed."""


class PresentNotCopied(RuleError):
    """What --replace would replace cannot be copied first ({reason}). Add --without-copy if it may be lost."""
