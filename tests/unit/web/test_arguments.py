"""What stands in an address is read or refused, never a fault."""

from __future__ import annotations

import enum
from contextlib import suppress
from datetime import date

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from app.kernel.errors import BadInput
from app.web import arguments


class State(enum.StrEnum):
    OPEN = "open"
    LATE = "late"


READERS = {
    "id": lambda args: arguments.id_argument(args, "x"),
    "date": lambda args: arguments.date_argument(args, "x"),
    "word": lambda args: arguments.word_argument(args, "x", State),
    "flag": lambda args: arguments.flag_argument(args, "x"),
    "text": lambda args: arguments.text_argument(args, "x"),
}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("id", "17", 17), ("id", "", None), ("id", " 5 ", 5), ("id", str(2**63 - 1), 2**63 - 1),
        ("date", "2026-11-22", date(2026, 11, 22)), ("date", "", None),
        ("word", "late", State.LATE), ("word", "", None),
        ("flag", "1", True), ("flag", "0", False), ("flag", "", False),
        ("text", "  Ada ", "Ada"), ("text", "", ""),
    ],
)  # fmt: skip
def test_a_readable_argument_is_read(name, text, value):
    assert READERS[name](MultiDict({"x": text})) == value


@pytest.mark.parametrize("name", READERS)
def test_an_absent_argument_is_nothing(name):
    assert not READERS[name](MultiDict())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(("id", text) for text in ("x", "-1", "1.0", "1e3", "٣", "²", str(2**63), "9" * 40, "0x1", "1 2")),
        *(("date", text) for text in ("2026-02-30", "20261122", "2026-W47-7", "22.11.2026", "2026-11-22T00:00", "x")),
        *(("word", text) for text in ("OPEN", "open,late", "x", "State.OPEN")),
        *(("flag", text) for text in ("2", "true", "on")),
        ("text", "x" * 201),
    ],
)
def test_junk_is_refused_with_the_name_of_the_argument(name, text):
    with pytest.raises(BadInput) as refusal:
        READERS[name](MultiDict({"x": text}))
    assert refusal.value.field == "x"


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text):
    for read in READERS.values():
        with suppress(BadInput):
            read(MultiDict({"x": text}))


@given(st.text())
def test_a_readable_text_can_be_kept(text):
    if arguments.is_readable(text):
        text.encode("utf-8")
        assert "\x00" not in text


def test_what_no_database_keeps_is_not_readable():
    assert not arguments.is_readable("a\x00")
    assert not arguments.is_readable("\ud83d")
    assert arguments.is_readable("Łódź 🦆 שלום")


@pytest.fixture
def routed():
    app = Flask("routes")
    arguments.install(app)
    app.add_url_rule("/rows/<int:row_id>", "row", lambda row_id: str(row_id))
    app.add_url_rule("/days/<day:on>", "day", lambda on: f"{on:%d.%m.%Y}")
    return app


@pytest.mark.parametrize(
    ("path", "text"), [("/rows/7", "7"), (f"/rows/{2**63 - 1}", str(2**63 - 1)), ("/days/2026-11-22", "22.11.2026")]
)
def test_a_part_of_an_address_is_read(routed, path, text):
    assert routed.test_client().get(path).text == text


@pytest.mark.parametrize(
    "path",
    [f"/rows/{2**63}", "/rows/x", "/rows/-1", "/days/2026-02-30", "/days/0001-01-01", "/days/x", "/days/20261122"],
)
def test_a_part_that_is_none_is_no_address(routed, path):
    assert routed.test_client().get(path).status_code == 404


def test_a_day_is_written_into_an_address(routed):
    with routed.test_request_context():
        assert routed.url_for("day", on=date(2026, 11, 22)) == "/days/2026-11-22"
        assert routed.url_for("day", on="2026-11-22") == "/days/2026-11-22"
