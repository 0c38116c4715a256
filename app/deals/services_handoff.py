"""Lets people tick what they have seen on a deal, keeps what Sales promised, and answers the gate for a machine."""

from datetime import date, datetime

from app.company.queries import business_today
from app.db.base import session
from app.deals.models import Deal
from app.deals.models_handoff import DealPromise, HandoffItem, HandoffTick
from app.deals.queries_files import list_files
from app.deals.queries_gate import find_twins
from app.deals.queries_handoff import PromiseUnknown, list_items, list_promises
from app.deals.services import accept_deal, lock_deal, record_deal
from app.deals.services_files import add_file
from app.deals.services_undecided import lock_undecided
from app.kernel.errors import BadInput, RuleError
from app.kernel.texts import clean_line

MOST_PROMISES = 20
MOST_DAYS = 365


class NothingToTick(BadInput):
    """This is not on the deal's checklist, or the system checks it itself. Load the page again."""


class TickNeedsFile(RuleError):
    """“{label}” is fine with a file, not with a tick. Attach the file on the page of the deal."""


class TooManyPromises(RuleError):
    """A deal carries at most {most} promises. Put the others into the contract."""


class PromisePast(BadInput):
    """{due_on} is past. Promise today or a later day."""


class DueTwice(BadInput):
    """Say either the day, or after how many working days."""


def tick_item(deal_id: int, code: str, *, version: int | None = None, actor: str, now: datetime) -> None:
    """Somebody has seen it; ticked again it stays as it is. Raises DealDecided, DealChanged, NothingToTick,
    TickNeedsFile."""
    deal = lock_undecided(deal_id, version)
    label = _label_of(deal, code)
    if session().get(HandoffTick, (deal_id, code)) is None:
        session().add(HandoffTick(deal_id=deal_id, code=code, ticked_by=actor, ticked_at=now))
        session().flush()
        record_deal("deal.ticked", deal, actor=actor, now=now, label=label)


def untick_item(deal_id: int, code: str, *, version: int | None = None, actor: str, now: datetime) -> None:
    """It is not there after all. Raises DealDecided, DealChanged, NothingToTick,
    TickNeedsFile."""
    deal = lock_undecided(deal_id, version)
    label = _label_of(deal, code)
    if tick := session().get(HandoffTick, (deal_id, code)):
        session().delete(tick)
        session().flush()
        record_deal("deal.unticked", deal, actor=actor, now=now, label=label)


def add_promise(
    deal_id: int,
    text: str,
    *,
    department_code: str,
    due_on: date | None = None,
    due_after_days: int | None = None,
    is_required: bool = False,
    actor: str,
    now: datetime,
) -> DealPromise:
    """What Sales promised beyond the contract. Raises DealDecided, TooManyPromises, BadInput."""
    deal = lock_undecided(deal_id)
    if len(list_promises(deal_id)) >= MOST_PROMISES:
        raise TooManyPromises(most=MOST_PROMISES)
    if (due_on is None) == (due_after_days is None):
        raise DueTwice(field="due_on")
    if due_on is not None and due_on < business_today(now):
        raise PromisePast(due_on=due_on, field="due_on")
    if due_after_days is not None and not 0 <= due_after_days <= MOST_DAYS:
        raise BadInput(f"This must be a whole number of working days from 0 to {MOST_DAYS}.", field="due_after_days")
    promise = DealPromise(
        deal_id=deal_id,
        text=clean_line(text, "text", label="The promise", required=True),
        department_code=clean_line(department_code, "department_code", required=True),
        due_on=due_on,
        due_after_days=due_after_days,
        is_required=is_required,
        promised_by=actor,
        promised_at=now,
    )
    session().add(promise)
    session().flush()
    record_deal("deal.promised", deal, actor=actor, now=now, promise=promise.text)
    return promise


def withdraw_promise(promise_id: int, *, actor: str, now: datetime) -> DealPromise:
    """It was not promised, or is not any more. Raises PromiseUnknown, DealDecided."""
    promise = session().get(DealPromise, promise_id)
    if promise is None:
        raise PromiseUnknown
    deal = lock_undecided(promise.deal_id)
    session().refresh(promise)
    if promise.withdrawn_at is None:
        promise.withdrawn_at, promise.withdrawn_by = now, actor
        record_deal("deal.promise_withdrawn", deal, actor=actor, now=now, promise=promise.text)
    return promise


def answer_gate(deal_id: int, *, actor: str, now: datetime) -> Deal:
    """Does what a person does at the gate: ticks or attaches what is required and open, looks at possible
    duplicates, and accepts.

    For invented and scratch data only: it takes for granted what a person would look at. Raises as `accept_deal`.
    """
    deal = lock_deal(deal_id)
    for item in list_items(deal.deal_type):
        if item.is_required and not item.check:
            _answer(deal_id, item, actor=actor, now=now)
    return accept_deal(deal_id, in_spite_of={twin.id for twin in find_twins(deal)}, actor=actor, now=now)


def _answer(deal_id: int, item: HandoffItem, *, actor: str, now: datetime) -> None:
    if item.asks_file:
        if any(stored.file.for_code == item.code for stored in list_files(deal_id)):
            return
        content = f"{item.label}.\n".encode()
        add_file(deal_id, f"{item.code}.txt", content, for_code=item.code, actor=actor, now=now)
    else:
        tick_item(deal_id, item.code, actor=actor, now=now)


def _label_of(deal: Deal, code: str) -> str:
    for item in list_items(deal.deal_type):
        if item.code == code and not item.check:
            if item.asks_file:
                raise TickNeedsFile(label=item.label)
            return item.label
    raise NothingToTick
