"""Knows the exports of other sales systems by their column names, and which of our columns theirs stand for.

Sources: the default export headers of HubSpot, Salesforce reports, Pipedrive and Zoho CRM. Columns of ours may be
added to such a file; what their export never carries (tax rate, country) has to be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

STAGE = "_stage"


@dataclass(frozen=True)
class Source:
    """An export is recognised when it has all the `signature` columns; names are spelled by tables.column_key."""

    kind: str
    label: str
    signature: frozenset[str]
    columns: Mapping[str, str]
    won: frozenset[str] = frozenset()
    defaults: Mapping[str, str] = field(default_factory=dict)


OWN = Source("tillpaid", "Tillpaid", frozenset(), {"order_type": "deal_type"})
_ONE = {"quantity": "1"}

SOURCES = (
    Source(
        "hubspot",
        "HubSpot",
        frozenset({"record_id", "deal_name", "deal_stage"}),
        {
            "record_id": "deal_id", "deal_name": "item", "deal_stage": STAGE, "close_date": "closed_on",
            "amount": "unit_price", "currency": "currency", "deal_currency_code": "currency", "deal_owner": "owner",
            "associated_company": "customer", "associated_company_primary": "customer", "company_name": "customer",
        },
        frozenset({"closed won", "closedwon"}),
        _ONE,
    ),
    Source(
        "salesforce",
        "Salesforce",
        frozenset({"opportunity_id", "opportunity_name"}),
        {
            "opportunity_id": "deal_id", "opportunity_name": "item", "product_name": "item", "account_name": "customer",
            "stage": STAGE, "stagename": STAGE, "close_date": "closed_on", "amount": "unit_price",
            "sales_price": "unit_price", "opportunity_owner": "owner", "opportunity_currency": "currency",
            "amount_currency": "currency", "currencyisocode": "currency", "billing_country": "country",
            "billing_street": "street", "billing_city": "city", "billing_zip_postal_code": "postal_code",
        },
        frozenset({"closed won", "closed/won"}),
        _ONE,
    ),
    Source(
        "pipedrive",
        "Pipedrive",
        frozenset({"deal_id", "deal_title", "deal_value"}),
        {
            "deal_id": "deal_id", "deal_title": "item", "deal_value": "unit_price", "deal_status": STAGE,
            "deal_currency_of_value": "currency", "deal_currency": "currency", "deal_won_time": "closed_on",
            "deal_organization": "customer", "deal_owner": "owner",
        },
        frozenset({"won"}),
        _ONE,
    ),
    Source(
        "zoho",
        "Zoho",
        frozenset({"deal_name", "account_name", "closing_date"}),
        {
            "record_id": "deal_id", "deal_id": "deal_id", "id": "deal_id", "deal_name": "item", "amount": "unit_price",
            "stage": STAGE, "closing_date": "closed_on", "account_name": "customer", "currency": "currency",
            "deal_owner": "owner", "deal_owner_name": "owner",
        },
        frozenset({"closed won"}),
        _ONE,
    ),
)  # fmt: skip


def recognise(keys: list[str]) -> Source:
    """The system that exports these columns, ours when none is known."""
    present = set(keys)
    return next((source for source in SOURCES if source.signature <= present), OWN)


def map_columns(keys: list[str], source: Source, ours: frozenset[str]) -> list[str | None]:
    """For each column the field it fills. One that is there by our own name goes before a translated one."""
    own = {key for key in keys if key in ours and source.columns.get(key, key) == key}
    mapped: list[str | None] = []
    for key in keys:
        name = source.columns.get(key, key if key in ours else None)
        taken = name in mapped or (name in own and key != name)
        mapped.append(None if taken else name)
    return mapped
