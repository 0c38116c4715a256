"""Knows how the daily report reads: its subject, its tiles, its tables, each figure with the address of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from app.kernel.texts import counted, short_day
from app.reports.rules import change_text

Figures = Mapping[str, Any]

BUCKET_LABELS = {
    "not_due": "Not due",
    "1-30": "1–30 days",
    "31-60": "31–60",
    "61-90": "61–90",
    "91-120": "91–120",
    "over_120": "Over 120",
}
TILES = (
    ("invoiced_today", "Invoiced"),
    ("collected_today", "Collected"),
    ("receivable", "Receivable"),
    ("past_due", "Past due"),
    ("unapplied", "Unapplied cash"),
)
MEASURES = (
    ("invoiced_mtd", "Invoiced MTD"), ("collected_mtd", "Collected MTD"), ("past_due_percent", "Past due %"),
    ("dso", "DSO"), ("bpdso", "BPDSO"), ("add", "ADD"), ("cei", "CEI %"),
)  # fmt: skip
MONEY_WORDS = dict((*TILES, *MEASURES))
NOT_AVAILABLE = "n/a"

FORMULAS = (
    "Receivable = open instalments less unapplied cash. Past due = open and due before the report date.",
    "DSO = open total / credit sales of 90 days x 90. BPDSO = not due / the same sales x 90. ADD = DSO - BPDSO.",
    "CEI = (open at month start + sales - open now) / (open at month start + sales - not due now) x 100.",
    "Sales are gross invoices less credit notes. n/a: nothing to divide by.",
)


@dataclass(frozen=True)
class Figure:
    """One number with its name, its change to the report before, and the address of its rows.

    `more` is the same in other currencies.
    """

    label: str
    value: str
    url: str = ""
    change: str = ""
    more: str = ""


@dataclass(frozen=True)
class Table:
    """A titled table; each cell is a Figure, so that each number opens its rows."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Figure, ...], ...]


@dataclass(frozen=True)
class Bar:
    """One bucket of the aging chart: its share of the tallest bar, 0 to 1."""

    bucket: str
    label: str
    value: str
    share: float


@dataclass(frozen=True)
class OverdueRow:
    """A customer who owes long or much in one currency."""

    customer: Figure
    amount: Figure
    age: str
    items: Figure

    @property
    def texts(self) -> tuple[str, ...]:
        return (self.customer.value, self.amount.value, self.age, self.items.value)


@dataclass(frozen=True)
class ActivityRow:
    """What one person did: orders, tasks and mails, and the payments recorded in each currency."""

    person: str
    role: str
    counts: tuple[Figure, ...]
    collected: tuple[Figure, ...]

    @property
    def texts(self) -> tuple[str, ...]:
        counts = (figure.value for figure in self.counts)
        return (self.person, self.role, *counts, ", ".join(figure.value for figure in self.collected))


@dataclass(frozen=True)
class View:
    """The whole report as people read it."""

    on: date
    day: str
    subject: str
    currency: str
    tiles: tuple[Figure, ...]
    work: tuple[Table, ...]
    tables: tuple[Table, ...]
    overdue: tuple[OverdueRow, ...]
    activity: tuple[ActivityRow, ...]
    bars: tuple[Bar, ...]
    quiet: bool
    formulas: tuple[str, ...] = FORMULAS


def build_view(figures: Figures, before: Figures | None, base_url: str) -> View:
    """The report from its stored figures and those of the report before it."""
    on = date.fromisoformat(figures["date"])
    currency = figures["currency"]
    money = figures["money"].get(currency, {})
    was = (before or {}).get("money", {}).get(currency, {})
    link = _Linker(base_url, on)
    return View(
        on=on,
        day=short_day(on),
        subject=subject(figures, before),
        currency=currency,
        tiles=_tiles(currency, figures["money"], was, link),
        work=(*_work_tables(figures, before, link), *_exceptions(figures, base_url)),
        tables=_money_tables(figures["money"], link),
        overdue=tuple(_overdue_row(row, base_url, link) for row in figures["top_overdue"]),
        activity=tuple(_activity_row(row, link) for row in figures["activity"]),
        bars=_bars(money),
        quiet=is_quiet(figures),
    )


def subject(figures: Figures, before: Figures | None) -> str:
    """The figure in the subject: `MIS 22 Nov: invoiced 48.2k EUR (+12 %), overdue 396k EUR`."""
    currency = figures["currency"]
    money = figures["money"].get(currency, {})
    was = (before or {}).get("money", {}).get(currency, {})
    day = short_day(date.fromisoformat(figures["date"]))
    invoiced = short_amount(money.get("invoiced_today", "0"))
    change = _change(money.get("invoiced_today"), was.get("invoiced_today"))
    grown = f" ({change})" if change else ""
    quiet = "no activity, " if is_quiet(figures) else ""
    return (
        f"MIS {day}: {quiet}invoiced {invoiced} {currency}{grown}, "
        f"overdue {short_amount(money.get('past_due', '0'))} {currency}"
    )


def is_quiet(figures: Figures) -> bool:
    """Whether nothing at all happened on the day; the report is sent all the same and says so."""
    counts = [
        *(figures["deals"][name] for name in ("received", "accepted", "returned")),
        *(figures["orders"][name] for name in ("booked", "completed", "cancelled")),
        *(figures["tasks"][name] for name in ("opened", "done")),
        figures["followup"]["notices"],
    ]
    amounts = [money[name] for money in figures["money"].values() for name in ("invoiced_today", "collected_today")]
    return not any(counts) and not any(Decimal(amount) for amount in amounts)


def short_amount(text: str) -> str:
    """`48.2k`, `396k`, `1.3M`: three figures are enough for a subject line."""
    value = Decimal(text)
    for unit, word in ((Decimal(1_000_000), "M"), (Decimal(1000), "k")):
        if abs(value) >= unit:
            scaled = value / unit
            return f"{scaled:.1f}{word}" if abs(scaled) < 100 else f"{scaled:.0f}{word}"
    return f"{value:.0f}"


def grouped(text: str) -> str:
    """`1035.00` as `1,035.00`."""
    return f"{Decimal(text):,}"


@dataclass(frozen=True)
class _Linker:
    base_url: str
    on: date

    def __call__(self, figure: str) -> str:
        return f"{self.base_url.rstrip('/')}/reports/daily/{self.on.isoformat()}/rows?figure={quote(figure, safe='.')}"


def _tiles(currency: str, by_currency: Figures, was: Figures, link: _Linker) -> tuple[Figure, ...]:
    money = by_currency.get(currency, {})
    others = {code: found for code, found in by_currency.items() if code != currency}
    return tuple(
        Figure(
            label,
            f"{grouped(money.get(name, '0'))} {currency}",
            link(f"money.{currency}.{name}"),
            _change(money.get(name), was.get(name)),
            _more({code: found.get(name, "0") for code, found in others.items()}),
        )
        for name, label in TILES
    )


def _more(amounts: Mapping[str, str]) -> str:
    """`+ 9,022.30 GBP + 375.83 USD`: what stands in the other currencies, without those where it is nothing."""
    return " ".join(
        f"{'-' if Decimal(amount) < 0 else '+'} {grouped(amount.removeprefix('-'))} {currency}"
        for currency, amount in amounts.items()
        if Decimal(amount)
    )


def _change(now: str | None, before: str | None) -> str:
    if now is None or before is None:
        return ""
    if now == before:
        return ""
    text = change_text(_cents(now), _cents(before))
    return f"{text.removesuffix('.0')} %" if text else ""


def _cents(text: str) -> int:
    return int(Decimal(text) * 10_000)


# What nobody can do yet (holds, promises, disputes, calls) is nought in the figures and shown nowhere
WORK_ROWS = (
    ("Deals", "deals", ("received", "accepted", "returned", "waiting")),
    ("Orders", "orders", ("booked", "completed", "cancelled", "backlog", "late")),
    ("Tasks", "tasks", ("opened", "done", "open", "overdue")),
    ("Follow-up", "followup", ("notices",)),
)


def _work_tables(figures: Figures, before: Figures | None, link: _Linker) -> tuple[Table, ...]:
    return tuple(
        Table(
            title,
            tuple(_words(name) for name in names),
            (
                tuple(
                    Figure(
                        _words(name),
                        str(figures[block][name]),
                        link(f"{block}.{name}"),
                        _step(figures, before, block, name),
                    )
                    for name in names
                ),
            ),
        )
        for title, block, names in WORK_ROWS
    )


EXCEPTIONS = (
    # figure, words, where a person mends it
    ("messages_uncertain", "mails nobody can be sure of", "/outbox?state=uncertain"),
    ("messages_rejected", "mails refused", "/outbox?state=rejected"),
    ("jobs_failed", "jobs failed", "/health"),
    ("documents_failed", "documents failed", "/health"),
    ("back_dated", "entries counted back since the report before", "/reports/daily"),
)


def _exceptions(figures: Figures, base_url: str) -> tuple[Table, ...]:
    """What a person has to look at; stored with the report, shown even when all of it is zero."""
    found = figures.get("exceptions")
    if found is None:
        return ()
    cells = tuple(
        Figure(words, str(found[name]), f"{base_url.rstrip('/')}{address}") for name, words, address in EXCEPTIONS
    )
    return (Table("Exceptions", tuple(cell.label for cell in cells), (cells,)),)


def _step(figures: Figures, before: Figures | None, block: str, name: str) -> str:
    """How a count moved since the report before: `+3`, `-1`, nothing where it stayed."""
    if before is None or (moved := figures[block][name] - before[block][name]) == 0:
        return ""
    return f"{moved:+d}"


def _words(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _money_tables(money: Figures, link: _Linker) -> tuple[Table, ...]:
    aging = tuple(
        tuple(
            [Figure("Currency", currency, link(f"money.{currency}.receivable"))]
            + [
                Figure(label, grouped(found["aging"][bucket]), link(f"money.{currency}.aging.{bucket}"))
                for bucket, label in (*BUCKET_LABELS.items(), ("total", "Total"))
            ]
        )
        for currency, found in money.items()
    )
    rows = tuple(
        tuple(
            [Figure("Currency", currency, link(f"money.{currency}.receivable"))]
            + [Figure(label, _measure(found[name], name), link(f"money.{currency}.{name}")) for name, label in MEASURES]
        )
        for currency, found in money.items()
    )
    return (
        Table("Open by age", ("Currency", *BUCKET_LABELS.values(), "Total"), aging),
        Table("Month to date and measures", ("Currency", *(label for _, label in MEASURES)), rows),
    )


def figure_title(figure: str) -> str:
    """What a figure's address names, in words: `money.EUR.aging.31-60` is `Open 31–60 days, EUR`."""
    block, *rest = figure.split(".")
    if block == "activity" and len(rest) > 1:
        words = {**dict(ACTIVITY), "collected": "Recorded payments"}.get(rest[1], _words(rest[1]))
        return ", ".join([f"{words} of one person", *rest[2:]])
    if block != "money" or len(rest) < 2:
        titles = {block: title for title, block, _names in WORK_ROWS}
        return f"{titles.get(block, block.capitalize())} {' '.join(rest).replace('_', ' ')}".strip()
    currency, name = rest[0], rest[-1]
    if rest[1] == "past_due" and len(rest) == 3:
        return f"Past due of one customer, {currency}"
    if rest[1] == "aging":
        label = BUCKET_LABELS.get(name, name).lower().removesuffix(" days")
        words = {"total": "Open", "not_due": "Open, not due"}.get(name, f"Open {label} days past due")
    else:
        words = MONEY_WORDS.get(name, _words(name))
    return f"{words}, {currency}"


def _measure(value: str | None, name: str) -> str:
    if value is None:
        return NOT_AVAILABLE
    return grouped(value) if name.endswith("_mtd") else value


def _overdue_row(row: Figures, base_url: str, link: _Linker) -> OverdueRow:
    rows = link(f"money.{row['currency']}.past_due.{row['customer_id']}")
    return OverdueRow(
        Figure("Customer", row["customer"], f"{base_url.rstrip('/')}/customers/{row['customer_id']}"),
        Figure("Past due", f"{grouped(row['amount'])} {row['currency']}", rows),
        f"{row['oldest_days']} d",
        Figure("Items", str(row["items"]), rows),
    )


ACTIVITY = (("orders_touched", "Orders"), ("tasks_done", "Tasks done"), ("mails", "Mails"))


def _activity_row(row: Figures, link: _Linker) -> ActivityRow:
    """A report of the first days does not say whose row it is; its figures lead nowhere."""

    def figure(label: str, value: str, name: str) -> Figure:
        return Figure(label, value, link(f"activity.{row['user_id']}.{name}") if "user_id" in row else "")

    return ActivityRow(
        row["person"],
        row["role"],
        tuple(figure(label, str(row[name]), name) for name, label in ACTIVITY),
        tuple(
            figure("Recorded payments", f"{grouped(amount)} {currency}", f"collected.{currency}")
            for currency, amount in row["collected"].items()
        ),
    )


def _bars(money: Figures) -> tuple[Bar, ...]:
    aging = money.get("aging", dict.fromkeys(BUCKET_LABELS, "0"))
    tallest = max((Decimal(aging[bucket]) for bucket in BUCKET_LABELS), default=Decimal(0))
    return tuple(
        Bar(
            bucket,
            label,
            short_amount(aging[bucket]),
            float(max(Decimal(aging[bucket]), Decimal(0)) / tallest) if tallest > 0 else 0.0,
        )
        for bucket, label in BUCKET_LABELS.items()
    )


def tell_sending(queued: int, known: int) -> tuple[str, str]:
    """What came of sending a report, and its tone: how many mails are new, how many people had theirs already."""
    if not queued:
        return ("Already sent to everybody.", "info") if known else ("Nobody subscribed yet.", "warn")
    more = f" {counted(known, 'person has', 'people have')} it already." if known else ""
    return f"The report goes to {counted(queued, 'subscriber')}.{more}", "good"
