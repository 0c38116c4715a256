"""The blueprint of the settings, which views and their neighbours add routes to."""

from flask import Blueprint

blueprint = Blueprint("company", __name__)
