"""Knows how entries of the audit trail read: a sentence, an icon and a tone for each action, whatever the object."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from flask import current_app, g, url_for

from app.audit.models import AuditEntry
from app.kernel.texts import label_of
from app.outbox.rules_mail import KEPT
from app.web.filters import day, money

# action -> icon, sentence, tone. A sentence may name values of the entry's detail.
SENTENCES: Mapping[str, tuple[str, str, str]] = {
    "deal.received": ("handshake", "Deal {external_id} received from {source}", "info"),
    "deal.accepted": ("check", "Deal accepted", "good"),
    "deal.returned": ("undo-2", "Deal returned to Sales", "bad"),
    "deal.handed_in_again": ("rotate-ccw", "Deal handed in again", "info"),
    "deal.changed": ("pen", "Deal corrected", ""),
    "deal.ticked": ("check", "“{label}” ticked", ""),
    "deal.unticked": ("undo-2", "“{label}” not ticked any more", "warn"),
    "deal.promised": ("handshake", "Sales promised: {promise}", ""),
    "deal.promise_withdrawn": ("undo-2", "Promise withdrawn: {promise}", "warn"),
    "order.opened": ("package", "Order {number} opened", "info"),
    "order.planned": ("list-checks", "{tasks} tasks planned, due {due_on}", ""),
    "order.fulfilled": ("package-check", "Order fulfilled", "good"),
    "order.reopened": ("rotate-ccw", "Order taken back to work", "warn"),
    "order.held": ("pause", "On hold ({kind}) until looked at on {review_on}", "bad"),
    "order.hold_reviewed": ("pause", "Hold looked at ({kind})", "warn"),
    "order.freed": ("play", "Hold released ({kind})", "good"),
    "order.cancelled": ("ban", "Order cancelled", "bad"),
    "order.dated": ("calendar", "Dates of lines changed", ""),
    "order.delivered": ("package-check", "Delivered: {what}", "good"),
    "order.delivery_undone": ("undo-2", "Delivery taken back: {what}", "warn"),
    "order.amendment_proposed": ("pen", "Amendment {number} waits for approval: {change}", "warn"),
    "order.amended": ("pen", "Amendment {number} applied: {change}", "info"),
    "order.amendment_refused": ("circle-x", "Amendment {number} refused", "bad"),
    "order.amendment_withdrawn": ("undo-2", "Amendment {number} withdrawn", ""),
    "order.cut": ("ban", "Cancelled in part: {what}", "warn"),
    "order.commented": ("message-square", "Comment written", ""),
    "order.mentioned": ("message-square", "Comment sent to {people}", ""),
    "order.comment_withdrawn": ("message-square", "Comment withdrawn", ""),
    "deal.file_added": ("paperclip", "File {name} added to the deal", ""),
    "deal.file_removed": ("paperclip", "File {name} removed from the deal", "warn"),
    "order.file_added": ("paperclip", "File {name} added", ""),
    "order.file_removed": ("paperclip", "File {name} removed", "warn"),
    "exception.raised": ("circle-alert", "Exception raised: {cause}", "bad"),
    "exception.suspended": ("pause", "Exception put aside until {until_on}: {cause}", ""),
    "exception.restated": ("circle-alert", "Exception said anew: {cause}", "bad"),
    "exception.resumed": ("play", "Exception taken up again: {cause}", "warn"),
    "exception.resolved": ("circle-check", "Exception resolved: {cause}", "good"),
    "exception.handed_over": ("user", "Exception handed to {receiver}: {cause}", ""),
    "exception.reopened": ("rotate-ccw", "Exception reopened: {cause}", "warn"),
    "task.done": ("check", "“{title}” done", "good"),
    "task.refused": ("circle-x", "“{title}” refused", "bad"),
    "task.reopened": ("rotate-ccw", "“{title}” reopened", "warn"),
    "task.paused": ("hourglass", "“{title}” waits for the customer", "warn"),
    "task.resumed": ("play", "“{title}” goes on", ""),
    "task.assigned": ("user", "“{title}” given to {person}", ""),
    "task.added": ("plus", "“{title}” added", ""),
    "task.targeted": ("clock", "Target of “{title}” set", ""),
    "task.escalated": ("bell", "“{title}” takes too long: {people} told", "warn"),
    "task.acknowledged": ("check", "Somebody sees to “{title}”", ""),
    "task.closed": ("circle-x", "“{title}” closed", ""),
    "playbook.saved": ("pen", "Playbook {name}: version {number} saved", ""),
    "playbook.published": ("workflow", "Playbook {name}: version {number} is live", "info"),
    "playbook.retired": ("ban", "Playbook {name} retired", "warn"),
    "playbook.restored": ("rotate-ccw", "Playbook {name} in use again", ""),
    "customer.created": ("building-2", "Customer {number} created", "info"),
    "customer.changed": ("pen", "Customer changed", ""),
    "customer.vat_checked": ("check", "VAT id {vat_id}: {result}, says {authority}", ""),
    "customer.noted": ("notebook-pen", "Note", ""),
    "care.planned": ("bell", "To do on {due_on}: {text}", ""),
    "care.done": ("check", "Account care done ({kind})", "good"),
    "care.moved": ("bell", "Account care moved", ""),
    "care.rules_changed": ("settings", "Rules of account care changed", ""),
    "customer.recognised": ("history", "Recognised as customer {external_id} of an earlier system", ""),
    "invoice.drafted": ("file-plus", "Invoice drafted", ""),
    "invoice.credit_drafted": ("file-plus", "Credit note over {credits} drafted", ""),
    "invoice.issued": ("file-text", "{number} issued", "info"),
    "invoice.credited": ("file-minus", "{number} credited by {by}", "warn"),
    "invoice.corrected": ("rotate-ccw", "{number} credited by {by}; a new invoice is drafted", "warn"),
    "invoice.draft_changed": ("pen", "Invoice draft changed", ""),
    "invoice.draft_deleted": ("trash-2", "Invoice draft deleted", ""),
    "invoice.registered": ("history", "Invoice {number} taken over from an earlier system", ""),
    "invoice.resent": ("send", "Sent again to {to}", ""),
    "invoice.not_mailed": ("mail", "Issued without a mail", "warn"),
    "invoice_run.started": ("play", "Run over {drafts} drafts started, dated {issued_on}", "info"),
    "invoice_run.stopped": ("pause", "Run stopped", "warn"),
    "invoice_run.resumed": ("play", "Run resumed", ""),
    "invoice_run.finished": ("circle-check", "Run finished: {issued} issued, {refused} refused", "good"),
    "period.closed": ("lock", "Books closed up to {up_to}", ""),
    "period.reopened": ("lock-open", "Books reopened that were closed up to {up_to}", "warn"),
    "recurring.planned": ("rotate-ccw", "Recurring plan “{title}” made", "info"),
    "recurring.plan_changed": ("pen", "Recurring plan “{title}” changed", ""),
    "recurring.plan_paused": ("pause", "Recurring plan “{title}” paused", "warn"),
    "recurring.plan_resumed": ("play", "Recurring plan “{title}” goes on", ""),
    "recurring.plan_ended": ("ban", "Recurring plan “{title}” ended", "warn"),
    "recurring.period_skipped": ("ban", "“{title}”: period {number} skipped", "warn"),
    "payment.recorded": ("banknote", "Payment {number} recorded", "good"),
    "invoice.discounted": ("percent", "Early discount of {amount} on {number}: {payment} came in time", "good"),
    "payment.allocated": ("hand-coins", "Payment {number} put on {invoice}", "good"),
    "payment.allocation_undone": ("undo-2", "Payment {number} taken off {invoice}", "warn"),
    "bank_file.imported": ("landmark", "{name}: {entries} entries, {new} new", "good"),
    "bank_file.quarantined": ("pause", "{name} is kept aside", "warn"),
    "bank_file.dismissed": ("circle-x", "{name} is not needed", ""),
    "bank_line.matched": ("landmark", "A line of the bank is payment {number}", "good"),
    "bank_line.unmatched": ("undo-2", "What stood for a line of the bank is taken back", "warn"),
    "bank_line.set_aside": ("ban", "A line of the bank is set aside", ""),
    "bank_line.charged": ("landmark", "The bank charged {amount}", ""),
    "bank_line.charge_undone": ("undo-2", "A charge of {amount} was none", ""),
    "bank_line.taken_up": ("undo-2", "A line of the bank is taken up again", ""),
    "payment.charge_undone": ("undo-2", "The bank's charge of {amount} for {number} taken back", ""),
    "bank_account.added": ("landmark", "Account {name} added", ""),
    "bank_account.changed": ("pen", "Account {name} changed", ""),
    "csv_profile.added": ("list", "CSV columns of {name} added", ""),
    "csv_profile.changed": ("pen", "CSV columns of {name} changed", ""),
    "csv_profile.retired": ("ban", "CSV columns of {name} retired", "warn"),
    "bank_file.detailed": ("layers", "{name}: {count} batches have their details now", "good"),
    "bank_file.charged": ("landmark", "{name}: {count} bank charges kept", ""),
    "payment.credited": ("file-minus", "{number} left {amount} to place", "info"),
    "payment.charged": ("landmark", "The bank charged {amount} for {number}", "warn"),
    "payment.transferred": ("arrow-right", "{amount} of {number} transferred as {to}", "warn"),
    "payment.received_by_transfer": ("arrow-right", "{number}: {amount} transferred from {of}", "info"),
    "payment.transfer_undone": ("undo-2", "Transfer of {amount} from {number} taken back", "warn"),
    "refund.proposed": ("banknote", "Refund of {amount} from {number} to {beneficiary} asked for", ""),
    "refund.approved": ("check", "Refund of {amount} from {number} approved", "good"),
    "refund.refused": ("circle-x", "Refund of {amount} from {number} refused", "bad"),
    "refund.cancelled": ("ban", "Refund of {amount} from {number} cancelled", "warn"),
    "refund.exported": ("download", "Refund of {amount} from {number} written for the bank", ""),
    "refund.paid": ("banknote", "Refund of {amount} from {number} paid on {paid_on}", "good"),
    "refund.unpaid": ("undo-2", "Refund of {amount} from {number} waits for the bank again", "warn"),
    "refund.not_returned": ("undo-2", "Refund of {amount} from {number} did not come back after all", "warn"),
    "refund.returned": ("undo-2", "Refund of {amount} from {number} came back", "bad"),
    "deduction.proposed": ("file-minus", "Asked to let {amount} of {number} go", ""),
    "deduction.approved": ("check", "{amount} of {number} let go", "good"),
    "deduction.refused": ("circle-x", "{amount} of {number} stays owed", "bad"),
    "deduction.dropped": ("circle-x", "{amount} of {number} need not be let go any more", ""),
    "deduction.undone": ("undo-2", "{amount} of {number} owed again", "warn"),
    "payment.reversed": ("undo-2", "Payment {number} reversed", "bad"),
    "payer_account.learned": ("landmark", "Account {account} pays for this customer", "info"),
    "payer_account.denied": ("landmark", "A payment from {account} was not for this customer", "warn"),
    "journal.accounts_changed": ("settings", "Accounts of the journal changed", ""),
    "journal.exported": ("download", "Journal exported: {entries} entries, {totals}", ""),
    "message.queued": ("mail", "Mail to {recipient} queued: {subject}", ""),
    "message.accepted": ("send", "Mail to {recipient} accepted by the mail server: {subject}", "good"),
    "message.rejected": ("circle-x", "Mail to {recipient} refused: {reply}", "bad"),
    "message.uncertain": ("circle-help", "Nobody knows whether the mail to {recipient} arrived", "bad"),
    "message.arrived": ("check", "Mail to {recipient} arrived after all", "good"),
    "message.sent_again": ("rotate-ccw", "Mail to {recipient} sent again", "warn"),
    "message.cancelled": ("ban", "Mail to {recipient} cancelled", "warn"),
    "message.set_aside": ("ban", "Refused mail to {recipient} set aside", ""),
    "rate.set": ("landmark", "{currency} rate of {rated_on}: {rate}", ""),
    "rates.imported": ("landmark", "Exchange rates imported", ""),
    "tax_code.made": ("percent", "Tax code {code} made", "info"),
    "tax_code.changed": ("pen", "Tax code {code} changed", ""),
    "tax_code.rates_set": ("percent", "Rates of {code} from {valid_from} entered", ""),
    "invoice.rates_taken": ("percent", "Rates of the tax point {tax_point} taken", ""),
    "invoice.rates_kept": ("percent", "Rates kept that differ from those of the tax point {tax_point}", "warn"),
    "document.retried": ("rotate-ccw", "Document rendered again", ""),
    "notice.queued": ("bell", "Reminder queued", "warn"),
    "view.saved": ("bookmark", "View “{name}” saved", ""),
    "view.changed": ("bookmark", "View “{name}” changed", ""),
    "view.removed": ("trash-2", "View “{name}” removed", ""),
    "checklist.item_added": ("plus", "Item of the hand-off added", ""),
    "checklist.item_changed": ("pen", "Item of the hand-off changed", ""),
    "checklist.item_moved": ("list", "Item of the hand-off moved", ""),
    "checklist.item_removed": ("trash-2", "Item of the hand-off removed", ""),
    "customer.chase_held": ("pause", "No reminders for a while", "warn"),
    "customer.chase_released": ("play", "Reminders again", ""),
    "dunning_run.proposed": ("bell", "Reminders proposed", ""),
    "dunning_run.sent": ("bell", "Reminders approved", ""),
    "notice.sent": ("bell", "Reminder sent", "warn"),
    "account_statement.sent": ("send", "Statement of account sent: {since_on} to {until_on}", ""),
    "mis.taken": ("file-text", "Daily report taken", ""),
    "mis.subscribed": ("mail", "Daily report subscribed to", ""),
    "mis.paused": ("pause", "Daily report not mailed any more", ""),
    "job.repeated": ("rotate-ccw", "Job run again", ""),
    "user.added": ("user-plus", "Person added", ""),
    "user.changed": ("pen", "Person changed", ""),
    "user.invited": ("mail", "Person invited", ""),
    "user.disabled": ("ban", "Person may not sign in any more", "warn"),
    "user.enabled": ("play", "Person may sign in again", ""),
    "user.signed_in": ("user", "Signed in", ""),
    "user.signed_out": ("user", "Signed out", ""),
    "user.session_ended": ("circle-x", "Session ended", ""),
    "user.password_changed": ("settings", "Password changed", ""),
    "user.password_replaced": ("settings", "Password replaced", "warn"),
    "user.reset_link_sent": ("mail", "Link for a new password sent", ""),
    "company.logo_changed": ("settings", "Logo changed", ""),
    "company.texts_changed": ("settings", "Texts of documents and mails changed: {language}", ""),
    "company.quarantined": ("pause", "Nothing leaves this house", "warn"),
    "company.released": ("play", "Mails leave again", "good"),
    "calendar.changed": ("calendar", "Working hours changed", ""),
    "calendar.dropped": ("calendar", "Own working hours dropped", ""),
    "demo.removed": ("trash-2", "Demo removed", "warn"),
    "user.away": ("calendar", "{name} away from {first_day} to {last_day}; {stand_in} stands in", ""),
    "user.back": ("calendar", "Back", ""),
    "company.set_up": ("building-2", "Company set up", "info"),
    "company.changed": ("settings", "Company settings changed", ""),
    "ladder.changed": ("bell", "Escalation ladder changed", ""),
    "numbering.changed": ("list", "Numbers of {series} are now written {after}", "warn"),
    "numbering.reserved": ("list", "Numbers {first} to {last} of {series} reserved", "warn"),
}
# a mail of a house without a mail server
KEPT_HERE = ("inbox", "Mail to {recipient} kept in the local mailbox: {subject}", "")
NOTES = ("reason", "note")
AMOUNTS = frozenset({"credit_limit"})
# what sentences name and entries keep in minor units of their currency
MINOR = frozenset({"amount"})
# fields that are called otherwise here
WORDS: Mapping[str, str] = {
    "owner": "Seller",
    "deal_type": "Order type",
    "tax_rate": "Tax %",
    "tax_category": "Tax kind",
    "discount_percent": "Discount %",
    "no_chase_until": "No reminders until",
    "no_chase_reason": "No reminders because",
}
# kind of object -> page, its argument, the permission to open it
PAGES = {
    "deal": ("deals.detail", "deal_id", "deals.view"),
    "order": ("orders.detail", "order_id", "orders.view"),
    "customer": ("customers.detail", "customer_id", "customers.view"),
    "invoice": ("invoices.detail", "invoice_id", "invoices.view"),
    "order_exception": ("exceptions.detail", "exception_id", "orders.view"),
    "payment": ("payments.detail", "payment_id", "payments.view"),
    "message": ("outbox.detail", "message_id", "outbox.view"),
}
# what happened to these is told only to whoever may see them; mails on an order are those of its invoices
CONFIDENTIAL = {
    "invoice": "invoices.view",
    "message": "invoices.view",
    "payment": "payments.view",
    "deduction": "payments.view",
    "dunning_run": "followup.view",
}


def build_timeline(entries: Iterable[AuditEntry], names: Mapping[str, str], *, here: str = "") -> list[dict[str, Any]]:
    """Events for the timeline macro, in the order given, as far as the current user may know them.

    `names` says what to call an actor, `here` is the kind of the page, which then needs no link to itself.
    """
    seen = [entry for entry in entries if _may(CONFIDENTIAL.get(entry.object_kind, ""))]
    return [_event(entry, names, here) for entry in (seen if here == "message" else _without_echoes(seen))]


def _without_echoes(entries: list[AuditEntry]) -> list[AuditEntry]:
    """That a mail was queued says nothing more once it is told what became of it."""
    told = {one.object_id for one in entries if one.object_kind == "message" and one.action != "message.queued"}
    return [one for one in entries if one.action != "message.queued" or one.object_id not in told]


def _may(permission: str) -> bool:
    may = g.get("may")
    return not permission or (may is not None and bool(may(permission)))


def list_actors(entries: Iterable[AuditEntry]) -> set[str]:
    """Everybody these entries speak of, for `names`: who did it, and who was given a task."""
    entries = list(entries)
    given = {_receiver(entry) for entry in entries if entry.action == "task.assigned"}
    return {entry.actor for entry in entries} | (given - {""})


def _receiver(entry: AuditEntry) -> str:
    person = entry.detail.get("after")
    return f"user:{person}" if person is not None else ""


def _event(entry: AuditEntry, names: Mapping[str, str], here: str) -> dict[str, Any]:
    icon, sentence, tone = _sentence(entry)
    return {
        "icon": icon,
        "text": sentence.format_map(_Known(_plain_values(entry.detail), person=_person(entry, names))),
        "tone": tone,
        "note": next((str(entry.detail[name]) for name in NOTES if entry.detail.get(name)), "") or _changes(entry),
        "actor": names.get(entry.actor, entry.actor),
        "at": entry.at,
        "url": "" if entry.object_kind == here else _url(entry),
    }


def _sentence(entry: AuditEntry) -> tuple[str, str, str]:
    if entry.action == "message.accepted" and str(entry.detail.get("reply", "")).startswith(KEPT):
        return KEPT_HERE
    return SENTENCES.get(entry.action, ("activity", _plain(entry.action), ""))


def _person(entry: AuditEntry, names: Mapping[str, str]) -> str:
    receiver = _receiver(entry)
    return names.get(receiver, "somebody") if receiver else "nobody"


class _Known(dict[str, Any]):
    """A value that an older entry does not carry is left out of the sentence."""

    def __missing__(self, key: str) -> str:
        return ""


def _plain_values(detail: Mapping[str, Any]) -> dict[str, Any]:
    """The detail with its days and amounts written as people read them."""
    currency = str(detail.get("currency", ""))
    return {name: _plain_value(name, value, currency) for name, value in detail.items()}


def _plain_value(name: str, value: Any, currency: str) -> Any:
    if name in MINOR and currency and isinstance(value, int):
        return money(value, currency)
    return _day(value) if name.endswith("_on") else value


def _day(value: Any) -> Any:
    try:
        return day(date.fromisoformat(value))
    except (TypeError, ValueError):
        return value


def _changes(entry: AuditEntry) -> str:
    changes = entry.detail.get("changes")
    if isinstance(changes, list):
        return "; ".join(_listed(change) for change in changes[:6])
    if not isinstance(changes, dict):
        return ""
    currency = str(entry.detail.get("currency", ""))
    return "; ".join(_change(name, _amounts(name, values, currency)) for name, values in list(changes.items())[:6])


def _amounts(name: str, values: Any, currency: str) -> Any:
    """Amounts are kept in minor units; an entry that names no currency keeps what it says."""
    if name not in AMOUNTS or not currency or not isinstance(values, list):
        return values
    return [money(value, currency) if isinstance(value, int) else value for value in values]


def _listed(change: Any) -> str:
    return _change(change[0], change[1:]) if isinstance(change, list) else str(change)


def _change(name: str, values: Any) -> str:
    label = _label(name)
    if isinstance(values, list) and len(values) == 2 and not any(isinstance(value, list | dict) for value in values):
        before, after = ("empty" if value in (None, "") else str(_day(value)) for value in values)
        return f"{label}: {before} → {after}"
    return f"{label} changed"


def _label(name: str) -> str:
    """`unit_price of Sensor` is read as "Unit price of Sensor"."""
    field, of, item = name.partition(" of ")
    return f"{WORDS.get(field) or label_of(field)}{of}{item}"


def _url(entry: AuditEntry) -> str:
    endpoint, argument, permission = PAGES.get(entry.object_kind, ("", "", ""))
    if not _may(permission):
        return ""
    values: dict[str, Any] = {argument: entry.object_id}
    return url_for(endpoint, **values) if endpoint in current_app.view_functions else ""


def _plain(action: str) -> str:
    return action.replace(".", " ").replace("_", " ").capitalize()
