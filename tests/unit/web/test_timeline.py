"""What the trail says about a mail is true with a mail server and without one."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from flask import Flask

from app.audit.models import AuditEntry
from app.outbox.rules_mail import KEPT
from app.web.timeline import SENTENCES, build_timeline


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        ("250 2.0.0 taken in", "Mail to ada@customer.example accepted by the mail server: Invoice 7"),
        (
            f"{KEPT} as 7.eml; no mail server is set.",
            "Mail to ada@customer.example kept in the local mailbox: Invoice 7",
        ),
    ],
)
def test_an_accepted_mail_says_where_it_is(reply, said):
    detail = {"recipient": "ada@customer.example", "subject": "Invoice 7", "reply": reply}
    entry = AuditEntry(action="message.accepted", object_kind="", object_id=7, actor="system:outbox", detail=detail)
    with Flask("test").app_context():
        assert [event["text"] for event in build_timeline([entry], {})] == [said]


APP = Path(__file__).parents[3] / "app"


def list_actions():
    """The actions that the code records by name, with their modules."""
    for path in sorted(APP.rglob("*.py")):
        source = path.read_text()
        for node in ast.walk(ast.parse(source)) if "record" in source else ():
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if name.lstrip("_").startswith("record"):
                for value in (one for given in node.args for one in ast.walk(given)):
                    if isinstance(value, ast.Constant) and re.fullmatch(r"[a-z_]+\.[a-z_]+", str(value.value)):
                        yield value.value, path.name


def test_every_action_has_its_sentence():
    actions = dict(list_actions())
    assert {"view.saved", "view.changed", "view.removed", "customer.chase_held"} <= set(actions)
    assert {action: where for action, where in actions.items() if action not in SENTENCES} == {}
