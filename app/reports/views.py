"""Pages of the reports wing."""

from flask import Blueprint

blueprint = Blueprint("reports", __name__)
