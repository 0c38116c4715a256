"""Knows which lines of a document are called an intra-EU supply or an export though they go elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.invoices.rules_issue import Content, Fault
from app.kernel.supplies import Parties, Place, list_doubtful, list_misplaced


def find_misplaced(content: Content, deliveries: Sequence[Place]) -> list[Fault]:
    """What stops the issue; a correction is not stopped by what was wrong before."""
    if content["original"]:
        return []
    places = {line["position"]: place for place, line in enumerate(content["lines"])}
    return [
        Fault(f"lines[{places[position]}].taxes[0].category", f"Line {position}: {said}")
        for position, said in dict(list_misplaced(_categories(content), _parties(content, deliveries))).items()
    ]


def list_cautions(content: Content, deliveries: Sequence[Place]) -> list[str]:
    """What a person is to look at before the issue."""
    if content["original"]:
        return []
    found = dict(list_doubtful(_categories(content), _parties(content, deliveries)))
    return [f"Line {position}: {said}" for position, said in found.items()]


def _categories(content: Content) -> list[tuple[int, str]]:
    return [(line["position"], tax["category"]) for line in content["lines"] for tax in line["taxes"]]


def _parties(content: Content, deliveries: Sequence[Place]) -> Parties:
    seller, buyer = content["seller"], content["buyer"]
    address: dict[str, Any] = buyer["address"]
    return Parties(
        seller=Place(seller["country"], seller["postal_code"]),
        seller_vat_id=seller["vat_id"],
        buyer=Place(address["country"] or buyer["country"], address["postal_code"]),
        buyer_vat_id=buyer["vat_id"],
        deliveries=tuple(deliveries),
    )
