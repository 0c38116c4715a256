"""Knows how numbers stand in a text whatever their pattern: without their marks, misread, and one behind another."""

from __future__ import annotations

import re

LONGEST_RANGE = 30
LONGEST_COUNTER = 7
# Letters that a scanner takes for figures
AS_FIGURES = str.maketrans("OQDIL|!SZBG", "00011115286")
MORE = re.compile(
    r"\s*(?P<sign>,|;|\+|&|/|-|–|\bund\b|\band\b|\bu\.|\bet\b|\by\b|\bi\b|\bbis\b|\bto\b|\s)\s*(?P<last>\d{1,7})"
    r"(?![\d]|[.,/-]\d|\s*(?!(?:und|and|bis|abz|vom)\b)[A-Z]{3}\b)",  # "12 EUR" is an amount
    re.IGNORECASE,
)
TO = {"-", "–", "bis", "to"}


class Flat:
    """A text without marks and breaks, in capitals, that knows where each letter stood."""

    def __init__(self, text: str) -> None:
        kept = [
            (mark.upper(), at) for at, mark in enumerate(text) if mark.isascii() and (mark.isalnum() or mark in "|!")
        ]
        self.letters = "".join(mark for mark, _ in kept)
        self.figures = as_figures(self.letters)
        self.places = [at for _, at in kept]
        self.text = text

    def find(self, number: str, *, repaired: bool = False) -> int | None:
        """Where a number stands, whatever its marks: its end in the text. A figure glued to its figures is another's.

        `repaired`: with letters that look like figures, as long as no more than half of it is misread.
        """
        wanted = letters_of(number)
        within, sought = (self.figures, as_figures(wanted)) if repaired else (self.letters, wanted)
        at = within.find(sought)
        while at >= 0:
            end = at + len(sought)
            misread = sum(one != other for one, other in zip(wanted, self.letters[at:end], strict=True))
            if misread * 2 <= len(wanted) and not self._is_glued(at) and not self._goes_on(end):
                return self.places[end - 1] + 1
            at = within.find(sought, at + 1)
        return None

    def _is_glued(self, at: int) -> bool:
        """Whether two figures stand together there."""
        if not 0 < at < len(self.letters) or self.places[at] - self.places[at - 1] > 1:
            return False
        return self.letters[at - 1].isdigit() and self.letters[at].isdigit()

    def _goes_on(self, end: int) -> bool:
        """Whether a figure stands right behind, or the word ends in letters that may all be misread ones."""
        at = end
        while at < len(self.letters) and self.places[at] - self.places[at - 1] == 1:
            at += 1
        rest = self.letters[end:at]
        may_be_figures = rest[:1].isdigit() or self.figures[end:at].isdigit()
        return rest.isalnum() and self.figures[end - 1].isdigit() and may_be_figures

    def unbroken(self, start: int, end: int) -> int:
        """The end of the figures that stand together from `start` on, up to `end`."""
        at = start
        while at < end and self.places[at] - self.places[start] == at - start and self.letters[at].isdigit():
            at += 1
        return at


def letters_of(number: str) -> str:
    """Capitals and figures alone."""
    return "".join(filter(str.isalnum, number.upper()))


def as_figures(letters: str) -> str:
    """With each letter that a scanner takes for a figure as that figure."""
    return letters.translate(AS_FIGURES)


def repair(token: str) -> str:
    """A word as a number of figures alone wherever it has a figure: ``RE-2O26/O417`` is ``RE-2026/0417``."""
    return re.sub(r"[A-Z0-9]*\d[A-Z0-9]*", lambda part: as_figures(part[0]), token.upper())


def list_following(text: str, at: int, number: str) -> list[str]:
    """What follows a number of an unknown pattern: of ``RE-2026/0417, 0418`` the second, of ``0417-0419`` all."""
    tail = re.search(r"\d+$", number)
    if tail is None:
        return []
    before, last = number[: tail.start()], tail[0][-LONGEST_COUNTER:]
    head, found = tail[0][: -len(last)], []
    while hit := MORE.match(text, at):
        nxt = complete(last, hit["last"]).zfill(len(last))
        if hit["sign"].lower() in TO and int(last) < int(nxt) <= int(last) + LONGEST_RANGE:
            found += [str(between).zfill(len(last)) for between in range(int(last) + 1, int(nxt) + 1)]
        elif hit["sign"].strip() or len(hit["last"]) == len(last):
            found.append(nxt)
        else:
            break
        last, at = nxt, hit.end()
    return [before + head + one for one in found]


def complete(number: str, rest: str) -> str:
    """``00117`` and ``19`` are 00119; what is as long as the number stands for itself."""
    own = len(number.lstrip("0")) if not rest.startswith("0") else len(number)
    return rest if len(rest) >= own else number[: -len(rest)] + rest
