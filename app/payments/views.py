"""Pages of the payments wing."""

from flask import Blueprint

blueprint = Blueprint("payments", __name__)
