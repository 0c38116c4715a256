"""Knows how people type numbers: a point or a comma before the decimals, and what may stand between thousands."""

from __future__ import annotations

import re
from decimal import Decimal

MOST_DIGITS = 30
_GAPS = re.compile("[ \u00a0\u2009\u202f'’]")
_TWO_READINGS = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
THOUSAND = 3  # as many decimals as a group of thousands has digits
_DIGITS = re.compile(r"[0-9]*")
NOT_A_NUMBER = "Write a number like 1234.50."


class TwoReadings(ValueError):
    """A thousand to some, a little more than one to others."""

    def __init__(self, text: str, places: int = MOST_DIGITS) -> None:
        """Advises only what has no more than so many decimals."""
        whole, decimals = re.split("[.,]", text)
        readings = [whole + decimals]
        if len(decimals.rstrip("0")) <= places:
            readings.append(f"{whole}.{decimals.rstrip('0')}".rstrip("."))
        super().__init__(f"{text} can be read in two ways. Write {' or '.join(readings)}.")
        self.text = text


def parse_decimal(text: str, places: int = MOST_DIGITS) -> Decimal:
    """The exact number that was typed. ValueError says what to write, with at most so many decimals.

    The last separator stands before the decimals, unless it comes twice; the other one groups thousands. ``1,234``
    alone is a thousand to some and a little more than one to others, so it is refused. ``1.234`` is refused too where
    nobody writes three decimals: of a currency that has at most two. With exactly three it has three (our pages write
    ``1.500`` KWD); with more, as unit prices and quantities have, only ``1.500`` is refused: its last zero would say
    nothing as a decimal, while ``1.125`` and ``0.125`` are prices. What programs send is not read here.
    """
    if _TWO_READINGS.fullmatch(text) and ("," in text or _is_grouped_by_point(text, places)):
        raise TwoReadings(text, places)
    sign, unsigned = ("-", text[1:]) if text.startswith("-") else ("", text.removeprefix("+"))
    whole, fraction = _split(_GAPS.sub(" ", unsigned.strip()))
    if not _DIGITS.fullmatch(whole + fraction) or not 0 < len(whole + fraction) <= MOST_DIGITS:
        raise ValueError(NOT_A_NUMBER)
    return Decimal(f"{sign}{whole or 0}.{fraction}")


def _is_grouped_by_point(text: str, places: int) -> bool:
    return places < THOUSAND or (places > THOUSAND and text.endswith("0"))


def _split(text: str) -> tuple[str, str]:
    """The digits before and after the decimal separator, without what groups them."""
    last = max(text.rfind("."), text.rfind(","))
    if last < 0 or text.count(text[last]) > 1:
        return _close_up(text), ""
    return _close_up(text[:last]), text[last + 1 :]


def _close_up(whole: str) -> str:
    """Without one kind of separator between groups of three; anything else stays and is no number."""
    found = re.fullmatch(r"[0-9]{1,3}(?P<gap>[ .,])[0-9]{3}(?:(?P=gap)[0-9]{3})*", whole)
    return whole.replace(found["gap"], "") if found else whole


def plain_number(text: str | None) -> str | None:
    """For fields whose service reads the number itself: with a point, the rest as typed. Raises TwoReadings."""
    try:
        return f"{parse_decimal(text):f}" if text else text
    except TwoReadings:
        raise
    except ValueError:
        return text
