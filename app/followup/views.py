"""Pages of the followup wing."""

from flask import Blueprint

blueprint = Blueprint("followup", __name__)
