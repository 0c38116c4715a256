"""Write-once documents, and the requests for those still to be rendered."""

import enum
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.db.base import Model
from app.db.triggers import guard_table
from app.db.types import CanonicalJson, EnumText


class DocumentContent(Model):
    """Bytes under their own fingerprint: equal bytes are stored once."""

    __tablename__ = "document_content"

    sha256: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class Document(Model):
    """A stored file of an object: its first bytes win and never change."""

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("owner_kind", "owner_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_kind: Mapped[str]  # "invoice", "mis_report", "company"...
    owner_id: Mapped[int]
    kind: Mapped[str]  # "pdf", "xlsx", "logo-3"...
    name: Mapped[str]  # the file name people see
    media_type: Mapped[str]
    byte_size: Mapped[int]
    sha256: Mapped[str] = mapped_column(ForeignKey("document_content.sha256"))
    stored_at: Mapped[datetime]
    facts: Mapped[dict[str, Any]] = mapped_column(CanonicalJson, default=dict, server_default="{}")  # how it was made


class RequestState(enum.StrEnum):
    PENDING = "pending"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"


class DocumentRequest(Model):
    """A document that is still to be rendered from frozen facts, after the commit that made them."""

    __tablename__ = "document_request"
    __table_args__ = (
        UniqueConstraint("owner_kind", "owner_id", "kind"),
        Index("ix_document_request_state", "state", "next_attempt_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_kind: Mapped[str]
    owner_id: Mapped[int]
    kind: Mapped[str]
    state: Mapped[RequestState] = mapped_column(EnumText(RequestState), default=RequestState.PENDING)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime]
    lease_until: Mapped[datetime | None]
    error: Mapped[str | None]
    requested_at: Mapped[datetime]


guard_table("document_content", message="stored bytes never change")
guard_table("document", message="stored documents never change")
