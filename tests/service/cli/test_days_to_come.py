"""`tillpaid followup send` and `mis send`: a person is asked before a day to come is taken, a program is told."""

from __future__ import annotations

import json
from datetime import date

import pytest
from click.testing import CliRunner

from app.cli import common, main
from app.db.base import session
from app.outbox.models import Message
from app.reports.queries import find_report
from tests.factories import make_company, make_customer, make_issued_invoice
from tests.service.followup.test_send import ISSUED, at

NOW = "2026-10-02T09:00:00+00:00"


@pytest.fixture
def run(app, settings, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", settings.database_url)
    monkeypatch.setenv("TILLPAID_INSTANCE_DIR", str(settings.instance_dir))
    make_company(now=at(ISSUED))
    make_issued_invoice(make_customer("Nordwind GmbH", now=at(ISSUED)), issued_on=ISSUED, now=at(ISSUED))

    def invoke(on: str, answer: str | None = None):
        monkeypatch.setattr(common, "is_asked", lambda: answer is not None)
        session().rollback()
        return CliRunner().invoke(main, ["followup", "send", "--on", on, "--now", NOW, "--json"], input=answer)

    return invoke


def mails() -> int:
    session().rollback()
    return session().query(Message).filter_by(kind="dunning").count()


def test_on_its_day_nobody_is_asked(run):
    done = run("2026-10-02", "n\n")
    assert (len(json.loads(done.stdout)["notices"]), done.stderr, mails()) == (1, "", 1)


@pytest.mark.parametrize(("answer", "sent"), [("n\n", 0), ("y\n", 1)])
def test_a_person_is_asked_before_reminders_of_a_day_to_come_leave(run, answer, sent):
    done = run("2026-12-25", answer)
    assert "2026-12-25 is still to come: these reminders would leave today. Go on?" in done.stderr
    assert (done.exit_code == 0, mails()) == (bool(sent), sent)


def test_a_program_is_told(run):
    done = run("2026-12-25")
    assert "2026-12-25 is still to come" in done.stderr
    assert (done.exit_code, mails()) == (0, 1)


@pytest.mark.parametrize(("answer", "stored"), [("n\n", False), ("y\n", True), (None, True)])
def test_the_report_of_a_day_to_come_is_stored_only_when_that_is_meant(run, monkeypatch, answer, stored):
    monkeypatch.setattr(common, "is_asked", lambda: answer is not None)
    done = CliRunner().invoke(main, ["mis", "send", "--on", "2026-12-25", "--now", NOW, "--json"], input=answer)
    assert "2026-12-25 is still to come: its report would be stored as it reads now" in done.stderr
    session().rollback()
    assert (find_report(date(2026, 12, 25)) is not None) is stored
