"""A value written into a portable backup is read back as exactly the same value."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import JSON, BigInteger, Boolean, Date, DateTime, Float, LargeBinary, Numeric, String, Text
from sqlalchemy.dialects import postgresql, sqlite

from app.backup.cells import Kind, kind_of, read_cell, write_cell

VALUES = {
    Kind.INTEGER: st.integers(min_value=-(2**63), max_value=2**63 - 1),
    Kind.TEXT: st.text(st.characters(exclude_categories=("Cs",))),
    Kind.BOOLEAN: st.booleans(),
    Kind.DATE: st.dates(),
    Kind.INSTANT: st.datetimes(timezones=st.just(UTC)),
    Kind.BYTES: st.binary(),
}


@given(st.sampled_from(list(Kind)).flatmap(lambda kind: st.tuples(st.just(kind), st.none() | VALUES[kind])))
def test_what_is_written_is_read_back(given_cell):
    kind, value = given_cell
    read = read_cell(json.loads(json.dumps(write_cell(value, kind))), kind)
    assert read == value
    assert type(read) is type(value)


def test_an_instant_without_a_zone_is_utc_because_sqlite_keeps_none():
    assert write_cell(datetime(2026, 11, 22, 9, 0, 0, 7), Kind.INSTANT) == "2026-11-22T09:00:00.000007+00:00"


def test_an_instant_of_another_zone_is_written_in_utc():
    there = datetime(2026, 11, 22, 9, 0, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    assert write_cell(there, Kind.INSTANT) == "2026-11-22T03:30:00.000000+00:00"


@pytest.mark.parametrize(
    ("value", "kind"),
    [(1.5, Kind.INTEGER), (True, Kind.INTEGER), (b"x", Kind.TEXT), (1, Kind.TEXT), (1, Kind.BOOLEAN)],
)
def test_a_value_of_another_kind_is_refused_both_ways(value, kind):
    with pytest.raises(ValueError, match="is not"):
        write_cell(value, kind)
    with pytest.raises(ValueError, match="is not"):
        read_cell(value, kind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("2026-11-22T09:00:00", Kind.INSTANT), ("22.11.2026", Kind.DATE), ("not base64!", Kind.BYTES)],
)
def test_text_that_is_no_such_value_is_refused(text, kind):
    with pytest.raises(ValueError):
        read_cell(text, kind)


@pytest.mark.parametrize(
    ("stored", "kind"),
    [
        (BigInteger(), Kind.INTEGER),
        (postgresql.BIGINT(), Kind.INTEGER),
        (sqlite.INTEGER(), Kind.INTEGER),
        (Text(), Kind.TEXT),
        (String(40), Kind.TEXT),
        (Boolean(), Kind.BOOLEAN),
        (postgresql.BOOLEAN(), Kind.BOOLEAN),
        (Date(), Kind.DATE),
        (sqlite.DATE(), Kind.DATE),
        (DateTime(timezone=True), Kind.INSTANT),
        (postgresql.TIMESTAMP(timezone=True), Kind.INSTANT),
        (sqlite.DATETIME(), Kind.INSTANT),
        (LargeBinary(), Kind.BYTES),
        (postgresql.BYTEA(), Kind.BYTES),
        (sqlite.BLOB(), Kind.BYTES),
        (Float(), None),
        (Numeric(10, 2), None),
        (JSON(), None),
    ],
)
def test_a_column_is_known_by_what_it_holds_on_either_engine(stored, kind):
    assert kind_of(stored) is kind


def test_dates_before_the_year_1000_survive():
    assert read_cell(write_cell(date(987, 6, 5), Kind.DATE), Kind.DATE) == date(987, 6, 5)
