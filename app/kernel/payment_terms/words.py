"""Knows the words of payment terms in English, German, French, Spanish and Polish, and what is asked for in vain."""

from __future__ import annotations

import re

from app.kernel.errors import BadInput


class CountedFromDelivery(BadInput):
    """Due dates are counted from the invoice date, not from the delivery. Write only the days, like "60 days"."""


class PaidInAdvance(BadInput):
    """Payment in advance is no due date. Write "immediately" here, and ask for a deposit before you deliver."""


class LateInterest(BadInput):
    """Interest on late payment is no early discount. Leave it out here: it follows from the law or your contract."""


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
        LateInterest,
        (
            r"% ?(?:per|pro|par) (?:month|year|annum|monat|jahr|mois|an)\b"
            r"|\b(?:interest|late fee|(?:verzugs)?zins\w*|intérêts?|inter[eé]s(?:es)?|odset\w+)\b"
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

_PERCENT_AFTER = re.compile(r"(\d[\d.,]*) ?% (?:after|past|nach|après|después de|tras|po) \d")
_MONTH_END = r"(?:the |le |la |el )?(?:end of (?:the )?month|monatsende|fin de mois|fin de mes|końca miesiąca)\b"
# Where the words around decide what a number means; read before `_MEANINGS`
_CONTEXTS = [
    (r"’", "'"),
    (r"(?<=\d),(?=\d+ ?%)", "."),
    (r"%(?=\d)", "% "),
    (r"(?<![^\W\d])(?:nett?o?|n)(?:[-/]| ?[-/] | )?(?=\d)", " net "),
    (r"\bthe (?=[a-z\d])", ""),
    (
        (
            r"\b(\d{1,2})(?:st|nd|rd|th|\.) (?:of )?(?:(?:next|following) month"
            r"|(?:des )?(?:folgemonats|(?:nächsten|folgenden) monats))\b"
        ),
        r"eom \1th",
    ),
    (r"\ble (\d{1,2})(?:er)? (?:du )?mois suivant\b", r"eom \1th"),
    (r"\b(?:el )?(?:d[ií]a )?(\d{1,2}) del (?:mes siguiente|próximo mes)\b", r"eom \1th"),
    (r"\b(\d{1,2})(?:\.|-?go)?(?: dnia)? następnego miesiąca\b", r"eom \1th"),
    (r"\b(\d{1,2})(?:st|nd|rd|th) of (?:(?:each|every) )?month\b", r"\1th"),
    (r"\b(?:le|el|d[ií]a) (\d{1,2})(?:er)?\b(?! (?:jour|d[ií]a))", r"\1th"),
    (
        r"\b(\d{1,2}) (?:days?|tagen?|jours|d[ií]as|dni) (?:after|from|nach|ab|après|desde|od) " + _MONTH_END,
        r"eom + \1 days",
    ),
    (
        (
            r"(?<=%) (?:deposit|down|up ?front|anzahlung|bei auftrag|(?:d.)?acompte|à la commande|(?:de )?anticipo"
            r"|por adelantado|zaliczk[ai]|z góry)\b"
        ),
        " immediately",
    ),
]
# What the grammar knows, and how people say it; the longest wording counts. "," begins the next part, "" says nothing
_MEANINGS = {
    "%": "per cent, percent, prozent, pct, pour cent, por ciento, procent",
    "days": "day, d, tag, tage, tagen, tg, t, jour, jours, j, día, días, dia, dias, dni, dzień, dniach",
    "weeks": "week, woche, wochen, semaine, semaines, semana, semanas, tygodnie, tygodni, tydzień",
    "months": "month, monat, monate, monaten, mois, mes, meses, miesiąc, miesiące, miesięcy",
    "eom": "e.o.m, end of month, at end of month, monatsende, zum monatsende, fin de mois, fin de ce mois, fdm,"
    " fin de mes, a fin de mes, koniec miesiąca, na koniec miesiąca, do końca miesiąca",
    "1 months eom": "end of next month, end of following month, ende folgemonats, ende des folgemonats,"
    " ende nächsten monats, fin du mois suivant, fin del mes siguiente, koniec następnego miesiąca",
    "immediately": "immediate, at once, now, cash, cod, on receipt, at receipt, upon receipt, sofort, à réception,"
    " à la réception, dès réception, dès la réception, comptant, au comptant, inmediato, pago inmediato, contado,"
    " al contado, gotówka, gotówką, natychmiast",
    "remainder": "rest, balance, restbetrag, solde, resto, reszta",
    "discount": "cash discount, early discount, early payment discount, skonto, skonta, escompte, d'escompte,"
    " descuento, descuento por pronto pago, dto, pronto pago, rabat, rabatu",
    "net": "nett, netto, rein netto, netto kasse, ohne abzug, net cash, nets, sans escompte, neto, netos,"
    " sin descuento",
    ",": "and, then, or, otherwise, else, und, dann, danach, oder, sonst, ansonsten, et, puis, ou, sinon, y, luego, o,"
    " si no, i, potem, lub, inaczej, w przeciwnym razie",
    "": "due, payable, within, in, after, paid, payment, if paid, invoice, invoice date, from invoice, of invoice,"
    " from invoice date, of invoice date,"
    " zahlbar, zahlungsziel, fällig, zum, bis zum, innerhalb, innerhalb von, binnen, bis, nach, ab, bei, bei zahlung,"
    " zahlung, abzüglich, abzgl, rechnung, rechnungs, rechnungsdatum, rechnungseingang, rechnungserhalt,"
    " payables, après, sous, à, de, paiement, si paiement, si payé, date facture, date de facture, facture, de facture,"
    " date de la facture, date d'émission de facture, date d'émission de la facture, à compter de la, à partir de la,"
    " a, en, tras, después de, dentro de, pago, si paga, si se paga, fecha factura, fecha de factura,"
    " fecha de la factura, de la, desde, desde la, a partir de la,"
    " do, po, płatne, płatność, płatności, termin płatności, przy płatności, w, w ciągu, w terminie, przelew,"
    " przelewem, faktury, od daty, od dnia, od wystawienia, od daty wystawienia, od dnia wystawienia",
}
_MEANING_OF = {wording: meaning for meaning, said in _MEANINGS.items() for wording in said.split(", ")}
_WORDING = re.compile(
    rf"(?<![^\W\d])(?:{'|'.join(re.escape(one) for one in sorted(_MEANING_OF, key=len, reverse=True))})(?![\w'])\.?"
)


def translate(plain: str) -> str:
    """The text in the few English words the grammar knows; from small letters, with single spaces."""
    for pattern, word in _CONTEXTS:
        plain = re.sub(pattern, word, plain)
    plain = _WORDING.sub(lambda found: f" {_MEANING_OF[found[0].rstrip('.')]} ", plain)
    return " ".join(plain.split())


def list_percents_after(plain: str) -> list[str]:
    """The percentages that begin some days later, as interest does: "1.5% after 30 days"."""
    return [found[1].replace(",", ".") for found in _PERCENT_AFTER.finditer(plain)]


def refuse_in_vain(plain: str, field: str | None) -> None:
    """Raises what says why, where the words are clear and no due date can follow them."""
    for refusal, pattern in _IN_VAIN:
        if re.search(pattern, plain):
            raise refusal(field=field)
