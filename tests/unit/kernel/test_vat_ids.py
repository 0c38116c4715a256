"""Which country a VAT id is of."""

from app.kernel.vat_ids import is_of_country

THEIRS = (
    "DE136695976 DE", "EL094259216 GR", "XI123456789 GB", "GB123456789 GB", "GB123456789 IM", "FR40303265045 MC",
    "CHE123MWST LI", "98-7654321 US", " DE", "GR094259216 DE",  # letters no tax office uses say nothing
)  # fmt: skip
OTHERS = ("DE136695976 CH", "EL094259216 CY", "XI123456789 IE", "GB123456789 IE", "DE136695976 US", "ATU37675002 DE")


def test_a_vat_id_is_of_its_country_by_the_letters_the_tax_office_uses():
    assert [case for case in THEIRS if not is_of_country(*case.split(" "))] == []
    assert [case for case in OTHERS if is_of_country(*case.split(" "))] == []
