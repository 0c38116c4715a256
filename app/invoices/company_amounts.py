"""Knows what a document in another currency says in the company's: its rate, and net, tax and gross converted by it.

Each row of the tax breakdown is converted exactly and rounded once; the tax is their sum (2006/112/EC Art. 91, 230).
"""

from datetime import date
from decimal import Decimal
from typing import Any

from app.company.models import Company
from app.company.queries_rates import find_rate
from app.company.rules_rates import Rate
from app.invoices.models import Invoice
from app.invoices.rules import Computed
from app.kernel.money import format_decimal, to_minor
from app.kernel.quantities import canonical

KEY = "company_amounts"


def find_company_amounts(
    invoice: Invoice, computed: Computed, *, issued_on: date, company: Company, original: Invoice | None
) -> dict[str, Any]:
    """The part of the snapshot; nothing where the document is in the company's currency.

    A credit note takes its invoice's rate, or it would not give back what was taxed. Without a rate that is needed it
    says so, which `find_faults` refuses.
    """
    if invoice.currency == company.currency:
        return {}
    if original is not None:
        rate = rate_of(original.snapshot or {})
        return {KEY: _convert(computed, rate)} if rate else {}
    on = tax_point(issued_on, invoice.delivered_on)
    rate = find_rate(invoice.currency, company.currency, on)
    if rate is not None:
        return {KEY: _convert(computed, rate)}
    if company.foreign_rates != "required":
        return {}
    return {KEY: {"currency": company.currency, "rate": None, "wanted_on": on.isoformat()}}


def tax_point(issued_on: date, delivered_on: date | None) -> date:
    """The day whose rate counts: the delivery, or the invoice where it comes first or nothing is said."""
    return min(issued_on, delivered_on) if delivered_on else issued_on


def rate_of(snapshot: dict[str, Any]) -> Rate | None:
    """The rate a document was issued with; None where it has none."""
    said = snapshot.get(KEY)
    if not said or said["rate"] is None:
        return None
    day = date.fromisoformat(said["rated_on"])
    return Rate(said["currency"], snapshot["currency"], Decimal(said["rate"]), day, said["source"])


def store_company_amounts(invoice: Invoice, snapshot: dict[str, Any]) -> None:
    """Writes on the row what its snapshot says, so that lists need not open it."""
    rate = rate_of(snapshot)
    if rate is None:
        return
    said = snapshot[KEY]
    invoice.company_currency, invoice.exchange_rate = rate.base, rate.rate
    for name in ("net_total", "tax_total", "gross_total"):
        setattr(invoice, f"company_{name}", to_minor(Decimal(said[name]), rate.base))


def company_totals(computed: Computed, rate: Rate) -> tuple[int, int, int]:
    """Net, tax and gross in minor units of the company's currency."""
    net, tax = rate.to_base(computed.net_total), sum(rate.to_base(row.tax) for row in computed.tax_breakdown)
    return net, tax, net + tax


def _convert(computed: Computed, rate: Rate) -> dict[str, Any]:
    taxes = [rate.to_base(row.tax) for row in computed.tax_breakdown]
    amounts = dict(zip(("net_total", "tax_total", "gross_total"), company_totals(computed, rate), strict=True))
    return {
        "currency": rate.base,
        "rate": canonical(rate.rate),
        "rated_on": rate.rated_on.isoformat(),
        "source": rate.source,
        "taxes": [format_decimal(amount, rate.base) for amount in taxes],
        **{name: format_decimal(amount, rate.base) for name, amount in amounts.items()},
    }
