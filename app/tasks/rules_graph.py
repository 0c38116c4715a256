"""Knows how steps that wait for each other are drawn: columns by the longest way there, boxes, and curved arrows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import shorten, wrap
from typing import Protocol

WIDTH, HEIGHT, GAP_X, GAP_Y, MARGIN = 156, 64, 40, 18, 8
LETTERS, LINES = 21, 2
BACK = 44  # room beneath for the arrow that closes a circle
COLOURS = 6


class Waiting(Protocol):
    """What is drawn: a step of a playbook, or a task of an order."""

    @property
    def code(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def prerequisites(self) -> Sequence[str]: ...


@dataclass(frozen=True, slots=True)
class Box:
    """One step; `after` are the titles it waits for."""

    code: str
    title: str
    lines: tuple[str, ...]
    x: int
    y: int
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes in the order of the steps, arrows as SVG paths; the red ones are those of a circle."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    arrows: tuple[str, ...]
    red: tuple[str, ...] = ()


_Slot = tuple[str, str]  # a step's code and "", or the two ends of an arrow that passes by


def draw(steps: Sequence[Waiting], circle: Sequence[str] = ()) -> Drawing:
    """The drawing of steps; a prerequisite that is not among them is left out.

    `circle` names steps of which each waits for the next and the last for the first: its arrows are red, and the one
    that closes it leads back beneath the boxes.
    """
    titles = {step.code: step.title for step in steps}
    needs = {step.code: [code for code in step.prerequisites if code in titles] for step in steps}
    chain = list(pairwise((*circle, *circle[:1])))  # (waiting, before)
    shown = {code: [one for one in codes if (code, one) not in chain[:1]] for code, codes in needs.items()}
    columns = _columns(shown)
    places = _places(columns)
    boxes = tuple(
        Box(
            step.code,
            step.title,
            _lines(step.title),
            *places[step.code, ""],
            tuple(titles[one] for one in needs[step.code]),
        )
        for step in steps
    )
    ways = {(code, before): _arrow(before, code, places, columns) for code in shown for before in shown[code]}
    ways |= {(code, before): _back(places[before, ""], places[code, ""]) for code, before in chain[:1]}
    tallest = max((len(column) for column in columns), default=0)
    return Drawing(
        width=2 * MARGIN + len(columns) * (WIDTH + GAP_X) - (GAP_X if columns else 0),
        height=2 * MARGIN + tallest * (HEIGHT + GAP_Y) - (GAP_Y if columns else 0) + (BACK if circle else 0),
        boxes=boxes,
        arrows=tuple(path for way, path in ways.items() if way not in chain),
        red=tuple(path for way, path in ways.items() if way in chain),
    )


def list_depths(needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """How many steps stand one after another before each: the longest way."""
    depths = dict.fromkeys(needs, 0)
    for _ in needs:  # a way is no longer than there are steps
        before = dict(depths)
        for code, codes in needs.items():
            depths[code] = max((depths[one] + 1 for one in codes), default=0)
        if depths == before:
            break
    return {code: min(depth, len(needs) - 1) for code, depth in depths.items()}


def _columns(needs: Mapping[str, Sequence[str]]) -> list[list[_Slot]]:
    """Each column from top to bottom; arrows over several columns keep a place of their own in between."""
    depths = list_depths(needs)
    columns: list[list[_Slot]] = [[] for _ in range(max(depths.values(), default=-1) + 1)]
    for code in needs:
        columns[depths[code]].append((code, ""))
        for before in needs[code]:
            for passed in range(depths[before] + 1, depths[code]):
                columns[passed].append((before, code))
    for left, column in pairwise(columns):
        heights = {slot: place - len(left) / 2 for place, slot in enumerate(left)}
        column.sort(key=lambda slot: _pull(slot, needs, heights))
    return columns


def _pull(slot: _Slot, needs: Mapping[str, Sequence[str]], heights: Mapping[_Slot, float]) -> float:
    """The mean height of what leads here from the column before."""
    code, passing = slot
    leading = [heights[one] for one in ((code, ""), (code, passing)) if one in heights] if passing else [
        heights[one] for before in needs[code] for one in ((before, ""), (before, code)) if one in heights
    ]  # fmt: skip
    return sum(leading) / len(leading) if leading else 0


def _places(columns: Sequence[Sequence[_Slot]]) -> dict[_Slot, tuple[int, int]]:
    tallest = max((len(column) for column in columns), default=0)
    return {
        slot: (
            MARGIN + across * (WIDTH + GAP_X),
            MARGIN + (2 * down + tallest - len(column)) * (HEIGHT + GAP_Y) // 2,
        )
        for across, column in enumerate(columns)
        for down, slot in enumerate(column)
    }


def _arrow(before: str, code: str, places: Mapping[_Slot, tuple[int, int]], columns: Sequence[Sequence[_Slot]]) -> str:
    """From the right side of one box to the left side of the other, straight through the columns between."""
    x, y = places[before, ""]
    path, at = f"M{x + WIDTH} {y + HEIGHT // 2}", (x + WIDTH, y + HEIGHT // 2)
    passed = [places[before, code] for column in columns if (before, code) in column]
    for left, top in [*passed, places[code, ""]]:
        end = (left, top + HEIGHT // 2)
        path += f" C{at[0] + GAP_X // 2} {at[1]} {end[0] - GAP_X // 2} {end[1]} {end[0]} {end[1]}"
        at = (left + WIDTH, end[1])
        if (left, top) in passed:
            path += f" H{at[0]}"
    return path


def _back(before: tuple[int, int], code: tuple[int, int]) -> str:
    """From beneath one box to beneath another one that stands to its left."""
    x, y, to_x, to_y = before[0] + WIDTH // 2, before[1] + HEIGHT, code[0] + WIDTH // 2, code[1] + HEIGHT
    deep = max(y, to_y) + BACK
    return f"M{x} {y} C{x} {deep} {to_x} {deep} {to_x} {to_y}"


def _lines(title: str) -> tuple[str, ...]:
    lines = wrap(title, LETTERS)
    if len(lines) > LINES:
        lines = [*lines[: LINES - 1], shorten(" ".join(lines[LINES - 1 :]), LETTERS, placeholder=" …")]
    return tuple(line if len(line) <= LETTERS else f"{line[: LETTERS - 1]}…" for line in lines)
