"""Knows how the page and the refusal tell that a draft has other tax rates than its tax point wants."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from app.kernel.errors import as_detail

KEY = "other_rates"  # in the content of a draft; what is issued never has it


def say_other_rate(said: Mapping[str, Any]) -> str:
    """A sentence about one code."""
    code, day = said["code"], as_detail(date.fromisoformat(said["tax_point"]))
    if said["wants"] is None:
        return f"Tax code {code} has no rate on the tax point {day}. Enter one under Settings, Tax codes."
    has, wants = percents(said["has"]), percents(said["wants"])
    what = f"The rate of {code} changed on {as_detail(date.fromisoformat(said['since']))}"
    return f"{what}: this draft has {has}, the tax point {day} wants {wants}."


def key_of_rates(found: Iterable[Mapping[str, Any]]) -> str:
    """What somebody saw who keeps the rates: another wish asks again, another day with the same wish does not."""
    rates = (f"{said['code']} {percents(said['has'])} > {percents(said['wants'] or ())}" for said in found)
    return "; ".join(sorted(rates))


def stands_against(has: Sequence[str], is_kept: bool, held: Sequence[str], rates: Sequence[str]) -> bool:
    """Whether a line issued with some rates forbids that its code had others than `held` all the time.

    Where somebody kept other rates than the code's on purpose, only these would be forbidden to leave.
    """
    return tuple(has) != tuple(rates) and (not is_kept or tuple(has) == tuple(held))


def percents(rates: Iterable[str]) -> str:
    return " + ".join(f"{rate} %" for rate in rates)
