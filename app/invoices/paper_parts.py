"""Knows how a document that is part of something says so: in its title and in the sentence beneath it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import Template
from typing import Any

from app.invoices.texts_parts import part_texts_for

PRO_FORMA = "pro_forma"


def is_pro_forma(snapshot: Mapping[str, Any]) -> bool:
    return _scope(snapshot) == PRO_FORMA


def name_of(snapshot: Mapping[str, Any], plain: str) -> str:
    """What the document is called: a deposit, partial, final, remaining or pro forma invoice, or `plain`."""
    texts = part_texts_for(snapshot["language"])
    names = {
        "partial": texts.partial,
        "final": texts.final,
        "rest": texts.later,
        "deposit": texts.deposit,
        PRO_FORMA: texts.pro_forma,
    }
    return names.get(_scope(snapshot), plain)


def part_remark(snapshot: Mapping[str, Any], day: Callable[[str], str]) -> str:
    """The milestone's name, which invoice this replaces, and that a pro forma is none."""
    part, texts = snapshot.get("part") or {}, part_texts_for(snapshot["language"])
    said = [part.get("title") or ""]
    if replaces := part.get("replaces"):
        said.append(Template(texts.replaces).substitute(number=replaces["number"], day=day(replaces["issued_on"])))
    if is_pro_forma(snapshot):
        said.append(texts.pro_forma_remark)
    return " ".join(text for text in said if text)


def number_label(snapshot: Mapping[str, Any], plain: str) -> str:
    """What its number is called: a pro forma has none of an invoice."""
    return part_texts_for(snapshot["language"]).pro_forma_number if is_pro_forma(snapshot) else plain


def deduction(line: Mapping[str, Any], language: str, tax: str, amount: Callable[[str], str], currency: str) -> str:
    """Net, tax and gross that a line takes off a deposit; `tax` names the taxes."""
    if not (said := line.get("deduction")):
        return ""
    sums = {"net": amount(said["net"]), "tax": f"{tax} {amount(said['tax'])}"}
    gross = f"{amount(said['gross'])} {currency}"
    return Template(part_texts_for(language).deduction).substitute(sums, gross=gross)


def reducing(snapshot: Mapping[str, Any]) -> str:
    """The sentence of a credit note over a part; empty for one that cancels the invoice."""
    return part_texts_for(snapshot["language"]).reduces if _scope(snapshot) in {"lines", "amount"} else ""


def _scope(snapshot: Mapping[str, Any]) -> str:
    return str((snapshot.get("part") or {}).get("scope", "whole"))
