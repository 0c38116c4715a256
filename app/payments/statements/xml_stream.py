"""Knows how to read a large XML file piece by piece without trusting it: no DTD, limited depth and size."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from xml.parsers import expat
from xml.parsers.expat import errors

from app.payments.statements.model import Unreadable

DEEPEST = 64
MOST_ELEMENTS_HELD = 100_000
FETCH_AGAIN = "Fetch it again from your bank."
_CUT_OFF = {
    errors.XML_ERROR_NO_ELEMENTS, errors.XML_ERROR_UNCLOSED_TOKEN, errors.XML_ERROR_PARTIAL_CHAR,
    errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
}  # fmt: skip


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
        raise _explain(content, error, shift) from None
    except (ValueError, LookupError):
        raise Unreadable(reason="The XML is written in an encoding that cannot be read.", line=1) from None


def _explain(content: bytes, error: expat.ExpatError, shift: int) -> Unreadable:
    """What happened to a file that the parser could not go on with."""
    said = expat.ErrorString(error.code)
    if said in _CUT_OFF:
        reason = f"The file is cut off here. {FETCH_AGAIN}"
    elif wrong := _find_foreign(content, name := _encoding_of(content)):
        reason = f"The file says that it is written in {name}, and this line is not. {FETCH_AGAIN}"
        return Unreadable(reason=reason, line=wrong)
    else:
        reason = f"The XML is broken: {said}. {FETCH_AGAIN}"
    return Unreadable(reason=reason, line=error.lineno + shift)


def _encoding_of(content: bytes) -> str:
    """As it is declared, else UTF-8."""
    found = re.match(rb"(?:\xef\xbb\xbf)?\s*<\?xml[^>]*?\sencoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']", content)
    return found[1].decode() if found else "UTF-8"


def _find_foreign(content: bytes, encoding: str) -> int:
    """The first line with bytes that are not written like this, or 0."""
    try:
        content.decode(encoding)
    except UnicodeDecodeError as error:
        return 1 + content.count(b"\n", 0, error.start)
    except LookupError:
        return 0
    return 0


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
