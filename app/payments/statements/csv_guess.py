"""Knows the usual headers of banks' CSV files, and proposes a profile that says what it cannot know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.kernel.references import plain_text
from app.payments.statements.csv_content import find_date_format, find_decimal_mark
from app.payments.statements.csv_profile import DELIMITERS, CsvProfile, Table, read_table
from app.payments.statements.model import Unreadable
from app.payments.statements.reading import account_of, cut_lines

# What columns are called, in plain letters; the first name found wins
_NAMES: Mapping[str, tuple[str, ...]] = {
    "booked_on": ("buchungstag", "buchungsdatum", "booking date", "posting date", "date", "datum", "boekdatum",
                  "transaction date", "data operacji", "data ksiegowania", "date comptable", "fecha"),
    "value_on": ("valuta", "valutadatum", "wertstellung", "value date", "rentedatum", "data waluty", "date de valeur"),
    "amount": ("betrag", "amount", "bedrag", "kwota", "montant", "importe", "umsatz", "betrag eur", "bedrag eur",
               "how much"),
    "debit": ("soll", "debit", "belastung", "money out", "paid out", "lastschrift"),
    "credit": ("haben", "credit", "gutschrift", "money in", "paid in"),
    "currency": ("wahrung", "currency", "waluta", "munt", "muntsoort", "devise", "valuta waehrung"),
    "account": ("auftragskonto", "iban auftragskonto", "own account", "account", "konto", "rekening", "account number"),
    "party_name": ("beguenstigter zahlungspflichtiger", "name zahlungsbeteiligter", "auftraggeber empfanger", "payee",
                   "auftraggeber", "auftraggeber begunstigter", "zahler", "counterparty", "counterparty name",
                   "name", "naam tegenpartij", "nadawca odbiorca", "payer", "who"),
    "party_account": ("kontonummer iban", "iban zahlungsbeteiligter", "counterparty account", "counterparty iban",
                      "tegenrekening", "tegenrekening iban bban", "iban"),
    "remittance": ("verwendungszweck", "description", "omschrijving", "mededelingen", "tytul", "opis operacji",
                   "remittance", "details", "memo", "libelle", "narrative", "buchungstext", "what for"),
    "reference": ("reference", "referenz", "bank reference", "transaction id", "id", "referentie"),
    "balance": ("saldo", "balance", "saldo nach buchung", "running balance", "saldo na operacji", "solde"),
}  # fmt: skip
_MOST_SKIPPED = 30
_LOOKED_AT = 2_000_000


@dataclass(frozen=True, slots=True)
class Guess:
    """A proposal; `unknown` names the fields of the profile that only a person can say."""

    profile: CsvProfile
    unknown: tuple[str, ...]


def guess_profile(content: bytes) -> Guess | None:
    """A profile by the header's names and by what every row proves; None where no header is known."""
    found = _find_header(content)
    if found is None:
        return None
    delimiter, skipped = found
    whole_rows = content if len(content) <= _LOOKED_AT else content[: content.rfind(b"\n", 0, _LOOKED_AT) + 1]
    table = read_table(whole_rows, delimiter=delimiter, skip_rows=skipped)
    columns = name_columns(table.header)
    amounts = _cells(table, columns.get("amount"), columns.get("debit"), columns.get("credit"))
    booked = _cells(table, columns["booked_on"])
    date_format = find_date_format(booked) or find_date_format(booked + _cells(table, columns.get("value_on")))
    mark = find_decimal_mark(amounts)
    columns, own_account = _place_account(columns, table)
    profile = CsvProfile(
        name="",
        delimiter=delimiter,
        skip_rows=skipped,
        date_format=date_format,
        decimal_mark=mark,
        own_account=own_account,
        **columns,
    )
    unknown = {"date_format": profile.date_format, "decimal_mark": mark, "own_account": own_account,
               "own_currency": profile.currency}  # fmt: skip
    return Guess(profile, tuple(name for name, value in unknown.items() if not value))


def _find_header(content: bytes) -> tuple[str, int] | None:
    """The delimiter, and how many rows stand above the first one that names a date and an amount."""
    head = cut_lines(content)
    for skipped in range(_MOST_SKIPPED):
        for delimiter in DELIMITERS:
            try:
                table = read_table(head, delimiter=delimiter, skip_rows=skipped, is_whole=False)
            except Unreadable:
                continue
            columns = name_columns(table.header)
            if "booked_on" in columns and columns.keys() & {"amount", "debit", "credit"}:
                return delimiter, skipped
    return None


def name_columns(header: tuple[str, ...]) -> dict[str, str]:
    """The title of each column whose name is known, by what it means."""
    by_key = {plain_text(title): title for title in reversed(header) if title}
    found: dict[str, str] = {}
    for meaning, names in _NAMES.items():
        title = next((by_key[name] for name in names if name in by_key and by_key[name] not in found.values()), "")
        if title:
            found[meaning] = title
    return found


def _cells(table: Table, *columns: str | None) -> list[str]:
    places = [table.header.index(column) for column in columns if column]
    cells = (cells[place].strip() for _line, cells in table.rows for place in places if place < len(cells))
    return [cell for cell in cells if cell]


def _place_account(columns: dict[str, str], table: Table) -> tuple[dict[str, str], str]:
    """An account that is the same in several rows is ours; one that changes is the other side's."""
    column = columns.get("account", "")
    values = {account_of(text) for text in _cells(table, column)}
    if not column or (len(values) == 1 and len(table.rows) > 1):
        return columns, values.pop() if values else ""
    rest = {meaning: title for meaning, title in columns.items() if meaning != "account"}
    return {"party_account": column} | rest, ""
