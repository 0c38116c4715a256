"""Makes tax codes and enters their rates; a rate that documents were issued with stays for ever."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from app.audit.services import record
from app.company.events import TaxRatesChanging
from app.company.models_taxes import TaxCode, TaxCodePart, TaxRate
from app.company.queries_taxes import NoTaxCode, get_tax_code
from app.company.rules_taxes import MOST_PARTS, check_part, check_rate, parse_code
from app.company.services import lock_company
from app.db.base import session
from app.db.events import announce
from app.kernel.errors import BadInput, Conflict
from app.kernel.quantities import canonical
from app.kernel.texts import clean_line


class CodeTaken(BadInput):
    """There is a tax code {code} already. Enter a new rate there, or choose another code."""


class NoParts(BadInput):
    """A tax code has 1 to {most} taxes."""


class RatesIncomplete(BadInput):
    """Write a rate for {name}."""


class NameTwice(BadInput):
    """Two taxes of a code cannot have the same name."""


class SameRates(BadInput):
    """These are the rates on that day already. Change one, or choose another day."""


class TaxCodeChanged(Conflict):
    """Somebody else changed this tax code in the meantime. Compare both and save again."""


@dataclass(frozen=True)
class PartData:
    """One tax of a new code, with its first rate."""

    name: str
    category: str
    rate: Decimal
    reason: str = ""


def make_tax_code(
    code: str, title: str, region: str, valid_from: date, parts: tuple[PartData, ...], *, actor: str, now: datetime
) -> TaxCode:
    """A code with its taxes and their first rates. Raises BadInput naming the field."""
    lock_company()
    code = parse_code(code)
    if session().scalars(select(TaxCode.id).where(TaxCode.code == code)).first() is not None:
        raise CodeTaken(field="code", code=code)
    if not 1 <= len(parts) <= MOST_PARTS:
        raise NoParts(field="parts", most=MOST_PARTS)
    made = TaxCode(code=code, **_names(title, region), is_active=True, version=1)
    made.parts = [_part(place, said, valid_from, actor, now) for place, said in enumerate(parts)]
    for place, part in enumerate(made.parts):
        if part.name in {other.name for other in made.parts[:place]}:
            raise NameTwice(field=f"parts[{place}].name")
    session().add(made)
    session().flush()
    rates = {part.name: canonical(part.rates[0].rate) for part in made.parts}
    _record("made", made, actor=actor, now=now, valid_from=valid_from.isoformat(), rates=rates)
    return made


def set_tax_rates(
    code_id: int, valid_from: date, rates: Mapping[int, Decimal], *, version: int, actor: str, now: datetime
) -> TaxCode:
    """What each tax of a code, by its id, takes from that day on; the same day again corrects it.

    With the rates of the day before, that day's own are taken back.

    Raises BadInput naming the field, TaxCodeChanged, and what an answer to TaxRatesChanging refuses with.
    """
    code = _lock(code_id, version)
    for place, part in enumerate(code.parts):
        if part.id not in rates:
            raise RatesIncomplete(field=f"rates[{place}].rate", name=part.name)
        check_rate(part.category, rates[part.id], f"rates[{place}].rate")
    if _hold(code, valid_from, rates):
        raise SameRates(field="valid_from")
    announce(_changing(code, valid_from, rates, actor=actor, now=now))
    is_taken_back = _hold(code, valid_from - timedelta(days=1), rates)
    for part in code.parts:
        stored = _stored(part, valid_from)
        if stored is None:
            part.rates.append(TaxRate(valid_from=valid_from, rate=rates[part.id], recorded_at=now, recorded_by=actor))
        elif is_taken_back:
            part.rates.remove(stored)
        else:
            stored.rate, stored.recorded_at, stored.recorded_by = rates[part.id], now, actor
    code.version += 1
    session().flush()
    said = {part.name: canonical(rates[part.id]) for part in code.parts}
    _record("rates_set", code, actor=actor, now=now, valid_from=valid_from.isoformat(), rates=said)
    return code


def change_tax_code(
    code_id: int, title: str, region: str, *, is_active: bool, version: int, actor: str, now: datetime
) -> TaxCode:
    """What it is called, and whether new lines may have it. Raises TaxCodeChanged, BadInput naming the field."""
    code = _lock(code_id, version)
    wanted = {**_names(title, region), "is_active": is_active}
    changes = {name: [getattr(code, name), value] for name, value in wanted.items() if getattr(code, name) != value}
    for name, value in wanted.items():
        setattr(code, name, value)
    if changes:
        code.version += 1
        session().flush()
        _record("changed", code, actor=actor, now=now, changes=changes)
    return code


def _names(title: str, region: str) -> dict[str, str]:
    return {"title": clean_line(title, "title", required=True), "region": clean_line(region, "region")}


def _part(place: int, said: PartData, valid_from: date, actor: str, now: datetime) -> TaxCodePart:
    path = f"parts[{place}]"
    name = clean_line(said.name, f"{path}.name", most=60, required=True)
    reason = clean_line(said.reason, f"{path}.reason", most=300)
    check_part(said.category, said.rate, reason, path)
    part = TaxCodePart(position=place + 1, name=name, category=said.category, reason=reason)
    part.rates = [TaxRate(valid_from=valid_from, rate=said.rate, recorded_at=now, recorded_by=actor)]
    return part


def _lock(code_id: int, version: int) -> TaxCode:
    locked = session().get(TaxCode, code_id, with_for_update=True, populate_existing=True)
    if locked is None:
        raise NoTaxCode
    if locked.version != version:
        raise TaxCodeChanged
    return get_tax_code(code_id)


def _stored(part: TaxCodePart, day: date) -> TaxRate | None:
    return next((one for one in part.rates if one.valid_from == day), None)


def _holds(part: TaxCodePart, day: date) -> TaxRate | None:
    return next((one for one in reversed(part.rates) if one.valid_from <= day), None)


def _hold(code: TaxCode, day: date, rates: Mapping[int, Decimal]) -> bool:
    """Whether the code has these rates on that day already."""
    return all((known := _holds(part, day)) and known.rate == rates[part.id] for part in code.parts)


def _changing(
    code: TaxCode, valid_from: date, rates: Mapping[int, Decimal], *, actor: str, now: datetime
) -> TaxRatesChanging:
    held = [known for part in code.parts if (known := _holds(part, valid_from))]
    return TaxRatesChanging(
        actor=actor, now=now, code=code.code, valid_from=valid_from,
        until=min((one.valid_from for one in code.parts[0].rates if one.valid_from > valid_from), default=None),
        held=tuple(canonical(one.rate) for one in held),
        rates=tuple(canonical(rates[part.id]) for part in code.parts),
    )  # fmt: skip


def _record(what: str, code: TaxCode, *, actor: str, now: datetime, **detail: Any) -> None:
    record(
        f"tax_code.{what}", actor=actor, now=now, object_kind="tax_code", object_id=code.id, code=code.code, **detail
    )
