"""The blueprint of payments, which views and their neighbours add routes to."""

from flask import Blueprint

blueprint = Blueprint("payments", __name__)
