"""Ends the quarantine a restore begins: until then no mail leaves and no job runs."""

from datetime import datetime

from app.audit.services import record
from app.company.models import Company
from app.company.services import lock_company
from app.kernel.errors import RuleError


class NotQuarantined(RuleError):
    """There is no quarantine to confirm: mail leaves and jobs run already."""


def confirm_quarantine(*, actor: str, now: datetime) -> Company:
    """Says that this copy is the one that works from now on. Raises NotQuarantined, CompanyMissing."""
    company = lock_company()
    if company.quarantined_at is None:
        raise NotQuarantined
    since, company.quarantined_at = company.quarantined_at, None
    record(
        "company.quarantine_confirmed", actor=actor, now=now, object_kind="company", object_id=1,
        since=since.isoformat(),
    )  # fmt: skip
    return company
