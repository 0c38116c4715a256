"""Any address with junk in it is a refusal, never a fault: every page, with every argument its module reads."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

from tests.factories import make_company, sign_in

JUNK = ["'", "9" * 40, "-1", "x" * 3_000, "2026-02-30", "9999-12-31", "0001-01-01", "W10", "🦆", "\u202e"]
ALWAYS_READ = {"sort", "after", "before", "next"}
READERS = re.compile(r"(?:_argument\(\s*(?:request\.)?args,\s*|(?:args|values)\.get(?:list)?\(\s*)\"(\w+)\"")


def list_pages(app):
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.endpoint != "static":
            yield rule


def fill_in(rule, value):
    """The address of a route with one value in the place of each of its parts."""
    return re.sub(r"<(?:[^:<>]+:)?[^<>]+>", lambda _part: value, rule.rule)


def list_arguments(app, rule):
    """The names that the view of the page, and what it uses of its own wing, read from an address; found in source."""
    module = sys.modules[app.view_functions[rule.endpoint].__module__]
    return _read_by(module) if module.__name__.startswith("app.") else sorted(ALWAYS_READ)


@cache
def _read_by(module):
    sources = [Path(used.__file__).read_text("utf-8") for used in _list_used(module)]
    return sorted(ALWAYS_READ.union(*map(READERS.findall, sources)))


def _list_used(module):
    """The module and those of its wing that it takes something from, and so on."""
    wing = module.__name__.rsplit(".", 1)[0] + "."
    found, waiting = {}, [module.__name__]
    while waiting:
        name = waiting.pop()
        if name in found or not name.startswith(wing):
            continue
        found[name] = sys.modules[name]
        waiting += map(_home, vars(found[name]).values())
    return list(found.values())


def _home(value):
    return value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None) or ""


@pytest.fixture
def reader(client):
    app = client.application
    app.config["PROPAGATE_EXCEPTIONS"] = False
    with app.app_context():
        make_company()
    sign_in(client, "admin")
    return client


def test_the_arguments_of_a_page_are_found(app):
    (rule,) = [rule for rule in list_pages(app) if rule.endpoint == "reports.daily"]
    assert set(list_arguments(app, rule)) > ALWAYS_READ


def test_every_page_answers_as_it_is(reader):
    rules = list(list_pages(reader.application))
    assert [rule.rule for rule in rules if reader.get(fill_in(rule, "1")).status_code >= 500] == []


@pytest.mark.parametrize("junk", JUNK)
def test_junk_in_an_argument_is_no_fault(reader, junk):
    """All arguments at once; where that is refused, one at a time, because the refusal of one may hide a fault."""
    broken = []
    for rule in list_pages(reader.application):
        url, names = fill_in(rule, "1"), list_arguments(reader.application, rule)
        status = reader.get(url, query_string=dict.fromkeys(names, junk)).status_code
        if 400 <= status < 500 and status != 404:
            status = max(reader.get(url, query_string={name: junk}).status_code for name in names)
        if status >= 500:
            broken.append(rule.rule)
    assert broken == []


PARTS = ["9" * 19, "9" * 30, "x", "2026-02-30", "0001-01-01", "9999-12-31", "%F0%9F%A6%86", "%27"]


@pytest.mark.parametrize("part", PARTS)
def test_junk_in_the_path_is_no_fault(reader, part):
    rules = list(list_pages(reader.application))
    assert [rule.rule for rule in rules if reader.get(fill_in(rule, part)).status_code >= 500] == []


BODIES = [{}, dict.fromkeys(("id", "ids", "version", "action", "reason", "amount", "on"), "junk'")]


@pytest.mark.parametrize("body", BODIES, ids=["empty", "junk"])
def test_a_junk_form_is_no_fault(reader, body):
    broken = []
    for rule in reader.application.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.endpoint != "security.logout":
            if reader.post(fill_in(rule, "1"), data=body).status_code >= 500:
                broken.append(rule.rule)
            sign_in(reader, "admin")
    assert broken == []
