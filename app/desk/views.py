"""Pages of the desk wing."""

from flask import Blueprint

blueprint = Blueprint("desk", __name__)
