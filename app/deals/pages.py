"""The blueprint of the deals' pages, which views add routes to, and what the navigation counts."""

from typing import cast

from flask import Blueprint, Flask
from flask.blueprints import BlueprintSetupState

from app.deals.models import DealState
from app.deals.queries import count_of
from app.web.navigation import register_count

blueprint = Blueprint("deals", __name__)


@blueprint.record_once
def _count_waiting(state: BlueprintSetupState) -> None:
    register_count(cast(Flask, state.app), "deals.index", lambda: count_of(DealState.WAITING))
