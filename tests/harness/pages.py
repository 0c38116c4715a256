"""Reads a page as its reader does: the words, without tags and line breaks."""

from __future__ import annotations

import re


def words_of(page: str) -> str:
    """What the page says, in one line."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page)).replace("\xa0", " ")
