"""The cash desk: every line of the bank is accepted, placed, set aside or taken back, one key each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from app.auth.guards import get_actor, guard
from app.auth.rules import Permission
from app.customers.models import Customer
from app.db.unit_of_work import unit_of_work
from app.kernel.errors import BadInput, Conflict, RuleError
from app.ledger.queries_periods import closed_until
from app.payments import pages_cash as desk
from app.payments import queries, services_cash, services_returned
from app.payments import queries_cash as cash
from app.payments.bank_files import look_again, match_same_payer
from app.payments.forms_cash import (
    WORDED,
    AcceptForm,
    AsideForm,
    CancelForm,
    LineForm,
    PlaceForm,
    ReturnedForm,
    TakeBackForm,
    read_deduction,
)
from app.payments.models import Payment
from app.payments.models_bank import LineState
from app.payments.models_cash import MatchProposal
from app.payments.pages import read_shares
from app.payments.pages_settling import say_policy
from app.payments.queries_bank import get_file, list_our_accounts
from app.payments.queries_charges import find_to_credit
from app.payments.queries_early import came_on
from app.payments.queries_settling import list_deductions_of
from app.payments.rules import Share
from app.payments.rules_cash import AsideCode, LineKind
from app.payments.rules_settling import DeductionState
from app.payments.services_deductions import read_policy
from app.web.addresses import is_own_page, url_with
from app.web.arguments import id_argument, text_argument
from app.web.filters import day, request_now
from app.web.filters import money as format_money
from app.web.flashes import say
from app.web.versions import read_version

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("cash", __name__)
TAKEN_BACK = "Taken back at the cash desk"
MOST_SHOWN_ANEW = 10


class Said(NamedTuple):
    """What was done, and where it goes on."""

    text: str
    url: str = ""
    link: str = ""


class OtherProposal(Conflict):
    """The suggestion has changed in the meantime. Look at the line again, then accept."""


@blueprint.get("")
@guard(Permission.PAYMENTS_VIEW)
def index() -> ResponseReturnValue:
    """The lines of a day, of a file, or all that are open: suggested, unknown, done."""
    wanted = desk.read_wanted(request.args)
    if wanted.unread:
        say(f"There is no day “{wanted.unread}”. These are the lines of the newest day.", "warn")
    look_again(now=request_now())
    pages = desk.read_groups(wanted, url_for("cash.index"))
    rows = desk.read_rows(pages)
    return render_template(
        "payments/cash.html",
        wanted=wanted,
        pages=pages,
        rows=rows,
        names=desk.name_rows(row for group in rows.values() for row in group),
        sums=desk.read_sums(wanted),
        file=get_file(wanted.file_id) if wanted.file_id else None,
        accounts=[(one.number, one.name) for one in list_our_accounts()],
        aside=AsideForm(formdata=None),
        here=_here(),
    )


def _here() -> str:
    """This list, without the place of a page, to come back to."""
    return url_with(path=url_for("cash.index"), after="", before="")


@blueprint.get("/<int:line_id>")
@guard(Permission.PAYMENTS_VIEW)
def line(line_id: int) -> ResponseReturnValue:
    """One line whole: what the bank said, who it may be from, and where it could go. Who alone fits is taken."""
    look_again(line_id, now=request_now())
    back, text = _read_back(request.args), text_argument(request.args, "find")
    found = desk.find_customers(text) if text else []
    if len(found) == 1 and not _is_scripted():
        return redirect(url_for("cash.line", line_id=line_id, customer=found[0].id, next=back))
    return _show(line_id, customer_id=id_argument(request.args, "customer"), back=back, find=text, found=found)


@blueprint.get("/<int:line_id>/<any(accept, place, aside, returned, cancel, undo):act>")
@guard(Permission.PAYMENTS_VIEW)
def again(line_id: int, act: str) -> ResponseReturnValue:
    """The address of what was refused, loaded once more: the line as it is now."""
    customer_id = id_argument(request.args, "customer")
    return redirect(url_for("cash.line", line_id=line_id, customer=customer_id, next=_read_back(request.args)))


def _show(
    line_id: int, *, customer_id: int | None, back: str, find: str = "", found: Sequence[Customer] = (),
    form: PlaceForm | None = None, error: str = "", wrong: str = "", aside: AsideForm | None = None,
) -> ResponseReturnValue:  # fmt: skip
    shown = cash.show_line(line_id)
    placing = desk.read_placing(shown, customer_id)
    is_open, customer = shown.line.state is LineState.OPEN, placing.customer
    state = {"version": str(shown.line.version), "next": back}
    page = render_template(
        "payments/cash_line.html",
        shown=shown,
        placing=placing,
        form=form or PlaceForm(formdata=None, data=state | {"customer": str(customer.id) if customer else ""}),
        typed=request.form if form else {},
        aside=aside or AsideForm(formdata=None, data=state),
        error=error,
        wrong=wrong,
        worded=WORDED,
        find=find,
        found=found,
        done=None if is_open else desk.read_done(shown),
        returned=desk.list_returned(shown, customer_id) if customer_id and is_open and shown.line.amount < 0 else [],
        names=desk.name_parts(shown.proposals, [shown.match] if shown.match else []),
        back=back,
        policy=say_policy(read_policy()),
        waits_until=desk.waits_until(shown.line, shown.entry),
        counts_from=desk.counts_from(shown.line, shown.entry, shown.payment, closed_until()),
    )
    return page, 422 if error or (aside and aside.errors) else 200


@blueprint.post("/<int:line_id>/accept")
@guard(Permission.PAYMENTS_RECORD)
def accept(line_id: int) -> ResponseReturnValue:
    """Does what is proposed."""
    form = AcceptForm()
    one = _get_proposal(line_id, form.proposal.data or "")
    shares = [Share(*share) for share in one.shares]
    owed = one.deduction
    deduction = (owed["invoice_id"], owed["instalment"], owed["amount"], owed["reason"]) if owed else None
    customer_id = one.customer_id
    if customer_id is None:
        raise OtherProposal

    def act() -> Said:
        payment = services_cash.accept(
            line_id, customer_id=customer_id, shares=shares, deduction=deduction,
            version=read_version(form.version.data), actor=get_actor(), now=request_now(),
        )  # fmt: skip
        return _say_placed(payment)

    return _do(line_id, form, act, proposes_anew=True)


def _get_proposal(line_id: int, typed: str) -> MatchProposal:
    """Raises OtherProposal: the one a person saw is not there any more."""
    offers = cash.list_proposals([line_id]).get(line_id, [])
    found = next((one for one in offers if str(one.id) == typed), None)
    if found is None:
        raise OtherProposal
    return found


@blueprint.post("/<int:line_id>/place")
@guard(Permission.PAYMENTS_RECORD)
def place(line_id: int) -> ResponseReturnValue:
    """Does what a person typed: a customer, amounts beside instalments, and what a short rest is."""
    form, shown = PlaceForm(), cash.show_line(line_id)
    customer_id = id_argument(request.form, "customer")
    if customer_id is None:
        back = _read_back(request.form)
        return _show(line_id, customer_id=None, back=back, form=form, error="Pick a customer first.")
    instalments = queries.list_open_instalments(customer_id, shown.entry.currency)
    try:
        shares = read_shares(request.form, instalments, shown.entry.currency)
        deduction = read_deduction(form.short.data or "", shares, instalments)
        with unit_of_work():
            payment = services_cash.accept(
                line_id, customer_id=customer_id, shares=shares, deduction=deduction, reason=form.reason.data or "",
                in_spite_of=request.form.get("in_spite_of", "").split(),
                version=read_version(form.version.data), actor=get_actor(), now=request_now(),
            )  # fmt: skip
            said = _say_placed(payment)
    except (BadInput, RuleError) as refusal:
        if isinstance(refusal, BadInput):
            form.refuse(refusal)
        return _show(
            line_id, customer_id=customer_id, back=_read_back(request.form), form=form, error=str(refusal),
            wrong=desk.find_wrong(refusal, request.form),
        )  # fmt: skip
    match_same_payer(line_id, now=request_now())
    say(said.text, undo_url=_undo_url(line_id), url=said.url, link=said.link)
    return redirect(f"{_read_back(request.form)}#line-{line_id}")


def _say_placed(payment: Payment) -> Said:
    came, since = came_on(payment), payment.received_on
    said = [f"{payment.number} is recorded."]
    if since > came:
        said.append(f"It counts from {day(since)}, because the books of {day(came)} are closed.")
    waiting = [one.amount for one in list_deductions_of(payment.id) if one.state is DeductionState.PROPOSED]
    if not waiting:
        return Said(" ".join(said))
    rest = format_money(sum(waiting), payment.currency)
    said.append(f"The rest of {rest} is let go once another person approves it.")
    return Said(" ".join(said), url_for("payments.approvals"), "Approvals")


@blueprint.post("/<int:line_id>/aside")
@guard(Permission.PAYMENTS_RECORD)
def aside(line_id: int) -> ResponseReturnValue:
    """A line that is nobody's payment, with the reason."""
    form = AsideForm()
    if not form.validate_on_submit():
        return _show(line_id, customer_id=None, back=_read_back(request.form), aside=form)

    def act() -> Said:
        services_cash.set_aside(
            line_id, reason_code=AsideCode(form.reason_code.data), note=form.note.data or "",
            version=read_version(form.version.data), actor=get_actor(), now=request_now(),
        )  # fmt: skip
        return Said("The line is set aside.")

    try:
        return _do(line_id, form, act)
    except BadInput as refusal:
        form.refuse(refusal)
        return _show(line_id, customer_id=None, back=_read_back(request.form), aside=form)


@blueprint.post("/<int:line_id>/returned")
@guard(Permission.PAYMENTS_UNDO)
def returned(line_id: int) -> ResponseReturnValue:
    """An earlier payment came back; what the line is larger by, the bank took. Or a refund of ours did."""
    form, shown = ReturnedForm(), cash.show_line(line_id)
    if refund_id := id_argument(request.form, "refund"):
        return _do(line_id, form, partial(_return_refund, line_id, refund_id, form), proposes_anew=True)
    payment = queries.get_payment(id_argument(request.form, "payment") or 0)

    def act() -> Said:
        reversal = services_cash.reverse_by_line(
            line_id, payment_id=payment_id, charge=max(0, fee), is_passed_on=form.is_passed_on.data,
            version=read_version(form.version.data), actor=get_actor(), now=request_now(),
        )  # fmt: skip
        since = "" if reversal.reversed_on == booked_on else f" as of {day(reversal.reversed_on)}"
        return Said(f"{number} came back; what it settled is open again{since}.")

    payment_id, number, fee = payment.id, payment.number, -shown.line.amount - payment.amount
    booked_on = shown.entry.booked_on
    return _do(line_id, form, act)


def _return_refund(line_id: int, refund_id: int, form: LineForm) -> Said:
    version = read_version(form.version.data)
    done = services_cash.accept_refund_back(
        line_id, refund_id=refund_id, version=version, actor=get_actor(), now=request_now()
    )
    return Said(f"{done.ignored_reason}. The money is on account again.")


@blueprint.post("/<int:line_id>/cancel")
@guard(Permission.PAYMENTS_RECORD)
def cancel(line_id: int) -> ResponseReturnValue:
    """The bank took one line back with another: both are done."""
    form, other_id = CancelForm(), id_argument(request.form, "other") or 0

    def act() -> Said:
        services_returned.cancel_lines(
            line_id, other_id=other_id, version=read_version(form.version.data), actor=get_actor(), now=request_now()
        )
        return Said("The bank took one of these lines back with the other: both are done.")

    return _do(line_id, form, act)


@blueprint.post("/<int:line_id>/undo")
@guard(Permission.PAYMENTS_UNDO)
def undo(line_id: int) -> ResponseReturnValue:
    """Takes back exactly what was done with a line; it is open again."""
    form, row = TakeBackForm(), desk.read_row(line_id)
    version = read_version(form.version.data or request.args.get("version", ""))
    is_aside, reason = row.line.state is LineState.IGNORED, form.reason.data or TAKEN_BACK
    what = f"“{row.line.ignored_reason}”" if is_aside else row.payment.number if row.payment else "It"
    if row.match and row.match.kind is LineKind.REVERSE:
        what = f"The return of {what}"
    money = format_money(row.line.amount, row.entry.currency)
    payment_id = row.payment.id if row.payment else 0

    def act() -> Said:
        again = None
        if row.line.paired_with:
            services_returned.take_up_both(line_id, version=version, actor=get_actor(), now=request_now())
        elif is_aside:
            services_cash.take_up_again(line_id, version=version, actor=get_actor(), now=request_now())
        else:
            again = services_cash.undo_line(
                line_id, reason=reason, version=version, actor=get_actor(), now=request_now()
            )  # fmt: skip
        said = f"{what} is taken back: the line of {money} is open again.{_say_again(again)}"
        if (asks := find_to_credit(payment_id)) is None:
            return Said(said)
        fee = format_money(asks.gross, asks.currency)
        invoice = url_for("invoices.detail", invoice_id=asks.invoice_id)
        return Said(f"{said} {asks.name} over {fee} asks for the fee still: credit it.", invoice, asks.name)

    return _do(line_id, form, act, can_undo=False)


def _say_again(payment: Payment | None) -> str:
    """Of a payment that did not come back after all: what of it found its place taken."""
    left = queries.amount_left(payment.id) if payment else 0
    if payment is None or not left:
        return ""
    return f" {payment.number} stands instead; {format_money(left, payment.currency)} of it are on account."


def _do(
    line_id: int, form: LineForm, act: Callable[[], Said], *, can_undo: bool = True, proposes_anew: bool = False
) -> ResponseReturnValue:
    """Acts in a unit of work; a script gets the line as it is now and the sums, anybody else the list again.

    A suggestion that was refused has been overtaken, so matching looks again.
    """
    seen: Sequence[int] = ()
    try:
        if not form.validate_on_submit():
            raise Conflict
        with unit_of_work():
            said = act()
        seen = match_same_payer(line_id, now=request_now())
        say(said.text, undo_url=_undo_url(line_id) if can_undo else "", url=said.url, link=said.link)
    except (BadInput, RuleError, Conflict) as refusal:
        if proposes_anew:
            with unit_of_work():
                services_cash.propose_lines([line_id], now=request_now())
        if not _is_scripted():
            raise
        say(str(refusal), "bad")
    back = _read_back(request.form)
    return _answer(line_id, back, seen) if _is_scripted() else redirect(f"{back}#line-{line_id}")


def _answer(line_id: int, back: str, seen: Sequence[int] = ()) -> ResponseReturnValue:
    """The row of the line, then those of others that changed with it, which are shown anew where the page has them."""
    wanted = desk.read_wanted(MultiDict(parse_qsl(urlsplit(back).query)))
    rows = [desk.read_row(one) for one in dict.fromkeys([line_id, *seen[:MOST_SHOWN_ANEW]])]
    return render_template(
        "payments/_cash_answer.html", rows=rows, names=desk.name_rows(rows), sums=desk.read_sums(wanted), wanted=wanted,
        here=back,
    )  # fmt: skip


def _is_scripted() -> bool:
    return "HX-Request" in request.headers


def _undo_url(line_id: int) -> str:
    """Of what was just done; it takes back nothing that somebody did after it."""
    version = cash.get_line(line_id).version
    return url_for("cash.undo", line_id=line_id, version=version, next=_read_back(request.form))


def _read_back(values: MultiDict[str, str]) -> str:
    """The list the person came from; another page of ours is none."""
    wanted = values.get("next", "") or request.args.get("next", "")
    own = url_for("cash.index")
    return wanted if is_own_page(wanted) and urlsplit(wanted).path == own else own
