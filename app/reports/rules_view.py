"""Knows how the daily report reads: its subject, its tiles, its tables, each figure with the address of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from app.kernel.texts import short_day
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
    """One number with its name, its change to the report before, and the address of its rows."""

    label: str
    value: str
    url: str
    change: str = ""


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
class View:
    """The whole report as people read it."""

    on: date
    day: str
    subject: str
    currency: str
    tiles: tuple[Figure, ...]
    work: tuple[Table, ...]
    tables: tuple[Table, ...]
    overdue: tuple[tuple[str, str, str, str, str], ...]
    activity: tuple[tuple[str, ...], ...]
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
        tiles=_tiles(currency, money, was, link),
        work=(*_work_tables(figures, before, link), *_exceptions(figures, base_url)),
        tables=_money_tables(figures["money"], link),
        overdue=tuple(_overdue_row(row, base_url) for row in figures["top_overdue"]),
        activity=tuple(_activity_row(row) for row in figures["activity"]),
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


def _tiles(currency: str, money: Figures, was: Figures, link: _Linker) -> tuple[Figure, ...]:
    return tuple(
        Figure(
            label,
            f"{grouped(money.get(name, '0'))} {currency}",
            link(f"money.{currency}.{name}"),
            _change(money.get(name), was.get(name)),
        )
        for name, label in TILES
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


WORK_ROWS = (
    ("Deals", "deals", ("received", "accepted", "returned", "waiting")),
    ("Orders", "orders", ("booked", "completed", "cancelled", "backlog", "on_hold", "late")),
    ("Tasks", "tasks", ("opened", "done", "open", "overdue")),
    ("Follow-up", "followup", ("notices", "promises_due", "promises_broken", "disputed")),
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
    if block != "money" or len(rest) < 2:
        titles = {block: title for title, block, _names in WORK_ROWS}
        return f"{titles.get(block, block.capitalize())} {' '.join(rest).replace('_', ' ')}".strip()
    currency, name = rest[0], rest[-1]
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


def _overdue_row(row: Figures, base_url: str) -> tuple[str, str, str, str, str]:
    return (
        row["customer"],
        f"{grouped(row['amount'])} {row['currency']}",
        f"{row['oldest_days']} d",
        str(row["items"]),
        f"{base_url.rstrip('/')}/customers/{row['customer_id']}",
    )


def _activity_row(row: Figures) -> tuple[str, ...]:
    collected = ", ".join(f"{grouped(amount)} {currency}" for currency, amount in row["collected"].items())
    counts = (row["orders_touched"], row["tasks_done"], row["calls"], row["mails"], row["promises"])
    return (row["person"], row["role"], *(str(count) for count in counts), collected)


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
