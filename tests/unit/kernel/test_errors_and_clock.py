"""Refusals speak their docstring; instants have a zone."""

import pickle
from datetime import UTC, date, datetime, timedelta

import pytest

from app.kernel import clock
from app.kernel.errors import BadInput, RuleError, TillpaidError


class LimitReached(RuleError):
    """{customer} owes {amount},
    which is the limit.
    """


def test_a_broken_rule_says_its_docstring_with_the_details():
    refusal = LimitReached(customer="Acme {x}", amount="5.00")
    assert str(refusal) == "Acme {x} owes 5.00, which is the limit."
    assert refusal.details == {"customer": "Acme {x}", "amount": "5.00"}


def test_a_plain_message_is_not_read_as_a_format():
    assert str(RuleError("no {format} here")) == "no {format} here"


def test_bad_input_knows_its_field():
    refusal = BadInput("too long", field="lines[0].quantity")
    assert (str(refusal), refusal.field) == ("too long", "lines[0].quantity")
    assert BadInput().field is None


@pytest.mark.parametrize("refusal", [LimitReached(customer="A", amount="1"), BadInput("x", field="y")])
def test_a_refusal_survives_the_way_between_two_workers(refusal):
    copy = pickle.loads(pickle.dumps(refusal))  # noqa: S301 - our own bytes
    assert isinstance(copy, TillpaidError)
    assert (str(copy), vars(copy)) == (str(refusal), vars(refusal))


def test_now_is_aware_and_in_utc():
    assert clock.now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("zone", "day"), [("Europe/Berlin", date(2026, 11, 23)), ("America/New_York", date(2026, 11, 22))]
)
def test_the_business_date_is_that_of_the_zone(zone, day):
    assert clock.business_today(datetime(2026, 11, 22, 23, 30, tzinfo=UTC), zone) == day


def test_an_instant_without_zone_has_no_business_date():
    with pytest.raises(ValueError, match="time zone"):
        clock.business_today(datetime(2026, 11, 22), "Europe/Berlin")


@pytest.mark.parametrize("name", ["Mars/Base", "../etc/passwd", "", "Europe"])
def test_an_unknown_zone_is_refused(name):
    with pytest.raises(BadInput, match="no time zone"):
        clock.zone_named(name)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-22T08:00:00+01:00", datetime(2026, 11, 22, 7, tzinfo=UTC)),
        ("2026-11-22T08:00:00Z", datetime(2026, 11, 22, 8, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_as_utc(text, instant):
    assert clock.parse_instant(text) == instant


@pytest.mark.parametrize("text", ["2026-11-22", "2026-11-22T08:00:00", "noon", "", "0001-01-01T00:00:00+14:00"])
def test_what_is_no_instant_is_refused(text):
    with pytest.raises(BadInput):
        clock.parse_instant(text)
