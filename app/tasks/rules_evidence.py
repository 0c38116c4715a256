"""Knows what a task may ask for before it counts as done: a file, a number or a decision, and when that is given."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from app.documents.rules_uploads import UploadKind, check_upload
from app.kernel.errors import BadInput
from app.kernel.texts import clean_line

LONGEST_GIVEN = 80


class Evidence(enum.StrEnum):
    """What shows that a task is done."""

    NONE = "none"
    FILE = "file"
    NUMBER = "number"
    DECISION = "decision"


EVIDENCE_LABELS: Mapping[Evidence, str] = {
    Evidence.NONE: "nothing",
    Evidence.FILE: "a file",
    Evidence.NUMBER: "a number",
    Evidence.DECISION: "a decision",
}
# what is said at the field itself
EVIDENCE_PROMPTS: Mapping[Evidence, str] = {
    Evidence.FILE: "Choose the file.",
    Evidence.NUMBER: "Enter the number.",
    Evidence.DECISION: "Choose approved or refused.",
}
APPROVED, REFUSED = "approved", "refused"
DECISIONS: Mapping[str, str] = {APPROVED: "approved", REFUSED: "refused"}


class EvidenceMissing(BadInput):
    """“{title}” is only done with {what}: {label}. Open the task and add it."""


class NumberWithoutDigit(BadInput):
    """{label}: a number has at least one digit. Enter it as it is written on the paper."""


class StillRefused(BadInput):
    """“{title}” is refused, so it is not done. Say why, and decide again when that is mended."""


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody gave as evidence, as it was sent."""

    text: str = ""
    file_name: str = ""
    file: bytes | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept with the task: words, or a file of a known kind with its bytes."""

    text: str = ""
    upload: UploadKind | None = None
    content: bytes = b""


def check_evidence(kind: Evidence, label: str, title: str, given: Given) -> Kept:
    """What the task asks for. Raises EvidenceMissing, NumberWithoutDigit, StillRefused and what check_upload raises."""
    if kind is Evidence.NONE:
        return Kept()
    if kind is Evidence.FILE:
        if given.file is None:
            raise _missing(kind, label, title)
        upload = check_upload(given.file_name, given.file)
        return Kept(upload.name, upload, given.file)
    text = clean_line(given.text, "evidence", label=label, most=LONGEST_GIVEN)
    if not text or (kind is Evidence.DECISION and text not in DECISIONS):
        raise _missing(kind, label, title)
    if kind is Evidence.DECISION and text == REFUSED:
        raise StillRefused(field="evidence", title=title)
    if kind is Evidence.NUMBER and not any(letter.isdigit() for letter in text):
        raise NumberWithoutDigit(field="evidence", label=label)
    return Kept(text)


def _missing(kind: Evidence, label: str, title: str) -> EvidenceMissing:
    return EvidenceMissing(field="evidence", title=title, what=EVIDENCE_LABELS[kind], label=label)
