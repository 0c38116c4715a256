"""Sets what we say on documents and in their mails, in one language each."""

from dataclasses import asdict, dataclass
from datetime import datetime

from app.audit.services import record
from app.company.identifiers import check_language
from app.company.models_texts import DocumentText
from app.company.rules_texts import CREDIT_PLACES, PLACES, check_places
from app.company.services import FOOT, check_printed, lock_company
from app.db.base import session
from app.kernel.errors import Conflict
from app.kernel.texts import clean_block, clean_line

LONGEST_FOOTER = 1_000  # as the rules of an invoice say
LONGEST_SUBJECT = 150
LONGEST_PARAGRAPH = 1_000
LONGEST_TERMS = 300
TERMS, CREDIT_FOOT = "Sentence on payment terms", "Text at the foot of credit notes"
LABELS = {
    "subject": "Subject", "opening": "Opening", "closing": "Closing", "credit_subject": "Subject of a credit note",
    "credit_opening": "Opening of a credit note", "credit_closing": "Closing of a credit note",
}  # fmt: skip


class TextsChanged(Conflict):
    """Somebody else changed these texts in the meantime. Nothing of yours is saved; load the page again."""


@dataclass(frozen=True)
class TextsData:
    """What a person has us say in one language; empty for the words we come with."""

    footer: str = ""
    subject: str = ""
    opening: str = ""
    closing: str = ""
    terms: str = ""
    credit_footer: str = ""
    credit_subject: str = ""
    credit_opening: str = ""
    credit_closing: str = ""


def checked_texts(data: TextsData) -> TextsData:
    """The texts as they are kept. Raises BadInput naming the field, also for a place nobody fills in."""
    return TextsData(
        footer=check_printed(clean_block(data.footer, "footer", label=FOOT, most=LONGEST_FOOTER), "footer", FOOT),
        terms=check_printed(clean_line(data.terms, "terms", label=TERMS, most=LONGEST_TERMS), "terms", TERMS),
        credit_footer=check_printed(
            clean_block(data.credit_footer, "credit_footer", label=CREDIT_FOOT, most=LONGEST_FOOTER),
            "credit_footer",
            CREDIT_FOOT,
        ),
        **{name: _checked(getattr(data, name), name, label) for name, label in LABELS.items()},
    )


def _checked(text: str, name: str, label: str) -> str:
    places = CREDIT_PLACES if name.startswith("credit_") else PLACES
    if name.endswith("subject"):
        return check_places(clean_line(text, name, label=label, most=LONGEST_SUBJECT), name, label, places)
    return check_places(clean_block(text, name, label=label, most=LONGEST_PARAGRAPH), name, label, places)


def set_texts(language: str, data: TextsData, *, version: int, actor: str, now: datetime) -> DocumentText:
    """Sets the texts of a language; `version` is 0 for the first time. Raises TextsChanged, BadInput."""
    check_language(language)
    lock_company()
    stored = session().get(DocumentText, language, populate_existing=True)
    if version != (stored.version if stored else 0):
        raise TextsChanged
    wanted = asdict(checked_texts(data))
    before = {name: getattr(stored, name) if stored else "" for name in wanted}
    if before == wanted and stored is not None:
        return stored
    stored = stored or _begin(language)
    for name, value in wanted.items():
        setattr(stored, name, value)
    stored.version += 1
    session().flush()
    changes = {name: [before[name], value] for name, value in wanted.items() if before[name] != value}
    record(
        "company.texts_changed", actor=actor, now=now, object_kind="company", object_id=1, language=language,
        changes=changes,
    )  # fmt: skip
    return stored


def _begin(language: str) -> DocumentText:
    texts = DocumentText(language=language, version=0)
    session().add(texts)
    return texts
