"""Knows what a remittance text may name: our numbers however they were typed, references, customers and amounts.

Nothing here knows which documents there are. It reads the text into numbers as our series would write them, each with
the way it was read, and whoever asks looks those few up.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from app.kernel.numbering import write_number
from app.payments.rules_numbers import AS_FIGURES, LONGEST_RANGE, MORE, TO, Flat, complete, repair
from app.payments.rules_references import is_creditor_reference, is_qr_reference

LONGEST_TEXT = 1000
EARLIEST_YEAR, LAST_YEAR = 2000, 2099
MONTHS = 12
_PART = re.compile(r"\{(?P<name>year|yy|month|number)(?::0(?P<width>\d{1,2})d?)?\}|(?P<literal>[^{}]+)")
_WIDTHS = {"year": 4, "yy": 2, "month": 2, "number": 1}
_LOOKS = {"0": "[0OQD]", "1": "[1IL|!]", "2": "[2Z]", "5": "[5S]", "6": "[6G]", "8": "[8B]"}
_LOOKS |= {
    "O": "[O0Q]",
    "I": "[I1L|!]",
    "L": "[L1I|]",
    "S": "[S5]",
    "B": "[B8]",
    "Z": "[Z2]",
    "G": "[G6]",
    "D": "[D0O]",
}
_FIGURE = "[0-9OQDILSZBG|!]"
_CUE = r"(?:rechnung(?:en|s)?|rechn|rg|re|rnr|invoices?|inv|facture?s?|fact?|faktur[ay]?|factura|nr|no|num|numero|n)"
_BARE = re.compile(rf"\b{_CUE}\b[\s.:#-]*(?:{_CUE}\b[\s.:#-]*)*0*(\d{{1,7}})(?![\d.,/-]*\d)", re.IGNORECASE)
# A counter before its year, "15/2026"
_OF_YEAR = re.compile(
    rf"(?:(?P<cue>\b{_CUE}[\s.:#-]*(?:{_CUE}\b[\s.:#-]*)*)|(?<![\d.,/-]))0*(?P<number>\d{{1,7}})[/-](?P<year>20\d\d)"
    r"(?!\d|[.,/-]\d)",
    re.IGNORECASE,
)
_ENDS = r"(?!\d|[.,/-]\d|(?i:[OQDILSZBG|!]+\d))"  # no figure comes after
_TOKEN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9./_-]{2,38})[A-Za-z0-9]")
_ORDER_CUE = re.compile(
    r"\b(?:po|p\.o\.|order|bestellung|best|auftrag|commande|pedido)[\s.:#-]*(?:nr\.?|no\.?)?\s*"
    r"([A-Z0-9][A-Z0-9/-]{2,20})",
    re.IGNORECASE,
)
_AMOUNT = re.compile(r"(?<![\d.,])(\d{1,3}(?:[., ']\d{3})*|\d+)[.,](\d{2})(?![\d.,]*\d)")


class Reading(enum.IntEnum):
    """How a number was read, the surest last."""

    BARE = 1  # only its counter: "invoice 17"
    REPAIRED = 2  # letters taken for figures
    SHORT = 3  # without its prefix or its zeros: "2026-17"
    RESPACED = 4  # other marks, case or breaks: "inv 2026 000 17"
    EXACT = 5
    REFERENCE = 6  # of a structured reference with right check digits


@dataclass(frozen=True, slots=True)
class Shape:
    """A series' pattern as something to look for."""

    pattern: str
    strict: re.Pattern[str]  # over capitals and figures alone
    loose: re.Pattern[str]  # the same, with letters that look like figures
    figures: re.Pattern[str]  # over its figures alone, as a QR reference has them
    width: int
    has_year: bool
    has_month: bool

    def write(self, number: int, year: int, month: int = 1) -> str:
        return write_number(self.pattern, number, date(year, month, 1))


@lru_cache(maxsize=200)
def build_shape(pattern: str) -> Shape:
    """How numbers of this pattern look without their marks."""
    strict, loose, figures, width, names = "", "", "", 1, set()
    for part in _PART.finditer(pattern):
        if part["literal"]:
            letters = re.sub(r"[^A-Z0-9]", "", part["literal"].upper())
            strict += letters
            loose += "".join(_LOOKS.get(letter, letter) for letter in letters)
            figures += re.sub(r"\D", "", letters)
            continue
        name, size = part["name"], int(part["width"] or _WIDTHS[part["name"]])
        names.add(name)
        width = size if name == "number" else width
        most = "," if name == "number" else ""
        strict += rf"(?P<{name}>\d{{{1 if most else size}{most}}})"
        loose += rf"(?P<{name}>{_FIGURE}{{{size}}})"
        figures += rf"(?P<{name}>\d{{{size}{most}}})"
    return Shape(
        pattern, re.compile(strict), re.compile(loose), re.compile(figures), width,
        bool({"year", "yy"} & names), "month" in names,
    )  # fmt: skip


@dataclass(slots=True)
class Mentions:
    """What a text names. Numbers as our series write them, with the surest way each was read."""

    numbers: dict[str, Reading] = field(default_factory=dict)
    tokens: tuple[str, ...] = ()  # words with figures, for numbers of earlier systems and purchase orders
    references: tuple[str, ...] = ()  # structured, check digits right
    broken: tuple[str, ...] = ()  # creditor references whose check digits are wrong
    orders: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()
    amounts: frozenset[int] = frozenset()  # in hundredths
    repaired: dict[str, str] = field(default_factory=dict)  # tokens with letters read as figures -> as they stand
    flat: Flat = field(default_factory=lambda: Flat(""))

    def add(self, number: str, reading: Reading) -> None:
        self.numbers[number] = max(reading, self.numbers.get(number, reading))


@dataclass(frozen=True, slots=True)
class Series:
    """The patterns of our series, former ones too."""

    invoices: tuple[str, ...]
    orders: tuple[str, ...] = ()
    customers: tuple[str, ...] = ()


def read_remittance(text: str, series: Series, *, reference: str = "", on: date) -> Mentions:
    """What a remittance text and a structured reference name; `on` tells the years that a bare number may mean."""
    text = text[:LONGEST_TEXT]
    flat = Flat(text)
    found = Mentions(flat=flat)
    found.tokens = tuple(dict.fromkeys(_tokens(text)))
    found.repaired = {read: token for token in found.tokens if (read := repair(token)) != token}
    found.references = tuple(dict.fromkeys(_references(text, reference, flat)))
    shapes = [build_shape(pattern) for pattern in series.invoices]
    found.broken = tuple(dict.fromkeys(_broken(found.references, reference, flat, shapes)))
    for pattern in series.invoices:
        _read_series(found, flat, text, build_shape(pattern), on)
    found.orders = tuple(dict.fromkeys([*_plain(flat, series.orders, on), *_purchase_orders(text)]))
    found.customers = tuple(_plain(flat, series.customers, on))
    found.amounts = frozenset(int(re.sub(r"\D", "", hit[1]) + hit[2]) for hit in _AMOUNT.finditer(text))
    return found


def _read_series(found: Mentions, flat: Flat, text: str, shape: Shape, on: date) -> None:
    for reference in found.references:
        for number in _decode(reference, shape):
            found.add(number, Reading.REFERENCE)
    for hit in shape.strict.finditer(flat.letters):
        _read_strict(found, flat, text, shape, hit)
    for hit in shape.loose.finditer(flat.letters):
        if shape.strict.match(flat.letters, hit.start()) is None or not hit[0].isdigit():
            parts = {name: value.translate(AS_FIGURES) for name, value in hit.groupdict().items()}
            _add(found, shape, parts, parts["number"], Reading.REPAIRED)
    for number, reading in _without_prefix(text, shape, on):
        found.add(number, reading)


def _read_strict(found: Mentions, flat: Flat, text: str, shape: Shape, hit: re.Match[str]) -> None:
    """Figures that stand together are the number; broken ones may be, as wide as the series writes them."""
    parts = hit.groupdict()
    start, end = hit.span("number")
    together = flat.unbroken(start, end)
    number = flat.letters[start:together]
    is_exact = flat.text[flat.places[hit.start()] : flat.places[together - 1] + 1] == _written(shape, parts, number)
    if len(number) >= shape.width:
        # glued to other figures it may be longer than ours are
        for length in {len(number), shape.width}:
            surest = Reading.EXACT if is_exact and length == len(number) else Reading.RESPACED
            _add(found, shape, parts, number[:length], surest)
    else:
        _add(found, shape, parts, number, Reading.SHORT)
        broken = flat.letters[start : start + shape.width]
        if len(broken) == shape.width and broken.isdigit():
            _add(found, shape, parts, broken, Reading.RESPACED)
    _read_more(found, text, flat.places[together - 1] + 1, shape, parts, number)


def _written(shape: Shape, parts: dict[str, str], number: str) -> str:
    year = _year(parts)
    return shape.write(int(number), year, int(parts.get("month") or 1)) if year and _month(parts) else ""


def _year(parts: dict[str, str]) -> int:
    """The year of a number; 0 where it is none."""
    year = int(parts.get("year") or 2000 + int(parts.get("yy") or 0))
    return year if EARLIEST_YEAR <= year <= LAST_YEAR else 0


def _month(parts: dict[str, str]) -> bool:
    return 1 <= int(parts.get("month") or 1) <= 12


def _add(found: Mentions, shape: Shape, parts: dict[str, str], number: str, reading: Reading) -> None:
    if len(number) <= 9 and number.isdigit() and int(number) and (written := _written(shape, parts, number)):
        found.add(written, reading)


def _read_more(found: Mentions, text: str, at: int, shape: Shape, parts: dict[str, str], number: str) -> None:
    """What follows a number: "17, 18" and "17-19"; the rest of a number is completed from the one before."""
    while (hit := MORE.match(text, at)) and len(number) <= 9:
        last = complete(number, hit["last"])
        if hit["sign"].lower() in TO and int(number) < int(last) <= int(number) + LONGEST_RANGE:
            for between in range(int(number) + 1, int(last) + 1):
                _add(found, shape, parts, str(between), Reading.SHORT)
        elif hit["sign"].strip() or (len(last) == len(hit["last"]) == shape.width and last[0] == "0"):
            _add(found, shape, parts, last, Reading.SHORT)
        else:
            return
        number, at = last, hit.end()


def _without_prefix(text: str, shape: Shape, on: date) -> Iterator[tuple[str, Reading]]:
    """ "2026-17" and "202600017", and behind a word such as "invoice" or with all its zeros the counter alone."""
    if shape.has_month:
        return
    if shape.has_year:
        for hit in re.finditer(rf"(?<![\d.,/-])(20\d\d|\d\d)[-/. ](\d{{1,{shape.width + 1}}}){_ENDS}", text):
            if len(hit[1]) == 4 or (len(hit[2]) >= 3 and not _is_of_year(hit[1], hit[2], on)):
                yield shape.write(int(hit[2]), int(hit[1]) % 100 + 2000), Reading.SHORT
        for hit in re.finditer(rf"(?<!\d)(20\d\d)(\d{{{shape.width}}})(?!\d)", text):
            yield shape.write(int(hit[2]), int(hit[1])), Reading.SHORT
        yield from _of_year(text, shape, on)
    counters = [hit[1] for hit in _BARE.finditer(text)]
    if shape.width >= 4:
        counters += re.findall(rf"(?<![\d.,/-])(0\d{{{shape.width - 1}}})(?![\d.,/-]*\d)", text)
    for counter in counters:
        if int(counter):
            for year in (on.year, on.year - 1) if shape.has_year else (on.year,):
                yield shape.write(int(counter), year), Reading.BARE


def _of_year(text: str, shape: Shape, on: date) -> Iterator[tuple[str, Reading]]:
    """A counter before its year. What may be a month is none, and behind a word such as "invoice" hardly one."""
    for hit in _OF_YEAR.finditer(text):
        number, year = int(hit["number"]), int(hit["year"])
        is_month = number <= MONTHS
        if number and year <= on.year and (hit["cue"] or not is_month):
            yield shape.write(number, year), Reading.BARE if is_month else Reading.SHORT


def _is_of_year(before: str, after: str, on: date) -> bool:
    """Whether "16/2026" is the sixteenth of that year, and not the 2026th of 2016."""
    return bool(re.fullmatch(r"20\d\d", after)) and on.year % 100 - int(before) not in (0, 1)


def _plain(flat: Flat, patterns: Iterable[str], on: date) -> Iterator[str]:
    for pattern in patterns:
        shape = build_shape(pattern)
        for hit in shape.strict.finditer(flat.letters):
            start, end = hit.span("number")
            number = flat.letters[start : flat.unbroken(start, end)]
            year = _year(hit.groupdict()) or on.year
            if 0 < len(number) <= 9:
                yield shape.write(int(number), year, 1)


def _tokens(text: str) -> Iterator[str]:
    for hit in _TOKEN.finditer(text):
        if any(mark.isdigit() for mark in hit[0]):
            yield from {hit[0], hit[0].upper()}


def _purchase_orders(text: str) -> Iterator[str]:
    for hit in _ORDER_CUE.finditer(text):
        yield from (hit[1], hit[1].upper(), f"PO-{hit[1].upper()}")


# --- structured references ------------------------------------------------------------------------------------------


def _references(text: str, reference: str, flat: Flat) -> Iterator[str]:
    given = re.sub(r"\s", "", reference).upper()
    if is_creditor_reference(given) or is_qr_reference(given):
        yield given
    for hit in re.finditer(r"(?<!\d)\d(?:\s?\d){26}(?!\d)", text):
        if is_qr_reference(digits := re.sub(r"\s", "", hit[0])):
            yield digits
    for start in (hit.start() for hit in re.finditer(r"RF\d\d", flat.letters)):
        # it ends where a word ends, or the shortest of several readings would win by chance
        for end in range(min(len(flat.letters), start + 25), start + 4, -1):
            at = flat.places[end - 1] + 1
            ends = at == len(text) or not text[at].isalnum()
            if ends and is_creditor_reference(flat.letters[start:end]):
                yield flat.letters[start:end]
                break


def _broken(right: Iterable[str], reference: str, flat: Flat, shapes: Iterable[Shape]) -> Iterator[str]:
    """What begins as a creditor reference over a number of ours, and does not add up."""
    given = re.sub(r"\s", "", reference).upper()
    if re.match(r"RF\d\d", given) and not is_creditor_reference(given):
        yield given
    for hit in re.finditer(r"RF\d\d", flat.letters):
        at = flat.places[hit.start()]
        begins = at == 0 or not flat.text[at - 1].isalnum()
        is_ours = any(shape.strict.match(flat.letters, hit.end()) for shape in shapes)
        if begins and is_ours and not any(flat.letters.startswith(one, hit.start()) for one in right):
            yield flat.letters[hit.start() : hit.start() + 25]


def _decode(reference: str, shape: Shape) -> Iterator[str]:
    """The number our own references are made over."""
    if reference.startswith("RF"):
        hit = shape.strict.fullmatch(reference[4:])
    else:
        hit = shape.figures.fullmatch(reference[:26].lstrip("0"))
    if hit and (written := _written(shape, hit.groupdict(), hit["number"])):
        yield written
