"""Pages of the tasks wing."""

from flask import Blueprint

blueprint = Blueprint("tasks", __name__)
