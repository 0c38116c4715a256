"""Checks of VAT ids: kept for good, and what reverse-charge invoices rest on where the company demands it."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.company.queries import get_company
from app.company.services import data_of, update_company
from app.customers.queries_vat import list_checks
from app.customers.services import data_of as customer_data_of
from app.customers.services import update_customer
from app.customers.services_vat import CheckedLater, CheckMoved, NothingToCheck, VatCheckData, record_vat_check
from app.db.base import session
from app.db.unit_of_work import unit_of_work
from app.invoices import services
from app.invoices.rules_issue import NotIssuable
from app.invoices.vat_checks import warn_of_vat_check
from tests import factories
from tests.factories import ACTOR, NOW

TODAY, VAT_ID = date(2026, 11, 22), "EL094259216"
REVERSE = [{"name": "VAT", "category": "AE", "kind": "percent", "rate": "0", "reason": "Article 196 of 2006/112/EC"}]


@pytest.fixture
def customer(app):
    factories.make_company()
    return factories.make_customer("Αθήνα Α.Ε.", country="GR", vat_id=VAT_ID)


def _record(customer, on=TODAY, *, is_valid=True, vat_id=VAT_ID, **more):
    data = VatCheckData(vat_id=vat_id, is_valid=is_valid, checked_on=on, **more)
    with unit_of_work():
        return record_vat_check(customer.id, data, actor=ACTOR, now=NOW)


def _company(**changes):
    with unit_of_work():
        company = get_company()
        update_company(replace(data_of(company), **changes), version=company.version, actor=ACTOR, now=NOW)


def _draft(customer, taxes=REVERSE):
    order = factories.make_plain_order(customer, taxes=taxes)
    with unit_of_work():
        return services.draft_invoice(order.id, actor=ACTOR, now=NOW)


def _fields(draft):
    return [fault.field for fault in services.find_issue_faults(draft.id, TODAY)]


def test_answers_are_kept_newest_first_and_never_changed(customer):
    _record(customer, date(2026, 8, 1), is_valid=False)
    _record(customer, name_given="ATHINA SA", consultation="WAPI-1")
    assert [(one.is_valid, one.consultation) for one in list_checks(customer.id)] == [(True, "WAPI-1"), (False, "")]
    for statement in ("UPDATE vat_check SET checked_on = '2026-01-01'", "DELETE FROM vat_check"):
        with pytest.raises(DBAPIError, match="append-only"), unit_of_work():
            session().execute(text(statement))
        session().rollback()
    with pytest.raises(CheckMoved):
        _record(customer, vat_id="DE136695976")
    with pytest.raises(CheckedLater):
        _record(customer, date(2026, 11, 23))
    nobody = factories.make_customer("Nobody")
    with pytest.raises(NothingToCheck):
        _record(nobody, vat_id="")


def test_a_reverse_charge_invoice_rests_on_a_young_valid_check_where_that_is_demanded(customer):
    draft = _draft(customer)
    said = {"on": TODAY, "company": get_company(), "customer": customer}
    assert _fields(draft) == []
    assert f"VAT id {VAT_ID} has no check since 2026-08-24" in warn_of_vat_check(draft, **said)
    _company(vat_check="refuse")
    assert _fields(draft) == ["buyer.vat_check"]
    with pytest.raises(NotIssuable), unit_of_work():
        services.issue_invoice(draft.id, issued_on=TODAY, actor=ACTOR, now=NOW)
    session().rollback()
    _record(customer, date(2026, 8, 23))
    assert _fields(draft) == ["buyer.vat_check"]  # a day too old
    _record(customer, date(2026, 8, 24), consultation="WAPI-1")
    assert _fields(draft) == []
    _record(customer, date(2026, 11, 1), is_valid=False)
    assert _fields(draft) == ["buyer.vat_check"]  # the last answer counts
    _record(customer, consultation="WAPI-2")
    assert _fields(_draft(customer, taxes=None)) == []
    with unit_of_work():
        issued = services.issue_invoice(draft.id, issued_on=TODAY, actor=ACTOR, now=NOW)
    assert issued.snapshot["vat_check"] == {
        "authority": "VIES", "checked_on": "2026-11-22", "consultation": "WAPI-2", "name_given": "", "vat_id": VAT_ID,
    }  # fmt: skip


def test_a_draft_tells_a_check_that_said_not_valid_with_its_day(customer):
    draft = _draft(customer)
    said = {"on": TODAY, "company": get_company(), "customer": customer}
    _record(customer, date(2026, 11, 1), is_valid=False)
    assert f"The check of 2026-11-01 said that the VAT id {VAT_ID} is not valid." in warn_of_vat_check(draft, **said)
    _company(vat_check="refuse")
    (fault,) = services.find_issue_faults(draft.id, TODAY)
    assert "is not valid. Correct it, or record a later check" in fault.message
    _record(customer)
    assert services.find_issue_faults(draft.id, TODAY) == []


def test_a_vat_id_of_another_country_is_refused_unless_it_is_meant(customer):
    abroad = factories.make_customer("Abroad AG", country="CH", vat_id="DE136695976")
    draft = _draft(abroad, taxes=None)
    assert _fields(draft) == ["buyer.vat_id"]
    with unit_of_work():
        data = replace(customer_data_of(abroad), foreign_vat_id=True)
        update_customer(abroad.id, data, version=abroad.version, actor=ACTOR, now=NOW)
    assert _fields(draft) == []
