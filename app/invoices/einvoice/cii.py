"""Writes the semantic invoice as UN/CEFACT Cross Industry Invoice (D16B), the syntax of Factur-X and ZUGFeRD."""

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
)
from app.invoices.einvoice.writing import Node, write_xml

_BASE = "urn:un:unece:uncefact:data:standard"
NAMESPACES = {
    "rsm": f"{_BASE}:CrossIndustryInvoice:100",
    "qdt": f"{_BASE}:QualifiedDataType:100",
    "ram": f"{_BASE}:ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_BASE}:UnqualifiedDataType:100",
}


def write_cii(invoice: SemanticInvoice) -> bytes:
    """The XML; equal invoices give equal bytes."""
    context: Node = Node(
        "rsm:ExchangedDocumentContext",
        [
            Node("ram:BusinessProcessSpecifiedDocumentContextParameter", [Node("ram:ID", invoice.process)]),
            Node("ram:GuidelineSpecifiedDocumentContextParameter", [Node("ram:ID", invoice.specification)]),
        ],
    )
    document: Node = Node(
        "rsm:ExchangedDocument",
        [
            Node("ram:ID", invoice.number),
            Node("ram:TypeCode", invoice.type_code),
            Node("ram:IssueDateTime", _day(invoice.issued_on)),
            Node("ram:IncludedNote", [Node("ram:Content", invoice.note)]),
        ],
    )
    trade: Node = Node(
        "rsm:SupplyChainTradeTransaction",
        [
            *(_item(item) for item in invoice.items),
            _agreement(invoice),
            _delivered(invoice.delivery),
            _settlement(invoice),
        ],
    )
    return write_xml("rsm:CrossIndustryInvoice", NAMESPACES, [context, document, trade])


def _day(day: str, of: str = "udt") -> list[Node | None]:
    return [Node(f"{of}:DateTimeString", day.replace("-", ""), {"format": "102"})]


def _agreement(invoice: SemanticInvoice) -> Node:
    return Node(
        "ram:ApplicableHeaderTradeAgreement",
        [
            Node("ram:BuyerReference", invoice.buyer_reference),
            Node("ram:SellerTradeParty", _party(invoice.seller)),
            Node("ram:BuyerTradeParty", _party(invoice.buyer)),
            Node("ram:SellerOrderReferencedDocument", [Node("ram:IssuerAssignedID", invoice.sales_order)]),
            Node("ram:BuyerOrderReferencedDocument", [Node("ram:IssuerAssignedID", invoice.purchase_order)]),
        ],
    )


def _party(party: Party) -> list[Node | None]:
    contact, endpoint = party.contact, party.endpoint
    return [
        Node("ram:ID", party.identifier),
        Node("ram:Name", party.name),
        Node("ram:SpecifiedLegalOrganization", [Node("ram:ID", party.registration, _scheme(party))]),
        Node(
            "ram:DefinedTradeContact",
            [
                Node("ram:PersonName", contact.name),
                Node("ram:TelephoneUniversalCommunication", [Node("ram:CompleteNumber", contact.phone)]),
                Node("ram:EmailURIUniversalCommunication", [Node("ram:URIID", contact.email)]),
            ],
        )
        if contact
        else None,
        _address(party.place),
        Node("ram:URIUniversalCommunication", [Node("ram:URIID", endpoint.address, {"schemeID": endpoint.scheme})])
        if endpoint
        else None,
        Node("ram:SpecifiedTaxRegistration", [Node("ram:ID", party.vat_id, {"schemeID": "VA"})]),
        Node("ram:SpecifiedTaxRegistration", [Node("ram:ID", party.tax_number, {"schemeID": "FC"})]),
    ]


def _scheme(party: Party) -> dict[str, str]:
    return {"schemeID": party.registration_scheme} if party.registration_scheme else {}


def _address(place: Place) -> Node:
    return Node(
        "ram:PostalTradeAddress",
        [
            Node("ram:PostcodeCode", place.postal_code),
            Node("ram:LineOne", place.street),
            Node("ram:LineTwo", place.street2),
            Node("ram:CityName", place.city),
            Node("ram:CountryID", place.country),
            Node("ram:CountrySubDivisionName", place.region),
        ],
    )


def _delivered(delivery: Delivery | None) -> Node:
    name = "ram:ApplicableHeaderTradeDelivery"
    if delivery is None:
        return Node(name, "\n  ")  # the schema wants the element even when there is nothing to say
    where: list[Node | None] = [Node("ram:Name", delivery.name), _address(delivery.place)] if delivery.place else []
    when = _day(delivery.on) if delivery.on else []
    return Node(
        name,
        [
            Node("ram:ShipToTradeParty", where),
            Node("ram:ActualDeliverySupplyChainEvent", [Node("ram:OccurrenceDateTime", when)]),
        ],
    )


def _settlement(invoice: SemanticInvoice) -> Node:
    return Node(
        "ram:ApplicableHeaderTradeSettlement",
        [
            Node("ram:PaymentReference", invoice.account.remittance),
            Node("ram:TaxCurrencyCode", invoice.tax_currency),
            Node("ram:InvoiceCurrencyCode", invoice.currency),
            _account(invoice.account),
            *(_group(group) for group in invoice.breakdown),
            _service(invoice.service),
            *(_adjustment(one) for one in invoice.adjustments),
            Node(
                "ram:SpecifiedTradePaymentTerms",
                [
                    Node("ram:Description", invoice.terms),
                    Node("ram:DueDateDateTime", _day(invoice.due_on) if invoice.due_on else []),
                ],
            ),
            _totals(invoice),
            *(_reference(one) for one in invoice.referred),
        ],
    )


def _reference(original: Original) -> Node:
    said: list[Node | None] = [
        Node("ram:IssuerAssignedID", original.number),
        Node("ram:FormattedIssueDateTime", _day(original.issued_on, "qdt")),
    ]
    return Node("ram:InvoiceReferencedDocument", said)


def _service(service: Service | None) -> Node | None:
    if service is None:
        return None
    said: list[Node | None] = [
        Node("ram:StartDateTime", _day(service.first)),
        Node("ram:EndDateTime", _day(service.last)),
    ]
    return Node("ram:BillingSpecifiedPeriod", said)


def _account(account: Account) -> Node:
    where: list[Node | None] = [Node("ram:IBANID", account.iban), Node("ram:AccountName", account.holder)]
    return Node(
        "ram:SpecifiedTradeSettlementPaymentMeans",
        [
            Node("ram:TypeCode", account.means),
            Node("ram:PayeePartyCreditorFinancialAccount", where if account.iban else []),
            Node(
                "ram:PayeeSpecifiedCreditorFinancialInstitution",
                [Node("ram:BICID", account.bic if account.iban else "")],
            ),
        ],
    )


def _group(group: TaxGroup) -> Node:
    return Node(
        "ram:ApplicableTradeTax",
        [
            Node("ram:CalculatedAmount", group.tax),
            Node("ram:TypeCode", "VAT"),
            Node("ram:ExemptionReason", group.reason),
            Node("ram:BasisAmount", group.base),
            Node("ram:CategoryCode", group.rate.category),
            Node("ram:ExemptionReasonCode", group.code),
            Node("ram:RateApplicablePercent", group.rate.percent),
        ],
    )


def _rate(rate: Rate) -> list[Node | None]:
    return [
        Node("ram:TypeCode", "VAT"),
        Node("ram:CategoryCode", rate.category),
        Node("ram:RateApplicablePercent", rate.percent),
    ]


def _adjustment(one: Adjustment) -> Node:
    return Node(
        "ram:SpecifiedTradeAllowanceCharge",
        [
            Node("ram:ChargeIndicator", [Node("udt:Indicator", "true" if one.is_charge else "false")]),
            Node("ram:CalculationPercent", one.percent),
            Node("ram:BasisAmount", one.base),
            Node("ram:ActualAmount", one.amount),
            Node("ram:ReasonCode", one.code),
            Node("ram:Reason", one.reason),
            Node("ram:CategoryTradeTax", _rate(one.rate) if one.rate else []),
        ],
    )


def _totals(invoice: SemanticInvoice) -> Node:
    totals = invoice.totals
    return Node(
        "ram:SpecifiedTradeSettlementHeaderMonetarySummation",
        [
            Node("ram:LineTotalAmount", totals.lines),
            Node("ram:ChargeTotalAmount", totals.charges),
            Node("ram:AllowanceTotalAmount", totals.allowances),
            Node("ram:TaxBasisTotalAmount", totals.net),
            Node("ram:TaxTotalAmount", totals.tax, {"currencyID": invoice.currency}),
            Node("ram:TaxTotalAmount", invoice.tax_in_tax_currency, {"currencyID": invoice.tax_currency}),
            Node("ram:RoundingAmount", totals.rounding),
            Node("ram:GrandTotalAmount", totals.gross),
            Node("ram:TotalPrepaidAmount", totals.prepaid),
            Node("ram:DuePayableAmount", totals.due),
        ],
    )


def _item(item: Item) -> Node:
    note: list[Node | None] = (
        [Node("ram:Description", "Unit"), Node("ram:Value", item.unit_note)] if item.unit_note else []
    )
    settlement: list[Node | None] = [
        Node("ram:ApplicableTradeTax", _rate(item.rate)),
        *(_adjustment(one) for one in item.adjustments),
        Node("ram:SpecifiedTradeSettlementLineMonetarySummation", [Node("ram:LineTotalAmount", item.net)]),
    ]
    price: list[Node | None] = [
        Node("ram:ChargeAmount", item.price),
        Node("ram:BasisQuantity", item.base_quantity, {"unitCode": item.unit}),
    ]
    return Node(
        "ram:IncludedSupplyChainTradeLineItem",
        [
            Node(
                "ram:AssociatedDocumentLineDocument",
                [
                    Node("ram:LineID", item.identifier),
                    Node("ram:IncludedNote", [Node("ram:Content", item.note)]),
                ],
            ),
            Node(
                "ram:SpecifiedTradeProduct",
                [Node("ram:Name", item.name), Node("ram:ApplicableProductCharacteristic", note)],
            ),
            Node("ram:SpecifiedLineTradeAgreement", [Node("ram:NetPriceProductTradePrice", price)]),
            Node(
                "ram:SpecifiedLineTradeDelivery",
                [Node("ram:BilledQuantity", item.quantity, {"unitCode": item.unit})],
            ),
            Node("ram:SpecifiedLineTradeSettlement", settlement),
        ],
    )
