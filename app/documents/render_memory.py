"""What the PDF engine may keep from one document to the next, and the short cuts for what most styles say.

Invoices repeat themselves: labels, units, bank details. The engine measures each text three times per document, forgets
it, and asks every value whether it is a formula. Nothing here changes a result: a test compares every byte with and
without. It replaces functions inside the engine, so it applies to exactly one release of it; any other runs unchanged.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from operator import itemgetter
from typing import Any

ENGINE_RELEASE = "70.0"
MOST_TEXTS = 20_000

# Every property of a style that the width, height and breaks of a line of text depend on
STYLE_WORDS = (
    "font_family", "font_size", "font_style", "font_stretch", "font_weight", "font_kerning", "font_variant_ligatures",
    "font_variant_position", "font_variant_caps", "font_variant_numeric", "font_variant_alternates",
    "font_variant_east_asian", "font_feature_settings", "font_variation_settings", "font_language_override", "lang",
    "direction", "letter_spacing", "word_spacing", "white_space", "overflow_wrap", "tab_size",
    "hyphens", "hyphenate_character", "hyphenate_limit_chars", "hyphenate_limit_zone",
)  # fmt: skip
# Their value needs more than the parent's or the initial one
_SPECIAL_PROPERTIES = frozenset({"float", "display", "position", "page"})
_PLAIN_VALUES = (str, int, float, type(None), list, dict, frozenset)


def remember_between_documents() -> Callable[[], None]:
    """Switches the short cuts on. Returns what switches them off."""
    import weasyprint
    from weasyprint import css
    from weasyprint.css import computed_values
    from weasyprint.layout import inline, percent, preferred

    if weasyprint.VERSION != ENGINE_RELEASE:
        return lambda: None
    lines = _remembering_lines(inline.split_first_line)
    math = _quick_check_math(css.check_math)
    style = css.ComputedStyle
    changes: list[tuple[Any, str, Any]] = [(module, "split_first_line", lines) for module in (inline, preferred)]
    changes += [(module, "check_math", math) for module in (css, inline, percent, preferred, computed_values)]
    changes.append((style, "__missing__", _quick_missing(style.__missing__)))
    before = [(place, name, getattr(place, name)) for place, name, _new in changes]
    _put(changes)
    return lambda: _put(before)


def _put(changes: list[tuple[Any, str, Any]]) -> None:
    for place, name, function in changes:
        setattr(place, name, function)


def _remembering_lines(split_first_line: Callable[..., Any]) -> Callable[..., Any]:
    known: dict[Any, Any] = {}
    words = itemgetter(*STYLE_WORDS)

    def split(
        text: str, style: Any, context: Any, max_width: Any, justification_spacing: Any, is_line_start: bool = True,
        minimum: bool = False,
    ) -> Any:  # fmt: skip
        if style["text_decoration_line"] != "none":
            return split_first_line(text, style, context, max_width, justification_spacing, is_line_start, minimum)
        key = (text, id(style.font_config), words(style), max_width, justification_spacing, is_line_start, minimum)
        found = known.get(key)
        if found is None:
            found = split_first_line(text, style, context, max_width, justification_spacing, is_line_start, minimum)
            if hasattr(found[0], "layout"):
                return found  # a layout that is still in use belongs to its document
            if len(known) >= MOST_TEXTS:
                known.clear()
            known[key] = found
        # The engine changes a layout when it draws it, so each user gets a copy
        return (copy.copy(found[0]), *found[1:])

    return split


def _quick_check_math(check_math: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        return None if isinstance(value, _PLAIN_VALUES) else check_math(value)

    return check


def _quick_missing(slow: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
    """A property nobody set is the parent's or the initial value, and most are."""
    from weasyprint.css.computed_values import PHYSICAL_FUNCTIONS
    from weasyprint.css.properties import INHERITED, INITIAL_NOT_COMPUTED, INITIAL_VALUES

    easy = {
        name
        for name in INITIAL_VALUES
        if name not in _SPECIAL_PROPERTIES and name[:2] != "__" and name[:16] != "text_decoration_"
    }
    inherited = easy & set(INHERITED)
    initial = easy - set(INHERITED) - set(INITIAL_NOT_COMPUTED)
    logical = frozenset(
        function(block="ttb", inline=inline) for function in PHYSICAL_FUNCTIONS.values() for inline in ("ltr", "rtl")
    )

    def missing(style: Any, name: str) -> Any:
        cascaded = style.cascaded
        if name not in cascaded:
            if name in initial:
                if name not in PHYSICAL_FUNCTIONS or logical.isdisjoint(cascaded):
                    value = style[name] = INITIAL_VALUES[name]
                    return value
            elif name in inherited and style.parent_style is not None:
                value = style.parent_style[name]
                if isinstance(value, _PLAIN_VALUES):
                    style[name] = value
                    return value
        return slow(style, name)

    return missing
