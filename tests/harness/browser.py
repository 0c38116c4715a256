"""A real browser for the tests: Debian's Chromium, what it may say to the network, and the accessibility check."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast
from wsgiref.types import WSGIApplication

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from werkzeug.serving import make_server

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
AXE_TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
# What another look can break that the first one kept
AXE_COLOUR_RULES = ("color-contrast", "link-in-text-block")
AXE_WIDTH_RULES = ("target-size", "scrollable-region-focusable", "button-name", "link-name", "label")
WIDTHS = {"desk": (1280, 800), "phone": (390, 844)}

Scheme = Literal["light", "dark"]
Width = Literal["desk", "phone"]
LOOKS: tuple[tuple[Scheme, Width, tuple[str, ...]], ...] = (
    # the look, and the rules it may break; none for all
    ("light", "desk", ()),
    ("dark", "desk", AXE_COLOUR_RULES),
    ("light", "phone", AXE_WIDTH_RULES),
)


class NoBrowser(RuntimeError):
    """No Chromium was found. Install it: apt-get install -y --no-install-recommends chromium"""


@dataclass(frozen=True)
class Violation:
    """One accessibility rule a page breaks, with the elements that break it."""

    rule: str
    impact: str
    help: str
    elements: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.rule} ({self.impact}): {self.help}: " + " | ".join(self.elements)


def find_program() -> str:
    """The browser's path. Raises NoBrowser."""
    for name in PROGRAMS:
        if path := shutil.which(name):
            return path
    raise NoBrowser(NoBrowser.__doc__)


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A browser without a window, for as long as the block lasts."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=find_program(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def open_context(
    browser: Browser, base_url: str, *, scheme: Scheme = "light", width: Width = "desk", **options: Any
) -> Iterator[BrowserContext]:
    """A clean profile that reaches `base_url` only: a page that asks for anything else is a failure."""
    across, down = WIDTHS[width]
    context = browser.new_context(
        base_url=base_url, color_scheme=scheme, viewport={"width": across, "height": down},
        locale="en-GB", timezone_id="Europe/Berlin", reduced_motion="reduce", **options,
    )  # fmt: skip
    strangers: list[str] = []
    context.on("request", lambda request: None if _is_own(request.url, base_url) else strangers.append(request.url))
    try:
        yield context
    finally:
        context.close()
    if strangers:
        raise AssertionError(f"the page asked for addresses outside the application: {strangers}")


def list_violations(page: Page, *, within: str | None = None, rules: Sequence[str] = ()) -> list[Violation]:
    """What axe finds on the page as it is now, or in the part that the selector `within` names; all rules or these."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe_source())  # evaluated by the browser itself, so the page's own policy stays strict
    only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": list(AXE_TAGS)}
    # The frames of mails run no script, axe's neither: it would wait for an answer
    options = {"runOnly": only, "resultTypes": ["violations"], "preload": False, "iframes": False}
    found = page.evaluate("([within, options]) => axe.run(within || document, options)", [within, options])
    return [_read_violation(one) for one in cast(list[dict[str, Any]], found["violations"])]


def list_faults(page: Page) -> list[str]:
    """What is wrong with the page as it is now in any look: broken rules, and lines that do not fit the window."""
    faults: list[str] = []
    for scheme, width, rules in LOOKS:
        page.emulate_media(color_scheme=scheme)
        _set_width(page, width)
        page.evaluate("Promise.allSettled(document.getAnimations().map(one => one.finished))")
        faults += [f"{scheme} {width}: {violation}" for violation in list_violations(page, rules=rules)]
        if overflows_sideways(page):
            faults.append(f"{scheme} {width}: the page is wider than the window")
    return faults


def list_complaints(page: Page) -> list[str]:
    """A list that fills with what the page's console complains about: script errors and broken policy."""
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def overflows_sideways(page: Page) -> bool:
    """Whether a reader of this width would have to scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth + 1"))


def outgrows_frame(page: Page) -> bool:
    """Whether long words in the cells that give way make the lists of this page wider than a desk's window."""
    _set_width(page, "desk")
    page.evaluate(
        "document.querySelectorAll('td .clip, td.main-cell:not(.whole-cell) :is([data-row-link], .cell-text)')"
        ".forEach(cell => { cell.textContent = `${cell.textContent} `.repeat(6) })"
    )
    return overflows_sideways(page)


@contextmanager
def serve(application: WSGIApplication) -> Iterator[str]:
    """Serves the application on a free port of this machine, and gives its address."""
    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _is_own(url: str, base_url: str) -> bool:
    return url.startswith((base_url, "data:", "blob:", "about:"))


def _set_width(page: Page, width: Width) -> None:
    across, down = WIDTHS[width]
    if page.viewport_size != {"width": across, "height": down}:  # the same again lays the page out anew
        page.set_viewport_size({"width": across, "height": down})


@cache
def _axe_source() -> str:
    return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def _read_violation(found: dict[str, Any]) -> Violation:
    elements = tuple(str(node["html"])[:200] for node in found["nodes"][:5])
    return Violation(str(found["id"]), str(found["impact"]), str(found["help"]), elements)
