"""What becomes of a bank charge that an invoice asks for."""

import pytest

from app.payments.rules_charges import ChargeState, derive_invoiced, is_told


@pytest.mark.parametrize(
    ("is_issued", "is_undone", "is_credited", "said"),
    [
        (False, False, False, ChargeState.DRAFTED),
        (False, True, False, ChargeState.DRAFTED),
        (True, False, False, ChargeState.INVOICED),
        (True, False, True, ChargeState.INVOICED),
        (True, True, False, ChargeState.TO_CREDIT),
        (True, True, True, ChargeState.TAKEN_BACK),
    ],
)
def test_an_issued_invoice_has_to_be_credited_once_the_bank_took_nothing(is_issued, is_undone, is_credited, said):
    assert derive_invoiced(is_issued=is_issued, is_undone=is_undone, is_credited=is_credited) is said


def test_a_charge_that_needs_a_credit_note_tells_of_its_taking_back_itself():
    assert not is_told(-3_00, {ChargeState.TO_CREDIT})
    assert is_told(-3_00, {ChargeState.TO_CREDIT, ChargeState.INVOICED})
