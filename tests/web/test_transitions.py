"""Every move on every state by every role: what may be is done, everything else is refused and changes nothing."""

import pytest

from app.kernel.lifecycle import Lifecycle
from tests import factories
from tests.web.transitions import ORDERS, THINGS, list_uncovered, try_all

pytestmark = pytest.mark.usefixtures("today")


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: thing.name.replace(" ", "_"))
def test_only_what_state_and_role_allow_is_done(client, thing):
    app = client.application
    with app.app_context():
        factories.make_company()
    tally = try_all(app, thing)
    assert tally.faults == ()
    assert min(tally.allowed, tally.refused_by_state) > 0


def test_a_lifecycle_that_refuses_nothing_is_found(client, monkeypatch):
    app = client.application
    with app.app_context():
        factories.make_company()
    monkeypatch.setattr(Lifecycle, "move", lambda life, name, _state, reason="": life._named(name).target)
    assert try_all(app, ORDERS).faults


def test_every_state_of_the_lifecycles_is_tried():
    assert list(list_uncovered()) == []
