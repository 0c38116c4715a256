"""A second, separate computation of invoices, to compare the product with.

It shares no code with the product. It works on the raw JSON, in fractions of a minor unit, and on sums per tax instead
of shares per line. Where the sums depend on how a tax is shared between lines (a tax that compounds into another on
some of its lines only) it tells so, and has checked everything but those sums.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

DECIMALS = {"EUR": 2, "USD": 2, "CHF": 2, "JPY": 0, "KWD": 3, "CLF": 4}


class DependsOnShares(Exception):
    """The sums depend on which line gets the odd cent."""


def nearest(x: Fraction) -> int:
    """Half away from zero."""
    doubled = abs(x) * 2
    n = doubled.numerator // doubled.denominator
    n = n // 2 + n % 2
    return n if x > 0 else -n


def number(raw: dict[str, Any], key: str, default: str = "0") -> Fraction:
    value = raw.get(key)
    return Fraction(default if value is None else str(value))


class Thing:
    """A line, or a document allowance or charge with its sign, and its taxes as dicts."""

    def __init__(
        self, quoted: int, quantity: Fraction, taxes: list[dict[str, Any]], inside: list[bool], sign: int = 1
    ) -> None:
        self.quoted, self.quantity, self.taxes, self.inside, self.sign = quoted, quantity, taxes, inside, sign


def key_of(tax: dict[str, Any]) -> tuple[str, str, str, Fraction]:
    kind = tax.get("kind") or "percent"
    return tax["name"], tax.get("category") or "S", kind, number(tax, "rate" if kind == "percent" else "amount")


def forward(thing: Thing, net: Fraction, unit: int, keep: Fraction = Fraction(1)) -> list[Fraction]:
    """The exact taxes that stand on a given net."""
    carried, taxes = Fraction(0), []
    for tax in thing.taxes:
        if (tax.get("kind") or "percent") == "percent":
            amount = (net * keep + carried) * number(tax, "rate") / 100
        else:
            amount = thing.quantity * number(tax, "amount") * unit
        taxes.append(amount)
        if tax.get("compounds"):
            carried += amount
    return taxes


def backward(thing: Thing, unit: int) -> Fraction:
    """The exact net whose included taxes fill up what was quoted; two points fix the straight line."""

    def quoted(net: Fraction) -> Fraction:
        return net + sum(t for t, inside in zip(forward(thing, net, unit), thing.inside, strict=True) if inside)

    at_zero, at_one = quoted(Fraction(0)), quoted(Fraction(1))
    return (thing.quoted - at_zero) / (at_one - at_zero)


class Answer:
    def __init__(self) -> None:
        self.net = 0
        self.rows: dict[Any, tuple[int, int]] = {}


def per_line(things: list[Thing], unit: int, keep: Fraction) -> tuple[Answer, list[tuple[int, int]]]:
    answer, lines = Answer(), []
    bases: dict[Any, Fraction] = defaultdict(Fraction)
    taxes: dict[Any, int] = defaultdict(int)
    for thing in things:
        exact = forward(thing, backward(thing, unit), unit)
        net = thing.quoted - sum(nearest(t) for t, inside in zip(exact, thing.inside, strict=True) if inside)
        carried = total = 0
        for i, tax in enumerate(thing.taxes):
            percent = (tax.get("kind") or "percent") == "percent"
            base = net * (keep if percent else 1) + carried
            if thing.inside[i] and keep == 1:
                amount = nearest(exact[i])
            elif percent:
                amount = nearest(base * number(tax, "rate") / 100)
            else:
                amount = nearest(thing.quantity * number(tax, "amount") * unit)
            bases[key_of(tax)] += base
            taxes[key_of(tax)] += amount
            total += amount
            carried += amount if tax.get("compounds") else 0
        answer.net += net
        lines.append((net, total))
    answer.rows = {key: (nearest(bases[key]), taxes[key]) for key in bases}
    return answer, lines


class PerDocument:
    """Sums per tax: which things carry it, on which of them the price contains it, and what the group's tax is."""

    def __init__(self, things: list[Thing], unit: int, keep: Fraction) -> None:
        self.things, self.unit, self.keep = things, unit, keep
        self.members: dict[Any, set[int]] = defaultdict(set)
        self.insiders: dict[Any, set[int]] = defaultdict(set)
        exact_inside: dict[Any, Fraction] = defaultdict(Fraction)
        for n, thing in enumerate(things):
            exact = forward(thing, backward(thing, unit), unit)
            for tax, amount, inside in zip(thing.taxes, exact, thing.inside, strict=True):
                key = key_of(tax)
                if n in self.members[key]:
                    raise DependsOnShares
                self.members[key].add(n)
                if inside:
                    self.insiders[key].add(n)
                    exact_inside[key] += amount
        self.inside_tax = {key: nearest(amount) for key, amount in exact_inside.items()}
        self.answer = Answer()
        self.answer.net = sum(thing.quoted for thing in things) - sum(self.inside_tax.values())
        for key in self.members:
            self.settle(key, frozenset())

    def nets_of(self, group: set[int]) -> int:
        total = sum(self.things[n].quoted for n in group)
        for key, inside in self.insiders.items():
            if inside <= group:
                total -= self.inside_tax[key]
            elif inside & group:
                raise DependsOnShares
        return total

    def carriers(self, key: Any) -> dict[Any, set[int]]:
        """Which taxes compound into this one, and on which things."""
        found: dict[Any, set[int]] = defaultdict(set)
        for n in self.members[key]:
            keys = [key_of(tax) for tax in self.things[n].taxes]
            for before in range(keys.index(key)):
                if self.things[n].taxes[before].get("compounds"):
                    found[keys[before]].add(n)
        return found

    def settle(self, key: Any, busy: frozenset[Any]) -> int:
        if key in self.answer.rows:
            return self.answer.rows[key][1]
        if key in busy:
            raise DependsOnShares
        base = self.nets_of(self.members[key]) * (self.keep if key[2] == "percent" else Fraction(1))
        for other, where in self.carriers(key).items():
            if where != self.members[other]:
                raise DependsOnShares
            base += self.settle(other, busy | {key})
        self.answer.rows[key] = (nearest(base), self.tax(key, base))
        return self.answer.rows[key][1]

    def tax(self, key: Any, base: Fraction) -> int:
        if self.keep == 1 and self.insiders.get(key) == self.members[key]:
            return self.inside_tax[key]
        if key[2] == "percent":
            return nearest(base * key[3] / 100)
        return nearest(sum((self.things[n].quantity for n in self.members[key]), Fraction(0)) * key[3] * self.unit)


def line_thing(raw: dict[str, Any], unit: int) -> Thing:
    price = number(raw, "quantity") * number(raw, "unit_price") / number(raw, "base_quantity", "1")
    price = price * (100 - number(raw, "discount_percent")) / 100
    quoted = nearest(price * unit) + int((number(raw, "charge") - number(raw, "allowance")) * unit)
    taxes = raw.get("taxes") or []
    return Thing(quoted, number(raw, "quantity"), taxes, [bool(tax.get("price_includes")) for tax in taxes])


def entry_thing(raw: dict[str, Any], sign: int, document: dict[str, Any], printed: list[dict[str, str]], unit: int):
    taxes, gross = raw.get("taxes") or [], raw.get("on") == "gross"
    if raw.get("percent") is None:
        amount = int(number(raw, "amount") * unit)
    else:
        wanted = {key_of(tax) for tax in taxes}
        whole = Fraction(0)
        for line, shown in zip(document["lines"], printed, strict=True):
            if wanted <= {key_of(tax) for tax in line.get("taxes") or []}:
                whole += Fraction(shown["gross" if gross else "net"]) * unit
        amount = nearest(whole * number(raw, "percent") / 100)
    return Thing(sign * amount, Fraction(0), taxes, [gross] * len(taxes), sign)


def differences(
    document: dict[str, Any], answer: dict[str, Any], undiscounted: dict[str, Any]
) -> tuple[list[str], bool]:
    """What is wrong with the product's answer to a document that must be accepted, and whether every sum was told.

    `undiscounted` is the answer to the same document without its early discount.
    """
    unit = 10 ** DECIMALS[document["currency"]]
    found = _Findings(answer, unit)
    terms = document.get("payment_terms") or {}
    early = terms.get("early_discount") or {}
    lines = [line_thing(raw, unit) for raw in document.get("lines") or []]
    entries = [
        entry_thing(raw, sign, document, undiscounted["lines"], unit)
        for name, sign in (("allowances", -1), ("charges", 1))
        for raw in document.get(name) or []
    ]
    identities(document, answer, found)
    found.same("net_total", found.of(undiscounted["net_total"]))
    by_line = document.get("tax_rounding") == "line"

    def solve(things: list[Thing], keep: Fraction) -> Answer:
        return per_line(things, unit, keep)[0] if by_line else PerDocument(things, unit, keep).answer

    keep = Fraction(1)
    if early.get("on") == "reduces_tax_always":
        if early.get("percent") is not None:
            keep = 1 - number(early, "percent") / 100
        elif (net := found.minor("net_total")) != 0:
            keep = 1 - number(early, "amount") * unit / net
    check_lines(lines, answer, found, unit, keep, by_line)
    complete = True
    try:
        alone, together = solve(lines, keep), solve(lines + entries, keep)
        found.same("line_total", alone.net)
        found.same("net_total", together.net)
        check_rows(answer, together, found)
        check_entries(entries, found, together.net - alone.net)
    except DependsOnShares:
        complete = False
    check_due(document, found)
    if document.get("payment_terms"):
        check_instalments(document, answer, found)
        check_early(document, early, answer, found)
    return found.faults, complete


class _Findings:
    def __init__(self, answer: dict[str, Any], unit: int) -> None:
        self.answer, self.unit, self.faults = answer, unit, []

    def minor(self, name: str) -> int:
        return self.of(self.answer[name])

    def of(self, text: str) -> int:
        value = Fraction(text) * self.unit
        if value.denominator != 1:
            self.faults.append(f"{text} has a fraction of a minor unit")
        return int(value)

    def same(self, name: str, expected: int) -> None:
        if self.minor(name) != expected:
            self.faults.append(f"{name} is {self.answer[name]}, expected {Fraction(expected, self.unit)}")

    def must(self, holds: bool, text: str) -> None:
        if not holds:
            self.faults.append(text)


def without_discount(document: dict[str, Any]) -> dict[str, Any]:
    terms = document.get("payment_terms")
    return {**document, "payment_terms": terms and {**terms, "early_discount": None}}


def identities(document: dict[str, Any], answer: dict[str, Any], found: _Findings) -> None:
    """What must hold of any answer."""
    m = found.minor
    found.must(len(answer["lines"]) == len(document.get("lines") or []), "a line is missing")
    for line in answer["lines"]:
        found.must(found.of(line["net"]) + found.of(line["tax"]) == found.of(line["gross"]), f"{line} does not add up")
    found.same("line_total", sum(found.of(line["net"]) for line in answer["lines"]))
    found.same("net_total", m("line_total") - m("allowance_total") + m("charge_total"))
    found.same("tax_total", sum(found.of(row["tax"]) for row in answer["tax_breakdown"]))
    found.same("gross_total", m("net_total") + m("tax_total"))
    found.same("amount_due", m("gross_total") - m("prepaid") + m("rounding"))
    if answer["instalments"]:
        found.same("amount_due", sum(found.of(part["amount"]) for part in answer["instalments"]))
    if not document.get("allowances") and not document.get("charges"):
        found.same("tax_total", sum(found.of(line["tax"]) for line in answer["lines"]))
    names = ["currency", "lines", "tax_breakdown", "line_total", "allowance_total", "charge_total", "net_total"]
    names += ["tax_total", "gross_total", "rounding", "prepaid", "amount_due", "instalments", "early_discount"]
    found.must(list(answer) == names, "the answer has other fields")


def check_lines(lines: list[Thing], answer: dict[str, Any], found: _Findings, unit: int, keep: Fraction, by_line: bool):
    exactly = per_line(lines, unit, keep)[1] if by_line else []
    for n, (thing, shown) in enumerate(zip(lines, answer["lines"], strict=True)):
        net, tax = found.of(shown["net"]), found.of(shown["tax"])
        if by_line:
            found.must((net, tax) == exactly[n], f"line {n} is {net}+{tax}, expected {exactly[n]}")
            continue
        if not any(thing.inside):
            found.must(net == thing.quoted, f"line {n} has net {net}, expected {thing.quoted}")
        if thing.inside and all(thing.inside) and keep == 1:
            found.must(net + tax == thing.quoted, f"line {n} has gross {net + tax}, quoted was {thing.quoted}")
        exact_net = backward(thing, unit)
        # Each included tax may be off by less than a unit, and again where a net-quoted part joins its tax.
        found.must(abs(net - exact_net) <= len(thing.taxes), f"line {n} has net {net}, exactly {float(exact_net)}")
        exact_tax = sum(forward(thing, exact_net, unit, keep), Fraction(0))
        # A discount that reduces the tax enlarges what a rounded net is off, where it is larger than the net itself.
        slack = max(1, abs(keep)) * len(thing.taxes)
        slack *= 3 + max([abs(number(t, "rate")) for t in thing.taxes], default=0) / 10
        found.must(abs(tax - exact_tax) <= slack, f"line {n} has tax {tax}, exactly {float(exact_tax)}")


def check_rows(answer: dict[str, Any], expected: Answer, found: _Findings) -> None:
    shown = {}
    for row in answer["tax_breakdown"]:
        kind = "percent" if row["rate"] is not None else "fixed_per_unit"
        size = Fraction(row["rate"] if kind == "percent" else row["amount"])
        shown[row["name"], row["category"], kind, size] = (found.of(row["base"]), found.of(row["tax"]))
    found.must(len(shown) == len(answer["tax_breakdown"]), "two rows of the breakdown are one")
    found.must(shown == expected.rows, f"breakdown {shown}, expected {expected.rows}")


def check_entries(entries: list[Thing], found: _Findings, change: int) -> None:
    allowed, charged = found.minor("allowance_total"), found.minor("charge_total")
    found.must(charged - allowed == change, f"entries change the net by {charged - allowed}, expected {change}")
    for sign, shown in ((-1, allowed), (1, charged)):
        mine = [thing for thing in entries if thing.sign == sign]
        if not any(any(thing.inside) for thing in mine):
            found.must(shown == sum(sign * thing.quoted for thing in mine), f"net entries add up to {shown}")


def check_due(document: dict[str, Any], found: _Findings) -> None:
    due = found.minor("gross_total") - int(number(document, "prepaid") * found.unit)
    if document.get("rounding_step") is not None:
        step = int(number(document, "rounding_step") * found.unit)
        due = nearest(Fraction(due, step)) * step
    found.same("amount_due", due)


def due_date(start: date, raw: dict[str, Any]) -> date:
    """Walks the calendar day by day."""
    months, day = raw.get("months") or 0, start
    if months:
        year, month = start.year + (start.month - 1 + months) // 12, (start.month - 1 + months) % 12 + 1
        wanted = start.day
        while True:
            try:
                day = date(year, month, wanted)
                break
            except ValueError:
                wanted -= 1
    day += timedelta(days=raw.get("days") or 0)
    one = timedelta(days=1)
    wanted = raw.get("day_of_month") or 0
    if raw.get("end_of_month"):
        while (day + one).month == day.month:
            day += one
        day += one if wanted else timedelta()
    while wanted and not (day.day == wanted or (day.day < wanted and (day + one).month != day.month)):
        day += one
    return day


def check_instalments(document: dict[str, Any], answer: dict[str, Any], found: _Findings) -> None:
    terms = document["payment_terms"].get("instalments") or []
    issued, due = date.fromisoformat(document["issue_date"]), found.minor("amount_due")
    expected: list[tuple[str, int]] = []
    for n, term in enumerate(terms):
        left = due - sum(amount for _, amount in expected)
        share = term["share"]
        if n == len(terms) - 1 or share == "remainder":
            amount = left
        elif share in ("net", "tax"):
            amount = found.minor(f"{share}_total")
        elif share.startswith("fixed"):
            amount = int(Fraction(share.split()[1]) * found.unit)
        else:
            amount = nearest((left if "remainder" in share else due) * Fraction(share.split("%")[0]) / 100)
        expected.append((due_date(issued, term).isoformat(), amount))
    if terms and due == 0:
        expected = [(document["issue_date"], 0)]
    shown = [(part["due_on"], found.of(part["amount"])) for part in answer["instalments"]]
    found.must(shown == expected, f"instalments {shown}, expected {expected}")


def check_early(document: dict[str, Any], early: dict[str, Any], answer: dict[str, Any], found: _Findings) -> None:
    shown = answer["early_discount"]
    if not early:
        found.must(shown is None, "an early discount nobody asked for")
        return
    net, tax = found.minor("net_total"), found.minor("tax_total")
    on_gross = (early.get("on") or "gross") == "gross"
    whole = net + tax if on_gross else net
    discount = int(number(early, "amount") * found.unit)
    if early.get("percent") is not None:
        discount = nearest(whole * number(early, "percent") / 100)
    back = nearest(Fraction(discount * tax, net + tax)) if on_gross and net + tax else 0
    until = date.fromisoformat(document["issue_date"]) + timedelta(days=early.get("days") or 0)
    expected = (until.isoformat(), net + tax - discount, discount - back, back)
    given = (shown["until"], *(found.of(shown[name]) for name in ("payable", "discount_net", "discount_tax")))
    found.must(given == expected, f"early discount {given}, expected {expected}")
