"""Writes the semantic invoice as UBL 2.1 Invoice or CreditNote, the syntax of Peppol."""

from __future__ import annotations

from app.invoices.einvoice.semantic import (
    Account,
    Adjustment,
    Delivery,
    Item,
    Original,
    Party,
    Place,
    Rate,
    SemanticInvoice,
    Service,
    TaxGroup,
    Totals,
)
from app.invoices.einvoice.writing import Node, write_xml

_BASE = "urn:oasis:names:specification:ubl:schema:xsd"
NAMESPACES = {"cac": f"{_BASE}:CommonAggregateComponents-2", "cbc": f"{_BASE}:CommonBasicComponents-2"}
VAT: Node = Node("cac:TaxScheme", [Node("cbc:ID", "VAT")])
NOT_KNOWN = "NA"  # an order reference of the seller's alone: UBL wants the buyer's too


def write_ubl(invoice: SemanticInvoice) -> bytes:
    """The XML; equal invoices give equal bytes."""
    root = "CreditNote" if invoice.is_credit_note else "Invoice"
    money = _Money(invoice.currency)
    nodes: list[Node | None] = [
        Node("cbc:CustomizationID", invoice.specification),
        Node("cbc:ProfileID", invoice.process),
        Node("cbc:ID", invoice.number),
        Node("cbc:IssueDate", invoice.issued_on),
        Node("cbc:DueDate", "" if invoice.is_credit_note else invoice.due_on),
        Node(f"cbc:{root}TypeCode", invoice.type_code),
        Node("cbc:Note", invoice.note),
        Node("cbc:DocumentCurrencyCode", invoice.currency),
        Node("cbc:TaxCurrencyCode", invoice.tax_currency),
        Node("cbc:BuyerReference", invoice.buyer_reference),
        _service(invoice.service),
        _order(invoice),
        *(_reference(one) for one in invoice.referred),
        Node("cac:AccountingSupplierParty", [Node("cac:Party", _party(invoice.seller))]),
        Node("cac:AccountingCustomerParty", [Node("cac:Party", _party(invoice.buyer))]),
        _delivered(invoice.delivery),
        _account(invoice.account),
        Node("cac:PaymentTerms", [Node("cbc:Note", invoice.terms)]),
        *(money.adjustment(one) for one in invoice.adjustments),
        Node(
            "cac:TaxTotal",
            [money("cbc:TaxAmount", invoice.totals.tax), *(money.group(group) for group in invoice.breakdown)],
        ),
        Node(
            "cac:TaxTotal",
            [Node("cbc:TaxAmount", invoice.tax_in_tax_currency, {"currencyID": invoice.tax_currency})],
        ),
        money.totals(invoice.totals),
        *(money.item(item, root) for item in invoice.items),
    ]
    return write_xml(root, {"": f"{_BASE}:{root}-2", **NAMESPACES}, nodes)


def _service(service: Service | None) -> Node | None:
    if service is None:
        return None
    return Node("cac:InvoicePeriod", [Node("cbc:StartDate", service.first), Node("cbc:EndDate", service.last)])


def _order(invoice: SemanticInvoice) -> Node:
    buyers = invoice.purchase_order or (NOT_KNOWN if invoice.sales_order else "")
    return Node("cac:OrderReference", [Node("cbc:ID", buyers), Node("cbc:SalesOrderID", invoice.sales_order)])


def _reference(original: Original) -> Node:
    said: list[Node | None] = [Node("cbc:ID", original.number), Node("cbc:IssueDate", original.issued_on)]
    return Node("cac:BillingReference", [Node("cac:InvoiceDocumentReference", said)])


def _party(party: Party) -> list[Node | None]:
    contact, endpoint = party.contact, party.endpoint
    return [
        Node("cbc:EndpointID", endpoint.address, {"schemeID": endpoint.scheme}) if endpoint else None,
        Node("cac:PartyIdentification", [Node("cbc:ID", party.identifier)]),
        _address("cac:PostalAddress", party.place),
        Node("cac:PartyTaxScheme", [Node("cbc:CompanyID", party.vat_id), VAT] if party.vat_id else []),
        Node("cac:PartyTaxScheme", _tax_number(party.tax_number)),
        Node(
            "cac:PartyLegalEntity",
            [Node("cbc:RegistrationName", party.name), Node("cbc:CompanyID", party.registration, _scheme(party))],
        ),
        Node(
            "cac:Contact",
            [
                Node("cbc:Name", contact.name),
                Node("cbc:Telephone", contact.phone),
                Node("cbc:ElectronicMail", contact.email),
            ],
        )
        if contact
        else None,
    ]


def _scheme(party: Party) -> dict[str, str]:
    return {"schemeID": party.registration_scheme} if party.registration_scheme else {}


def _tax_number(number: str) -> list[Node | None]:
    return [Node("cbc:CompanyID", number), Node("cac:TaxScheme", [Node("cbc:ID", "TAX")])] if number else []


def _address(name: str, place: Place) -> Node:
    return Node(
        name,
        [
            Node("cbc:StreetName", place.street),
            Node("cbc:AdditionalStreetName", place.street2),
            Node("cbc:CityName", place.city),
            Node("cbc:PostalZone", place.postal_code),
            Node("cbc:CountrySubentity", place.region),
            Node("cac:Country", [Node("cbc:IdentificationCode", place.country)]),
        ],
    )


def _delivered(delivery: Delivery | None) -> Node | None:
    if delivery is None:
        return None
    where = _address("cac:Address", delivery.place) if delivery.place else None
    name = delivery.name if delivery.place else ""
    return Node(
        "cac:Delivery",
        [
            Node("cbc:ActualDeliveryDate", delivery.on),
            Node("cac:DeliveryLocation", [where]),
            Node("cac:DeliveryParty", [Node("cac:PartyName", [Node("cbc:Name", name)])]),
        ],
    )


def _account(account: Account) -> Node:
    branch: Node = Node("cac:FinancialInstitutionBranch", [Node("cbc:ID", account.bic)])
    where: list[Node | None] = (
        [Node("cbc:ID", account.iban), Node("cbc:Name", account.holder), branch] if account.iban else []
    )
    return Node(
        "cac:PaymentMeans",
        [
            Node("cbc:PaymentMeansCode", account.means),
            Node("cbc:PaymentID", account.remittance),
            Node("cac:PayeeFinancialAccount", where),
        ],
    )


def _rate(name: str, rate: Rate, reason: str = "", code: str = "") -> Node:
    return Node(
        name,
        [
            Node("cbc:ID", rate.category),
            Node("cbc:Percent", rate.percent),
            Node("cbc:TaxExemptionReasonCode", code),
            Node("cbc:TaxExemptionReason", reason),
            VAT,
        ],
    )


class _Money:
    """Parts with amounts: each names the document's currency."""

    def __init__(self, currency: str) -> None:
        self.currency = {"currencyID": currency}

    def __call__(self, name: str, amount: str | None) -> Node:
        return Node(name, amount or "", self.currency)

    def adjustment(self, one: Adjustment) -> Node:
        return Node(
            "cac:AllowanceCharge",
            [
                Node("cbc:ChargeIndicator", "true" if one.is_charge else "false"),
                Node("cbc:AllowanceChargeReasonCode", one.code),
                Node("cbc:AllowanceChargeReason", one.reason),
                Node("cbc:MultiplierFactorNumeric", one.percent),
                self("cbc:Amount", one.amount),
                self("cbc:BaseAmount", one.base),
                _rate("cac:TaxCategory", one.rate) if one.rate else None,
            ],
        )

    def group(self, group: TaxGroup) -> Node:
        return Node(
            "cac:TaxSubtotal",
            [
                self("cbc:TaxableAmount", group.base),
                self("cbc:TaxAmount", group.tax),
                _rate("cac:TaxCategory", group.rate, group.reason, group.code),
            ],
        )

    def totals(self, totals: Totals) -> Node:
        return Node(
            "cac:LegalMonetaryTotal",
            [
                self("cbc:LineExtensionAmount", totals.lines),
                self("cbc:TaxExclusiveAmount", totals.net),
                self("cbc:TaxInclusiveAmount", totals.gross),
                self("cbc:AllowanceTotalAmount", totals.allowances),
                self("cbc:ChargeTotalAmount", totals.charges),
                self("cbc:PrepaidAmount", totals.prepaid),
                self("cbc:PayableRoundingAmount", totals.rounding),
                self("cbc:PayableAmount", totals.due),
            ],
        )

    def item(self, item: Item, root: str) -> Node:
        note: list[Node | None] = (
            [Node("cbc:Name", "Unit"), Node("cbc:Value", item.unit_note)] if item.unit_note else []
        )
        quantity = "cbc:CreditedQuantity" if root == "CreditNote" else "cbc:InvoicedQuantity"
        return Node(
            f"cac:{root}Line",
            [
                Node("cbc:ID", item.identifier),
                Node("cbc:Note", item.note),
                Node(quantity, item.quantity, {"unitCode": item.unit}),
                self("cbc:LineExtensionAmount", item.net),
                *(self.adjustment(one) for one in item.adjustments),
                Node(
                    "cac:Item",
                    [
                        Node("cbc:Name", item.name),
                        _rate("cac:ClassifiedTaxCategory", item.rate),
                        Node("cac:AdditionalItemProperty", note),
                    ],
                ),
                Node(
                    "cac:Price",
                    [
                        self("cbc:PriceAmount", item.price),
                        Node("cbc:BaseQuantity", item.base_quantity, {"unitCode": item.unit}),
                    ],
                ),
            ],
        )
