"""Exchange rates: conversion against an oracle of fractions, crossing, and the files of the ECB, hostile ones too."""

import io
import random
import zipfile
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest

from app.company.rules_rates import Rate, cross, parse_rate
from app.company.rules_rates_file import FileTooLarge, HasDoctype, NotAnEcbFile, Quote, read_rates
from app.kernel.errors import BadInput

DAY = date(2026, 11, 20)
DIGITS = {"EUR": 2, "USD": 2, "JPY": 0, "KWD": 3}


def _oracle(minor, rate, currency, base):
    """Half a unit goes away from zero, by comparing twice the remainder."""
    exact = Fraction(minor, 10 ** DIGITS[currency]) * 10 ** DIGITS[base] / Fraction(str(rate))
    whole, rest = divmod(abs(exact.numerator), exact.denominator)
    return (whole + (2 * rest >= exact.denominator)) * (1 if exact >= 0 else -1)


def test_conversion_equals_an_oracle_of_fractions():
    seed = 20261122
    chance = random.Random(seed)
    for _ in range(5_000):
        base, currency = chance.sample(sorted(DIGITS), 2)
        rate = Decimal(chance.randint(1, 10 ** chance.randint(1, 14))).scaleb(-chance.randint(0, 10))
        minor = chance.randint(-(10**10), 10**10)
        assert Rate(base, currency, rate, DAY, "ecb").to_base(minor) == _oracle(minor, rate, currency, base), seed


def test_half_a_cent_goes_away_from_zero():
    cases = [(1, "2", 1), (-1, "2", -1), (3, "2", 2), (10834, "1.0834", 10000), (1, "2.0000000001", 0), (0, "1.5", 0)]
    for minor, rate, euros in cases:
        assert Rate("EUR", "USD", Decimal(rate), DAY, "ecb").to_base(minor) == euros


def test_a_rate_across_the_euro_has_ten_decimals():
    assert cross(Decimal("1.0834"), Decimal("0.8571")) == Decimal("1.2640298682")


def test_what_is_no_rate_is_refused_with_its_field():
    for text in ["0", "-1", "1,08", "", "1e3", "NaN", "123456789", "1.00000000001", None]:
        with pytest.raises(BadInput) as refusal:
            parse_rate(text)
        assert refusal.value.field == "rate", text


HIST = b"Date,USD,JPY,CYP,\n2026-11-20,1.0834,162.5,N/A,\n2026-11-19,1.08,N/A,0.58,\n"
DAILY = b"Date, USD, JPY, \n20 November 2026, 1.0834, 162.5, \n"
XML = b"""<?xml version="1.0" encoding="UTF-8"?>
<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01"><Cube><Cube time='2026-11-20'>
<Cube currency='USD' rate='1.0834'/><Cube currency='JPY' rate='162.5'/></Cube></Cube></gesmes:Envelope>"""
USD, JPY = Quote(DAY, "USD", Decimal("1.0834")), Quote(DAY, "JPY", Decimal("162.5"))


def _zip(*members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return packed.getvalue()


def test_the_files_of_the_ecb_are_read():
    earlier = Quote(date(2026, 11, 19), "USD", Decimal("1.08"))
    assert read_rates(HIST).quotes == (USD, JPY, earlier)
    for content in (b"\xef\xbb\xbf" + DAILY, XML, _zip(("eurofxref.csv", DAILY))):
        assert read_rates(content).quotes == (USD, JPY), content[:40]


def test_currencies_that_are_gone_are_named_and_left_out():
    assert read_rates(HIST).unknown == ("CYP",)


def test_each_bad_row_is_named():
    content = b"Date,USD,JPY\n2026-11-20,1.08,abc\n2026-02-30,1.08,160\n2026-11-20,1.09,-2\n"
    assert [fault.split(":")[0] for fault in read_rates(content).faults] == [
        "Line 2, JPY", "Line 3, USD", "Line 3, JPY", "Line 4, USD", "Line 4, JPY",
    ]  # fmt: skip


def test_other_and_hostile_files_are_refused():
    bomb = _zip(("eurofxref.csv", b"Date,USD\n" + b" " * (17 * 1024 * 1024)))
    cases = (
        (b"", NotAnEcbFile),
        (b"\xff\xfe\x00", NotAnEcbFile),
        (b"currency;rate\nUSD;1", NotAnEcbFile),
        (b"<Cube", NotAnEcbFile),
        (b'<?xml version="1.0" encoding="utf-7"?><Cube/>', NotAnEcbFile),
        (_zip(("a.csv", DAILY * 9))[:60] + b"x" * 90, NotAnEcbFile),
        (b"<Envelope/>", NotAnEcbFile),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><Cube time="2026-11-20"/>', HasDoctype),
        (b"PK\x03\x04 no archive", NotAnEcbFile),
        (_zip(("a.csv", DAILY), ("b.csv", DAILY)), NotAnEcbFile),
        (bomb, FileTooLarge),
        (b"Date,USD\n" + b"\n" * 20_001, FileTooLarge),
        (b"Date" + b",USD" * 101, NotAnEcbFile),
    )
    for content, refusal in cases:
        with pytest.raises(refusal) as refused:
            read_rates(content)
        assert refused.value.field == "file", content[:40]
