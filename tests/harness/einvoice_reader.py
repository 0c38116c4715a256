"""Reads other people's e-invoices, CII and UBL, as what `invoices compute` takes and what they say themselves.

Shares no code with the writers: XPath over the two syntaxes, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lxml import etree

NAMESPACES = {
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
}
# By business term: what `compute` calls it, and where it stands
SUMS = {
    "BT-106": ("line_total", "cbc:LineExtensionAmount", "ram:LineTotalAmount"),
    "BT-107": ("allowance_total", "cbc:AllowanceTotalAmount", "ram:AllowanceTotalAmount"),
    "BT-108": ("charge_total", "cbc:ChargeTotalAmount", "ram:ChargeTotalAmount"),
    "BT-109": ("net_total", "cbc:TaxExclusiveAmount", "ram:TaxBasisTotalAmount"),
    "BT-110": ("tax_total", "", ""),
    "BT-112": ("gross_total", "cbc:TaxInclusiveAmount", "ram:GrandTotalAmount"),
    "BT-113": ("prepaid", "cbc:PrepaidAmount", "ram:TotalPrepaidAmount"),
    "BT-114": ("rounding", "cbc:PayableRoundingAmount", "ram:RoundingAmount"),
    "BT-115": ("amount_due", "cbc:PayableAmount", "ram:DuePayableAmount"),
}


class Hostile(Exception):
    """The file declares a document type, which no e-invoice needs."""


@dataclass(frozen=True)
class Paths:
    """Where one syntax keeps things; paths of an allowance or a line start at its element."""

    number: str
    issued_on: str
    currency: str
    type_code: str
    lines: str
    quantity: str
    price: str
    base_quantity: str
    description: str
    line_net: str
    line_allowances: str
    line_tax: str
    allowances: str
    charge_flag: str
    amount: str
    allowance_tax: str
    tax_rows: str
    row_base: str
    row_tax: str
    category: str
    rate: str
    sums: str
    tax_total: str
    due_on: str


UBL = Paths(
    number="cbc:ID",
    issued_on="cbc:IssueDate",
    currency="cbc:DocumentCurrencyCode",
    type_code="cbc:InvoiceTypeCode|cbc:CreditNoteTypeCode",
    lines="cac:InvoiceLine|cac:CreditNoteLine",
    quantity="cbc:InvoicedQuantity|cbc:CreditedQuantity",
    price="cac:Price/cbc:PriceAmount",
    base_quantity="cac:Price/cbc:BaseQuantity",
    description="cac:Item/cbc:Name",
    line_net="cbc:LineExtensionAmount",
    line_allowances="cac:AllowanceCharge",
    line_tax="cac:Item/cac:ClassifiedTaxCategory",
    allowances="cac:AllowanceCharge",
    charge_flag="cbc:ChargeIndicator",
    amount="cbc:Amount",
    allowance_tax="cac:TaxCategory",
    tax_rows="cac:TaxTotal[cbc:TaxAmount/@currencyID = $currency]/cac:TaxSubtotal",
    row_base="cbc:TaxableAmount",
    row_tax="cbc:TaxAmount",
    category="cbc:ID|cac:TaxCategory/cbc:ID",
    rate="cbc:Percent|cac:TaxCategory/cbc:Percent",
    sums="cac:LegalMonetaryTotal",
    tax_total="cac:TaxTotal/cbc:TaxAmount[@currencyID = $currency]",
    due_on="cbc:DueDate",
)
_SETTLEMENT = "rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeSettlement/"
_SUMS = _SETTLEMENT + "ram:SpecifiedTradeSettlementHeaderMonetarySummation"
CII = Paths(
    number="rsm:ExchangedDocument/ram:ID",
    issued_on="rsm:ExchangedDocument/ram:IssueDateTime/udt:DateTimeString",
    currency=_SETTLEMENT + "ram:InvoiceCurrencyCode",
    type_code="rsm:ExchangedDocument/ram:TypeCode",
    lines="rsm:SupplyChainTradeTransaction/ram:IncludedSupplyChainTradeLineItem",
    quantity="ram:SpecifiedLineTradeDelivery/ram:BilledQuantity",
    price="ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice/ram:ChargeAmount",
    base_quantity="ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice/ram:BasisQuantity",
    description="ram:SpecifiedTradeProduct/ram:Name",
    line_net="ram:SpecifiedLineTradeSettlement/ram:SpecifiedTradeSettlementLineMonetarySummation/ram:LineTotalAmount",
    line_allowances="ram:SpecifiedLineTradeSettlement/ram:SpecifiedTradeAllowanceCharge",
    line_tax="ram:SpecifiedLineTradeSettlement/ram:ApplicableTradeTax",
    allowances=_SETTLEMENT + "ram:SpecifiedTradeAllowanceCharge",
    charge_flag="ram:ChargeIndicator/udt:Indicator",
    amount="ram:ActualAmount",
    allowance_tax="ram:CategoryTradeTax",
    tax_rows=_SETTLEMENT + "ram:ApplicableTradeTax",
    row_base="ram:BasisAmount",
    row_tax="ram:CalculatedAmount",
    category="ram:CategoryCode",
    rate="ram:RateApplicablePercent",
    sums=_SUMS,
    tax_total=_SUMS + "/ram:TaxTotalAmount[not(@currencyID) or @currencyID = $currency]",
    due_on=_SETTLEMENT + "ram:SpecifiedTradePaymentTerms/ram:DueDateDateTime/udt:DateTimeString",
)


@dataclass(frozen=True)
class Said:
    """What the file says: its facts, `document` as `compute` takes it, and its own amounts."""

    number: str
    type_code: str
    issued_on: str
    due_on: str
    document: dict[str, Any]
    line_nets: tuple[Decimal, ...]
    tax_rows: dict[tuple[str, Decimal], tuple[Decimal, Decimal]]
    sums: dict[str, Decimal]


def read_file(path: Path) -> Said:
    return read(path.read_bytes())


def read(content: bytes) -> Said:
    """Raises Hostile for a document type; entities are never resolved, nothing is fetched."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    root = etree.fromstring(content, parser)
    if root.getroottree().docinfo.doctype:
        raise Hostile
    paths = CII if etree.QName(root).localname == "CrossIndustryInvoice" else UBL
    return _Reader(root, paths).read()


class _Reader:
    """One file and where its syntax keeps things."""

    def __init__(self, root: etree._Element, paths: Paths) -> None:
        self.root, self.paths = root, paths
        self.currency = self.text(root, paths.currency)

    def read(self) -> Said:
        root, paths = self.root, self.paths
        lines = self.all(root, paths.lines)
        return Said(
            number=self.text(root, paths.number),
            type_code=self.text(root, paths.type_code),
            issued_on=_day(self.text(root, paths.issued_on)),
            due_on=_day(self.text(root, paths.due_on)),
            document=self.document(lines),
            line_nets=tuple(self.amount(line, paths.line_net) for line in lines),
            tax_rows={
                self.key(row): (self.amount(row, paths.row_base), self.amount(row, paths.row_tax))
                for row in self.all(root, paths.tax_rows)
            },
            sums=self.sums(),
        )

    def document(self, lines: list[etree._Element]) -> dict[str, Any]:
        """For `compute`. Cash rounding is said as an amount in a file; `compute` takes a step, here a whole unit."""
        said: dict[str, Any] = {
            "currency": self.currency,
            "lines": [self.line(line) for line in lines],
            "allowances": [],
            "charges": [],
            "prepaid": f"{self.sums()['BT-113']:f}",
        }
        for one in self.all(self.root, self.paths.allowances):
            taxes = [self.tax(tax) for tax in self.all(one, self.paths.allowance_tax)]
            entry = {"amount": f"{self.amount(one, self.paths.amount):f}", "taxes": taxes}
            said["charges" if self.is_charge(one) else "allowances"].append(entry)
        return said | ({"rounding_step": "1"} if self.sums()["BT-114"] else {})

    def line(self, line: etree._Element) -> dict[str, Any]:
        parts = {True: Decimal(0), False: Decimal(0)}
        for one in self.all(line, self.paths.line_allowances):
            parts[self.is_charge(one)] += self.amount(one, self.paths.amount)
        return {
            "description": self.text(line, self.paths.description),
            "quantity": self.text(line, self.paths.quantity) or "0",
            "unit_price": self.text(line, self.paths.price) or "0",
            "base_quantity": self.text(line, self.paths.base_quantity) or "1",
            "allowance": f"{parts[False]:f}",
            "charge": f"{parts[True]:f}",
            "taxes": [self.tax(tax) for tax in self.all(line, self.paths.line_tax)],
        }

    def tax(self, tax: etree._Element) -> dict[str, str]:
        category, rate = self.key(tax)
        return {"name": "VAT", "category": category, "rate": f"{rate:f}"}

    def key(self, tax: etree._Element) -> tuple[str, Decimal]:
        return self.text(tax, self.paths.category), self.amount(tax, self.paths.rate)

    def sums(self) -> dict[str, Decimal]:
        (totals,) = self.all(self.root, self.paths.sums)
        place = 2 if self.paths is CII else 1
        said = {term: self.amount(totals, paths[place]) for term, paths in SUMS.items() if paths[place]}
        return said | {"BT-110": self.amount(self.root, self.paths.tax_total)}

    def is_charge(self, one: etree._Element) -> bool:
        return self.text(one, self.paths.charge_flag) in ("true", "1")

    def all(self, element: etree._Element, path: str) -> list[Any]:
        return list(element.xpath(path, namespaces=NAMESPACES, currency=self.currency or ""))

    def text(self, element: etree._Element, path: str) -> str:
        found = element.xpath(path, namespaces=NAMESPACES)
        return (found[0].text or "").strip() if found else ""

    def amount(self, element: etree._Element, path: str) -> Decimal:
        found = self.all(element, path)
        return Decimal(found[0].text.strip()) if found else Decimal(0)


def _day(text: str) -> str:
    return f"{text[:4]}-{text[4:6]}-{text[6:8]}" if len(text) == 8 else text
