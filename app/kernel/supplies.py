"""Knows where a supply without tax may go: an intra-EU supply to another member state, an export out of the EU."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from app.kernel.countries import EU

MEMBERS = EU | {"XI"}  # Northern Ireland trades goods as a member
_AREAS = {"MC": "FR", "IM": "GB", "LI": "CH"}  # countries that share the VAT of another
# Parts of member states where their VAT does not hold, by the beginning of the postal code: the Canary Islands, Ceuta
# and Melilla; Büsingen and Heligoland; Livigno; Åland; Mount Athos; the French overseas departments and territories
_OUTSIDE = {
    "ES": ("35", "38", "51", "52"), "DE": ("78266", "27498"), "IT": ("23041",), "FI": ("22",), "GR": ("63086",),
    "FR": ("97", "98"),
}  # fmt: skip
_ELSEWHERE = ""


@dataclass(frozen=True, slots=True)
class Place:
    country: str
    postal_code: str = ""

    @property
    def area(self) -> str:
        """The country whose VAT holds there; "" where that of no country of the EU does though it is a part of one."""
        compact = self.postal_code.upper().replace(" ", "").replace("-", "").removeprefix(self.country)
        if self.country == "FR" and compact.startswith("98000"):  # Monaco, written as France
            return "FR"
        if compact.startswith(_OUTSIDE.get(self.country, ())):
            return _ELSEWHERE
        if self.country == "GB" and compact.startswith("BT"):
            return "XI"
        return _AREAS.get(self.country, self.country)


@dataclass(frozen=True, slots=True)
class Parties:
    """Who sells, who buys, and where it may be delivered; without a delivery address the buyer's place stands."""

    seller: Place
    seller_vat_id: str
    buyer: Place
    buyer_vat_id: str
    deliveries: tuple[Place, ...] = ()


def list_misplaced(lines: Iterable[tuple[int, str]], parties: Parties) -> list[tuple[int, str]]:
    """The lines (position, category) that cannot be what they say, each with the sentence that names the country."""
    return _said(lines, {"K": _intra_eu(parties), "G": _export(parties)})


def list_doubtful(lines: Iterable[tuple[int, str]], parties: Parties) -> list[tuple[int, str]]:
    """The lines to look at: some countries let the buyer at home owe the VAT, for some supplies."""
    home = parties.seller.area
    if {"XI": "GB"}.get(buyer := _state_of_buyer(parties), buyer) != {"XI": "GB"}.get(home, home):
        return []
    return _said(lines, {"AE": f"AE (reverse charge) though the customer is in {buyer} as the company is."})


def state_of(vat_id: str) -> str:
    """The member state a VAT id is of; "" where it is of none."""
    prefix = {"EL": "GR"}.get(vat_id[:2], vat_id[:2])
    return prefix if prefix in MEMBERS else ""


def _said(lines: Iterable[tuple[int, str]], sentences: dict[str, str]) -> list[tuple[int, str]]:
    return [(position, sentence) for position, category in lines if (sentence := sentences.get(category))]


def _state_of_buyer(parties: Parties) -> str:
    return state_of(parties.buyer_vat_id) or parties.buyer.area


def _intra_eu(parties: Parties) -> str:
    home = state_of(parties.seller_vat_id) or parties.seller.area
    what = "K (intra-EU supply)"
    if home not in MEMBERS:
        return f"{what} is sold from a country of the EU; the company is in {parties.seller.country}."
    state, vat_id = state_of(parties.buyer_vat_id), parties.buyer_vat_id
    buyer = state or ("" if vat_id else parties.buyer.area)
    needed = f"{what} needs a customer with a VAT id of another country of the EU"
    if buyer not in MEMBERS - {home}:
        at = parties.buyer.country
        said = f"{vat_id} is of {state}, the company’s own" if state else f"the customer is in {at}"
        return f"{needed}; {said}."

    def arrives(place: Place) -> bool:
        return place.area in MEMBERS - {home} or (place.area == "GB" and buyer == "XI")

    return _by_delivery(parties.deliveries, arrives, f"{what} is delivered to another country of the EU")


def _export(parties: Parties) -> str:
    own = parties.seller.area
    inside, left = (MEMBERS, "the EU") if own in EU else ({own} | ({"XI"} if own == "GB" else set()), own)
    what = f"G (export) leaves {left}"

    def leaves(place: Place) -> bool:
        return place.area not in inside

    if parties.deliveries or leaves(parties.buyer):
        return _by_delivery(parties.deliveries, leaves, what)
    hint = "If it is delivered elsewhere, add the delivery address to the customer"
    return f"{what}; the customer is in {parties.buyer.country}. {hint}."


def _by_delivery(places: tuple[Place, ...], may_be: Callable[[Place], bool], what: str) -> str:
    """With several addresses it is not known which is meant: one that may be is enough."""
    if not places or any(map(may_be, places)):
        return ""
    return f"{what}; the delivery address is in {' and '.join(dict.fromkeys(place.country for place in places))}."
