"""Pages of the outbox wing."""

from flask import Blueprint

blueprint = Blueprint("outbox", __name__)
