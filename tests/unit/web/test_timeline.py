"""What the trail says about a mail is true with a mail server and without one."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from string import Formatter

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


NAMES_AMOUNT = [action for action, (_icon, sentence, _tone) in SENTENCES.items() if "{amount}" in sentence]


def test_sentences_name_amounts_with_their_currency():
    detail = {"amount": 48_000, "currency": "EUR"}
    entries = [
        AuditEntry(action=action, object_kind="", object_id=7, actor="user:1", detail=detail) for action in NAMES_AMOUNT
    ]
    with Flask("test").app_context():
        said = [event["text"] for event in build_timeline(entries, {}, here="message")]
    assert len(said) == len(NAMES_AMOUNT) > 10
    assert [one for one in said if "480.00\xa0EUR" not in one or "48000" in one] == []


def test_sentences_name_no_other_minor_units_and_every_amount_comes_with_its_currency():
    sums = {"gross", "net", "tax", "left", "open", "total", "charge", "price", "credit_limit"}
    assert {
        action
        for action, (_icon, sentence, _tone) in SENTENCES.items()
        if sums & {name for _text, name, _spec, _how in Formatter().parse(sentence) if name}
    } == set()
    bare = []
    for path in sorted(APP.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            given = {one.arg for one in node.keywords} if name in {"record", "note", "_note"} else set()
            if "amount" in given and not {"currency", None} & given:
                bare.append((path.name, node.lineno))
    assert bare == []
