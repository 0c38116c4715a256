"""What a final invoice says it deducts: net, tax and gross of each deposit, as that deposit asked for them."""

from datetime import date
from decimal import Decimal

import pytest

from app.db.unit_of_work import unit_of_work
from app.invoices import services
from app.invoices.paper import lay_out
from app.invoices.paper_writer import Writer
from app.invoices.texts import LANGUAGES
from tests import factories
from tests.factories import ACTOR, NOW

DAY = date(2026, 11, 22)


def _issue(made):
    with unit_of_work():
        return services.issue_invoice(made.id, DAY, actor=ACTOR, now=NOW, send=False)


def _deposit(order, percent):
    with unit_of_work():
        return _issued(services.draft_deposit(order.id, percent=Decimal(percent), actor=ACTOR, now=NOW))


def _issued(made):
    return services.issue_invoice(made.id, DAY, actor=ACTOR, now=NOW, send=False)


def test_each_deposit_is_deducted_with_its_own_tax_in_every_language(app):
    factories.make_company()
    order = factories.make_plain_order(factories.make_customer(), ("Sensor", "3", "33.35"))
    deposits = [_deposit(order, "33.3"), _deposit(order, "12.7")]
    with unit_of_work():
        made = services.draft_invoice(order.id, actor=ACTOR, now=NOW)
    snapshot = _issue(made).snapshot
    said = [line["deduction"] for line in snapshot["lines"] if "deduction" in line]
    wanted = [(one.net_total, one.tax_total, one.gross_total) for one in deposits]
    assert [tuple(int(Decimal(one[name]) * 100) for name in ("net", "tax", "gross")) for one in said] == wanted
    figures = [[f"{amount / 100:.2f}" for amount in sums] for sums in wanted]
    for language in LANGUAGES:
        notes = [line.note for line in lay_out({**snapshot, "language": language}).lines if line.note]
        assert len(notes) == 2
        for note, sums in zip(notes, figures, strict=True):
            assert all(figure in note.replace(",", ".") for figure in sums), note


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_day_of_a_deposit_is_written_as_the_head_writes_days(app, language):
    factories.make_company()
    order = factories.make_plain_order(factories.make_customer(language=language), ("Sensor", "3", "33.35"))
    _deposit(order, "30")
    with unit_of_work():
        made = services.draft_invoice(order.id, actor=ACTOR, now=NOW)
    (said,) = (line.description for line in made.lines if line.deposit_id)
    assert Writer(language, "EUR", "DE").day(DAY.isoformat()).replace(" ", "\u00a0") in said
