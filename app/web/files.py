"""Knows how people hand files in, how a list shows them, and how they get one back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from flask import send_file
from flask_wtf.file import FileField, FileRequired

from app.documents.models import Document
from app.documents.queries import read_content
from app.documents.rules_files import ACCEPTED
from app.web.forms import BaseForm

if TYPE_CHECKING:
    from flask import Response

# A file is foreign content: whatever a browser makes of it, nothing in it runs or loads
POLICY = "sandbox; default-src 'none'"


class FileForm(BaseForm):
    file = FileField("File", [FileRequired("Choose a file first.")], description=f"{ACCEPTED}, up to 20 MB.")


@dataclass(frozen=True)
class FileRow:
    """A file as a list shows it; without `remove_url` it stays."""

    name: str
    byte_size: int
    url: str
    by: str
    at: datetime
    note: str = ""
    remove_url: str = ""

    @classmethod
    def of(
        cls, document: Document, *, url: str, by: str, at: datetime, note: str = "", remove_url: str = ""
    ) -> FileRow:  # fmt: skip
        return cls(document.name, document.byte_size, url, by, at, note, remove_url)


def send_stored(document: Document) -> Response:
    """The bytes as they were stored, to be saved and never shown in our own origin."""
    content = BytesIO(read_content(document))
    answer = send_file(content, mimetype=document.media_type, as_attachment=True, download_name=document.name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
