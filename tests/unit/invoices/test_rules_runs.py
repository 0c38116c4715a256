"""How a run keeps why drafts were not issued."""

from app.invoices.rules_issue import Fault
from app.invoices.rules_runs import read_reasons, write_reasons


def test_all_reasons_of_a_draft_are_kept_and_read_again_and_the_last_are_left_out_whole():
    faults = [Fault("buyer.vat_id", "One."), Fault("lines[0].quantity", "Two.")]
    assert read_reasons(write_reasons(faults)) == faults
    assert read_reasons("An unexpected fault.") == [Fault("", "An unexpected fault.")]
    assert read_reasons(write_reasons([faults[0], Fault("x", "y" * 1_000)])) == faults[:1]
