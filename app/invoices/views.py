"""Pages of the invoices wing."""

from flask import Blueprint

blueprint = Blueprint("invoices", __name__)
