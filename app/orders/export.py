"""Knows how a list of orders leaves as CSV: what the screen shows, and a total for each currency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from app.auth.guards import may_current
from app.auth.rules import Permission
from app.customers.queries import names_of
from app.kernel.money import Money
from app.orders.models import Order
from app.orders.progress import build_progress
from app.orders.rules_age import Progress
from app.web.glances import Summary, list_glances
from app.web.listing import ExportColumn
from app.web.panels import Hint, list_hints

if TYPE_CHECKING:
    from app.orders.queries import Worth


class OrderSheet:
    """The columns of one export, and what the rows at hand need besides themselves."""

    def __init__(self) -> None:
        self.names: dict[int, str] = {}
        self.summaries: dict[int, Summary] = {}
        self.hints: dict[int, Hint] = {}
        self.progress: dict[int, Progress] = {}
        self.columns = [
            ExportColumn("number", lambda order: order.number),
            ExportColumn("state", lambda order: order.state.value),
            ExportColumn("customer", lambda order: self.names[order.customer_id]),
            ExportColumn("po_number", lambda order: order.po_number),
            ExportColumn("seller", lambda order: order.owner),
            ExportColumn("ordered_on", lambda order: order.ordered_on),
            ExportColumn("due_on", lambda order: order.due_on),
            ExportColumn("fulfilled_on", lambda order: order.fulfilled_on),
            ExportColumn("tasks_done", lambda order: self.summaries[order.id].done),
            ExportColumn("tasks", lambda order: self.summaries[order.id].total),
            ExportColumn("age_working_days", lambda order: self.progress[order.id].age),
            ExportColumn("percent_fulfilled", lambda order: self.progress[order.id].fulfilled),
            *self._billed(),
            ExportColumn("held_by", lambda order: ", ".join(self.summaries[order.id].holders)),
            ExportColumn("next", self._next),
            ExportColumn("cancel_reason", lambda order: order.cancel_reason),
            ExportColumn("net_total", lambda order: Money(order.net_total, order.currency)),
            ExportColumn("currency", lambda order: order.currency),
        ]

    def _billed(self) -> list[ExportColumn]:
        """Only for those who may see what is invoiced."""
        if not may_current(Permission.INVOICES_VIEW):
            return []
        return [ExportColumn("percent_billed", lambda order: self.progress[order.id].billed)]

    def prepare(self, orders: Sequence[Order]) -> None:
        """Reads what the cells of these rows need, at once."""
        ids = [order.id for order in orders]
        self.names = names_of([order.customer_id for order in orders])
        self.summaries, self.hints = list_glances("order", ids), list_hints("order", ids)
        self.progress = build_progress(orders, self.summaries)

    def totals(self, worth: Worth) -> list[list[object]]:
        """A line for each currency."""
        blank: list[Any] = [""] * (len(self.columns) - 3)
        return [["Total", *blank, Money(total, currency), currency] for currency, total in worth.totals.items()]

    def _next(self, order: Order) -> str:
        hint = self.hints.get(order.id)
        return f"{hint.text}: {hint.more}" if hint else ""
