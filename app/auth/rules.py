"""Knows who may do what: roles, permissions, and the one table between them."""

from __future__ import annotations

import enum
from collections.abc import Mapping


class Role(enum.StrEnum):
    """What somebody is here for. One per person."""

    CLERK = "clerk"
    MEMBER = "member"
    FINANCE = "finance"
    MANAGER = "manager"
    ADMIN = "admin"


ROLE_LABELS: Mapping[Role, str] = {
    Role.CLERK: "Order clerk",
    Role.MEMBER: "Department member",
    Role.FINANCE: "Finance",
    Role.MANAGER: "Manager",
    Role.ADMIN: "Administrator",
}


class Permission(enum.StrEnum):
    """One thing somebody may do: what it concerns, and the verb."""

    DEALS_VIEW = "deals.view"
    DEALS_DECIDE = "deals.decide"
    DEALS_IMPORT = "deals.import"
    ORDERS_VIEW = "orders.view"
    ORDERS_COMMENT = "orders.comment"  # also puts files on an order and raises exceptions
    ORDERS_EDIT = "orders.edit"
    ORDERS_CANCEL = "orders.cancel"
    ORDERS_HOLD = "orders.hold"
    ORDERS_APPROVE = "orders.approve"  # amendments that change an order's value beyond the company's limit
    CREDIT_RELEASE = "credit.release"  # lets an order go although the customer's credit does not carry it
    TASKS_VIEW = "tasks.view"
    TASKS_VIEW_ALL = "tasks.view_all"  # those of every department; others see their own department's
    TASKS_WORK = "tasks.work"
    TASKS_ASSIGN = "tasks.assign"
    PLAYBOOKS_EDIT = "playbooks.edit"
    CUSTOMERS_VIEW = "customers.view"
    CUSTOMERS_EDIT = "customers.edit"
    CUSTOMERS_IMPORT = "customers.import"
    INVOICES_VIEW = "invoices.view"
    INVOICES_DRAFT = "invoices.draft"
    INVOICES_ISSUE = "invoices.issue"
    INVOICES_CREDIT = "invoices.credit"
    PAYMENTS_VIEW = "payments.view"
    PAYMENTS_RECORD = "payments.record"
    PAYMENTS_UNDO = "payments.undo"
    PAYMENTS_TRANSFER = "payments.transfer"  # moves unapplied cash to another customer
    WRITEOFFS_APPROVE = "writeoffs.approve"  # lets short payments go that another person proposed
    REFUNDS_APPROVE = "refunds.approve"  # sends money back that another person proposed to
    PERIODS_CLOSE = "periods.close"  # ends a month: nothing is dated in it any more
    FOLLOWUP_VIEW = "followup.view"
    FOLLOWUP_SEND = "followup.send"
    RATES_EDIT = "rates.edit"  # exchange rates for documents in other currencies
    REPORTS_VIEW = "reports.view"
    REPORTS_SUBSCRIBE = "reports.subscribe"
    OUTBOX_VIEW = "outbox.view"
    OUTBOX_DECIDE = "outbox.decide"
    HEALTH_VIEW = "health.view"
    SETTINGS_VIEW = "settings.view"
    SETTINGS_EDIT = "settings.edit"
    USERS_MANAGE = "users.manage"


_P = Permission
_READ_SALES = {_P.DEALS_VIEW, _P.ORDERS_VIEW, _P.ORDERS_COMMENT, _P.CUSTOMERS_VIEW}
_READ_MONEY = {_P.INVOICES_VIEW, _P.PAYMENTS_VIEW, _P.FOLLOWUP_VIEW}

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    # takes deals over from Sales, runs the orders, prepares invoices
    Role.CLERK: frozenset(
        _READ_SALES
        | {_P.DEALS_DECIDE, _P.DEALS_IMPORT, _P.ORDERS_EDIT, _P.ORDERS_CANCEL, _P.ORDERS_HOLD}
        | {_P.TASKS_VIEW, _P.TASKS_VIEW_ALL, _P.TASKS_WORK, _P.TASKS_ASSIGN}
        | {_P.CUSTOMERS_EDIT, _P.CUSTOMERS_IMPORT}
        | {_P.INVOICES_VIEW, _P.INVOICES_DRAFT}
    ),
    # does the tasks of one department
    Role.MEMBER: frozenset({_P.ORDERS_VIEW, _P.ORDERS_COMMENT, _P.TASKS_VIEW, _P.TASKS_WORK}),
    # bills, collects, reminds
    Role.FINANCE: frozenset(
        _READ_SALES
        | _READ_MONEY
        | {_P.TASKS_VIEW, _P.TASKS_VIEW_ALL, _P.TASKS_WORK, _P.CUSTOMERS_EDIT, _P.CUSTOMERS_IMPORT}
        | {
            _P.ORDERS_HOLD,
            _P.CREDIT_RELEASE,
            _P.INVOICES_DRAFT,
            _P.INVOICES_ISSUE,
            _P.INVOICES_CREDIT,
            _P.PAYMENTS_RECORD,
            _P.PAYMENTS_UNDO,
            _P.PAYMENTS_TRANSFER,
            _P.PERIODS_CLOSE,
            _P.WRITEOFFS_APPROVE,
            _P.REFUNDS_APPROVE,
            _P.RATES_EDIT,
        }
        | {_P.FOLLOWUP_SEND, _P.REPORTS_VIEW, _P.REPORTS_SUBSCRIBE, _P.OUTBOX_VIEW, _P.OUTBOX_DECIDE, _P.HEALTH_VIEW}
    ),
    # sees everything, decides what is exceptional, does not keep the books
    Role.MANAGER: frozenset(
        _READ_SALES
        | _READ_MONEY
        | {_P.DEALS_DECIDE, _P.DEALS_IMPORT}
        | {_P.ORDERS_EDIT, _P.ORDERS_CANCEL, _P.ORDERS_HOLD, _P.ORDERS_APPROVE}
        | {_P.TASKS_VIEW, _P.TASKS_VIEW_ALL, _P.TASKS_WORK, _P.TASKS_ASSIGN, _P.PLAYBOOKS_EDIT}
        | {_P.CUSTOMERS_EDIT, _P.CUSTOMERS_IMPORT}
        | {_P.WRITEOFFS_APPROVE, _P.REFUNDS_APPROVE}
        | {_P.CREDIT_RELEASE, _P.FOLLOWUP_SEND, _P.REPORTS_VIEW, _P.REPORTS_SUBSCRIBE}
        | {_P.OUTBOX_VIEW, _P.OUTBOX_DECIDE, _P.HEALTH_VIEW, _P.SETTINGS_VIEW}
    ),
    Role.ADMIN: frozenset(Permission),
}


def may(role: Role | str, permission: Permission | str) -> bool:
    """Whether the role allows it. A word that is no role or no permission allows nothing."""
    try:
        return Permission(permission) in ROLE_PERMISSIONS[Role(role)]
    except ValueError:
        return False


def list_roles_with(permission: Permission) -> list[Role]:
    """Who may: in the order of the roles."""
    return [role for role in Role if permission in ROLE_PERMISSIONS[role]]
