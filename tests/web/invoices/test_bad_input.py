"""Whatever is wrong with a draft is refused before anything is numbered, on its page, with the field named."""

from decimal import Decimal

import pytest

from app.customers.models import Customer
from app.db.base import session
from app.db.sequences import Counter
from app.db.unit_of_work import unit_of_work
from app.invoices import queries, services
from app.invoices.models import InvoiceState
from tests import factories
from tests.factories import ACTOR, NOW, sign_in

REVERSE = [{"name": "VAT", "category": "AE", "kind": "percent", "rate": "0", "reason": "Article 196"}]
MANY = [(f"Part {place}", "1", "1") for place in range(501)]


def no_lines(draft):
    draft.lines.clear()


def quantity_0(draft):
    draft.lines[0].quantity = Decimal(0)


def long_text(draft):
    draft.lines[0].description = "x" * 5_000


@pytest.fixture
def finance(client, app):
    with app.app_context():
        factories.make_company()
        sign_in(client, "finance")
        yield client


@pytest.mark.parametrize(
    ("spoil", "lines", "customer", "field", "words"),
    [
        (no_lines, (), {}, "lines", "no lines"),
        (quantity_0, (), {}, "lines[0].quantity", "quantity"),
        (None, MANY, {}, "lines", "500"),
        (long_text, (), {}, "lines[0].description", "longer than 1000"),
        (None, (), {"name": "株式会社テスト"}, "buyer.name", "cannot draw"),
        (None, (("Sensor 株", "1", "1"),), {}, "lines[0].description", "cannot draw"),
    ],
    ids=["zero lines", "quantity 0", "501 lines", "5,000 characters", "a name without glyphs", "a line without glyphs"],
)
def test_a_spoiled_draft_is_refused_on_its_page(finance, spoil, lines, customer, field, words):
    made = factories.make_customer()
    with unit_of_work() as current:
        for name, value in customer.items():  # as stored before forms refused it
            setattr(current.get(Customer, made.id), name, value)
    order = factories.make_plain_order(made, *lines)
    with unit_of_work():
        draft = services.draft_invoice(order.id, actor=ACTOR, now=NOW).id
    if spoil:
        with unit_of_work():
            spoil(queries.get_invoice(draft))
    assert field in [fault.field for fault in services.preview_issue(draft, NOW.date()).faults]
    session().rollback()
    refused = finance.post(f"/invoices/{draft}/issue", data={"issued_on": "2026-11-20"})
    assert (refused.status_code, words in refused.text) == (422, True), refused.text[:3000]
    _require_nothing_numbered(draft)


def _require_nothing_numbered(draft):
    session().rollback()
    assert (queries.get_invoice(draft).state, queries.get_invoice(draft).number) == (InvoiceState.DRAFT, None)
    assert session().get(Counter, ("invoice", "2026")) is None


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"country": ""}, "country", "Choose one of the list"),
        ({"vat_id": "DE136695977"}, "vat_id", "VAT id"),
    ],
    ids=["no country", "a wrong VAT id"],
)
def test_a_customer_that_could_not_be_invoiced_is_not_saved(finance, changes, field, words):
    sign_in(finance, "admin")
    said = {
        "name": "Neukunde GmbH", "country": "DE", "street": "Hafenweg 3", "postal_code": "20457", "city": "Hamburg",
        "currency": "EUR", "language": "en", "is_active": "y",
    } | changes  # fmt: skip
    page = finance.post("/customers/new", data=said)
    assert page.status_code == 422, page.text[:500]
    assert f'href="#{field}"' in page.text
    assert words in page.text


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"country": ""}, "buyer.country"), ({"country": "PL", "vat_id": "DE136695976"}, "buyer.vat_id")],
    ids=["no country", "a VAT id of another country"],
)
def test_one_that_got_into_the_books_all_the_same_is_not_invoiced(finance, changes, field):
    """An old import, say: the draft says what is missing and where."""
    customer = factories.make_customer(vat_id="DE136695976")
    order = factories.make_plain_order(customer, taxes=REVERSE if "vat_id" in changes else None)
    with unit_of_work():
        draft = services.draft_invoice(order.id, actor=ACTOR, now=NOW).id
    with unit_of_work() as current:
        stored = current.get(type(customer), customer.id)
        for name, value in changes.items():
            setattr(stored, name, value)
        for address in stored.addresses:
            address.country = changes["country"]
    faults = services.preview_issue(draft, NOW.date()).faults
    assert field in [fault.field for fault in faults], faults
    session().rollback()
    assert finance.post(f"/invoices/{draft}/issue", data={"issued_on": "2026-11-20"}).status_code == 422
    _require_nothing_numbered(draft)
