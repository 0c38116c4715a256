"""Finds what an invoice deducts of a deposit, with the tax that the deposit itself charged."""

from __future__ import annotations

from dataclasses import dataclass

from app.db.base import session
from app.invoices.models import Invoice, InvoiceLine
from app.invoices.queries_parts import group_of, tax_of_groups


@dataclass(frozen=True)
class Deduction:
    """Minor units, as a deposit asked for them: above 0."""

    net: int
    tax: int


def find_deduction(line: InvoiceLine, net: int) -> Deduction | None:
    """What a line of that net deducts; nothing where it is of no deposit.

    A deposit deducted in full has the tax of its own document; a part of it has what that document would charge on it.
    """
    if line.deposit_id is None:
        return None
    deposit, deducted = session().get_one(Invoice, line.deposit_id), abs(net)
    group = group_of(line.taxes)
    charged = [one for one in deposit.lines if group_of(one.taxes) == group]
    if deducted == sum(one.net for one in charged):
        return Deduction(deducted, sum(one.tax for one in charged))
    tax_of = tax_of_groups(deposit, [group], deposit.issued_on or deposit.created_at.date())
    return Deduction(deducted, sum(tax_of([deducted]).values()))
