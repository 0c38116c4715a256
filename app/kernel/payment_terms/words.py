"""Knows the words of payment terms in English, German, French, Spanish and Polish, and what is asked for in vain."""

from __future__ import annotations

import re

from app.kernel.errors import BadInput


class CountedFromDelivery(BadInput):
    """Due dates are counted from the invoice date, not from the delivery. Write only the days, like "60 days"."""


class PaidInAdvance(BadInput):
    """Payment in advance is no due date. Write "immediately" here, and ask for a deposit before you deliver."""


class OneDiscountOnly(BadInput):
    """Only one early discount is possible. Keep one of them, like "2% 10, net 30"."""


class DaysAfterMonthEnd(BadInput):
    """From the end of the month at most 28 days are counted, like "end of month + 15".

    Or write "30 days end of month": 30 days, then on to the end of that month.
    """


_IN_VAIN: list[tuple[type[BadInput], str]] = [
    (
        CountedFromDelivery,
        (
            r"\b(?:after|from|of|upon|nach|ab|après|tras|desde|po|od)\s+(?:the |der |la )?"
            r"(?:delivery|(?:receipt of )?goods|lieferung|wareneingang|livraison|entrega|dostaw\w+)\b"
            r"|\breceipt of (?:the )?goods\b|\b(?:à|a) la (?:livraison|entrega)\b"
        ),
    ),
    (
        PaidInAdvance,
        (
            r"\b(?:pre-?payment|(?:paid|payment) in advance|vorkasse|vorauskasse|prépaiement|paiement d.avance|prepago"
            r"|pago anticipado|przedpłat\w+)\b"
        ),
    ),
    (
        DaysAfterMonthEnd,
        (
            r"\b(?:29|[3-9]\d|\d{3,})\s+(?:days|tage?|jours|d[ií]as|dni)\s+"
            r"(?:after|from|nach|ab|après|desde|od)\s+(?:(?:the|le|la|el)\s+)?(?:end of (?:the )?month|monatsende"
            r"|fin de mois|fin de mes|końca miesiąca)|\b(?:eom|end of month)\s+(?:29|[3-9]\d)\b"
        ),
    ),
]

_FRENCH = [
    (r"\bjours?\b", "days"),
    (r"\bsemaines?\b", "weeks"),
    (r"\bmois suivant\b", "next month"),
    (r"\ble (\d{1,2})(?:er)? (?:du )?next month\b", r"\1th of next month"),
    (r"\bfin de (?:ce )?mois\b", "eom"),
    (r"\ble (\d{1,2})(?:er)?\b", r"\1th"),
    (r"\bmois\b", "months"),
    (r"\b(?:à|dès) (?:la )?réception(?: de (?:la )?facture)?|\b(?:au )?comptant\b", "immediately"),
    (r"(?<=%) (?:d.)?(?:acompte|à la commande)\b", " immediately"),
    (r"\bsolde\b", "remainder"),
    (r"\bescompte\b", "discount"),
    (r"\bnets\b", "net"),
    (r"\b(?:(?:de|à compter de la|à partir de la) )?date (?:de |d.émission de )?(?:la )?facture\b", ""),
    (r"\b(?:payables?|sous)\b|à (?=\d)", ""),
]
_SPANISH = [
    (r"\bd[ií]as?\b(?! \d)", "days"),
    (r"\bsemanas?\b", "weeks"),
    (r"\b(?:el |d[ií]a )(\d{1,2}) del (?:mes siguiente|próximo mes)\b", r"\1th of next month"),
    (r"\b(?:a )?fin de mes\b", "eom"),
    (r"\b(?:el |d[ií]a )(\d{1,2})\b", r"\1th"),
    (r"\bmes(?:es)?\b", "months"),
    (r"\b(?:al )?contado\b", "immediately"),
    (r"\bresto\b", "remainder"),
    (r"\bdescuento\b", "discount"),
    (r"\bnetos?\b", "net"),
    (r"\b(?:(?:de(?:sde)?|a partir de) )?(?:la )?fecha (?:de )?(?:la )?factura\b", ""),
    (r"\ba (?=\d)", ""),
]
_POLISH = [
    (r"\b(?:dni|dzień)\b", "days"),
    (r"\b(?:tygodnie|tygodni|tydzień)\b", "weeks"),
    (r"\b(\d{1,2}) days od końca miesiąca\b", r"eom + \1 days"),
    (r"\b(?:do końca|koniec|na koniec) miesiąca\b", "eom"),
    (r"\b(\d{1,2})(?:-?go)? następnego miesiąca\b", r"\1th of next month"),
    (r"\b(?:miesiąc|miesiące|miesięcy)\b", "months"),
    (r"\b(?:gotówka|gotówką|natychmiast)\b", "immediately"),
    (r"\breszta\b", "remainder"),
    (r"\bod (?:daty|dnia) (?:wystawienia )?(?:faktury)?\b|\bprzelew(?:em)?\b", ""),
]
_ENGLISH_AND_GERMAN = [
    (r"\bper ?cent\b|\bprozent\b|\bpct\b\.?", "%"),
    (r"\bskonto\b|\bcash discount\b|\bearly discount\b", "discount"),
    (r"\bnetto\b|\bnett\b", "net"),
    (r"\bn/ ?(?=\d)|\bnet[- ]?(?=\d)", "net "),
    (r"\bthe (?=[a-z\d])", ""),
    (r"\b(?:end of (?:next|following) month|ende (?:des )?(?:folgemonats|nächsten monats))\b", "1 months eom"),
    (r"\b(\d{1,2})(?:st|nd|rd|th|\.) (?:of )?(?:(?:next|following) month\b|(?:des )?folgemonats\b)", r"eom \1th"),
    (r"\b(\d{1,2})(?:st|nd|rd|th) of (?:(?:each|every) )?month\b", r"\1th"),
    (r"\b(\d{1,2}) (?:days|tagen?) (?:after|from|nach|ab) (?:end of (?:the )?month|monatsende)\b", r"eom + \1 days"),
    (r"\be\.?o\.?m\b\.?|\b(?:at )?end of month\b|\b(?:zum )?monatsende\b", "eom"),
    (r"\b(?:tage?n?|day|d)\b", "days"),
    (r"\b(?:wochen?|week)\b", "weeks"),
    (r"\b(?:monate?n?|month)\b", "months"),
    (r"\b(?:restbetrag|rest|balance)\b", "remainder"),
    (r"\b(?:(?:on|at|upon) receipt|sofort|immediate|cash|at once|cod|now)\b", "immediately"),
    (r"(?<=%) (?:deposit|down|up ?front|anzahlung)\b", " immediately"),
    (r"\b(?:due|payable|zahlbar|fällig|within|innerhalb(?: von)?|binnen|in|after|nach|if paid)\b", ""),
    (r"\b(?:(?:from|of) )?(?:invoice|rechnungs)[ -]?(?:date|datum|eingang|erhalt)?\b", ""),
    (r"(?<=eom), ?(?=(?:on )?\d{1,2}(?:st|nd|rd|th)\b)", " "),
]
_WORDS = [
    (re.compile(pattern), word)
    for pattern, word in [(r"(?<=\d),(?=\d+ ?%)", "."), *_FRENCH, *_SPANISH, *_POLISH, *_ENGLISH_AND_GERMAN]
]


def translate(plain: str) -> str:
    """The text in the few English words the grammar knows; in small letters, with single spaces."""
    for pattern, word in _WORDS:
        plain = pattern.sub(word, plain)
    return plain


def refuse_in_vain(plain: str, field: str | None) -> None:
    """Raises what says why, where the words are clear and no due date can follow them."""
    for refusal, pattern in _IN_VAIN:
        if re.search(pattern, plain):
            raise refusal(field=field)
