"""Pages of the deals wing."""

from flask import Blueprint

blueprint = Blueprint("deals", __name__)
