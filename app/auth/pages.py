"""Knows the blueprint that the modules of this wing's pages share."""

from flask import Blueprint

blueprint = Blueprint("auth", "app.auth.views")
