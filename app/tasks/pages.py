"""The blueprint of the tasks' pages, which views add routes to."""

from flask import Blueprint

blueprint = Blueprint("tasks", __name__)
