"""Gives the lines of a draft the tax rates their codes have on its tax point."""

from datetime import date

from app.company.rules_taxes import taxes_on
from app.invoices.company_amounts import tax_point
from app.invoices.models import Invoice
from app.invoices.queries_rates import coded_lines


def give_rates(invoice: Invoice, issued_on: date) -> None:
    """Also asks anew where somebody kept other rates. Raises TaxRateMissing."""
    day = tax_point(issued_on, invoice.delivered_on)
    for line, code in coded_lines(invoice):
        taxes = taxes_on(code, day)
        if taxes != line.taxes:
            line.taxes = taxes
    invoice.rates_kept = ""
