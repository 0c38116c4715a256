"""Puts files on deals that are not accepted yet, and takes them off the list again."""

from datetime import datetime

from app.db.base import session
from app.deals.models_handoff import DealFile
from app.deals.queries_files import (
    FILE_KIND,
    FILE_OWNER,
    FileUnknown,
    StoredFile,
    count_files,
    get_file,
    list_asked,
)
from app.deals.services import record_deal
from app.deals.services_undecided import lock_undecided
from app.documents.rules_files import MOST_FILES, TooManyFiles, check_file
from app.documents.services import store_document
from app.kernel.errors import BadInput


class NotAskedFor(BadInput):
    """The checklist of this deal asks for no such file. Choose again what the file is for."""


def add_file(
    deal_id: int, name: str, content: bytes, *, for_code: str = "", actor: str, now: datetime
) -> StoredFile:  # fmt: skip
    """Stores a file, perhaps for an item of the checklist. Raises DealDecided, TooManyFiles, NotAskedFor, BadInput."""
    upload = check_file(name, content)
    deal = lock_undecided(deal_id)  # two files at once are counted one after the other
    if count_files(deal_id) >= MOST_FILES:
        raise TooManyFiles(most=MOST_FILES)
    if for_code and for_code not in list_asked(deal.deal_type):
        raise NotAskedFor(field="for_code")
    file = DealFile(deal_id=deal_id, for_code=for_code, added_by=actor, added_at=now)
    session().add(file)
    session().flush()
    document = store_document(
        owner_kind=FILE_OWNER, owner_id=file.id, kind=FILE_KIND, name=upload.name, media_type=upload.media_type,
        content=content, now=now,
    )  # fmt: skip
    record_deal("deal.file_added", deal, actor=actor, now=now, file_id=file.id, name=document.name)
    return StoredFile(file, document)


def remove_file(file_id: int, *, actor: str, now: datetime) -> StoredFile:
    """Takes a file off its deal's list; the bytes stay stored. Raises DealDecided, FileUnknown when it is gone too."""
    deal = lock_undecided(get_file(file_id).file.deal_id)
    stored = get_file(file_id)
    session().refresh(stored.file)
    if stored.file.removed_at is not None:
        raise FileUnknown
    stored.file.removed_at, stored.file.removed_by = now, actor
    record_deal("deal.file_removed", deal, actor=actor, now=now, file_id=file_id, name=stored.document.name)
    return stored
