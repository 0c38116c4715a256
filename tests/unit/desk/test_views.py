"""Which part of an address is a filter that can be kept."""

from __future__ import annotations

import pytest

from app.desk.rules_views import FilterTooLong, FilterUnknown, ListUnknown, clean_query, find_place, pick_query

FILTERS = [
    ("orders", "?sort=due&view=late", "view=late&sort=due"),
    ("orders", "view=late&view=all", "view=late"),
    ("orders", "q=%C3%9Cber+%26+mehr&after=x&before=y&export=1", "q=%C3%9Cber+%26+mehr"),
    ("tasks", "view=&q=+", ""),
    ("invoices", "from=2026-01-01&until=2026-02-01", "from=2026-01-01&until=2026-02-01"),
]


def test_a_filter_has_one_spelling():
    for place, text, kept in FILTERS:
        assert clean_query(place, text) == kept


JUNK = [
    ("settings", "", ListUnknown),
    ("orders", "next=//evil.example", FilterUnknown),
    ("exceptions", "view=late", FilterUnknown),
    ("orders", "q=" + "x" * 201, FilterTooLong),
    ("orders", "&".join("q=1" for _ in range(41)), FilterTooLong),
]


def test_junk_is_refused():
    for place, text, refusal in JUNK:
        with pytest.raises(refusal):
            clean_query(place, text)


def test_only_lists_have_views():
    assert (find_place("orders.index"), find_place("orders.detail"), find_place(None)) == ("orders", "", "")
    assert pick_query("deals", [("junk", "1"), ("q", "a")]) == "q=a"
