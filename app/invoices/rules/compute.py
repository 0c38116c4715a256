"""Knows how a document adds up: lines, document allowances and charges, taxes, totals, cash rounding, terms."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from app.invoices.rules.computed import Computed, ComputedLine, TaxRow
from app.invoices.rules.document import Adjustment, Basis, Document, Line, TaxKey, TaxRounding
from app.invoices.rules.taxes import WHOLE, Item, Solved, levy, solve, split
from app.invoices.rules.terms import early_discount, instalments
from app.kernel.errors import BadInput
from app.kernel.money import minor_digits, round_half_away, settle_quotas
from app.kernel.payment_terms import DiscountOn


class NothingToDivideBy(BadInput):
    """The base quantity is what the price is for, so it cannot be 0."""


@dataclass(frozen=True, slots=True)
class _Sums:
    """A document's lines and entries in minor units; the nets of allowances and charges are positive."""

    lines: tuple[ComputedLine, ...]
    allowances: tuple[int, ...]
    charges: tuple[int, ...]
    rows: tuple[TaxRow, ...]

    @property
    def line_total(self) -> int:
        return sum(line.net for line in self.lines)

    @property
    def net_total(self) -> int:
        return self.line_total - sum(self.allowances) + sum(self.charges)

    @property
    def tax_total(self) -> int:
        return sum(row.tax for row in self.rows)


def compute(document: Document) -> Computed:
    """Every amount of ``document``, exact until it is rounded half away from zero.

    Rules: EN 16931 (BR-CO-10 to BR-CO-17) where prices are net. Raises BadInput with the path of what cannot be
    computed.
    """
    sums = _sums(document, _taxed_part(document))
    gross_total = sums.net_total + sums.tax_total
    unrounded = gross_total - document.prepaid
    due = _to_step(unrounded, document.rounding_step) + document.rounding
    return Computed(
        currency=document.currency,
        lines=sums.lines,
        tax_breakdown=sums.rows,
        allowances=sums.allowances,
        charges=sums.charges,
        line_total=sums.line_total,
        net_total=sums.net_total,
        tax_total=sums.tax_total,
        gross_total=gross_total,
        rounding=due - unrounded,
        prepaid=document.prepaid,
        amount_due=due,
        instalments=instalments(document, due=due, net=sums.net_total, tax=sums.tax_total),
        early_discount=early_discount(document, net=sums.net_total, tax=sums.tax_total),
    )


def _taxed_part(document: Document) -> Fraction:
    """The part of the net that percent taxes are computed on: one, unless a discount reduces the tax always."""
    discount = document.payment_terms and document.payment_terms.early_discount
    if not discount or discount.on is not DiscountOn.REDUCES_TAX_ALWAYS:
        return WHOLE
    if discount.percent is not None:
        return WHOLE - Fraction(discount.percent) / 100
    net_total = _sums(document, WHOLE).net_total
    amount = Fraction(discount.amount or 0) * _scale(document)
    return WHOLE - amount / net_total if net_total else WHOLE


def _sums(document: Document, keep: Fraction) -> _Sums:
    items = [_line_item(line, f"lines[{i}]", _scale(document)) for i, line in enumerate(document.lines)]
    solved = solve(items, document.tax_rounding, keep)
    lines = _lines(solved)
    if not document.allowances and not document.charges:
        return _Sums(lines, (), (), _rows(solved))
    # A discount that reduces the tax leaves the net total alone, so percentages are of the lines without it.
    undiscounted = lines if keep == WHOLE else _lines(solve(items, document.tax_rounding))
    entries = _entry_items(document, undiscounted)
    together = solve([*items, *entries], document.tax_rounding, keep)
    nets = _entry_nets(document, entries, together, line_total=solved.net_total)
    allowed = len(document.allowances)
    return _Sums(lines, tuple(-net for net in nets[:allowed]), tuple(nets[allowed:]), _rows(together))


def _lines(solved: Solved) -> tuple[ComputedLine, ...]:
    parts = zip(solved.nets, map(sum, solved.taxes), strict=True)
    return tuple(ComputedLine(net, tax, net + tax) for net, tax in parts)


def _line_item(line: Line, field: str, scale: int) -> Item:
    if line.base_quantity == 0:
        raise NothingToDivideBy(field=f"{field}.base_quantity")
    quantity = Fraction(line.quantity)
    price = Fraction(line.unit_price) / Fraction(line.base_quantity) * (1 - Fraction(line.discount_percent) / 100)
    quoted = round_half_away(quantity * price * scale) - line.allowance + line.charge
    levies = [levy(tax, quantity=quantity, scale=scale, included=tax.price_includes) for tax in line.taxes]
    return Item(quoted, tuple(levies), field)


def _entry_items(document: Document, lines: tuple[ComputedLine, ...]) -> list[Item]:
    """Allowances (negative), then charges. Their taxes are all outside a net amount and all inside a gross one."""
    signed = [(-1, "allowances", i, entry) for i, entry in enumerate(document.allowances)]
    signed += [(1, "charges", i, entry) for i, entry in enumerate(document.charges)]
    carried = [{tax.key for tax in line.taxes} for line in document.lines]
    return [
        Item(
            sign * _entry_amount(entry, carried, lines),
            # An allowance changes no number of units, so a tax per unit does not move.
            tuple(levy(tax, quantity=Fraction(0), scale=1, included=entry.on is Basis.GROSS) for tax in entry.taxes),
            f"{name}[{i}]",
        )
        for sign, name, i, entry in signed
    ]


def _entry_amount(entry: Adjustment, carried: list[set[TaxKey]], computed: tuple[ComputedLine, ...]) -> int:
    if entry.percent is None:
        return entry.amount or 0
    wanted = {tax.key for tax in entry.taxes}
    carrying = [amounts for keys, amounts in zip(carried, computed, strict=True) if wanted <= keys]
    whole = sum(amounts.gross if entry.on is Basis.GROSS else amounts.net for amounts in carrying)
    return round_half_away(whole * Fraction(entry.percent) / 100)


def _entry_nets(document: Document, entries: list[Item], together: Solved, *, line_total: int) -> list[int]:
    """The signed net of each entry, so that lines and entries add up to the net total.

    In document rounding a gross entry lowers what was quoted before the tax is taken out of it once; its net is what
    the net total loses by it. Where no tax is in it, it is its own net.
    """
    nets = together.nets[-len(entries) :]
    if document.tax_rounding is TaxRounding.LINE:
        return nets
    bases = [entry.on for entry in (*document.allowances, *document.charges)]
    exact = [split(entry) for entry in entries]
    taxed = [i for i, basis in enumerate(bases) if basis is Basis.GROSS and any(exact[i].taxes)]
    lost = together.net_total - line_total - sum(net for i, net in enumerate(nets) if i not in taxed)
    for i, net in zip(taxed, settle_quotas(lost, [exact[i].net for i in taxed]), strict=True):
        nets[i] = net
    return nets


def _rows(solved: Solved) -> tuple[TaxRow, ...]:
    return tuple(
        TaxRow(key.name, key.category, key.rate, key.amount, base, tax) for key, (base, tax) in solved.rows.items()
    )


def _to_step(amount: int, step: int | None) -> int:
    return amount if not step else round_half_away(Fraction(amount, step)) * step


def _scale(document: Document) -> int:
    return int(10 ** minor_digits(document.currency))
