"""Writes XML from nested values, always the same bytes for the same values; empty parts are left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr


@dataclass(frozen=True)
class Node:
    """An element with text, or with more elements; without either it is not written."""

    name: str
    content: str | Sequence[Node | None] | None
    attributes: Mapping[str, str] = field(default_factory=dict)


def write_xml(root: str, namespaces: Mapping[str, str], nodes: Sequence[Node | None]) -> bytes:
    """The document as UTF-8. Names carry the prefixes of `namespaces`; "" is the default one."""
    declared = "".join(f" xmlns{':' + prefix if prefix else ''}={quoteattr(uri)}" for prefix, uri in namespaces.items())
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f"<{root}{declared}>"]
    for node in nodes:
        lines += _lines(node, "  ")
    return "\n".join([*lines, f"</{root}>", ""]).encode()


def _lines(node: Node | None, indent: str) -> list[str]:
    if node is None or not node.content:
        return []
    attributes = "".join(f" {key}={quoteattr(value)}" for key, value in node.attributes.items())
    if isinstance(node.content, str):
        return [f"{indent}<{node.name}{attributes}>{escape(node.content)}</{node.name}>"]
    inner = [line for child in node.content for line in _lines(child, indent + "  ")]
    return [f"{indent}<{node.name}{attributes}>", *inner, f"{indent}</{node.name}>"] if inner else []
