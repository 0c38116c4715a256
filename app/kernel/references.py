"""Knows when two spellings mean the same name, VAT id or document number, for matching; never for showing."""

from __future__ import annotations

import re
import unicodedata

# Letters that Unicode does not decompose, as banks and registers usually write them.
_LETTERS = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ð": "d"})
_LEGAL_FORMS = """
    ab ag aps as asa bv bvba co company corp corporation doo eg ek eood ev gbr gmbh inc incorporated kft kg kgaa kk
    limited llc llp ltd mbh nv oe og ohg oy oyj plc pty sa sarl sas se sia snc spa spk spzoo srl sro ug uab
"""
_IS_LEGAL_FORM = frozenset(_LEGAL_FORMS.split()).__contains__


def plain_text(text: str) -> str:
    """Case, accents and punctuation removed, single spaces: ``Müller & Söhne`` is ``muller sohne``.

    Letters of every script stay; only marks on them go.
    """
    folded = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS)).casefold()
    letters = "".join(mark for mark in folded if not unicodedata.combining(mark))
    return " ".join("".join(mark if mark.isalnum() else " " for mark in letters).split())


def name_key(name: str) -> str:
    """The part of a company's name that tells it from others: without legal form, ``Acme, Inc.`` is ``acme``.

    A name that is nothing but a legal form keeps it.
    """
    words = plain_text(_without_dots(name)).split()
    telling = [word for word in words if not _IS_LEGAL_FORM(word)]
    return " ".join(telling or words)


def whole_name_key(name: str) -> str:
    """A name with its legal form: ``Acme, Inc.`` and ``ACME INC`` are one, ``Acme Ltd`` is another."""
    return plain_text(_without_dots(name))


def vat_id_key(vat_id: str) -> str:
    """A VAT id without spaces and punctuation, in capitals; whether it is valid is asked elsewhere."""
    return "".join(mark for mark in unicodedata.normalize("NFKC", vat_id).upper() if mark.isalnum())


def document_key(number: str) -> str:
    """A document number as people retype it: ``inv 2026/17`` and ``INV-2026-00017`` are both ``INV-2026-17``."""
    text = unicodedata.normalize("NFKC", number).upper()
    parts = re.findall(r"[^\W\d_]+|\d+", text)
    return "-".join(str(int(part)) if part.isdecimal() and part.isascii() else part for part in parts)


def _without_dots(name: str) -> str:
    """``S.A.`` and ``sp. z o.o.`` become ``SA`` and ``sp zoo`` so that a legal form is one word."""
    dotted = re.sub(r"\b(\w)(?:\.\s?|/)(?=\w\b)", r"\1", name)
    return re.sub(r"(?i)\b(?:sp\.?\s*)?z\.?\s*o\.?\s?o\b\.?", "spzoo", dotted)
