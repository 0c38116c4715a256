"""Knows when a structured reference is whole: its check digits."""

from __future__ import annotations

import re

CARRY = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)  # modulo 10, recursive


def is_creditor_reference(text: str) -> bool:
    """Whether it is a creditor reference of ISO 11649 with right check digits."""
    if not re.fullmatch(r"RF\d{2}[0-9A-Z]{1,21}", text):
        return False
    return int("".join(str(int(mark, 36)) for mark in text[4:] + text[:4])) % 97 == 1


def is_qr_reference(text: str) -> bool:
    """Whether it is a Swiss QR reference: 27 figures, the last by modulo 10, recursive."""
    if not re.fullmatch(r"\d{27}", text):
        return False
    carry = 0
    for digit in text[:26]:
        carry = CARRY[(carry + int(digit)) % 10]
    return (10 - carry) % 10 == int(text[26])
