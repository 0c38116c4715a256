"""Dates an invoice, or terms somebody types, on the banking days the company wants."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from app.company.banking import TARGET, banking_calendar
from app.company.models import Company
from app.customers.models import Customer
from app.invoices.arithmetic import compute_invoice
from app.invoices.models import Invoice
from app.invoices.rules import Computed
from app.invoices.rules_banking import BankingDays, Move, move_dates
from app.kernel.payment_terms import accept_terms


@dataclass(frozen=True)
class DatedShare:
    """What falls due when; `promised` is the date without regard to banks."""

    share: str
    due_on: date
    promised: date


def compute_dated(invoice: Invoice, issued_on: date, *, company: Company, customer: Customer) -> Computed:
    """Every amount and date of the invoice as issued on that date. Raises BadInput naming the field."""
    computed = compute_invoice(invoice, issued_on)
    early = computed.early_discount
    dates = [*(part.due_on for part in computed.instalments), *([early.until] if early else [])]
    return move_dates(computed, issued_on, banking_days_of(company, customer.country, dates))


def date_terms(text: str, issued_on: date, company: Company, country: str) -> list[DatedShare]:
    """What terms make of an issue date, the discount first; `country` is the customer's. Raises BadInput."""
    terms = accept_terms(text)
    due, until = terms.due_dates(issued_on), terms.discount_until(issued_on)
    days = banking_days_of(company, country, [*due, *([until] if until else [])])
    rows = [
        DatedShare(str(term.share), days.due_on(promised, issued_on), promised)
        for term, promised in zip(terms.instalments, due, strict=True)
    ]
    return [*([DatedShare("discount", days.until(until), until)] if until else []), *rows]


def banking_days_of(company: Company, country: str, dates: Iterable[date]) -> BankingDays:
    """The company's rule with a calendar that knows the years around these dates."""
    code = TARGET if company.bank_calendar == "target" else country
    years = frozenset(day.year + step for day in dates for step in (-1, 0, 1))
    return BankingDays(Move(company.due_date_move), code, banking_calendar(code, years))
