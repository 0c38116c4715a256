"""Knows how a document asks to be paid: by when, with which discount, on which terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from app.invoices.paper_dates import first_due
from app.invoices.paper_parts import is_pro_forma
from app.invoices.paper_writer import Writer, say
from app.invoices.rules_payment import is_nothing_due
from app.invoices.texts_parts import part_texts_for
from app.kernel.payment_terms import parse_terms
from app.kernel.quantities import canonical


def list_sentences(snapshot: Mapping[str, Any], writer: Writer) -> Iterable[str]:
    """The sentences that stand below the sums, and in the mail."""
    if is_pro_forma(snapshot):
        yield part_texts_for(snapshot["language"]).pro_forma_sentence
    elif snapshot["kind"] != "invoice":
        yield writer.texts.credit_sentence
    elif is_nothing_due(snapshot):
        yield part_texts_for(snapshot["language"]).nothing_due
    else:
        yield from _due(snapshot, writer)
        if said := snapshot.get("terms_sentence"):
            yield said


def list_instalments(snapshot: Mapping[str, Any], writer: Writer) -> Iterable[tuple[str, str, str]]:
    """What is paid when, where that is not all at once: its name, its day, its amount."""
    if len(snapshot["instalments"]) > 1 and first_due(snapshot):
        for position, instalment in enumerate(snapshot["instalments"], 1):
            label = say(writer.texts.instalment, position=str(position))
            yield label, writer.day(instalment["due_on"]), writer.money(instalment["amount"])


def _due(snapshot: Mapping[str, Any], writer: Writer) -> Iterable[str]:
    """With a discount the last day stands in the same sentence: "without deduction" before it would contradict."""
    instalments, texts = snapshot["instalments"], writer.texts
    only = instalments[0] if len(instalments) == 1 else None
    if snapshot["early_discount"]:
        last = say(texts.afterwards, day=writer.day(only["due_on"])) if only else ""
        yield f"{_early(snapshot, writer)}{last}."
    elif only:
        sentence = texts.pay_by if only["due_on"] > snapshot["issued_on"] else texts.pay_now
        yield say(sentence, amount=writer.money(only["amount"]), day=writer.day(only["due_on"]))


def _early(snapshot: Mapping[str, Any], writer: Writer) -> str:
    early, texts = snapshot["early_discount"], writer.texts
    saving = Decimal(early["discount_net"]) + Decimal(early["discount_tax"])
    percent = _percent(snapshot["payment_terms"])
    return say(
        texts.early,
        day=writer.day(early["until"]),
        discount=say(texts.early_percent, rate=writer.percent(percent)) if percent else texts.early_plain,
        saving=writer.money(f"{saving:f}"),
        amount=writer.money(early["payable"]),
    )


def _percent(terms: str) -> str:
    """The share the terms promise; nothing where they name an amount."""
    discount = parse_terms(terms).early_discount
    return canonical(discount.percent) if discount and discount.percent else ""
