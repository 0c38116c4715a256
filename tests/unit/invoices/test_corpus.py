"""Other people's e-invoices, read and computed again."""

import pytest

from app.invoices.einvoice.build import build_semantic
from app.invoices.einvoice.cii import write_cii
from campaign.corpus import CORPUS, compare, compare_all
from tests.einvoices import make
from tests.harness.einvoice_reader import Hostile, read

OUTSIDE = "../shared/corpora/einvoice"


@pytest.mark.outside(OUTSIDE)
def test_every_example_of_the_standard_is_computed_as_it_says_or_contradicts_itself():
    compared = compare_all(CORPUS)
    assert [one for one in compared if one.differences and not one.reasons] == []
    assert {one.name for one in compared if one.differences} == {
        "en16931/CII_example1.xml",  # a returned item without its minus sign
        "en16931/ubl-tc434-example1.xml",
        "en16931/ubl-tc434-example10.xml",
        "en16931-se/BIS_Billing_30-Rantefaktura_Enkel.xml",  # a line a cent off its price
        "zugferd-corpus/EN16931_1_Teilrechnung.cii.xml",  # a line six cents off
    }
    assert len(compared) >= 69


def test_a_file_that_only_differs_in_its_sums_is_not_explained_away():
    content = write_cii(build_semantic(make("plain"))).replace(b">58.79<", b">58.80<")
    compared = compare("wrong", read(content))
    assert compared.differences
    assert compared.reasons == []


def test_a_document_type_is_refused():
    with pytest.raises(Hostile):
        read(b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x>&a;</x>")
