"""The blueprint of the invoices' pages, which views add routes to."""

from flask import Blueprint

blueprint = Blueprint("invoices", __name__)
