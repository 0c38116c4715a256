"""Runs over many drafts: each draft once and numbers without a gap, whatever stops, crashes or works beside it."""

from __future__ import annotations

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.invoices import batch, services
from app.invoices.models import Invoice, InvoiceState
from app.invoices.models_runs import RunDraft
from app.invoices.queries_runs import Choice, count_choice, get_run, read_ends, read_progress
from app.invoices.rules_issue import Fault
from app.invoices.rules_runs import LEASE, MOST_ATTEMPTS, DraftState, RunState
from app.invoices.services import issue, runs
from app.orders.models_holds import HoldKind
from app.orders.services_holds import place_hold
from app.verify import books
from tests import factories
from tests.factories import ACTOR, NOW

TODAY = date(2026, 11, 22)
LATER = NOW + LEASE + timedelta(seconds=1)


@pytest.fixture(autouse=True)
def quick_rules(monkeypatch):
    """The official rules have tests of their own, and a process that takes its time to start."""
    monkeypatch.setattr(batch, "find_rule_faults", lambda _content: [])


@pytest.fixture
def drafts(app):
    factories.make_company()
    return make_drafts(6)


def make_drafts(count):
    customer = factories.make_customer()
    orders = [factories.make_plain_order(customer).id for _ in range(count)]
    with unit_of_work():
        return [services.draft_invoice(one, actor=ACTOR, now=NOW).id for one in orders]


def start(**choice):
    with unit_of_work():
        return runs.start_run(Choice(**choice), TODAY, actor=ACTOR, now=NOW).id


def work(now=NOW, may_go_on=lambda: True):
    session().rollback()
    return batch.issue_runs(now=lambda: now, may_go_on=may_go_on)


def states(run_id):
    session().rollback()
    rows = session().execute(select(RunDraft.state, RunDraft.reason).where(RunDraft.run_id == run_id))
    return [tuple(row) for row in rows.all()]


def numbers():
    session().rollback()
    issued = select(Invoice.sequence).where(Invoice.state == InvoiceState.ISSUED).order_by(Invoice.sequence)
    return list(session().scalars(issued))


def broken():
    return [finding for invariant in books.NUMBERING for finding in invariant.find(NOW)]


def test_a_run_issues_every_draft_and_says_how_far_it_is(drafts):
    assert count_choice(Choice()) == (6, {"EUR": 6 * 119000})
    run_id = start()
    assert count_choice(Choice())[0] == 0, "what a run has before it is not taken twice"
    with pytest.raises(runs.NothingToIssue):
        start()
    assert work(NOW + timedelta(seconds=3)) == batch.RunCount(issued=6)
    run = get_run(run_id)
    assert (run.state, numbers(), broken()) == (RunState.FINISHED, [1, 2, 3, 4, 5, 6], [])
    progress = read_progress(run)
    assert (progress.total, progress.issued, progress.left, progress.per_second) == (6, 6, 0, 2.0)
    assert read_ends(run_id) == ("INV-2026-00001", "INV-2026-00006")
    with pytest.raises(runs.RunEnded), unit_of_work():
        runs.stop_run(run_id, actor=ACTOR, now=NOW)


def test_what_is_refused_says_why_and_does_not_stop_the_others(drafts, monkeypatch):
    run_id = start()
    on_hold = session().get_one(Invoice, drafts[0]).order_id
    with unit_of_work():
        place_hold(on_hold, HoldKind.INTERNAL, "Wait for the lab", review_on=TODAY, actor=ACTOR, now=NOW)
    with unit_of_work():
        services.delete_draft(drafts[1], actor=ACTOR, now=NOW)
    with unit_of_work():
        services.issue_invoice(drafts[2], TODAY, actor=ACTOR, now=NOW)
    with unit_of_work():
        session().get_one(Invoice, drafts[3]).po_number = "PO-BAD"
    faults = [Fault("einvoice", "BR-1: no."), Fault("buyer.vat_id", "BR-2: no.")]
    monkeypatch.setattr(batch, "find_rule_faults", lambda content: faults if "PO-BAD" in str(content) else [])
    assert work() == batch.RunCount(issued=2, refused=4)
    said = states(run_id)
    assert sorted(state for state, _ in said) == ["issued"] * 2 + ["refused"] * 2 + ["skipped"] * 2
    reasons = " ".join(reason for _, reason in said)
    for text in ("on hold", "deleted this draft", "issued it", "buyer.vat_id\tBR-2: no."):
        assert text in reasons
    assert numbers() == [1, 2, 3]  # one of them issued by hand
    monkeypatch.setattr(batch, "find_rule_faults", lambda _content: [])
    with unit_of_work():
        runs.resume_run(run_id, again=True, actor=ACTOR, now=NOW)
    assert work() == batch.RunCount(issued=1, refused=1), "the hold is still there"
    assert get_run(run_id).state is RunState.FINISHED


def test_a_run_writes_days_as_its_page_does(app):
    factories.make_company(foreign_rates="required")
    order = factories.make_plain_order(factories.make_customer(), currency="SEK", ordered_on=date(2026, 11, 2))
    with unit_of_work():
        services.draft_invoice(order.id, actor=ACTOR, now=NOW)
    run_id = start()
    assert work() == batch.RunCount(issued=0, refused=1)
    assert [reason for _, reason in states(run_id) if "No SEK rate for 2 Nov 2026:" in reason]


def test_a_run_says_what_is_missing_in_the_words_of_the_draft_before_it_asks_the_official_rules(app, monkeypatch):
    factories.make_company()
    monkeypatch.setattr(batch, "find_rule_faults", lambda _content: [Fault("einvoice", "[BR-IC-11]-In an Invoice")])
    customer = factories.make_customer(country="FR", vat_id="FR40303265045")
    taxes = [{"name": "VAT", "category": "K", "kind": "percent", "rate": "0"}]
    order = factories.make_plain_order(customer, taxes=taxes)
    with unit_of_work():
        services.draft_invoice(order.id, actor=ACTOR, now=NOW).delivered_on = None
    run_id = start()
    assert work() == batch.RunCount(issued=0, refused=1)
    ((_state, reason),) = states(run_id)
    assert ("An intra-Community supply needs the delivery date." in reason, "BR-IC-11" in reason) == (True, False)


def test_a_run_is_stopped_in_the_middle_and_resumed(drafts):
    run_id = start()
    left = [1, 2, 3]

    def stop_after_three():
        if left and not left.pop():
            return True
        if not left and get_run(run_id).state is RunState.RUNNING:
            with unit_of_work():
                runs.stop_run(run_id, actor=ACTOR, now=NOW)
        return True

    work(may_go_on=stop_after_three)
    issued = numbers()
    assert issued == list(range(1, len(issued) + 1))
    assert 0 < len(issued) < 6
    assert sorted(set(states(run_id))) == [("issued", ""), ("waiting", "")]
    assert work() == batch.RunCount(), "a stopped run rests"
    with unit_of_work():
        runs.resume_run(run_id, actor=ACTOR, now=NOW)
    assert work().issued == 6 - len(issued)
    assert (numbers(), broken()) == ([1, 2, 3, 4, 5, 6], [])


def test_a_worker_that_dies_loses_its_drafts_after_the_lease_and_no_number(drafts, monkeypatch):
    run_id = start()
    publish, seen = issue.publish, []

    def die(invoice, *rest, **named):
        seen.append(invoice.number)
        if len(seen) == 3:
            raise KeyboardInterrupt
        publish(invoice, *rest, **named)

    monkeypatch.setattr(issue, "publish", die)
    with pytest.raises(KeyboardInterrupt):
        work()
    monkeypatch.setattr(issue, "publish", publish)
    assert numbers() == [1, 2], "the number of the third went back with its transaction"
    assert work() == batch.RunCount(), "its lease still runs"
    assert get_run(run_id).state is RunState.RUNNING
    assert work(LATER) == batch.RunCount(issued=4)
    assert (numbers(), broken(), get_run(run_id).state) == ([1, 2, 3, 4, 5, 6], [], RunState.FINISHED)


def test_a_worker_that_was_thought_dead_issues_nothing_more(drafts):
    run_id = start()
    with unit_of_work():
        [slow] = runs.claim_drafts(run_id, limit=1, now=NOW)
    with unit_of_work():
        assert runs.claim_drafts(run_id, limit=9, now=LATER)
    with pytest.raises(runs.DraftLost), unit_of_work():
        runs.issue_claimed(slow, now=LATER, checked=None)
    assert numbers() == []


def test_a_draft_that_ends_every_worker_is_given_up(drafts):
    run_id = start()
    now = NOW
    for _ in range(MOST_ATTEMPTS):
        with unit_of_work():
            assert len(runs.claim_drafts(run_id, limit=1, now=now)) == 1
        now += LEASE + timedelta(seconds=1)
    with unit_of_work():
        runs.claim_drafts(run_id, limit=1, now=now)
    refused = [reason for state, reason in states(run_id) if state is DraftState.REFUSED]
    assert len(refused) == 1
    assert "stopped 3 times" in refused[0]


def test_two_workers_share_a_run_and_issue_each_draft_once(app, drafts, monkeypatch):
    monkeypatch.setattr(batch, "PER_CLAIM", 2)
    run_id, counts = start(), []

    def one_worker():
        with app.app_context():
            counts.append(batch.issue_runs(now=lambda: NOW, may_go_on=lambda: True))

    workers = [threading.Thread(target=one_worker) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    assert sum(count.issued for count in counts) == 6
    assert (numbers(), broken()) == ([1, 2, 3, 4, 5, 6], [])
    work()
    assert get_run(run_id).state is RunState.FINISHED
    doubled = select(func.count()).select_from(RunDraft).where(RunDraft.attempts > 1)
    assert session().scalar(doubled) == 0
