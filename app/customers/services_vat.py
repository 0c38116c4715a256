"""Records what an authority said about a customer's VAT id; the history stays."""

from dataclasses import dataclass
from datetime import date, datetime

from app.audit.services import record
from app.company.queries import business_today
from app.customers.models_vat import VatCheck
from app.customers.services import lock_customer
from app.db.base import session
from app.kernel.errors import BadInput, RuleError
from app.kernel.texts import clean_line


class NothingToCheck(RuleError):
    """{name} has no VAT id. Add it to the customer first."""


class CheckedLater(BadInput):
    """{on} is after today. Record a check when it is done."""


class CheckMoved(BadInput):
    """The VAT id is {vat_id} by now, not the one you checked. Check it again."""


@dataclass(frozen=True, kw_only=True)
class VatCheckData:
    """The answer; `vat_id` is the one that was asked about."""

    vat_id: str
    is_valid: bool
    checked_on: date
    authority: str = "VIES"
    name_given: str = ""
    consultation: str = ""


def record_vat_check(customer_id: int, data: VatCheckData, *, actor: str, now: datetime) -> VatCheck:
    """Keeps the answer. Raises CustomerUnknown, NothingToCheck, CheckMoved, CheckedLater, TextMissing."""
    customer = lock_customer(customer_id)
    if not customer.vat_id:
        raise NothingToCheck(name=customer.name)
    if data.vat_id != customer.vat_id:
        raise CheckMoved(field="vat_id", vat_id=customer.vat_id)
    if data.checked_on > business_today(now):
        raise CheckedLater(field="checked_on", on=data.checked_on)
    made = VatCheck(
        customer_id=customer_id, vat_id=customer.vat_id, is_valid=data.is_valid, checked_on=data.checked_on,
        authority=clean_line(data.authority, "authority", required=True),
        name_given=clean_line(data.name_given, "name_given"),
        consultation=clean_line(data.consultation, "consultation"), recorded_at=now, recorded_by=actor,
    )  # fmt: skip
    session().add(made)
    session().flush()
    record(
        "customer.vat_checked", actor=actor, now=now, object_kind="customer", object_id=customer_id,
        customer_id=customer_id, vat_id=made.vat_id, result="valid" if made.is_valid else "invalid",
        checked_on=made.checked_on.isoformat(), authority=made.authority, consultation=made.consultation,
    )  # fmt: skip
    return made
