"""Pages of the auth wing."""

from flask import Blueprint

blueprint = Blueprint("auth", __name__)
