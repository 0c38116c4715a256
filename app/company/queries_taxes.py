"""Reads tax codes: the list, one of them, and what it says on a day."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import selectinload

from app.company.models_taxes import TaxCode, TaxCodePart
from app.company.rules_taxes import Code, CodePart, TaxCodeUnknown, sum_up, taxes_on
from app.db.base import session
from app.kernel.errors import NotFound
from app.kernel.taxes import SaidTax


class NoTaxCode(NotFound):
    """This tax code does not exist."""


def get_tax_code(code_id: int) -> TaxCode:
    """Raises NoTaxCode."""
    found = session().scalars(_whole().where(TaxCode.id == code_id)).one_or_none()
    if found is None:
        raise NoTaxCode
    return found


def select_tax_codes() -> Select[TaxCode]:
    """The list; its caller orders and pages it."""
    return _whole()


def list_offered() -> list[tuple[str, str]]:
    """(code, title) of those that new lines may have."""
    chosen = select(TaxCode.code, TaxCode.title).where(TaxCode.is_active).order_by(TaxCode.code)
    return [(row.code, row.title) for row in session().execute(chosen)]


def find_codes(codes: Iterable[str | None]) -> dict[str, Code]:
    """The named ones with all their rates; one query, none where nothing is named."""
    wanted = {code for code in codes if code}
    if not wanted:
        return {}
    return {one.code: as_rule(one) for one in session().scalars(_whole().where(TaxCode.code.in_(wanted)))}


def get_taxes(code: str, day: date) -> list[dict[str, Any]]:
    """The taxes of a line with that code on that day. Raises TaxCodeUnknown, TaxRateMissing."""
    return taxes_on(_get(code), day)


def read_tax_code(text: str, day: date) -> SaidTax:
    """A code somebody typed, as of that day. Raises TaxCodeUnknown where it is not offered, TaxRateMissing."""
    code = text.strip().upper()
    if code not in dict(list_offered()):
        raise TaxCodeUnknown(field="tax_code", code=code[:20])
    return sum_up(_get(code), day)


def as_rule(stored: TaxCode) -> Code:
    return Code(
        stored.code,
        tuple(
            CodePart(part.name, part.category, part.reason, tuple((one.valid_from, one.rate) for one in part.rates))
            for part in stored.parts
        ),
    )


def _get(code: str) -> Code:
    found = find_codes([code]).get(code)
    if found is None:
        raise TaxCodeUnknown(field="tax_code", code=code)
    return found


def _whole() -> Select[TaxCode]:
    return select(TaxCode).options(selectinload(TaxCode.parts).selectinload(TaxCodePart.rates))
