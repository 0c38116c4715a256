"""Knows what a document sold under which of its taxes: its net once, however many taxes fall on a line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from app.kernel.money import to_minor

Key = tuple[str, str, Decimal | None, Decimal | None]  # name, category, rate, amount per unit
UNTAXED: Key = ("", "", None, None)


class Sold(NamedTuple):
    """A row of the tax breakdown with the net that stands with it, in minor units; together they are the gross."""

    name: str
    category: str
    rate: Decimal | None
    net: int
    tax: int


def list_sold(snapshot: Mapping[str, Any]) -> list[Sold]:
    """The net of each line, allowance and charge stands with its first percentage, or its first tax, or with none.

    The bases of the breakdown do not add up to the net where taxes are stacked, compound, or spare a discount.
    """
    currency = snapshot["currency"]
    taxes = {_key_of(row): to_minor(Decimal(row["tax"]), currency) for row in snapshot["tax_breakdown"]}
    nets = dict.fromkeys([*taxes, UNTAXED], 0)
    for sign, name, amount in (1, "lines", "net"), (-1, "allowances", "amount"), (1, "charges", "amount"):
        for entry in snapshot[name]:
            nets[_bearer(entry, taxes)] += sign * to_minor(Decimal(entry[amount]), currency)
    return list(_rows(nets, taxes))


def less(sold: Iterable[Sold], credited: Iterable[Sold]) -> list[Sold]:
    """What is left of each row after credit notes; the rows as they were where nothing is left."""
    rows, gone = list(sold), list(credited)
    left = []
    for row in rows:
        same = [one for one in gone if one[:3] == row[:3]]
        net, tax = row.net - sum(one.net for one in same), row.tax - sum(one.tax for one in same)
        gone = [one for one in gone if one[:3] != row[:3]]
        if net + tax > 0:
            left.append(row._replace(net=net, tax=tax))
    return left or rows


def _bearer(entry: Mapping[str, Any], rows: Mapping[Key, int]) -> Key:
    keys = [key for tax in entry.get("taxes", ()) if (key := _key_of(tax)) in rows]
    return next((key for key in keys if key[2] is not None), keys[0] if keys else UNTAXED)


def _rows(nets: Mapping[Key, int], taxes: Mapping[Key, int]) -> Iterator[Sold]:
    for key, net in nets.items():
        if net or key != UNTAXED:
            yield Sold(*key[:3], net, taxes.get(key, 0))


def _key_of(tax: Mapping[str, Any]) -> Key:
    return tax["name"], tax["category"], _number(tax.get("rate")), _number(tax.get("amount"))


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
