"""The blueprint of the customers' pages, which views add routes to."""

from flask import Blueprint

blueprint = Blueprint("customers", __name__)
