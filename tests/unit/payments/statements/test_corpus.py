"""Other people's bank files, where they are there: each says what their list of facts says."""

import pytest

from campaign.bank_corpus import CORPUS, compare_all

pytestmark = pytest.mark.skipif(
    not (CORPUS / "MANIFEST.md").is_file(), reason="the collection of bank files is not here"
)


def test_every_file_of_the_collection_equals_its_facts():
    compared = compare_all()
    assert len(compared) >= 35
    assert {one.name: one.differences for one in compared if one.differences} == {}
    assert all(one.figures >= 3 for one in compared)
