"""Knows what every form has in common: stripped printable text, exact decimals, money, dates, refusals in place."""

from __future__ import annotations

import unicodedata
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask_wtf import FlaskForm
from wtforms import DateField as _DateField
from wtforms import Field, PasswordField, StringField, TextAreaField
from wtforms.validators import ValidationError

from app.kernel.errors import BadInput
from app.kernel.money import format_decimal, is_currency, to_minor

LINE_BREAKS = "\n\r\t"
MOST_DIGITS = 30


class BaseForm(FlaskForm):
    """A POST form with CSRF. Only declared fields are read; whatever else is sent is ignored."""

    class Meta:
        """Every text is stripped before it is checked."""

        def bind_field(self, form: Any, unbound_field: Any, options: dict[str, Any]) -> Field:
            filters = unbound_field.kwargs.get("filters", [])
            is_text = issubclass(unbound_field.field_class, StringField) and not is_secret(unbound_field.field_class)
            if is_text:
                filters = [strip_text, *filters]
            return unbound_field.bind(form=form, filters=filters, **options)

    def validate(self, extra_validators: Any = None) -> bool:
        """Refuses control characters in any text before and besides the fields' own checks."""
        fine: bool = super().validate(extra_validators=extra_validators)
        for field in self:
            allowed = LINE_BREAKS if isinstance(field, TextAreaField) else ""
            if isinstance(field, StringField) and has_control_characters(field.data, allowed):
                field.errors = [*field.errors, "This contains characters that cannot be printed. Type it again."]
                fine = False
        return fine

    def refuse(self, refusal: BadInput) -> None:
        """Shows what a service refused: at its field, or at the top when no field has that name."""
        field = self._fields.get(refusal.field or "")
        if field is None:
            self.form_errors: list[str] = [*self.form_errors, str(refusal)]
        else:
            field.errors = [*field.errors, str(refusal)]


def is_secret(field_class: type[Field]) -> bool:
    """Passwords are taken as they were typed."""
    return issubclass(field_class, PasswordField)


def strip_text(value: Any) -> Any:
    """Without spaces around it, in composed characters (NFC), so that equal-looking texts are equal."""
    return unicodedata.normalize("NFC", value.strip()) if isinstance(value, str) else value


def has_control_characters(value: Any, allowed: str = "") -> bool:
    return isinstance(value, str) and any(
        unicodedata.category(character) in {"Cc", "Cs"} and character not in allowed for character in value
    )


class DecimalField(StringField):
    """An exact decimal, such as 1234.5 or 1,234.5; never a float. `places` is the most decimals it may have."""

    def __init__(self, *args: Any, places: int = 6, smallest: Decimal | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = places
        self.smallest = smallest
        self.raw = ""

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.raw = str(valuelist[0]).strip() if valuelist else ""
        self.data = None
        if self.raw:
            self.data = self.read(self.raw)

    def read(self, text: str) -> Any:
        number = parse_decimal(text)
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
        number = parse_decimal(text)
        if self.smallest is not None and number < self.smallest:
            raise ValueError(f"Not less than {self.smallest}.")
        return number

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        if not isinstance(self.data, Decimal):
            return
        currency = self.currency_of(form)
        if not is_currency(currency):
            raise ValidationError("Choose the currency first.")
        try:
            self.data = to_minor(self.data, currency)
        except BadInput as refusal:
            raise ValidationError(str(refusal)) from None

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
        try:
            if len(text) != 10:
                raise ValueError
            self.data = date.fromisoformat(text)
        except ValueError:
            raise ValueError("Write a date like 2026-11-22.") from None


def parse_decimal(text: str) -> Decimal:
    """A plain decimal number; commas may group thousands. ValueError says what to write."""
    plain = text.replace("\u00a0", "").replace(" ", "")
    if "," in plain:
        plain = _without_groups(plain)
    if len(plain) > MOST_DIGITS or not all(character in "+-.0123456789" for character in plain):
        raise ValueError("Write a number like 1234.50.")
    try:
        return Decimal(plain)
    except InvalidOperation:
        raise ValueError("Write a number like 1234.50.") from None


def _without_groups(text: str) -> str:
    """Takes commas out when they group thousands; 12,50 is refused and not guessed."""
    whole, _, decimals = text.partition(".")
    first, *groups = whole.lstrip("+-").split(",")
    if "," in decimals or not 1 <= len(first) <= 3 or any(len(group) != 3 for group in groups):
        raise ValueError("Write decimals after a point: 1234.50.")
    return text.replace(",", "")
