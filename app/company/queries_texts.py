"""Reads what we say on documents and in their mails."""

from app.company.models_texts import DocumentText
from app.db.base import session


def find_texts(language: str) -> DocumentText | None:
    """Our own words in this language, if an administrator wrote some."""
    return session().get(DocumentText, language)
