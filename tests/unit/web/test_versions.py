"""The version a form was filled in from is sent with it, or the change is refused."""

from __future__ import annotations

import pytest

from app.kernel.errors import Conflict
from app.web.versions import read_version


@pytest.mark.parametrize(("typed", "version"), [("1", 1), (" 27 ", 27), ("999999999", 999_999_999)])
def test_a_version_is_read(typed, version):
    assert read_version(typed) == version


@pytest.mark.parametrize("typed", [None, "", " ", "x", "-1", "1.0", "٣", "²", "9" * 10, 1, True])
def test_a_version_that_was_not_sent_is_a_conflict(typed):
    with pytest.raises(Conflict):
        read_version(typed)
