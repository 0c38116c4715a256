"""What the trail says about a mail is true with a mail server and without one."""

from __future__ import annotations

import pytest
from flask import Flask

from app.audit.models import AuditEntry
from app.outbox.rules_mail import KEPT
from app.web.timeline import build_timeline


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
