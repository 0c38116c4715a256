"""Knows how VAT ids, IBANs, BICs, e-mail addresses and zones are checked, with the libraries that know their rules."""

import re
from typing import Any

from app.kernel.clock import zone_named
from app.kernel.countries import EU
from app.kernel.einvoices import VAT_SCHEMES
from app.kernel.errors import BadInput
from app.kernel.languages import LANGUAGES

_NOISE = re.compile(r"[\s.\-/]")
_SHAPE = re.compile(r"[A-Z0-9]{2,20}")
LEAST_CONTRAST = 3
_COLOUR = re.compile(r"#[0-9a-f]{6}")
_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")


class VatIdWrong(BadInput):
    """The VAT id {vat_id} is not valid: check it for a typing error."""


class IbanWrong(BadInput):
    """The IBAN {iban} is not valid: check it for a typing error."""


class QrIbanAlone(BadInput):
    """The QR-IBAN belongs to a Swiss account: type the IBAN of that account, which begins with CH or LI, beside it."""


class QrIbanWrong(BadInput):
    """This is no QR-IBAN: its fifth to ninth digits are 30000 to 31999. Leave the field empty if you have none."""


class BicWrong(BadInput):
    """The BIC {bic} is not valid: it has 8 or 11 letters and digits."""


class EmailWrong(BadInput):
    """{email} is not an e-mail address that mail can be sent to."""


class LanguageUnknown(BadInput):
    """Documents are written in English (en), German (de), French (fr), Spanish (es) or Polish (pl)."""


class ColourWrong(BadInput):
    """Write a colour like #2f45c5."""


class ColourTooLight(BadInput):
    """{colour} is too light to be read on white paper. Choose a darker colour."""


class TimeWrong(BadInput):
    """Write a time like 07:00."""


def check_vat_id(text: str, country: str, field: str = "vat_id") -> str:
    """The VAT id without spaces and with its country's prefix; "" stays "".

    European ids are checked by their country's own rule (python-stdnum). A business may be registered in another
    European country than its own. Elsewhere a tax id has no agreed form, so that only its shape is checked.
    """
    compact = _NOISE.sub("", text or "").upper()
    if not compact:
        return ""
    if _SHAPE.fullmatch(compact) is None:
        raise VatIdWrong(field=field, vat_id=repr(text)[:40])
    prefix = compact[:2]
    if (prefix in EU and prefix != "GR") or prefix == "EL":
        return _check(compact, text, field)
    if country in EU or country in {"GB", "CH", "LI", "NO"}:
        return _check_at_home(compact, text, country, field)
    return compact


def read_vat_id(text: str, country: str) -> str:
    """The VAT id as `check_vat_id` keeps it, or in one spelling where its check digits fail. Refuses what is no id."""
    try:
        return check_vat_id(text, country)
    except VatIdWrong:
        compact = _NOISE.sub("", text or "").upper()
        if _SHAPE.fullmatch(compact) is None:
            raise
        return compact


def is_vat_id(text: str, country: str) -> bool:
    """Whether the check of its country passes; empty is fine."""
    try:
        check_vat_id(text, country)
    except VatIdWrong:
        return False
    return True


def check_vat_address(address: str, scheme: str) -> None:
    """An electronic address that is a VAT id passes the check of its country. Raises VatIdWrong."""
    if scheme in VAT_SCHEMES:
        check_vat_id(address, address[:2], "endpoint_id")


def _check(compact: str, text: str, field: str) -> str:
    from stdnum.eu import vat

    return str(_validated(vat, compact, text, field))


def _check_at_home(compact: str, text: str, country: str, field: str) -> str:
    from stdnum.ch import vat as swiss
    from stdnum.gb import vat as british
    from stdnum.no import mva as norwegian

    if country == "GB":
        # Northern Ireland trades goods under XI, with the same digits and check
        digits = compact.removeprefix("GB").removeprefix("XI")
        return ("XI" if compact.startswith("XI") else "GB") + str(_validated(british, digits, text, field))
    if country in {"CH", "LI"}:
        suffixed = compact if compact.endswith(("MWST", "TVA", "IVA", "TPV")) else compact + "MWST"
        return str(_validated(swiss, suffixed if suffixed.startswith("CHE") else "CHE" + suffixed, text, field))
    if country == "NO":
        suffixed = compact if compact.endswith("MVA") else compact + "MVA"
        return "NO" + str(_validated(norwegian, suffixed.removeprefix("NO"), text, field))
    home = "EL" if country == "GR" else country
    return _check(home + compact.removeprefix(country), text, field)


def _validated(rule: Any, compact: str, text: str, field: str) -> Any:
    from stdnum.exceptions import ValidationError

    try:
        return rule.validate(compact)
    except ValidationError:
        raise VatIdWrong(field=field, vat_id=repr(text.strip())[:40]) from None


def check_iban(text: str, field: str = "iban") -> str:
    """The IBAN without spaces; "" stays ""."""
    from schwifty import IBAN
    from schwifty.exceptions import SchwiftyException

    compact = re.sub(r"\s", "", text or "").upper()
    if not compact:
        return ""
    try:
        return str(IBAN(compact))
    except SchwiftyException:
        raise IbanWrong(field=field, iban=repr(compact)[:40]) from None


def check_qr_iban(text: str, field: str = "qr_iban", *, beside: str) -> str:
    """A QR-IBAN without spaces; "" stays "". `beside` is the IBAN it belongs to."""
    iban = check_iban(text, field)
    if iban and not (iban[:2] in {"CH", "LI"} and "30000" <= iban[4:9] <= "31999"):
        raise QrIbanWrong(field=field)
    if iban and beside[:2] not in {"CH", "LI"}:
        raise QrIbanAlone(field=field)
    return iban


def check_bic(text: str, field: str = "bic") -> str:
    """The BIC of 8 or 11 characters; "" stays ""."""
    from schwifty import BIC
    from schwifty.exceptions import SchwiftyException

    compact = re.sub(r"\s", "", text or "").upper()
    if not compact:
        return ""
    try:
        return str(BIC(compact))
    except SchwiftyException:
        raise BicWrong(field=field, bic=repr(compact)[:20]) from None


def check_email(text: str, field: str = "email") -> str:
    """The address as mail servers take it (the domain in ASCII), by its form alone; "" stays ""."""
    from email_validator import EmailNotValidError, validate_email

    written = (text or "").strip()
    if not written:
        return ""
    try:
        # The "test" flag only says that names under .test may be used: nothing is looked up either way
        checked = validate_email(written, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError:
        raise EmailWrong(field=field, email=repr(written)[:60]) from None
    return checked.ascii_email or checked.normalized


def check_language(text: str, field: str = "language") -> str:
    if text not in LANGUAGES:
        raise LanguageUnknown(field=field)
    return text


def check_colour(text: str, field: str = "accent_colour") -> str:
    """Lower case #rrggbb: it is written into style sheets, so nothing else may pass."""
    colour = (text or "").strip().lower()
    if _COLOUR.fullmatch(colour) is None:
        raise ColourWrong(field=field)
    if contrast_to_white(colour) < LEAST_CONTRAST:
        raise ColourTooLight(field=field, colour=colour)
    return colour


def contrast_to_white(colour: str) -> float:
    """How a colour #rrggbb stands out from white paper: 1 is white, 21 black (WCAG 2.2)."""
    shares = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares)
    return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05)


def check_time(text: str, field: str) -> str:
    """A local time of day, HH:MM."""
    if _TIME.fullmatch((text or "").strip()) is None:
        raise TimeWrong(field=field)
    return text.strip()


def check_zone(text: str, field: str = "time_zone") -> str:
    try:
        return zone_named((text or "").strip()).key
    except BadInput as refusal:
        raise BadInput(str(refusal), field=field) from None
