"""Knows which texts of a document the fonts of our PDFs cannot draw, so that a name never comes out as empty boxes."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.documents.letters import name_undrawable
from app.invoices.rules_issue import Fault, list_texts, say_field


def find_undrawable(content: Mapping[str, Any]) -> Iterator[Fault]:
    """A fault for each text of the content that has characters the fonts lack."""
    for field, text in list_texts(content):
        if missing := name_undrawable(text):
            yield Fault(field, f"{say_field(field)} has characters the PDF's fonts cannot draw: {missing}.")
