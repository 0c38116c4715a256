"""Random documents for the arithmetic: ordinary ones, and every combination the rules allow."""

from __future__ import annotations

import random
from typing import Any

RATES = ["0", "5", "5.5", "7", "8.1", "19", "20", "21", "23", "25", "27", "3.3", "0.125", "9.975", "-10", "100"]
SHARES = ["30%", "33.333%", "12.5%", "50% of remainder", "30% of remainder", "fixed", "net", "tax"]


def document(rng: random.Random) -> dict[str, Any]:
    """One document the arithmetic must accept."""
    currency, decimals = rng.choice([("EUR", 2), ("USD", 2), ("CHF", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
    tax_lists = _tax_lists(rng)
    raw: dict[str, Any] = {
        "currency": currency,
        "issue_date": f"{rng.choice([2024, 2026, 2027])}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
        "tax_rounding": rng.choice(["document", "document", "line"]),
        "lines": [_line(rng, decimals, tax_lists) for _ in range(rng.choice([0, 1, 1, 2, 3, 4, 7, 12]))],
    }
    for name in ("allowances", "charges"):
        if rng.random() < 0.3:
            raw[name] = [_entry(rng, decimals, tax_lists) for _ in range(rng.randint(1, 2))]
    if rng.random() < 0.3:
        raw["prepaid"] = _amount(rng, decimals, 100)
    if rng.random() < 0.2:
        raw["rounding_step"] = {0: "5", 2: "0.05", 3: "0.005", 4: "0.05"}[decimals]
    if rng.random() < 0.6:
        raw["payment_terms"] = _terms(rng, decimals)
    return raw


def _decimal(rng: random.Random, most: int, places: int) -> str:
    places = rng.randint(0, places)
    whole = rng.randint(0, most)
    return f"{whole}.{rng.randint(0, 10**places - 1):0{places}}" if places else str(whole)


def _amount(rng: random.Random, decimals: int, most: int) -> str:
    return f"{rng.randint(0, most)}.{rng.randint(0, 10**decimals - 1):0{decimals}}" if decimals else str(most)


def _tax(rng: random.Random, n: int, included: bool) -> dict[str, Any]:
    tax: dict[str, Any] = {"name": f"T{n}", "category": rng.choice(["S", "S", "Z", "E"])}
    if rng.random() < 0.15:
        tax |= {"kind": "fixed_per_unit", "amount": _decimal(rng, 3, 4)}
    else:
        tax |= {"kind": "percent", "rate": rng.choice(RATES)}
    tax["price_includes"] = included if rng.random() < 0.8 else not included
    tax["compounds"] = rng.random() < 0.25
    return tax


def _tax_lists(rng: random.Random) -> list[list[dict[str, Any]]]:
    """A few tax lists that the lines of one document use; sometimes with taxes in common."""
    included = rng.random() < 0.35
    pool = [_tax(rng, n, included) for n in range(rng.randint(1, 4))]
    if rng.random() < 0.1:
        pool.append({**pool[0], "rate": "13", "kind": "percent", "amount": None})  # the same name at another rate
    if rng.random() < 0.5:
        return [[tax] for tax in pool] + [pool[:1]]
    if rng.random() < 0.5:
        return [pool]
    return [[tax for tax in pool if rng.random() < 0.6] for _ in range(3)]


def _line(rng: random.Random, decimals: int, tax_lists: list[list[dict[str, Any]]]) -> dict[str, Any]:
    line: dict[str, Any] = {"quantity": _decimal(rng, 30, 3), "unit_price": _decimal(rng, rng.choice([2, 99, 9999]), 5)}
    if rng.random() < 0.15:
        line["quantity"] = f"-{line['quantity']}"
    if rng.random() < 0.2:
        line["base_quantity"] = rng.choice(["10", "100", "3", "0.5", "1000"])
    if rng.random() < 0.3:
        line["discount_percent"] = rng.choice(["5", "7", "12.5", "33.333", "100"])
    for name in ("allowance", "charge"):
        if rng.random() < 0.1:
            line[name] = _amount(rng, decimals, 5)
    line["taxes"] = rng.choice(tax_lists)
    return line


def _entry(rng: random.Random, decimals: int, tax_lists: list[list[dict[str, Any]]]) -> dict[str, Any]:
    size = {"percent": rng.choice(["5", "2.5", "10"])} if rng.random() < 0.5 else {"amount": _amount(rng, decimals, 20)}
    return {**size, "on": rng.choice(["net", "gross"]), "taxes": rng.choice(tax_lists)}


def _terms(rng: random.Random, decimals: int) -> dict[str, Any]:
    terms: dict[str, Any] = {}
    shares = rng.choice([["100%"], ["30%", "70%"], ["net", "tax"], ["tax", "net"], ["fixed", "fixed"], None])
    if shares is None:
        shares = [rng.choice(SHARES) for _ in range(rng.randint(0, 4))] + ["remainder"]
    shares = [f"fixed {_amount(rng, decimals, 50)}" if share == "fixed" else share for share in shares]
    terms["instalments"] = [{"share": share, **_due(rng)} for share in shares]
    if rng.random() < 0.5:
        on = rng.choice(["gross", "gross", "net", "reduces_tax_always"])
        size = {"percent": rng.choice(["2", "3", "2.5"])}
        if rng.random() < 0.2:
            size = {"amount": _amount(rng, decimals, 9)}
        terms["early_discount"] = {**size, "days": rng.randint(0, 30), "on": on}
    return terms


def _due(rng: random.Random) -> dict[str, Any]:
    due: dict[str, Any] = {"days": rng.choice([0, 7, 14, 15, 30, 45, 60])}
    if rng.random() < 0.3:
        due["months"] = rng.randint(0, 14)
    if rng.random() < 0.4:
        due["end_of_month"] = rng.random() < 0.7
    if rng.random() < 0.4:
        due["day_of_month"] = rng.choice([1, 5, 10, 15, 28, 29, 30, 31])
    return due
