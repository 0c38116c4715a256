"""The checklist of a deal type over the checks, working time in words, and the share that was right first time."""

from datetime import UTC, datetime

import pytest

from app.deals.rules_gate import CHECKS, Cure, Item, Weight
from app.deals.rules_handoff import STANDARD_LISTS, SellerScore, StandardItem, Tick, apply_list, tell_working_time

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
FINE = [Item(label, Weight.OK, code=code) for code, label in CHECKS.items()]
NO_PO = [Item("Purchase order", Weight.WARNS, "Ask for it.", Cure.DEAL, "po_number")]
NO_VAT = [Item("VAT id", Weight.BLOCKS, "Needed.", code="vat_id")]


@pytest.mark.parametrize(
    ("checks", "listed", "ticks", "shown"),
    [
        (NO_PO, [StandardItem("po_number", "PO", "po_number")], {}, [("PO", "warns")]),
        (NO_PO, [StandardItem("po_number", "PO", "po_number", is_required=True)], {}, [("PO", "blocks")]),
        (FINE, [StandardItem("po_number", "PO", "po_number", is_required=True)], {}, [("PO", "ok")]),
        (NO_PO, [], {}, []),
        (NO_VAT, [], {}, [("VAT id", "blocks")]),
        ([Item("Currency", Weight.WARNS)], [], {}, [("Currency", "warns")]),
        ([], [StandardItem("scope", "Scope")], {}, [("Scope", "warns")]),
        ([], [StandardItem("scope", "Scope", is_required=True)], {}, [("Scope", "blocks")]),
        ([], [StandardItem("scope", "Scope", is_required=True)], {"scope": Tick("user:1", AT)}, [("Scope", "ok")]),
        ([], [StandardItem("scope", "Scope", is_required=True)], {"other": Tick("user:1", AT)}, [("Scope", "blocks")]),
    ],
)
def test_a_list_says_what_is_looked_at_and_what_is_required(checks, listed, ticks, shown):
    assert [(item.label, item.weight.value) for item in apply_list(checks, listed, ticks, {})] == shown


@pytest.mark.parametrize(
    ("is_required", "ticks", "attached", "shown"),
    [
        (True, {}, {}, ("blocks", "Attach the file.", "")),
        (False, {}, {}, ("warns", "Optional. Attach the file.", "")),
        (True, {"plan": Tick("user:1", AT)}, {}, ("blocks", "Attach the file.", "")),
        (True, {}, {"plan": Tick("user:2", AT)}, ("ok", "", "user:2")),
        (True, {}, {"other": Tick("user:2", AT)}, ("blocks", "Attach the file.", "")),
    ],
)
def test_an_item_that_asks_for_a_file_is_fine_with_one_whatever_was_ticked(is_required, ticks, attached, shown):
    listed = [StandardItem("plan", "Plan", is_required=is_required, asks_file=True)]
    (item,) = apply_list([], listed, ticks, attached)
    assert (item.weight.value, item.hint, item.ticked_by) == shown
    assert item.cure is Cure.FILE


def test_every_standard_list_has_each_check_once_and_only_one_type_requires_ticks():
    for items in STANDARD_LISTS.values():
        assert [item.check for item in items if item.check] == list(CHECKS)
        assert len({item.code for item in items}) == len(items)
    by_hand = {name for name, items in STANDARD_LISTS.items() for one in items if one.is_required and not one.check}
    assert by_hand == {"custom_build"}


@pytest.mark.parametrize(
    ("minutes", "said"),
    [(0, "0 min"), (59, "59 min"), (60, "1 h"), (200, "3 h 20 min"), (480, "1 day"), (1140, "2 days 3 h")],
)
def test_working_time_is_told_in_days_of_eight_hours(minutes, said):
    assert tell_working_time(minutes) == said


@pytest.mark.parametrize(("counts", "percent"), [((0, 0, 0), None), ((1, 1, 1), 33), ((2, 1, 0), 67), ((1, 0, 0), 100)])
def test_right_first_time_is_the_share_of_all_that_were_decided(counts, percent):
    assert SellerScore("Ada", *counts).percent == percent
