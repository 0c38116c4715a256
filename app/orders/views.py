"""Pages of the orders wing."""

from flask import Blueprint

blueprint = Blueprint("orders", __name__)
