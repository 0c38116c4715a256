"""The sprite holds every icon the templates, the site map and the states name."""

from __future__ import annotations

import enum
import re
import sys

from app.db.schema import load_models
from app.web.navigation import GROUPS
from tests.browser.gallery_app import ROOT, build_gallery

CALL = re.compile(r'\bicon\("([a-z0-9-]+)"|icon_name="([a-z0-9-]+)"|"icon": "([a-z0-9-]+)"')


def _sprite() -> set[str]:
    return set(re.findall(r'<symbol id="([^"]+)"', (ROOT / "static/icons/sprite.svg").read_text(encoding="utf-8")))


def test_every_icon_the_templates_name_is_in_the_sprite():
    named = {
        next(filter(None, match))
        for path in (ROOT / "templates").rglob("*.html")
        for match in CALL.findall(path.read_text(encoding="utf-8"))
    }
    assert named - _sprite() == set()


def test_every_icon_of_the_navigation_is_in_the_sprite():
    assert {place.icon for group in GROUPS for place in group.places} - _sprite() == set()


def test_every_state_has_a_shape_that_exists_and_a_word():
    states = build_gallery().jinja_env.get_template("_macros/ui.html").module.STATES
    assert {shape for _, shape, _ in states.values()} - _sprite() == set()
    assert all(word.strip() for _, _, word in states.values())


def test_every_state_of_the_models_has_a_badge_of_its_own():
    states = build_gallery().jinja_env.get_template("_macros/ui.html").module.STATES
    load_models()
    kinds = {
        kind
        for name, module in sys.modules.items()
        if name.startswith("app.")
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, enum.StrEnum) and kind.__name__.endswith("State")
    }
    assert kinds
    assert {f"{kind.__name__}.{state}" for kind in kinds for state in kind if state.value not in states} == set()


def test_no_template_asks_htmx_to_evaluate_text():
    evaluated = re.compile(r"hx-on|hx-vars|hx-(?:vals|headers)[^=]*=[\"']js:|hx-trigger=[\"'][^\"']*\[")
    pages = (ROOT / "templates").rglob("*.html")
    assert [path.name for path in pages if evaluated.search(path.read_text(encoding="utf-8"))] == []


def test_no_template_carries_style_or_script_of_its_own():
    inline = re.compile(r"\sstyle=|\son[a-z]+=[\"']|<style|<script(?![^>]*\ssrc=)|href=[\"']javascript:", re.IGNORECASE)
    pages = [path for path in (ROOT / "templates").rglob("*.html") if not {"pdf", "mail"} & set(path.parts)]
    assert [path.name for path in pages if inline.search(path.read_text(encoding="utf-8"))] == []
