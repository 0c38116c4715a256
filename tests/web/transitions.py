"""Every move of whatever has states, from deals to playbooks: who may make it from which, tried by every role."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import count
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.auth.models import User
from app.auth.rules import Permission, Role, may
from app.db.base import Base, session
from app.db.unit_of_work import unit_of_work
from app.deals import services as deals
from app.deals import services_handoff as handoff
from app.deals.models import Deal, DealState
from app.deals.models_handoff import DealPromise
from app.orders import services as orders
from app.orders import services_amendments as amendments
from app.orders import services_exceptions as exceptions
from app.orders import services_holds as holds
from app.orders.models import Order, OrderState
from app.orders.models_amendments import OrderAmendment
from app.orders.models_exceptions import OrderException
from app.orders.models_holds import HoldKind, OrderHold
from app.orders.rules_amend import AmendmentWish, LineWish
from app.orders.rules_exceptions import Cause
from app.tasks import services as tasks
from app.tasks import services_pause as pauses
from app.tasks import services_playbooks as playbooks
from app.tasks.models import Task
from app.tasks.models_playbooks import Playbook, PlaybookVersion
from app.tasks.queries import list_tasks_of
from app.tasks.rules import STANDARD
from app.tasks.rules_evidence import Evidence
from app.tasks.rules_playbooks import read_steps
from app.tasks.services_refuse import refuse_task
from tests import factories
from tests.factories import ACTOR, NOW, sign_in

P = Permission
EDIT = P.ORDERS_EDIT
LATER = date(2026, 12, 24)
STAMP: dict[str, Any] = {"actor": ACTOR, "now": NOW}
# signing in, and counting how often somebody tried, is no change of the books
PASSING = {"user", "user_session", "sign_in_throttle"}
number = count(1)


@dataclass(frozen=True)
class Move:
    """What a person presses: the address below the object's own, what is sent, from where, and who may."""

    name: str
    url: str
    sources: frozenset[str]
    permissions: tuple[Permission, ...]
    data: Mapping[str, str]
    target: str
    is_own: bool = False  # only whoever began it may

    @classmethod
    def of(
        cls, url: str, sources: str, target: str, *permissions: Permission, is_own: bool = False, **data: str
    ) -> Move:
        return cls(url.rpartition("/")[2], url, frozenset(sources.split()), permissions, data, target, is_own)


@dataclass(frozen=True)
class Thing:
    """Something with states. `make` brings a new one into each state; `state_of` reads it back."""

    name: str
    model: Any
    make: Mapping[str, Callable[[], int]]
    moves: tuple[Move, ...]
    state_of: Callable[[Any], str] = lambda found: str(found.state)


# --- deals and orders -----------------------------------------------------------------------------------------------


def deal(*steps: Callable[[int], Any]) -> Callable[[], int]:
    def make() -> int:
        here = next(number)
        made = factories.make_deal(f"D-{here}", po_number=f"PO-{here}", closed_on=date(2026, 1, 1)).id
        for step in steps:
            with unit_of_work():
                step(made)
        return made

    return make


def order(*steps: Callable[[int], Any]) -> Callable[[], int]:
    def make() -> int:
        deal_id = deal(lambda made: deals.accept_deal(made, in_spite_of=everything(), **STAMP))()
        made = session().scalars(select(Order.id).where(Order.deal_id == deal_id)).one()
        for step in steps:
            with unit_of_work():
                step(made)
        return made

    return make


def everything() -> set[int]:
    """The deals of these tests are alike, which is not what they are about."""
    return set(session().scalars(select(Deal.id)))


def cancel(order_id: int) -> None:
    orders.cancel_order(order_id, "They went elsewhere", **STAMP)


def fulfil(order_id: int) -> None:
    while open_now := [task for task in list_tasks_of(order_id) if task.state == "open"]:
        for task in open_now:
            tasks.finish_task(task.id, **STAMP)


DEALS = Thing(
    "deal",
    Deal,
    {
        DealState.WAITING: deal(),
        DealState.ACCEPTED: deal(lambda made: deals.accept_deal(made, in_spite_of=everything(), **STAMP)),
        DealState.RETURNED: deal(lambda made: deals.return_deal(made, "No order number", **STAMP)),
    },
    (
        Move.of("/deals/{id}/accept", "waiting", "accepted", P.DEALS_DECIDE, in_spite_of="{seen}"),
        Move.of("/deals/{id}/return", "waiting", "returned", P.DEALS_DECIDE, reason="No price", code="price"),
        Move.of("/deals/{id}/hand-in", "returned", "waiting", P.DEALS_DECIDE, P.DEALS_IMPORT, note="Repaired"),
    ),
)
ORDERS = Thing(
    "order",
    Order,
    {
        OrderState.IN_PROGRESS: order(),
        OrderState.FULFILLED: order(fulfil),
        OrderState.CANCELLED: order(cancel),
    },
    (
        Move.of(
            "/orders/{id}/cancel",
            "in_progress fulfilled",
            "cancelled",
            P.ORDERS_CANCEL,
            reason="No",
            version="{version}",
        ),
    ),
)

# --- promises and amendments -----------------------------------------------------------------------------------------


def promise(*steps: Callable[[DealPromise], Any]) -> Callable[[], int]:
    def make() -> int:
        deal_id = deal()()
        with unit_of_work():
            made = handoff.add_promise(deal_id, "Free training", department_code="qa", due_after_days=5, **STAMP)
        for step in steps:
            with unit_of_work():
                step(session().get_one(DealPromise, made.id))
        return made.id

    return make


PROMISES = Thing(
    "promise",
    DealPromise,
    {
        "kept": promise(),
        "withdrawn": promise(lambda made: handoff.withdraw_promise(made.id, **STAMP)),
        "part of an order": promise(lambda made: deals.accept_deal(made.deal_id, in_spite_of=everything(), **STAMP)),
    },
    # withdrawing twice is harmless
    (Move.of("/deals/promises/{id}/withdraw", "kept withdrawn", "withdrawn", P.DEALS_DECIDE, P.DEALS_IMPORT),),
    lambda found: "withdrawn" if found.withdrawn_at else "kept",
)


def amendment(*steps: Callable[[int], Any]) -> Callable[[], int]:
    def make() -> int:
        made = order()()
        line = session().get_one(Order, made).lines[0]
        wish = LineWish(line_id=line.id, quantity=line.quantity * 2, unit_price=line.unit_price)
        said = AmendmentWish(reason="More", payment_terms="30 days", po_number=f"PO-{next(number)}", lines=(wish,))
        with unit_of_work():
            proposed = amendments.propose_amendment(made, said, **STAMP).id
        for step in steps:
            with unit_of_work():
                step(proposed)
        return proposed

    return make


SOMEBODY_ELSE: dict[str, Any] = {"actor": "user:999", "now": NOW}
AMENDMENTS = Thing(
    "amendment",
    OrderAmendment,
    {
        "proposed": amendment(),
        "approved": amendment(lambda made: amendments.approve_amendment(made, **SOMEBODY_ELSE)),
        "refused": amendment(lambda made: amendments.refuse_amendment(made, "Too much", **SOMEBODY_ELSE)),
        "withdrawn": amendment(lambda made: amendments.withdraw_amendment(made, **STAMP)),
    },
    (
        Move.of("/orders/amendments/{id}/approve", "proposed", "approved", P.ORDERS_APPROVE),
        Move.of("/orders/amendments/{id}/refuse", "proposed", "refused", P.ORDERS_APPROVE, reason="No"),
        Move.of("/orders/amendments/{id}/withdraw", "proposed", "withdrawn", EDIT, is_own=True),
    ),
)

# --- holds and exceptions -------------------------------------------------------------------------------------------


def hold(kind: HoldKind, *, released: bool = False) -> Callable[[], int]:
    def make() -> int:
        made = order()()
        with unit_of_work():
            placed = holds.place_hold(made, kind, "They move house", review_on=LATER, **STAMP).id
        if released:
            with unit_of_work():
                holds.release_hold(placed, "They moved", **STAMP)
        return placed

    return make


def holds_of(kind: HoldKind, release: Permission) -> Thing:
    return Thing(
        f"{kind.value} hold",
        OrderHold,
        {"standing": hold(kind), "released": hold(kind, released=True)},
        (
            Move.of("/orders/holds/{id}/release", "standing", "released", release, reason="Fine"),
            Move.of("/orders/holds/{id}/review", "standing", "standing", P.ORDERS_HOLD, review_on="2026-12-31"),
        ),
        lambda found: "released" if found.released_at else "standing",
    )


def exception(*steps: Callable[[int], Any]) -> Callable[[], int]:
    def make() -> int:
        made = order()()
        with unit_of_work():
            raised = exceptions.raise_exception(made, Cause.STOCK, "Nothing left", department_code="qa", **STAMP).id
        for step in steps:
            with unit_of_work():
                step(raised)
        return raised

    return make


EXCEPTIONS = Thing(
    "exception",
    OrderException,
    {
        "open": exception(),
        "suspended": exception(lambda made: exceptions.suspend_exception(made, LATER, **STAMP)),
        "resolved": exception(lambda made: exceptions.resolve_exception(made, "Bought", **STAMP)),
    },
    (
        Move.of(
            "/exceptions/{id}/suspend", "open", "suspended", P.ORDERS_EDIT, until="2026-12-24", version="{version}"
        ),
        Move.of("/exceptions/{id}/resume", "suspended", "open", EDIT, version="{version}"),
        Move.of("/exceptions/{id}/resolve", "open suspended", "resolved", EDIT, note="Ok", version="{version}"),
        Move.of("/exceptions/{id}/reopen", "resolved", "open", EDIT, reason="No", version="{version}"),
    ),
)

# --- tasks ----------------------------------------------------------------------------------------------------------


def task(code: str, *steps: Callable[[int], Any]) -> Callable[[], int]:
    def make() -> int:
        made = order()()
        found = next(one.id for one in list_tasks_of(made) if one.code == code)
        for step in steps:
            with unit_of_work():
                step(found)
        return found

    return make


def free(task_id: int) -> None:
    """Finishes what stands before it."""
    plan = list_tasks_of(session().get_one(Task, task_id).order_id)
    tasks.finish_task(next(one.id for one in plan if one.code == "credit_check"), **STAMP)


def pause(task_id: int) -> None:
    pauses.pause_task(task_id, "send the drawings", **STAMP)


TASKS = Thing(
    "task",
    Task,
    {
        "open": task("prepare_goods", free),
        "waiting for the customer": task("prepare_goods", free, pause),
        "blocked": task("deliver"),
        "done": task("prepare_goods", free, lambda made: tasks.finish_task(made, **STAMP)),
        "cancelled": task("prepare_goods", lambda made: cancel(session().get_one(Task, made).order_id)),
    },
    (
        Move.of("/tasks/{id}/finish", "open waiting_for_the_customer", "done", P.TASKS_WORK, version="{version}"),
        Move.of("/tasks/{id}/reopen", "done", "open", P.TASKS_WORK, version="{version}"),
        Move.of(
            "/tasks/{id}/pause", "open", "waiting for the customer", P.TASKS_WORK, reason="pay", version="{version}"
        ),
        Move.of("/tasks/{id}/resume", "waiting_for_the_customer", "open", P.TASKS_WORK, version="{version}"),
    ),
    lambda found: "waiting for the customer" if found.is_paused else str(found.state),
)

# --- playbooks ------------------------------------------------------------------------------------------------------


def version(*steps: Callable[[PlaybookVersion], Any]) -> Callable[[], int]:
    """The second version of a playbook whose first one is live."""

    def make() -> int:
        code = f"type_{next(number)}"
        with unit_of_work():
            first = playbooks.create_playbook(code, "Repairs", copy_of=STANDARD, **STAMP)
            publish(first)
            made = playbooks.save_version(code, "Better repairs", read_steps(first.steps), based_on=1, **STAMP).id
        for step in steps:
            with unit_of_work():
                step(session().get_one(PlaybookVersion, made))
        return made

    return make


def publish(made: PlaybookVersion) -> None:
    playbooks.publish_version(made.order_type, made.number, **STAMP)


def replace(made: PlaybookVersion) -> None:
    playbooks.publish_version(made.order_type, 1, **STAMP)
    steps = read_steps(made.steps)
    publish(playbooks.save_version(made.order_type, "Best repairs", steps, based_on=made.number, **STAMP))


def retire(made: PlaybookVersion) -> None:
    playbooks.retire_playbook(made.order_type, **STAMP)


def state_of_version(made: PlaybookVersion) -> str:
    playbook = session().get_one(Playbook, made.order_type)
    if not playbook.is_active:
        return "retired"
    live = playbook.live_number or 0
    return "live" if live == made.number else "replaced" if live > made.number else "draft"


PLAYBOOKS = Thing(
    "version of a playbook",
    PlaybookVersion,
    {
        "draft": version(),
        "live": version(publish),
        "replaced": version(publish, replace),
        "retired": version(publish, retire),
    },
    (
        Move.of(
            "/tasks/playbooks/{order_type}/publish", "draft replaced", "live", P.PLAYBOOKS_EDIT, version="{number}"
        ),
        Move.of("/tasks/playbooks/{order_type}/retire", "draft live replaced", "retired", P.PLAYBOOKS_EDIT),
        Move.of("/tasks/playbooks/{order_type}/restore", "retired", "live", P.PLAYBOOKS_EDIT),
    ),
    state_of_version,
)


def ask_for_a_decision(task_id: int) -> None:
    found = session().get_one(Task, task_id)
    found.evidence, found.evidence_label = Evidence.DECISION, "May leave"


def refuse(task_id: int) -> None:
    refuse_task(task_id, "Scratched", **STAMP)


DECISIONS = Thing(
    "decision",
    Task,
    {
        "open": task("prepare_goods", free, ask_for_a_decision),
        "refused": task("prepare_goods", free, ask_for_a_decision, refuse),
        "blocked": task("deliver", ask_for_a_decision),
    },
    (
        Move.of("/tasks/{id}/finish", "open refused", "refused", P.TASKS_WORK, evidence="refused", note="Scratched"),
        Move.of("/tasks/{id}/finish", "open refused", "done", P.TASKS_WORK, evidence="approved"),
    ),
    lambda found: "refused" if found.refusal else str(found.state),
)

THINGS = (
    DEALS,
    PROMISES,
    ORDERS,
    AMENDMENTS,
    holds_of(HoldKind.CUSTOMER, P.ORDERS_HOLD),
    holds_of(HoldKind.CREDIT, P.CREDIT_RELEASE),
    EXCEPTIONS,
    TASKS,
    PLAYBOOKS,
    DECISIONS,
)

# --- trying them all ------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """How many tries did what they should, and what did not."""

    allowed: int = 0
    refused_by_state: int = 0
    refused_by_role: int = 0
    faults: tuple[str, ...] = ()

    @property
    def tries(self) -> int:
        return self.allowed + self.refused_by_state + self.refused_by_role + len(self.faults)

    def __str__(self) -> str:
        return (
            f"{self.tries} tries: {self.allowed} allowed and done, {self.refused_by_state} refused by the state, "
            f"{self.refused_by_role} by the role, {len(self.faults)} wrong"
        )


def sign_everybody_in(app: Flask) -> dict[Role, FlaskClient]:
    """A browser of somebody of each role; the member is of the department whose task is tried."""
    people = {role: app.test_client() for role in Role}
    for role, client in people.items():
        sign_in(client, role, department_code="operations" if role is Role.MEMBER else None)
    return people


def try_all(app: Flask, thing: Thing) -> Tally:
    """Each move on each state by each role: done where it may be, else refused with a reason and nothing changed."""
    tally, people = Tally(), sign_everybody_in(app)
    for state, make in thing.make.items():
        for move in thing.moves:
            made = None
            for role in sorted(Role, key=lambda one: _may(one, move)):  # those who may not come first
                with app.app_context():
                    made = made or make()
                is_done = _try(app, people[role], thing, move, str(state), made, role, tally)
                made = None if is_done else made
    return tally


def _try(
    app: Flask, client: FlaskClient, thing: Thing, move: Move, state: str, made: int, role: Role, tally: Tally
) -> bool:  # fmt: skip
    """One try; whether it changed the object."""
    with app.app_context():
        if move.is_own:
            _give(thing, made, role)
        before, seen = _read_books(), _facts(thing, made)
    data = {name: value.format(**seen) for name, value in move.data.items()}
    answer = client.post(move.url.format(**seen), data=data)
    with app.app_context():
        after, now = _read_books(), thing.state_of(session().get_one(thing.model, made))
    cell = f"{role} makes “{move.name}” on a {thing.name} that is {state}"
    if not _may(role, move):
        is_right, tally.refused_by_role = answer.status_code == 403 and before == after, tally.refused_by_role + 1
    elif state.replace(" ", "_") in move.sources:
        is_right, tally.allowed = answer.status_code == 302 and now == move.target, tally.allowed + 1
    else:
        is_right, tally.refused_by_state = answer.status_code == 409 and before == after, tally.refused_by_state + 1
    if not is_right:
        tally.faults += (f"{cell}: answered {answer.status_code}, {state} became {now}",)
    return before != after


def _may(role: Role, move: Move) -> bool:
    return any(may(role, permission) for permission in move.permissions)


def _facts(thing: Thing, made: int) -> dict[str, str]:
    """What addresses and forms name of the object."""
    found = session().get_one(thing.model, made)
    named = {name: str(getattr(found, name, "")) for name in ("id", "version", "number", "order_type")}
    return {**named, "seen": _everybody_else(made)}


def _give(thing: Thing, made: int, role: Role) -> None:
    """From now on it was begun by whoever tries."""
    with unit_of_work() as current:
        newest = select(User.id).where(User.role == role).order_by(User.id.desc())  # each thing is tried by new people
        who = current.scalars(newest).first()
        current.get_one(thing.model, made).proposed_by = f"user:{who}"


def _everybody_else(made: int) -> str:
    return " ".join(str(one) for one in session().scalars(select(Deal.id)) if one != made)


def _read_books() -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that keeps more than who is here."""
    found = {
        table.name: [tuple(row) for row in session().execute(select(table).order_by(*table.primary_key.columns))]
        for table in Base.metadata.sorted_tables
        if table.name not in PASSING
    }
    session().rollback()
    return found


def list_uncovered() -> Iterator[str]:
    """States of the lifecycles that no thing above is brought into."""
    from app.orders.lifecycle import LIFECYCLE as ORDER_LIFE
    from app.orders.rules_amend import LIFECYCLE as AMENDMENT_LIFE
    from app.orders.rules_exceptions import LIFECYCLE as EXCEPTION_LIFE

    lives = {"deal": deals.LIFECYCLE, "order": ORDER_LIFE, "exception": EXCEPTION_LIFE, "task": tasks.LIFECYCLE}
    lives["amendment"] = AMENDMENT_LIFE
    for thing in THINGS:
        states = (
            {str(state) for move in lives[thing.name].moves for state in move.sources} if thing.name in lives else ()
        )
        yield from (f"{thing.name} {state}" for state in set(states) - {str(state) for state in thing.make})
