"""Reads the company, its number series and its business date."""

from datetime import date, datetime

from sqlalchemy import func, select

from app.company.models import Company, NumberSeries
from app.db.base import session
from app.db.sequences import Counter
from app.documents.models import Document
from app.kernel import clock
from app.kernel.errors import RuleError


class CompanyMissing(RuleError):
    """The company is not set up yet. An administrator does it under Settings; `tillpaid demo` loads one to try."""


def find_company() -> Company | None:
    return session().get(Company, 1)


def get_company() -> Company:
    """Our legal entity. Raises CompanyMissing before the first run page."""
    company = find_company()
    if company is None:
        raise CompanyMissing
    return company


def find_zone() -> str | None:
    """The company's time zone, None before it is set up."""
    return session().scalar(select(Company.time_zone).where(Company.id == 1))


def is_quarantined() -> bool:
    """Whether this is a restored copy nobody has confirmed yet: no mail leaves and no job runs."""
    return session().scalar(select(Company.id).where(Company.quarantined_at.is_not(None))) is not None


def business_today(now: datetime) -> date:
    """The date at ``now`` in the company's zone."""
    return clock.business_today(now, get_company().time_zone)


def list_series() -> list[NumberSeries]:
    return list(session().scalars(select(NumberSeries).order_by(NumberSeries.code)))


def last_numbers() -> dict[str, int]:
    """The highest number each series has drawn in any period."""
    rows = session().execute(select(Counter.series, func.max(Counter.last)).group_by(Counter.series))
    return {series: int(last) for series, last in rows}


def find_logo() -> Document | None:
    """The stored logo (sRGB PNG), if one was uploaded."""
    company = find_company()
    if company is None or company.logo_document_id is None:
        return None
    return session().get(Document, company.logo_document_id)
