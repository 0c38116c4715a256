"""Takes the tax rates of a draft's tax point, or keeps other ones on purpose; guards rates that were issued with."""

from datetime import date, datetime

from app.company.events import TaxRatesChanging
from app.db.base import session
from app.invoices.arithmetic import compute_invoice
from app.invoices.company_amounts import tax_point
from app.invoices.models import Invoice
from app.invoices.queries_orders import orders_of
from app.invoices.queries_rates import find_issued_otherwise, list_other_rates
from app.invoices.rules_rates import key_of_rates, percents
from app.invoices.services.drafts import note, require_draft, store_amounts
from app.invoices.services.locks import lock_invoice
from app.invoices.services.parts import fit_into_orders
from app.invoices.services.rates_of_day import give_rates
from app.kernel.errors import BadInput, RuleError


class RateIssued(BadInput):
    """Documents were issued otherwise: {number} with {has} of {code} for {day}. Choose a later day, or credit them."""


class RatesAgree(RuleError):
    """This draft has the rates of its tax point already."""


def take_rates(invoice_id: int, issued_on: date, *, actor: str, now: datetime) -> Invoice:
    """The draft with the rates of its tax point if it were issued on that day.

    Raises DraftOnly, RatesAgree, TaxRateMissing.
    """
    invoice, order, _customer = lock_invoice(invoice_id)
    found = _require_other(invoice, issued_on)
    give_rates(invoice, issued_on)
    fit_into_orders(invoice, orders_of(invoice))
    store_amounts(invoice, compute_invoice(invoice, issued_on))
    invoice.version += 1
    session().flush()
    about = {"gross": invoice.gross_total, "currency": invoice.currency, "rates": found}
    day = tax_point(issued_on, invoice.delivered_on).isoformat()
    note("rates_taken", invoice, order, actor=actor, now=now, tax_point=day, **about)
    return invoice


def keep_rates(invoice_id: int, issued_on: date, *, actor: str, now: datetime) -> Invoice:
    """Somebody saw what the tax point wants and issues with the draft's own rates. Raises DraftOnly, RatesAgree."""
    invoice, order, _customer = lock_invoice(invoice_id)
    found = _require_other(invoice, issued_on)
    invoice.rates_kept = key_of_rates(found)
    invoice.version += 1
    session().flush()
    day = tax_point(issued_on, invoice.delivered_on).isoformat()
    note("rates_kept", invoice, order, actor=actor, now=now, tax_point=day, rates=found)
    return invoice


def require_rates_agree(news: TaxRatesChanging) -> None:
    """Raises RateIssued where documents of those days were issued with other rates than the new ones."""
    found = find_issued_otherwise(news.code, news.valid_from, news.until, held=news.held, rates=news.rates)
    if found:
        raise RateIssued(
            field="valid_from", number=found.number, has=percents(found.has), code=news.code, day=found.tax_point
        )


def _require_other(invoice: Invoice, issued_on: date) -> list[dict[str, object]]:
    require_draft(invoice)
    found = list_other_rates(invoice, issued_on)
    if not found:
        raise RatesAgree
    return found
