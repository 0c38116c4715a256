"""Knows what may not be issued: each fault names the field and says what to do.

Works on the content of a snapshot (see snapshot.py) before it has a number. Sources: 2006/112/EC Art. 226, EN 16931
(BR-S, BR-AE, BR-IC, BR-G, BR-E, BR-O, BR-CO-25, BR-27).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from app.invoices.rules_rates import KEY, say_other_rate
from app.invoices.rules_swiss import find_swiss_faults
from app.kernel.errors import BadInput, as_detail
from app.kernel.taxes import CATEGORIES, REASON_NEEDED
from app.kernel.vat_ids import is_of_country

MOST_LINES = 500
LONGEST_DESCRIPTION = 1_000
LONGEST_FOOTER = 1_000
LONGEST_TEXT = 200
LONGEST_TITLE = 120  # of a milestone: it stands beneath the heading
LONGEST_REASON = 500
OF_LINES = frozenset({"lines", "tax_breakdown"})
BUYER_VAT_ID_NEEDED = frozenset({"AE", "K"})
OWNERS = {"seller": "The company's", "bank": "The company's", "buyer": "The customer's", "delivery": "The delivery's"}
PLACE = re.compile(r"\[(\d+)\]")

Content = Mapping[str, Any]
Faults = Iterator["Fault"]


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something may not be issued. `field` is a path into the content, such as ``lines[0].quantity``."""

    field: str
    message: str


class NotIssuable(BadInput):
    """This cannot be issued."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        """Says the first fault and how many follow; `faults` has them all."""
        self.faults = tuple(faults)
        more = len(faults) - 1
        rest = f" ({more} more {'reason' if more == 1 else 'reasons'})" if more else ""
        super().__init__(f"{faults[0].message}{rest}", field=faults[0].field)


def find_faults(content: Content) -> list[Fault]:
    """Every reason why this may not be issued, in the order of the page; empty when it may."""
    rules: tuple[Callable[[Content], Faults], ...] = (
        _seller, _buyer, _lines, _taxes, _other_rates, _vat_ids, _vat_id_of_buyer, _totals, _exchange, _terms,
        _original, _lengths, _swiss,
    )  # fmt: skip
    return [fault for rule in rules for fault in rule(content)]


def require_issuable(content: Content) -> None:
    """Raises NotIssuable with every fault."""
    if faults := find_faults(content):
        raise NotIssuable(faults)


def _seller(content: Content) -> Faults:
    seller = content["seller"]
    for name in ("name", "street", "postal_code", "city", "country"):
        if not seller[name].strip():
            yield Fault(f"seller.{name}", f"The company's {name.replace('_', ' ')} is missing. Add it in the settings.")
    if _categories(content) - {"O"} and not (seller["vat_id"] or seller["tax_number"]):
        yield Fault("seller.vat_id", "The company has neither VAT ID nor tax number. Add one in the settings.")


def _swiss(content: Content) -> Faults:
    return (Fault(field, message) for field, message in find_swiss_faults(content))


def _buyer(content: Content) -> Faults:
    buyer, address = content["buyer"], content["buyer"]["address"]
    if not buyer["name"].strip():
        yield Fault("buyer.name", "The customer has no name.")
    if not (address["country"] or buyer["country"]):
        yield Fault("buyer.country", "The customer has no country.")
    if not any(address[name].strip() for name in ("street", "street2", "city")):
        yield Fault("buyer.address", "The customer's billing address is empty. Add at least a street or a city.")


def _lines(content: Content) -> Faults:
    lines = content["lines"]
    if not lines:
        yield Fault("lines", "There are no lines.")
    if len(lines) > MOST_LINES:
        yield Fault("lines", f"There are {len(lines)} lines; {MOST_LINES} fit on one invoice. Split it.")
    for at, line in _each(lines, "lines"):
        if not line["description"].strip():
            yield Fault(f"{at}.description", f"Line {line['position']} has no description.")
        if Decimal(line["quantity"]) == 0:
            yield Fault(
                f"{at}.quantity", f"Line {line['position']} has the quantity 0. Change it or leave the line out."
            )
        if Decimal(line["unit_price"]) < 0:
            yield Fault(f"{at}.unit_price", f"Line {line['position']} has a negative price. Use a negative quantity.")
        if not line["taxes"]:
            yield Fault(
                f"{at}.taxes", f"Line {line['position']} has no tax. Where none is due, say why (Z, E, AE, K, G, O)."
            )


def _taxes(content: Content) -> Faults:
    for at, line in _each(content["lines"], "lines"):
        for path, tax in _each(line["taxes"], f"{at}.taxes"):
            yield from _tax(tax, path, line["position"])


def _other_rates(content: Content) -> Faults:
    """A draft has the rates of its tax point, or somebody kept others on purpose."""
    for said in content.get(KEY, ()):
        yield Fault(KEY, say_other_rate(said))


def _tax(tax: Mapping[str, Any], at: str, position: int) -> Faults:
    category, is_zero = tax["category"], not Decimal(tax["rate"] or tax["amount"] or 0)
    if category not in CATEGORIES:
        yield Fault(f"{at}.category", f"Line {position}: {category!r} is no tax category. Known: S, Z, E, AE, K, G, O.")
    if Decimal(tax["rate"] or tax["amount"] or 0) < 0:
        yield Fault(f"{at}.rate", f"Line {position}: a tax rate cannot be negative.")
    if category == "S" and is_zero:
        yield Fault(f"{at}.rate", f"Line {position}: category S (standard rate) needs a rate above 0. Zero rated is Z.")
    if category in CATEGORIES - {"S"} and not is_zero:
        yield Fault(f"{at}.rate", f"Line {position}: category {category} has no tax, so its rate is 0.")
    if category in REASON_NEEDED and not tax["reason"].strip():
        yield Fault(f"{at}.reason", f"Line {position}: category {category} needs the reason why no tax is charged.")
    if category == "S" and tax["reason"].strip():
        yield Fault(f"{at}.reason", f"Line {position}: category S charges tax, so it has no reason for none.")


def _vat_ids(content: Content) -> Faults:
    if _categories(content) & BUYER_VAT_ID_NEEDED:
        what = "Reverse charge and intra-Community supplies need"
        if not content["buyer"]["vat_id"]:
            yield Fault("buyer.vat_id", f"{what} the customer's VAT ID.")
        if not content["seller"]["vat_id"]:
            yield Fault("seller.vat_id", f"{what} the company's VAT ID. Add it in the settings.")


def _vat_id_of_buyer(content: Content) -> Faults:
    """Of the customer's country, or of another on purpose; checked where the company demands it."""
    buyer = content["buyer"]
    country = buyer["country"] or buyer["address"]["country"]
    if content["original"]:  # a correction is not stopped by what was wrong before
        return
    if not (buyer.get("foreign_vat_id") or is_of_country(buyer["vat_id"], country)):
        what = f"The VAT id {buyer['vat_id']} is not of the customer's country {country}"
        yield Fault("buyer.vat_id", f"{what}. Correct it, or say on the customer that this is meant.")
    if lacks := (content.get("vat_check") or {}).get("lacks"):
        yield Fault("buyer.vat_check", lacks)


def _totals(content: Content) -> Faults:
    totals = content["totals"]
    if Decimal(totals["gross_total"]) < 0:
        yield Fault("totals.gross_total", "The total is below 0. Write a credit note for what we owe.")
    elif Decimal(totals["amount_due"]) < 0:
        yield Fault("totals.amount_due", "More is paid in advance than is due. Credit the rest first.")


def _terms(content: Content) -> Faults:
    if content["kind"] != "invoice":
        return
    if not content["payment_terms"].strip():
        yield Fault("payment_terms", "There are no payment terms. Write them like 30 days.")
    elif not content["instalments"] or not content["due_on"]:
        yield Fault("payment_terms", "The payment terms say no due date. Write them like 30 days.")
    is_due = Decimal(content["totals"]["amount_due"]) > 0
    for at, part in _each(content["instalments"], "instalments"):
        if is_due and Decimal(part["amount"]) <= 0:
            yield Fault(f"{at}.amount", f"Instalment {part['position']} is not above 0. Change the payment terms.")


def _exchange(content: Content) -> Faults:
    """VAT is stated in the company's currency too (Art. 230), so a document in another one needs a rate."""
    said = content.get("company_amounts")
    if said and said["rate"] is None:
        what = f"No {content['currency']} rate for {as_detail(date.fromisoformat(said['wanted_on']))}"
        yield Fault("exchange_rate", f"{what}: enter one under Settings, Exchange rates.")


def _original(content: Content) -> Faults:
    if content["kind"] != "credit_note":
        return
    if not content["original"]:
        yield Fault("original", "A credit note names the invoice it credits.")
    elif content["issued_on"] < content["original"]["issued_on"]:
        yield Fault("issued_on", "A credit note cannot be older than its invoice.")
    if not content["reason"].strip():
        yield Fault("reason", "Say why this is credited.")


def _lengths(content: Content) -> Faults:
    for at, line in _each(content["lines"], "lines"):
        if len(line["description"]) > LONGEST_DESCRIPTION:
            path = f"{at}.description"
            yield Fault(path, f"{say_field(path)} is longer than {LONGEST_DESCRIPTION} characters. Shorten it.")
    limits = {"reason": LONGEST_REASON, "footer": LONGEST_FOOTER}
    # The reasons of the breakdown are those of the lines, one after the other
    for at, text in list_texts({name: value for name, value in content.items() if name not in OF_LINES}):
        most = limits.get(at, LONGEST_TEXT)
        if len(text) > most:
            yield Fault(at, f"{say_field(at)} is longer than {most} characters. Shorten it.")


def say_field(path: str) -> str:
    """A path into the content in words: ``lines[2].description`` is "The description of line 3"."""
    group, _, rest = path.partition(".")
    name = PLACE.sub("", rest or group).rpartition(".")[2].replace("_", " ").replace("vat id", "VAT id")
    numbered = PLACE.search(group)
    if numbered:
        return f"The {name} of {group[: numbered.start()].removesuffix('s')} {int(numbered[1]) + 1}"
    return f"{OWNERS[group]} {name}" if group in OWNERS else f"The {name}"


def list_texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """(path, text) of every text in plain JSON."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from list_texts(inner, f"{path}.{name}" if path else str(name))
    elif isinstance(value, Sequence):
        for place, inner in enumerate(value):
            yield from list_texts(inner, f"{path}[{place}]")


def _each(entries: Sequence[Mapping[str, Any]], name: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    return ((f"{name}[{place}]", entry) for place, entry in enumerate(entries))


def _categories(content: Content) -> set[str]:
    return {tax["category"] for line in content["lines"] for tax in line["taxes"]}
