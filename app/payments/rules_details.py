"""Knows when another file says more of a known booking than our one line, and how a charge the bank itemised reads."""

from __future__ import annotations

from collections.abc import Sequence

from app.payments.rules_cash import AsideCode, say_aside
from app.payments.statements.model import Detail

CAME_LATER = "Its details came in with another file."
ITEMISED = say_aside(AsideCode.BANK_CHARGE, "the bank took it for what came with it")


def says_more(details: Sequence[Detail], known: Detail) -> bool:
    """Several payments where one sum was known, or who paid and for what where nothing was said."""
    if len(details) > 1:
        return True
    return not _says_anything(known) and any(map(_says_anything, details))


def _says_anything(one: Detail) -> bool:
    return bool(one.remittance or one.reference or one.end_to_end_id or one.party_name or one.party_account)
