"""How figures are named where their rows are shown."""

from __future__ import annotations

import pytest

from app.reports.rules_view import figure_title


@pytest.mark.parametrize(
    ("figure", "title"),
    [
        ("money.EUR.invoiced_today", "Invoiced, EUR"),
        ("money.JPY.collected_mtd", "Collected MTD, JPY"),
        ("money.EUR.dso", "DSO, EUR"),
        ("money.EUR.aging.not_due", "Open, not due, EUR"),
        ("money.EUR.aging.31-60", "Open 31–60 days past due, EUR"),
        ("money.EUR.aging.over_120", "Open over 120 days past due, EUR"),
        ("money.EUR.aging.total", "Open, EUR"),
        ("orders.on_hold", "Orders on hold"),
        ("followup.promises_due", "Follow-up promises due"),
    ],
)
def test_the_rows_of_a_figure_have_a_title_in_words(figure, title):
    assert figure_title(figure) == title
