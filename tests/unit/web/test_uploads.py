"""A checked file travels through its page and comes back the same, or is refused."""

import base64
import random
import zlib

import pytest

from app.web.uploads import LARGEST, PackedUnreadable, pack, unpack


@pytest.mark.parametrize("content", [b"x", "name;Köln\r\n".encode("windows-1252"), b"\x00\xff" * 1000])
def test_a_file_comes_back_byte_by_byte(content):
    assert unpack(pack(content)) == content


def test_a_file_that_is_too_large_for_a_page_is_not_carried():
    assert pack(random.Random(1).randbytes(1_500_000)) == ""


@pytest.mark.parametrize("text", ["", "???", "AAAA", pack(b"abc")[:-4], base64.b64encode(b"plain").decode(), "ü"])
def test_junk_is_refused(text):
    with pytest.raises(PackedUnreadable):
        unpack(text)


def test_a_file_that_unpacks_beyond_the_limit_of_an_upload_is_refused():
    bomb = base64.b64encode(zlib.compress(b"\x00" * (LARGEST + 1), 9)).decode()
    assert len(bomb) < 100_000
    with pytest.raises(PackedUnreadable):
        unpack(bomb)
