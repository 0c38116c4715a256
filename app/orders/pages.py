"""The blueprint of the orders' pages, which views add routes to."""

from flask import Blueprint

blueprint = Blueprint("orders", __name__)
