"""Pages of the company wing."""

from flask import Blueprint

blueprint = Blueprint("company", __name__)
