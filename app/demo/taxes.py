"""Knows the tax codes of the demo, and one draft taxed by the three rates of New York City."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from app.company.queries import business_today
from app.company.queries_taxes import get_taxes
from app.company.services_taxes import PartData, make_tax_code, set_tax_rates
from app.db.base import session
from app.invoices import services as invoices
from app.orders.models import Order, OrderState
from app.orders.rules import gross_of

LONG_AGO, CUT, BACK = date(2007, 1, 1), date(2020, 7, 1), date(2021, 1, 1)
REVERSE = "Reverse charge: VAT is due by the customer (2006/112/EC Art. 196)"
NYC = (("NY State", "4"), ("NYC", "4.5"), ("MCTD", "0.375"))


def keep_tax_codes(*, actor: str, now: datetime) -> None:
    """Those of Germany with the half year of lower rates, Austria, reverse charge, and New York City."""
    for code, title, rates in (("DE19", "standard rate", "19 16"), ("DE7", "reduced rate", "7 5")):
        usual, cut = map(Decimal, rates.split())
        part = (PartData("VAT", "S", usual),)
        made = make_tax_code(code, f"Germany, {title}", "Germany", LONG_AGO, part, actor=actor, now=now)
        for version, (day, rate) in enumerate(((CUT, cut), (BACK, usual)), 1):
            set_tax_rates(made.id, day, {made.parts[0].id: rate}, version=version, actor=actor, now=now)
    vat = (PartData("VAT", "S", Decimal(20)),)
    make_tax_code("AT20", "Austria, standard rate", "Austria", LONG_AGO, vat, actor=actor, now=now)
    none = (PartData("VAT", "AE", Decimal(0), REVERSE),)
    make_tax_code("EU-RC", "Reverse charge in the EU", "European Union", LONG_AGO, none, actor=actor, now=now)
    city = tuple(PartData(name, "S", Decimal(rate)) for name, rate in NYC)
    make_tax_code("NYC", "New York City, sales tax", "United States", LONG_AGO, city, actor=actor, now=now)


def bill_by_code(people: Mapping[str, str], now: datetime) -> None:
    """The newest fulfilled dollar order that nothing is billed of is taxed in New York City; its draft is PDF only."""
    chosen = select(Order).where(
        Order.currency == "USD", Order.state != OrderState.CANCELLED, Order.held_at.is_(None), Order.billed_net == 0,
        Order.net_total > 0,
    )  # fmt: skip
    order = session().scalars(chosen.order_by(Order.id.desc()).limit(1)).first()
    if order is None:
        return
    for line in order.lines:
        line.tax_code, line.taxes = "NYC", get_taxes("NYC", business_today(now))
    order.gross_total = gross_of(order.lines, order.currency)
    session().flush()
    invoices.draft_invoice(order.id, actor=people["finance"], now=now, ahead_of_fulfilment=True)
