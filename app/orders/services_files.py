"""Puts files on orders, and takes them off the list again."""

from datetime import datetime

from app.db.base import session
from app.documents.rules_files import MOST_FILES, TooManyFiles, check_file
from app.documents.services import store_document
from app.orders.models_talk import OrderFile
from app.orders.queries import get_order
from app.orders.queries_talk import FILE_KIND, FILE_OWNER, FileUnknown, StoredFile, count_files, get_file
from app.orders.services import lock_order
from app.orders.services_talk import record_on


def add_file(order_id: int, name: str, content: bytes, *, actor: str, now: datetime) -> StoredFile:
    """Stores a file whose content is of a kind we keep. Raises TooManyFiles, and what `check_file` refuses."""
    upload = check_file(name, content)
    order = lock_order(order_id)  # two files at once are counted one after the other
    if count_files(order_id) >= MOST_FILES:
        raise TooManyFiles(most=MOST_FILES)
    file = OrderFile(order_id=order_id, added_by=actor, added_at=now)
    session().add(file)
    session().flush()
    document = store_document(
        owner_kind=FILE_OWNER, owner_id=file.id, kind=FILE_KIND, name=upload.name, media_type=upload.media_type,
        content=content, now=now,
    )  # fmt: skip
    record_on(order, "order.file_added", actor=actor, now=now, file_id=file.id, name=document.name)
    return StoredFile(file, document)


def remove_file(file_id: int, *, actor: str, now: datetime) -> StoredFile:
    """Takes a file off its order's list; the bytes stay stored. Raises FileUnknown, when it is gone already too."""
    lock_order(get_file(file_id).file.order_id)
    stored = get_file(file_id)
    session().refresh(stored.file)
    if stored.file.removed_at is not None:
        raise FileUnknown
    stored.file.removed_at, stored.file.removed_by = now, actor
    order = get_order(stored.file.order_id)
    record_on(order, "order.file_removed", actor=actor, now=now, file_id=file_id, name=stored.document.name)
    return stored
