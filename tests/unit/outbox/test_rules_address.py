"""Addresses and header values: nothing a person types may become a header, a recipient or a path."""

import random

import pytest

from app.kernel.errors import BadInput
from app.outbox.rules_address import clean_file_name, clean_header, parse_address

GOOD = [
    ("billing@example.com", "billing@example.com"),
    (" billing@example.com ", "billing@example.com"),
    ("first.last+tag@sub.example.co.uk", "first.last+tag@sub.example.co.uk"),
    ("buchhaltung@bücher.example", "buchhaltung@xn--bcher-kva.example"),
    ("O'Neil@EXAMPLE.com", "O'Neil@example.com"),
]

BAD = [
    "", "@", "a", "a@", "@example.com", "a@b", "a b@example.com", "a@exa mple.com", "a@example..com", "a@-example.com",
    "a@example-.com", "a..b@example.com", ".a@example.com", "a.@example.com", "a@example.com,b@example.com",
    "a@example.com;b@example.com", "a@example.com b@example.com", "<a@example.com>", "Ann <a@example.com>",
    '"a b"@example.com', "a@example.com\nBcc: b@example.com", "a@example.com\r\n", "a\r@example.com", "a@[127.0.0.1]",
    "a@example.com>", "a(comment)@example.com", "ü@example.com", "a" * 65 + "@example.com",
    "a@" + "b" * 64 + ".com", "a@" + "bb." * 90 + "com", "a\x00@example.com", "a@example.com\x00",
    "a@ex\u202eample.com",
]  # fmt: skip


@pytest.mark.parametrize(("written", "address"), GOOD)
def test_one_address_is_read(written, address):
    assert parse_address(written) == address


@pytest.mark.parametrize("written", BAD)
def test_what_is_not_exactly_one_address_is_refused(written):
    with pytest.raises(BadInput) as refusal:
        parse_address(written)
    assert refusal.value.field == "recipient"
    assert "\n" not in refusal.value.message
    assert "\r" not in refusal.value.message


@pytest.mark.parametrize(
    ("written", "header"),
    [
        ("Invoice 7", "Invoice 7"),
        ("Invoice\r\nBcc: x@example.com", "Invoice Bcc: x@example.com"),
        ("a\x00b\x0bc\x1fd\x7fe", "a b c d e"),
        ("line\u2028separator\u2029too", "line separator too"),
        ("=?utf-8?q?a=0D=0ABcc:_x@y?=", "= ?utf-8?q?a=0D=0ABcc:_x@y? ="),
        ("Zażółć — 漢字", "Zażółć — 漢字"),
    ],
)
def test_a_header_value_is_one_line_that_nothing_can_be_decoded_from(written, header):
    assert clean_header(written) == header


def test_removing_characters_never_joins_an_encoded_word():
    chance = random.Random(7)
    for _ in range(5_000):
        written = "".join(chance.choice("=?\x00\r\n\u200b ab") for _ in range(12))
        header = clean_header(written)
        assert "=?" not in header, repr(written)
        assert "?=" not in header, repr(written)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("INV-2026-00001.pdf", "INV-2026-00001.pdf"),
        ("../../etc/passwd", "etc-passwd"),
        ("..\\..\\x.pdf", "x.pdf"),
        ('a"b\r\nc.pdf', "a-b c.pdf"),
        ("", "attachment"),
        ("...", "attachment"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        ("Rechnung Łódź.pdf", "Rechnung Łódź.pdf"),
    ],
)
def test_a_file_name_has_no_path_and_keeps_its_ending(written, name):
    assert clean_file_name(written) == name
