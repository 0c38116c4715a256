"""Knows how people write payment terms: ``30 days end of month``, ``2% 10, net 30``.

Words of five languages are read (`words`); ``render_terms`` writes one canonical English text that reads back the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.kernel.errors import BadInput
from app.kernel.payment_terms.model import (
    MOST_DAYS,
    MOST_MONTHS,
    REMAINDER,
    DiscountOn,
    DueRule,
    EarlyDiscount,
    InstalmentTerm,
    PaymentTerms,
    Share,
    ShareKind,
)
from app.kernel.payment_terms.words import LateInterest, OneDiscountOnly, list_percents_after, refuse_in_vain, translate
from app.kernel.quantities import canonical, parse_decimal

LONGEST_TEXT = 400
# A bare "50% 15 days, 45 days" is more likely a first instalment than a discount, so it must say which.
LARGEST_PLAIN_DISCOUNT = Decimal(20)


class TermsNotUnderstood(BadInput):
    """The payment terms {text} are not understood.

    Write them like "30 days", "30 days end of month", "2% 10, net 30" or "50% 15 days, remainder 45 days". German,
    French, Spanish and Polish are read too: "14 Tage 3 %, 30 Tage netto", "3 % 10 jours, 30 jours net".
    """


class DiscountAlone(BadInput):
    """Say also when it is due without the discount, like "2% 10, net 30"."""


class DiscountAfterDue(BadInput):
    """The early discount lasts longer than the payment term. Give the discount fewer days, like "2% 10, net 30"."""


class DiscountNotCalled(BadInput):
    """The shares add up to {total}%. If {size}% is an early discount, call it so: "{size}% discount {days} days"."""


class ShareNotUnderstood(BadInput):
    """The share {text} is not understood.

    Write "30%", "30% of remainder", "fixed 200.00", "remainder", "net" or "tax".
    """


_NUMBER = r"\d{1,15}(?:\.\d{1,12})?"
_WHEN = re.compile(
    r"(?P<now>immediately)"
    r"|(?:(?P<months>\d{1,4}) months)? ?(?:(?P<weeks>\d{1,4}) weeks)? ?(?:(?P<days>\d{1,5})(?: days)?)?"
    r" ?(?P<eom>eom)?(?: ?(?:\+|plus) ?(?P<after_eom>\d{1,2})(?: days)?)?"
    r"(?: ?(?:on )?(?<!\d)(?P<day>\d{1,2})(?:st|nd|rd|th))?"
)
_SHARE = re.compile(
    rf"(?P<percent>{_NUMBER}) ?%(?P<of_rest> of (?:the )?remainder)?|fixed (?P<fixed>-?{_NUMBER})"
    r"|(?P<word>remainder|tax|net)"
)
_SPELLED_SHARE = re.compile(r"(?:\S+ ?%(?: of remainder)?|fixed \S+|remainder|tax|net amount)(?= |$)")
_DISCOUNT = re.compile(
    rf"(?:(?P<percent>{_NUMBER}) ?%|(?P<amount>{_NUMBER})) discount (?P<days>\d{{1,4}})(?: days)?(?P<on>.*)"
    rf"|(?P<slash>{_NUMBER}) ?%?/(?P<slash_days>\d{{1,4}})(?: days)?"
)
_SIZE = rf"{_NUMBER} ?%(?: of (?:the )?remainder)?"
_SIZE_LAST = re.compile(rf"(?P<when>.+) (?P<size>{_SIZE})(?P<discount> discount)?")
_DISCOUNT_APART = re.compile(
    rf"(?:discount (?P<size>{_SIZE})(?P<when> .+)|(?P<size_>{_SIZE})(?P<when_> \d.*) discount)"
)
_BREAKS = [  # where a part ends without a comma
    (re.compile(r"(?<=[a-z]) ?/ ?|(?<=\d)/ ?(?=net)|(?<= days )([\d.]+ ?%) ?/ ?"), r"\1, "),
    (
        re.compile(r"((?:[%/][^,%]*(?: days|\d)|days [\d.]+ ?%)(?: discount)?) (?=net \d|\d+ days net)"),
        r"\1, ",
    ),
    (re.compile(r"([\d.]+ ?%(?: discount)? \d{1,3} days(?: discount)?) (?=\d{1,4} days)"), r"\1, "),
    (re.compile(r"(?<=eom) ?, ?(?=(?:on )?\d{1,2}(?:st|nd|rd|th)\b)"), " "),
]
_BASES = {"": DiscountOn.GROSS, "on net": DiscountOn.NET, "reduces tax always": DiscountOn.REDUCES_TAX_ALWAYS}
_BASE_TEXTS = {on: text for text, on in _BASES.items()}


@dataclass(frozen=True, slots=True)
class _Piece:
    """One part between commas: an explicit share, or the whole (None), and when."""

    share: Share | None
    due: DueRule


def parse_terms(text: str, field: str | None = "payment_terms") -> PaymentTerms:
    """The terms written in ``text``, or TermsNotUnderstood; empty text is not terms."""
    pieces: list[_Piece] = []
    discount: EarlyDiscount | None = None
    for part in _parts(text, field):
        found = _discount(part)
        if found is None:
            pieces.append(_piece(part, text, field))
        elif discount is not None:
            raise OneDiscountOnly(field=field)
        else:
            discount = found
    return _assemble(pieces, discount, text, field)


def accept_terms(text: str, field: str | None = "payment_terms") -> PaymentTerms:
    """The terms somebody writes now: as `parse_terms`, which also reads what stands on documents already.

    Raises LateInterest and DiscountAfterDue too, where a discount cannot be what is meant.
    """
    terms = parse_terms(text, field)
    discount = terms.early_discount
    if discount is None:
        return terms
    if any(parse_decimal(one) == discount.percent for one in list_percents_after(_plain(text))):
        raise LateInterest(field=field)
    month = [date(2026, 1, day) for day in range(1, 32)]
    if all(DueRule(days=discount.days).due_on(day) > terms.last_due_on(day) for day in month):
        raise DiscountAfterDue(field=field)
    return terms


def parse_share(text: object, field: str | None = None) -> Share:
    """A share as documents spell it: ``30%``, ``30% of remainder``, ``fixed 200.00``, ``remainder``, ``net``..."""
    found = _SHARE.fullmatch(" ".join(text.split())) if isinstance(text, str) and len(text) < 60 else None
    if found is None:
        raise ShareNotUnderstood(field=field, text=repr(text)[:60])
    return _share(found)


def render_terms(terms: PaymentTerms) -> str:
    """The canonical text of ``terms``; ``parse_terms`` reads it back as the same terms. No instalments: empty."""
    discount = terms.early_discount
    whole = len(terms.instalments) == 1 and terms.instalments[0].share == REMAINDER
    if not whole:
        parts = [f"{_render_share(term.share)} {_render_due(term.due)}" for term in terms.instalments]
        return ", ".join(([_render_discount(discount)] if discount else []) + parts)
    due = terms.instalments[0].due
    if discount is None:
        return _render_due(due)
    if _is_plain(discount) and due == DueRule(days=due.days) and due.days:
        return f"{canonical(discount.percent or Decimal(0))}% {discount.days}, net {due.days}"
    return f"{_render_discount(discount)}, {_render_due(due)}"


def _parts(text: object, field: str | None) -> list[str]:
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
        raise TermsNotUnderstood(field=field, text=repr(text)[:60])
    plain = _plain(text)
    refuse_in_vain(plain, field)
    plain = translate(plain)
    for gap, mended in _BREAKS:
        plain = gap.sub(mended, plain)
    parts = [" ".join(part.split()) for part in re.split(r"[,;]", plain)]
    return [_ordered(part) for part in parts if part]


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).rstrip(".")


def _ordered(part: str) -> str:
    """The size first, then the word discount, then when: "14 days 3% discount", "discount 3% 14 days"."""
    if found := _SIZE_LAST.fullmatch(part):
        return f"{found['size']}{found['discount'] or ''} {found['when']}"
    if found := _DISCOUNT_APART.fullmatch(part):
        return f"{found['size'] or found['size_']} discount{found['when'] or found['when_']}"
    return part


def _discount(part: str) -> EarlyDiscount | None:
    found = _DISCOUNT.fullmatch(part)
    if found is None or (found["on"] or "").strip() not in _BASES:
        return None
    percent = found["percent"] or found["slash"]
    days = found["days"] or found["slash_days"]
    return EarlyDiscount(
        days=int(days),
        percent=Decimal(percent) if percent else None,
        amount=Decimal(found["amount"]) if found["amount"] else None,
        on=_BASES[(found["on"] or "").strip()],
    )


def _piece(part: str, text: str, field: str | None) -> _Piece:
    spelled = _SPELLED_SHARE.match(part)
    share = _SHARE.fullmatch(spelled[0].removesuffix(" amount")) if spelled else None
    due = _due(part[spelled.end() :].strip() if spelled and share else part)
    if due is None:
        raise TermsNotUnderstood(field=field, text=repr(text)[:60])
    return _Piece(_share(share) if share else None, due)


def _share(found: re.Match[str]) -> Share:
    if found["percent"]:
        kind = ShareKind.PERCENT_OF_REMAINDER if found["of_rest"] else ShareKind.PERCENT
        return Share(kind, parse_decimal(found["percent"]))
    if found["fixed"]:
        return Share(ShareKind.FIXED, parse_decimal(found["fixed"]))
    return Share(ShareKind(found["word"]))


def _due(words: str) -> DueRule | None:
    words = " ".join(word for word in words.split() if word != "net")
    found = _WHEN.fullmatch(words) if words.strip() else None
    rule = _counted(found) if found else None
    return rule if rule is not None and _is_sensible(rule) else None


def _counted(found: re.Match[str]) -> DueRule | None:
    day = found["day"] or found["after_eom"]
    if found["after_eom"] and (found["day"] or not found["eom"] or int(found["after_eom"]) > 28):
        return None  # the 29th and later days after a month's end are no fixed day of the next month
    return DueRule(
        days=int(found["days"] or 0) + 7 * int(found["weeks"] or 0),
        months=int(found["months"] or 0),
        end_of_month=bool(found["eom"]),
        day_of_month=int(day) if day else None,
    )


def _is_sensible(rule: DueRule) -> bool:
    day = rule.day_of_month
    return rule.days <= MOST_DAYS and rule.months <= MOST_MONTHS and (day is None or 1 <= day <= 31)


def _assemble(pieces: list[_Piece], discount: EarlyDiscount | None, text: str, field: str | None) -> PaymentTerms:
    wholes = [piece for piece in pieces if piece.share is None]
    shared = [piece for piece in pieces if piece.share is not None]
    if wholes and len(shared) + (discount is not None) > 1 and all(_plain_discount(piece) for piece in shared):
        raise OneDiscountOnly(field=field)
    if not wholes and (not shared if discount else len(shared) == 1 and _plain_discount(shared[0])):
        raise DiscountAlone(field=field)
    if len(wholes) == 1 and len(shared) == 1 and discount is None:
        discount, shared = _plain_discount(shared[0]), []
    if (wholes and shared) or len(wholes) > 1 or not pieces or (wholes and len(pieces) == 2 and discount is None):
        raise TermsNotUnderstood(field=field, text=repr(text)[:60])
    if discount is None:
        _refuse_bare_discount(shared, field)
    terms = [InstalmentTerm(piece.share or REMAINDER, piece.due) for piece in wholes + shared]
    try:
        return PaymentTerms(tuple(terms), discount)
    except BadInput as refusal:
        raise BadInput(str(refusal), field=field) from refusal


def _refuse_bare_discount(shared: list[_Piece], field: str | None) -> None:
    """Instalments of 100 % and a few percent beside them: whoever writes that means a discount."""
    sizes = [one.share.value for one in shared if one.share and one.share.kind is ShareKind.PERCENT]
    total = sum(sizes, Decimal(0))
    for piece in shared:
        found = _plain_discount(piece)
        if found and found.percent and len(sizes) == len(shared) and total - found.percent == 100:
            size = canonical(found.percent)
            raise DiscountNotCalled(field=field, total=canonical(total), size=size, days=found.days)


def _plain_discount(piece: _Piece) -> EarlyDiscount | None:
    share = piece.share
    if share is None or share.kind is not ShareKind.PERCENT or not 0 < share.value <= LARGEST_PLAIN_DISCOUNT:
        return None
    return EarlyDiscount(piece.due.days, percent=share.value) if piece.due == DueRule(days=piece.due.days) else None


def _is_plain(discount: EarlyDiscount) -> bool:
    small = discount.percent is not None and 0 < discount.percent <= LARGEST_PLAIN_DISCOUNT
    return small and discount.on is DiscountOn.GROSS


def _render_discount(discount: EarlyDiscount) -> str:
    size = f"{discount.amount:f}" if discount.percent is None else f"{canonical(discount.percent)}%"
    return f"{size} discount {discount.days} days {_BASE_TEXTS[discount.on]}".strip()


def _render_share(share: Share) -> str:
    return "net amount" if share.kind is ShareKind.NET else str(share)


def _render_due(due: DueRule) -> str:
    if due == DueRule(end_of_month=True, day_of_month=due.day_of_month) and due.day_of_month:
        return f"{_ordinal(due.day_of_month)} of next month"
    words = [f"{due.months} {'month' if due.months == 1 else 'months'}"] if due.months else []
    words += [f"{due.days} {'day' if due.days == 1 else 'days'}"] if due.days else []
    words += ["end of month"] if due.end_of_month else []
    words += [f"on the {_ordinal(due.day_of_month)}"] if due.day_of_month else []
    return " ".join(words) or "immediately"


def _ordinal(day: int) -> str:
    ending = "th" if 11 <= day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"
