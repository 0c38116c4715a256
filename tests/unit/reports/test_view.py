"""How figures are named where their rows are shown."""

from __future__ import annotations

import pytest

from app.reports.rules_view import figure_title, tell_sending


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


@pytest.mark.parametrize(
    ("queued", "known", "said"),
    [
        (0, 0, "Nobody subscribed yet."),
        (0, 1, "Already sent to everybody."),
        (1, 0, "The report goes to 1 subscriber."),
        (2, 0, "The report goes to 2 subscribers."),
        (1, 1, "The report goes to 1 subscriber. 1 person has it already."),
        (1, 3, "The report goes to 1 subscriber. 3 people have it already."),
    ],
)
def test_sending_a_report_tells_who_gets_it_and_who_had_it(queued, known, said):
    assert tell_sending(queued, known)[0] == said
