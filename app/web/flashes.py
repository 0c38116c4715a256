"""Knows what a page says once after something was done: a sentence, a way to undo it, a way to go on."""

from __future__ import annotations

from typing import Any, Literal, cast

from flask import flash

Tone = Literal["good", "info", "warn", "bad"]


def say(text: str, tone: Tone = "good", *, undo_url: str = "", url: str = "", link: str = "") -> None:
    """Shown on the next page. `undo_url` is posted to; `url` leads on, under the words of `link`."""
    said = {"text": text, "undo_url": undo_url, "url": url, "link": link}
    flash(cast(Any, {name: value for name, value in said.items() if value}), tone)
