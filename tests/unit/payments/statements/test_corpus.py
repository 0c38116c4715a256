"""Other people's bank files, where they are there: each says what their list of facts says."""

import pytest

from campaign.bank_corpus import compare_all


@pytest.mark.outside("../shared/corpora/MANIFEST.md")
def test_every_file_of_the_collection_equals_its_facts():
    compared = compare_all()
    assert len(compared) >= 35
    assert {one.name: one.differences for one in compared if one.differences} == {}
    assert all(one.figures >= 3 for one in compared)
