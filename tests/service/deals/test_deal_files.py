"""Files of a deal: kept with it, asked for by its checklist, and no longer changed once it is accepted."""

import pytest
from sqlalchemy import func, select

from app.audit.queries import list_timeline
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.deals import services, services_checklist, services_files, services_handoff
from app.deals.queries import get_deal
from app.deals.queries_files import FileUnknown, list_files
from app.deals.queries_gate import checklist
from app.deals.queries_handoff import list_own_items
from app.deals.rules_gate import blockers
from app.deals.services_undecided import DealDecided
from app.documents.models import Document
from app.documents.rules_files import TooManyFiles
from app.documents.rules_uploads import UploadActive
from tests import factories
from tests.factories import ACTOR, NOW

ACT = {"actor": ACTOR, "now": NOW}


@pytest.fixture(autouse=True)
def company(app):
    factories.make_company()


@pytest.fixture
def deal_id():
    return factories.make_deal(deal_type="custom_build").id


def do(act, *args, **kwargs):
    with unit_of_work():
        return act(*args, **kwargs, **ACT)


def add(deal_id, for_code="", *, name="spec.txt", content=b"Steel"):
    return do(services_files.add_file, deal_id, name, content, for_code=for_code).file.id


def is_specified(deal_id):
    return "specification" not in [item.code for item in blockers(checklist(get_deal(deal_id), NOW.date()))]


def test_only_a_file_added_for_an_item_makes_it_fine_and_removed_it_is_open_again(deal_id):
    add(deal_id)
    assert not is_specified(deal_id)
    first, second = add(deal_id, "specification"), add(deal_id, "specification")
    do(services_files.remove_file, first)
    assert is_specified(deal_id)
    do(services_files.remove_file, second)
    assert not is_specified(deal_id)
    with pytest.raises(FileUnknown):
        do(services_files.remove_file, second)
    assert len(list_files(deal_id)) == 1
    assert session().scalar(select(func.count()).where(Document.owner_kind == "deal_file")) == 3
    assert {"deal.file_added", "deal.file_removed"} <= {entry.action for entry in list_timeline(deal_id=deal_id)}


def test_a_file_that_cannot_be_kept_or_was_not_asked_for_is_refused(deal_id, monkeypatch):
    for code in ("delivery_date", "po_number", "nothing"):
        with pytest.raises(services_files.NotAskedFor):
            add(deal_id, code)
    with pytest.raises(UploadActive):
        add(deal_id, content=b"<html><body onload=x>")
    monkeypatch.setattr(services_files, "MOST_FILES", 1)
    add(deal_id)
    with pytest.raises(TooManyFiles):
        add(deal_id)


def test_a_machine_attaches_what_is_missing_and_then_the_files_stay_as_they_are(deal_id):
    mine = add(deal_id, "specification")
    do(services_handoff.answer_gate, deal_id)
    assert [one.file.id for one in list_files(deal_id)] == [mine]
    for change in (lambda: add(deal_id), lambda: do(services_files.remove_file, mine)):
        with pytest.raises(DealDecided):
            change()
    other = factories.make_deal("D-2", deal_type="custom_build", po_number="PO-2", customer="Elder AG").id
    do(services_handoff.answer_gate, other)
    assert [one.document.name for one in list_files(other)] == ["specification.txt"]


def test_an_item_asks_for_a_file_or_not_and_one_the_system_checks_never_does(deal_id):
    checked, *_rest = list_own_items("custom_build")
    (asking,) = [item for item in list_own_items("custom_build") if item.asks_file]
    for act, args in (
        (services_checklist.change_item, {"item_id": checked.id, "version": 1}),
        (services_checklist.add_item, {"deal_type": "new", "check": "tax"}),
    ):
        with pytest.raises(services_checklist.FileNeedsPerson):
            do(act, **args, label="x", is_required=True, asks_file=True)
    do(services_checklist.change_item, asking.id, "Seen", is_required=True, asks_file=False, version=1)
    do(services_handoff.tick_item, deal_id, "specification")
    assert is_specified(deal_id)
    with pytest.raises(services.DealIncomplete, match="delivery date"):
        do(services.accept_deal, deal_id)
