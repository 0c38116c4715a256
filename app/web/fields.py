"""Knows fields that take exact values: decimals, money in minor units, business dates; nothing is guessed."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from wtforms import DateField as _DateField
from wtforms import StringField
from wtforms.validators import Length, ValidationError

from app.kernel.errors import BadInput
from app.kernel.money import format_decimal, is_currency, minor_digits, to_minor
from app.web.typed_numbers import MOST_DIGITS, parse_decimal


class AtMost(Length):
    """So many characters, said when there are more. The browser is not told: it would cut what is pasted, silently."""

    def __init__(self, most: int) -> None:
        super().__init__(max=most, message=f"Write at most {most:,} characters.")
        self.field_flags: dict[str, Any] = {}


class DecimalField(StringField):
    """An exact decimal, such as 1234.5, 1234,5 or 1,234.5; never a float. `places` is the most decimals it may have."""

    def __init__(self, *args: Any, places: int = 6, smallest: Decimal | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places
        self.smallest = smallest
        self.raw = ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.raw = str(valuelist[0]).strip() if valuelist else ""
        self.raw_data = [self.raw] if self.raw else []  # spaces alone are no input
        self.data = None
        if self.raw:
            self.data = self.read(self.raw)

    def read(self, text: str) -> Any:
        number = parse_decimal(text, self.places)
        if -int(number.as_tuple().exponent) > self.places:
            raise ValueError(f"At most {self.places} decimals.")
        if self.smallest is not None and number < self.smallest:
            raise ValueError(f"Not less than {self.smallest}.")
        return number

    def _value(self) -> str:
        if self.raw:
            return self.raw
        return "" if self.data is None else f"{self.data:f}"


class MoneyField(DecimalField):
    """An amount in major units of `currency`, as integer minor units; exactly the currency's decimals are allowed.

    Without a currency of its own it takes that of the form's field `currency`.
    """

    def __init__(self, *args: Any, currency: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency

    def read(self, text: str) -> Any:
        return text  # the currency says how many decimals there are, and so how it reads

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        if isinstance(self.data, str) and self.raw:
            self.data, currency = None, self.currency_of(form)
            try:
                self.data = self._to_minor(currency)
            except (BadInput, ValueError) as refusal:
                raise ValidationError(str(refusal)) from None

    def _to_minor(self, currency: str) -> int:
        places = minor_digits(currency) if is_currency(currency) else MOST_DIGITS
        number = parse_decimal(self.raw, places)
        if self.smallest is not None and number < self.smallest:
            raise ValueError(f"Not less than {self.smallest}.")
        if not is_currency(currency):
            raise ValueError("Choose the currency first.")
        return to_minor(number, currency)

    def said(self, form: Any) -> str:
        """For a service that takes text: the amount in major units, or what stands there."""
        return format_decimal(self.data, self.currency_of(form)) if isinstance(self.data, int) else self.data or ""

    def currency_of(self, form: Any) -> str:
        sibling = form._fields.get("currency")
        return self.currency or (str(sibling.data or "") if sibling is not None else "")

    def _value(self) -> str:
        if self.raw or self.data is None:
            return self.raw
        if isinstance(self.data, int) and is_currency(self.currency):
            return format_decimal(self.data, self.currency)
        return str(self.data)


class DateField(_DateField):
    """A business date, written 2026-11-22, as a browser's date field sends it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, format=["%Y-%m-%d"], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data: date | None = None
        self.raw_data = valuelist
        text = str(valuelist[0]).strip() if valuelist else ""
        if not text:
            return
        self.data = parse_date(text)


def parse_date(text: str) -> date:
    """A date written 2026-11-22 and in no other way, of this century or those around it; ValueError says so.

    The bounds keep sums of days inside what a date can be.
    """
    try:
        if not re.fullmatch(r"(19|2[0-9])[0-9]{2}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("Write a date like 2026-11-22.") from None
