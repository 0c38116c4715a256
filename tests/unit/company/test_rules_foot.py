"""The foot of documents leaves room for the document: it has few lines, as they are laid out."""

import pytest

from app.company.services import FOOT
from app.company.services_texts import CREDIT_FOOT, TextsData, checked_texts
from app.documents.letters import TooManyLines


@pytest.mark.parametrize(("field", "label"), [("footer", FOOT), ("credit_footer", CREDIT_FOOT)])
@pytest.mark.parametrize(
    "text", ["A\n" * 200, "A\n" * 12 + "A", "A\u2028" * 12 + "A", "A\u2029" * 12 + "A", "WWWWWWWWW " * 99, "W" * 999]
)
def test_a_foot_that_would_fill_pages_is_refused_by_its_name(field, label, text):
    with pytest.raises(TooManyLines, match=f"{label} takes .* lines on paper; at most 12 fit") as refusal:
        checked_texts(TextsData(**{field: text}))
    assert refusal.value.field == field


@pytest.mark.parametrize("text", ["A\n" * 11 + "A", ("Thank you for your order. " * 40)[:999], "", "Yours\n\nFeinwerk"])
def test_a_foot_of_a_few_lines_or_one_long_paragraph_is_kept(text):
    assert checked_texts(TextsData(footer=text)).footer == text.strip()
