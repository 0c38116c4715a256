"""Knows which country a VAT id is of: Greece writes EL, Northern Ireland trades goods under XI, Monaco is France."""

from __future__ import annotations

from app.kernel.countries import EU

_PREFIXES = {"GR": {"EL"}, "GB": {"GB", "XI"}, "IM": {"GB"}, "MC": {"FR"}, "LI": {"LI", "CH"}}
_KNOWN = (EU - {"GR"}) | {"EL", "GB", "XI", "CH", "NO"}


def is_of_country(vat_id: str, country: str) -> bool:
    """Whether the id is of this country, or of none that is known by its first letters."""
    prefix = vat_id[:2]
    return prefix not in _KNOWN or prefix in _PREFIXES.get(country, {country})
