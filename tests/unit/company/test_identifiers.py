"""VAT ids, bank details, addresses: what is accepted, in which spelling, and what is refused by name."""

import pytest

from app.company import identifiers
from app.kernel.errors import BadInput


@pytest.mark.parametrize(
    ("written", "country", "stored"),
    [
        ("de 136 695 976", "DE", "DE136695976"),
        ("136695976", "DE", "DE136695976"),
        ("GR094259216", "GR", "EL094259216"),
        ("094259216", "GR", "EL094259216"),
        ("CHE-107.787.577", "CH", "CHE107787577MWST"),
        ("980780684", "GB", "GB980780684"),
        ("XI980780684", "GB", "XI980780684"),
        ("995525828", "NO", "NO995525828MVA"),
        ("ATU13585627", "DE", "ATU13585627"),
        ("T1234567890123", "JP", "T1234567890123"),
        ("", "DE", ""),
    ],
)
def test_a_vat_id_is_kept_in_one_spelling(written, country, stored):
    assert identifiers.check_vat_id(written, country) == stored


@pytest.mark.parametrize(
    ("written", "country"), [("DE136695977", "DE"), ("ATU1", "AT"), ("CHE1", "CH"), ("=1+1", "US"), ("Ω1", "US")]
)
def test_a_wrong_vat_id_is_named(written, country):
    with pytest.raises(BadInput) as refusal:
        identifiers.check_vat_id(written, country)
    assert written in str(refusal.value)
    assert refusal.value.field == "vat_id"


def test_bank_details_are_checked():
    assert identifiers.check_iban("de89 3704 0044 0532 0130 00") == "DE89370400440532013000"
    assert identifiers.check_bic("cobadeff xxx") == "COBADEFFXXX"
    for check, text in [(identifiers.check_iban, "DE89370400440532013001"), (identifiers.check_bic, "COBA")]:
        with pytest.raises(BadInput, match="not valid"):
            check(text)


@pytest.mark.parametrize("text", ["a@firma.example", "a@firma.test", "o'hara+x@sub.example.com"])
def test_an_address_is_checked_by_its_form_alone(text):
    assert identifiers.check_email(text) == text


@pytest.mark.parametrize(
    "text", ["a", "a@b", "a@b.c\r\nBcc: x@y.de", "a b@c.de", "a@c..de", "a@@c.de", "x" * 300 + "@c.de"]
)
def test_an_address_that_is_none_is_refused(text):
    with pytest.raises(BadInput):
        identifiers.check_email(text)


def test_a_domain_of_other_letters_is_kept_as_mail_servers_take_it():
    assert identifiers.check_email("info@müller.de") == "info@xn--mller-kva.de"
