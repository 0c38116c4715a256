"""Knows how to read a large XML file piece by piece without trusting it: no DTD, limited depth and size."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from app.payments.statements.model import Unreadable

DEEPEST = 64
MOST_ELEMENTS_HELD = 100_000


@dataclass(slots=True)
class Node:
    """An element: its name without prefix, its own text, its currency where it has that attribute, its children."""

    name: str
    line: int
    currency: str = ""
    text: str = ""
    children: list[Node] = field(default_factory=list)

    def find(self, path: str) -> Node | None:
        """The first element along `A/B/C`."""
        return next(self.find_all(path), None)

    def find_all(self, path: str) -> Iterator[Node]:
        name, _, rest = path.partition("/")
        for child in self.children:
            if child.name == name:
                if rest:
                    yield from child.find_all(rest)
                else:
                    yield child

    def text_at(self, *paths: str) -> str:
        """The text of the first of these paths that has any."""
        for path in paths:
            for node in self.find_all(path):
                if node.text:
                    return node.text
        return ""


# What to do with an element that has ended, given those around it; true when it was taken and need not be kept
Take = Callable[[Node, list[Node]], bool]


def stream(content: bytes, take: Take) -> None:
    """Hand each element to `take` as it ends, children before parents."""
    shift = content[: len(content) - len(content.lstrip())].count(b"\n")
    reading = _Reading(take, shift)
    try:
        reading.parser.Parse(content.lstrip(), True)
    except expat.ExpatError as error:
        raise Unreadable(
            reason=f"The XML is broken: {expat.ErrorString(error.code)}.", line=error.lineno + shift
        ) from None
    except (ValueError, LookupError):
        raise Unreadable(reason="The XML is written in an encoding that cannot be read.", line=1) from None


class _Reading:
    def __init__(self, take: Take, shift: int) -> None:
        self.take = take
        self.shift = shift
        self.stack: list[Node] = []
        self.texts: list[str] = []
        self.held = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.texts.append
        self.parser.StartDoctypeDeclHandler = self.refuse_dtd

    @property
    def line(self) -> int:
        return self.parser.CurrentLineNumber + self.shift

    def refuse_dtd(self, *_declared: object) -> None:
        raise Unreadable(reason="The XML declares a DTD, which no bank's file needs.", line=self.line)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.held += 1
        if len(self.stack) >= DEEPEST or self.held > MOST_ELEMENTS_HELD:
            raise Unreadable(reason="The XML is nested deeper or wider than any bank's file.", line=self.line)
        self.texts.clear()
        self.stack.append(Node(name.rpartition(":")[2], self.line, attributes.get("Ccy", "")))

    def end(self, _name: str) -> None:
        node = self.stack.pop()
        if not node.children:
            node.text = "".join(self.texts).strip()
        self.texts.clear()
        if self.take(node, self.stack):
            self.held -= _count(node)
        elif self.stack:
            self.stack[-1].children.append(node)


def _count(node: Node) -> int:
    return 1 + sum(_count(child) for child in node.children)
