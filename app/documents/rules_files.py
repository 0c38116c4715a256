"""Knows which files a deal or an order keeps: those that can be kept at all, mails as received, and how many."""

from __future__ import annotations

import re

from app.documents.rules_uploads import ACCEPT as ACCEPT_DOCUMENTS
from app.documents.rules_uploads import LARGEST_UPLOAD, UploadKind, check_upload, clean_name
from app.kernel.errors import RuleError

ACCEPT = f"{ACCEPT_DOCUMENTS},.eml"
ACCEPTED = "PDF, PNG, JPEG, TXT, CSV, XLSX, DOCX or EML"
MOST_FILES = 30
_HEADER = re.compile(rb"(?:[!-9;-~]+:[ \t].*\r?\n(?:[ \t].*\r?\n)*)+\r?\n")
_OF_A_MAIL = re.compile(rb"^(?:from|date|message-id|received):", re.IGNORECASE | re.MULTILINE)
LONGEST_HEADER = 64 * 1024


class TooManyFiles(RuleError):
    """There are {most} files here, and no more can be added. Remove one that is not needed, then try again."""


def check_file(name: str, content: bytes) -> UploadKind:
    """The kind of a file by its bytes. Raises the refusals of `check_upload`."""
    if name.strip().lower().endswith(".eml") and len(content) <= LARGEST_UPLOAD and _is_mail(content):
        return UploadKind("eml", "message/rfc822", clean_name(name, "eml"))
    return check_upload(name, content)


def _is_mail(content: bytes) -> bool:
    """Whether it begins as mails do: header fields, one of which only mails have, and an empty line."""
    head = _HEADER.match(content[:LONGEST_HEADER])
    return head is not None and b"\x00" not in content and _OF_A_MAIL.search(head[0]) is not None
