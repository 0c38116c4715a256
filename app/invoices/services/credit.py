"""Credits an issued invoice: in full, by quantity or by value, each an own document with positive amounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from app.company.queries import business_today
from app.db.base import session
from app.db.events import announce
from app.invoices import queries
from app.invoices.arithmetic import compute_invoice
from app.invoices.events import InvoiceCredited, InvoiceCrediting
from app.invoices.models import Invoice, InvoiceKind, InvoiceLine, InvoiceState, Scope
from app.invoices.paper_writer import say
from app.invoices.queries import document_name
from app.invoices.queries_parts import (
    Creditable,
    group_of,
    is_added_percent,
    list_credit_notes,
    list_deducting,
    read_creditable,
    taxes_of,
)
from app.invoices.rules_issue import LONGEST_REASON
from app.invoices.rules_reasons import CreditReason, say_reason
from app.invoices.services.drafts import finish_draft, note, store_amounts
from app.invoices.services.issue import publish, seal, store_parts
from app.invoices.services.locks import lock_invoice
from app.invoices.services.parts import move_net, net_of
from app.invoices.texts_parts import part_texts_for
from app.kernel.errors import BadInput, RuleError
from app.kernel.money import Money, to_decimal
from app.kernel.quantities import canonical
from app.kernel.texts import clean_line
from app.ledger.services import credit


class NotCreditable(RuleError):
    """Only an issued invoice can be credited."""


class CreditedAlready(RuleError):
    """{number} is credited already, by {names}."""


class OfEarlierSystem(RuleError):
    """{number} comes from an earlier system, so its lines are not known here. Credit it there."""


class AmountsMoved(RuleError):
    """{number} computes to another amount today. This needs a person: nothing was credited."""


class DepositDeducted(RuleError):
    """{number} is deducted on {invoices}. Delete that draft, or credit that invoice, first."""


class MoreThanInvoiced(BadInput):
    """Line {position}: {quantity} is more than the {remaining} that can still be credited."""


class MoreThanLeft(BadInput):
    """{what}: {asked} is more than the {left} that can still be credited at this tax."""


class AmountTooLarge(MoreThanLeft):
    """{asked} is more than the {left} that can still be credited at this tax."""


class DraftStands(CreditedAlready):
    """{names} of {number} stands already. Issue or delete it before crediting the invoice in full."""


class CreditedInPart(CreditedAlready):
    """{number} is credited in part already, by {names}. Credit the rest as a part."""


class NothingCredited(BadInput):
    """Nothing is chosen. Write what is credited in at least one place."""


class CreditInFull(RuleError):
    """The prices of {number} contain tax, so it is credited in full or by quantity, not by value."""


@dataclass(frozen=True, kw_only=True)
class CreditData:
    """What is credited: quantities by invoice line, or nets in minor units by set of taxes; neither: all of it."""

    scope: Scope = Scope.WHOLE
    reason_code: CreditReason = CreditReason.OTHER
    reason: str = ""
    quantities: Mapping[int, Decimal] = field(default_factory=dict)
    amounts: Mapping[str, int] = field(default_factory=dict)


def credit_invoice(
    invoice_id: int,
    reason: str,
    *,
    issued_on: date,
    actor: str,
    now: datetime,
    reason_code: CreditReason = CreditReason.OTHER,
    checked: str | None = None,
) -> Invoice:
    """The issued credit note (381) over the whole invoice; what was paid already can be placed again.

    Raises NotCreditable, CreditedAlready, OfEarlierSystem, NotIssuable, ChangedSinceChecked, OlderThanLast,
    TextMissing.
    """
    made = draft_credit(invoice_id, CreditData(reason_code=reason_code, reason=reason), actor=actor, now=now)
    return issue_credit(made.id, issued_on, actor=actor, now=now, checked=checked)


def draft_credit(invoice_id: int, data: CreditData, *, actor: str, now: datetime) -> Invoice:
    """A draft of a credit note. Never more than is left of the invoice, drafts of other credit notes included.

    Raises NotCreditable, CreditedAlready, OfEarlierSystem, DepositDeducted, MoreThanInvoiced, MoreThanLeft,
    NothingCredited, CreditInFull, TextMissing.
    """
    original, order, _customer = lock_invoice(invoice_id)
    require_creditable(original)
    needs_words = data.reason_code is CreditReason.OTHER
    words = clean_line(data.reason, "reason", most=LONGEST_REASON, required=needs_words)
    left = read_creditable(original)
    made = _begin(original, data, say_reason(data.reason_code, words, original.language), actor=actor, now=now)
    if data.scope is Scope.LINES:
        made.lines = _lines_by_quantity(made, original, left, data.quantities)
    elif data.scope is Scope.AMOUNT:
        made.lines = _lines_by_amount(original, left, data.amounts)
    else:
        require_untouched(original, left)
        made.lines = [_copy(line, line.quantity) for line in original.lines]
    session().add(made)
    session().flush()
    if data.scope is not Scope.WHOLE:
        _close(made, left, business_today(now))
    return finish_draft(made, order, actor=actor, now=now, credits=original.number)


def issue_credit(
    credit_note_id: int, issued_on: date, *, actor: str, now: datetime, send: bool = True, checked: str | None = None
) -> Invoice:
    """Numbers and freezes a drafted credit note; it settles what is open, what was paid beyond comes off.

    `checked` is as in `issue_invoice`. Raises DraftOnly, NotIssuable, ChangedSinceChecked, OlderThanLast,
    AmountsMoved and what `draft_credit` raises.
    """
    seen = queries.get_invoice(credit_note_id)
    if seen.original_id is None:
        raise NotCreditable
    original, _order, _customer = lock_invoice(seen.original_id)
    credit_note, order, customer = lock_invoice(credit_note_id)
    if credit_note.state is not InvoiceState.DRAFT:
        raise queries.DraftOnly(number=credit_note.number)
    require_creditable(original)
    _require_left(credit_note, read_creditable(original, apart_from=credit_note.id))
    # The terms are kept because some reduce the tax; what they say about dates does not concern a credit note
    computed = replace(compute_invoice(credit_note, issued_on), instalments=(), early_discount=None)
    if credit_note.scope is Scope.WHOLE and (computed.gross_total, computed.amount_due) != (
        original.gross_total,
        original.amount_due,
    ):
        raise AmountsMoved(number=original.number)
    amount = None if credit_note.scope is Scope.WHOLE else computed.amount_due
    announce(
        InvoiceCrediting(
            actor=actor, now=now, invoice_id=original.id, on=issued_on, reason=credit_note.reason_shown, amount=amount
        )
    )
    store_parts(credit_note, computed)
    seal(
        credit_note, computed, issued_on=issued_on, order=order, customer=customer, original=original, actor=actor,
        now=now, checked=checked,
    )  # fmt: skip
    _settle(original, credit_note, issued_on, actor=actor, now=now)
    announce(InvoiceCredited(actor=actor, now=now, credit_note_id=credit_note.id, invoice_id=original.id, on=issued_on))
    about: dict[str, Any] = {
        "gross": credit_note.gross_total, "currency": credit_note.currency, "reason": credit_note.reason_shown,
    }  # fmt: skip
    note(
        "issued", credit_note, order, actor=actor, now=now, kind=credit_note.kind.value, number=credit_note.number,
        fingerprint=credit_note.fingerprint, series=credit_note.series, period=credit_note.period,
        sequence=credit_note.sequence, issued_on=issued_on.isoformat(), original=original.number, **about,
    )  # fmt: skip
    note("credited", original, order, actor=actor, now=now, number=original.number, by=credit_note.number, **about)
    publish(credit_note, order, actor=actor, now=now, send=send)
    return credit_note


def require_creditable(original: Invoice) -> None:
    """Raises NotCreditable, OfEarlierSystem, CreditedAlready, DepositDeducted."""
    if original.state is not InvoiceState.ISSUED or original.kind is not InvoiceKind.INVOICE:
        raise NotCreditable
    if original.origin != "own":
        raise OfEarlierSystem(number=original.number)
    if queries.is_credited(original):
        names = ", ".join(note.number for note in list_credit_notes(original.id) if note.number)
        raise CreditedAlready(number=original.number, names=names)
    if original.scope is Scope.DEPOSIT and (by := list_deducting(original.id)):
        names = ", ".join(one.number or f"draft {one.id}" for one in by)
        raise DepositDeducted(number=original.number, invoices=names)


def require_untouched(original: Invoice, left: Creditable) -> None:
    """Only what is not credited in part, not even by a draft, is credited in full."""
    if drafts := [one for one in left.notes if one.number is None]:
        names = "The credit note in " + ", ".join(f"draft {one.id}" for one in drafts)
        raise DraftStands(number=original.number, names=names)
    if left.notes:
        raise CreditedInPart(number=original.number, names=", ".join(one.number or "" for one in left.notes))


def _require_left(credit_note: Invoice, left: Creditable) -> None:
    """Once more at issue: another credit note may have come between."""
    for line in credit_note.lines:
        rest = left.quantities.get(line.original_line_id or 0)
        if rest is not None and abs(line.quantity) > abs(rest):
            raise MoreThanInvoiced(
                field="lines", position=line.position, quantity=canonical(line.quantity), remaining=canonical(rest)
            )
    _require_groups(credit_note, left)


def _require_groups(credit_note: Invoice, left: Creditable) -> None:
    taken: dict[str, int] = {}
    for line in credit_note.lines:
        taken[group_of(line.taxes)] = taken.get(group_of(line.taxes), 0) + line.net
    for group, net in taken.items():
        if net > max(left.groups[group], 0) and credit_note.scope is not Scope.WHOLE:
            lines = [line for line in credit_note.lines if group_of(line.taxes) == group]
            raise _more_than_left(credit_note, lines, net, left.groups[group])


def _more_than_left(credit_note: Invoice, lines: Sequence[InvoiceLine], asked: int, left: int) -> MoreThanLeft:
    """Names the lines, at the first one's field; an amount stands for all lines of its tax."""
    by_line = credit_note.scope is Scope.LINES
    places = [str(line.position) for line in lines]
    return MoreThanLeft(
        field=f"lines[{lines[0].position - 1}].quantity" if by_line and lines else "lines",
        what=f"Line {places[0]}" if len(places) == 1 else f"Lines {', '.join(places)}" if by_line else "Amount",
        asked=Money(asked, credit_note.currency),
        left=Money(max(left, 0), credit_note.currency),
    )


def _begin(original: Invoice, data: CreditData, reason: str, *, actor: str, now: datetime) -> Invoice:
    copied = (
        "customer_id", "order_id", "currency", "language", "po_number", "buyer_reference", "delivered_on",
        "service_from", "service_until", "payment_terms", "tax_rounding",
    )  # fmt: skip
    return Invoice(
        kind=InvoiceKind.CREDIT_NOTE,
        scope=data.scope,
        original_id=original.id,
        reason=reason,
        reason_code=data.reason_code.value,
        options=dict(original.options) if data.scope is Scope.WHOLE else {},
        created_at=now,
        created_by=actor,
        **{name: getattr(original, name) for name in copied},
    )


def _copy(line: InvoiceLine, quantity: Decimal) -> InvoiceLine:
    columns = (
        "position", "order_line_id", "order_id", "deposit_id", "description", "unit", "base_quantity", "unit_price",
        "discount_percent", "allowance", "charge", "taxes",
        "tax_code",
    )  # fmt: skip
    copied = {name: getattr(line, name) for name in columns}
    return InvoiceLine(original_line_id=line.id, quantity=quantity, **copied)


def _lines_by_quantity(
    made: Invoice, original: Invoice, left: Creditable, quantities: Mapping[int, Decimal]
) -> list[InvoiceLine]:
    lines = []
    for place, line in enumerate(original.lines):
        quantity, rest = quantities.get(line.id, Decimal(0)), left.quantities[line.id]
        if quantity < 0 or quantity > max(rest, Decimal(0)):
            raise MoreThanInvoiced(
                field=f"lines[{place}].quantity", position=line.position, quantity=canonical(quantity),
                remaining=canonical(max(rest, Decimal(0))),
            )  # fmt: skip
        if quantity:
            copied = _copy(line, quantity)
            if is_added_percent(line.taxes):
                most = left.nets[line.id]
                net = most if quantity == rest else min(net_of(copied, made.currency), most)
                move_net(copied, net, made.currency)
            lines.append(copied)
    if not lines:
        raise NothingCredited(field="lines")
    return lines


def _lines_by_amount(original: Invoice, left: Creditable, amounts: Mapping[str, int]) -> list[InvoiceLine]:
    taxes = {group_of(line.taxes): line.taxes for line in original.lines}
    text = say(part_texts_for(original.language).credited, number=original.number or "")
    lines: list[InvoiceLine] = []
    for place, (group, rest) in enumerate(left.groups.items()):
        net = amounts.get(group, 0)
        if not 0 <= net <= max(rest, 0):
            asked, most = (Money(amount, original.currency) for amount in (net, max(rest, 0)))
            field = f"amounts[{place}].amount"
            raise AmountTooLarge(field=field, asked=asked, left=most)
        if net and not is_added_percent(taxes[group]):
            raise CreditInFull(number=original.number)
        if net:
            lines.append(_value_line(len(lines) + 1, text, to_decimal(net, original.currency), taxes[group]))
    if not lines:
        raise NothingCredited(field="lines")
    return lines


def _value_line(position: int, text: str, price: Decimal, taxes: list[dict[str, Any]]) -> InvoiceLine:
    return InvoiceLine(position=position, description=text, quantity=Decimal(1), unit_price=price, taxes=taxes)


def _close(made: Invoice, left: Creditable, on: date) -> None:
    """Each line is quantity x price; the last credit note rounds by the cents the taxes of all differ from the invoice.

    Each document rounds its own tax (EN 16931 BR-CO-17), so only what is due of the last one can make up for it.
    """
    computed = compute_invoice(made, on)
    store_amounts(made, computed)
    _require_groups(made, left)
    _require_taxes(made, left)
    taken = sum(line.net for line in made.lines)
    off = left.due - computed.gross_total
    if taken == sum(left.groups.values()) and 0 < abs(off) <= _slack(left):
        made.options = {"rounding": off}
    session().flush()


def _slack(left: Creditable) -> int:
    """So many minor units may the taxes of several documents differ from those of one."""
    return len(left.taxes) * len(left.notes)


def _require_taxes(made: Invoice, left: Creditable) -> None:
    for key, tax in taxes_of(made).items():
        rest = left.taxes.get(key, 0)
        if tax > rest + len(left.notes):
            raise _more_than_left(made, made.lines, tax, rest)


def _settle(original: Invoice, credit_note: Invoice, on: date, *, actor: str, now: datetime) -> None:
    if credit_note.amount_due:
        credit(
            document_name(original.id),
            credit_note.amount_due,
            customer_id=original.customer_id,
            currency=original.currency,
            effective_on=on,
            reason=document_name(credit_note.id),
            actor=actor,
            now=now,
        )
