"""What a person sends at the cash desk: accepted as proposed, placed by hand, set aside, come back, taken back."""

from __future__ import annotations

from collections.abc import Sequence

from wtforms import BooleanField, HiddenField, RadioField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired, Length

from app.kernel.errors import BadInput
from app.payments.rules import OpenInstalment, Share
from app.payments.rules_cash import ASIDE_LABELS, AsideCode
from app.payments.rules_settling import CODE_LABELS, NEEDS_WORDS, DeductionCode
from app.web.forms import BaseForm

STAYS_OPEN = ""
WORDED = [code for code in CODE_LABELS if code in NEEDS_WORDS]


class SeveralShort(BadInput):
    """Several invoices are paid short. Let the rest of one go at a time: place the others in full, or leave them."""


class NothingIsShort(BadInput):
    """No invoice here is paid short. Choose “stays open”, or write less beside the invoice."""


class LineForm(BaseForm):
    """About one line as the person saw it, and the page to go back to."""

    version = HiddenField()
    next = HiddenField()


class AcceptForm(LineForm):
    proposal = HiddenField()


class PlaceForm(LineForm):
    """The amounts stand beside the instalments, under names of their own."""

    customer = HiddenField()
    short = SelectField(
        "If an invoice is paid short, its rest",
        choices=[SelectChoice(STAYS_OPEN, "stays open")]
        + [SelectChoice(code.value, f"goes: {label.lower()}") for code, label in CODE_LABELS.items()],
    )
    reason = StringField(
        "Reason",
        description=f"Needed for {' and '.join(f'“{CODE_LABELS[code]}”' for code in WORDED)}.",
        validators=[Length(max=300)],
    )


class AsideForm(LineForm):
    reason_code = RadioField(
        "Why is it nobody’s payment?",
        choices=[
            SelectChoice(code.value, label) for code, label in ASIDE_LABELS.items() if code is not AsideCode.REFUND_BACK
        ],
        validators=[InputRequired("Choose why.")],
    )
    note = StringField("In words", validators=[Length(max=300)], description="Needed for “Other”.")


class ReturnedForm(LineForm):
    payment = HiddenField()
    refund = HiddenField()
    is_passed_on = BooleanField("The customer is to bear the fee")


class CancelForm(LineForm):
    other = HiddenField()


class TakeBackForm(LineForm):
    reason = StringField("Reason", validators=[Length(max=300)])


def read_deduction(
    typed: str, shares: Sequence[Share], instalments: Sequence[OpenInstalment]
) -> tuple[int, int, int, DeductionCode] | None:
    """What is let go of the one instalment that is paid short. Raises SeveralShort, NothingIsShort."""
    if not typed:
        return None
    if typed not in set(DeductionCode):
        raise BadInput("Choose one of the list.", field="short")
    placed = {(share.invoice_id, share.instalment): share.amount for share in shares}
    short = [one for one in instalments if 0 < placed.get(one.key, 0) < one.open]
    if not short:
        raise NothingIsShort(field="short")
    if len(short) > 1:
        raise SeveralShort(field="short")
    one = short[0]
    return one.invoice_id, one.instalment, one.open - placed[one.key], DeductionCode(typed)
