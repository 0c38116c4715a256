"""Knows how a Swiss QR-bill reads on paper, and draws its code."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.invoices.paper_parts import is_pro_forma
from app.invoices.rules_swiss import Bill, find_bill, write_grouped, write_reference
from app.invoices.texts_swiss import BillTexts, bill_texts_for

CODE_SCALE = 6


@dataclass(frozen=True)
class BillPaper:
    """Everything the payment part and its receipt print."""

    texts: BillTexts
    account: str
    creditor: tuple[str, ...]
    reference: str
    message: str
    debtor: tuple[str, ...]
    currency: str
    amount: str
    code: bytes


def lay_out_bill(snapshot: Mapping[str, Any]) -> BillPaper | None:
    """The QR-bill of a document, where it has one."""
    bill = None if is_pro_forma(snapshot) else find_bill(snapshot)
    return _lay_out(bill, snapshot["language"]) if bill else None


def draw_bill_code(payload: str) -> bytes:
    """The code as a picture, error correction M; the cross is laid over it."""
    import segno

    written = io.BytesIO()
    code = segno.make(payload, error="M", boost_error=False, micro=False, encoding="utf-8")
    code.save(written, kind="png", scale=CODE_SCALE, border=0)
    return written.getvalue()


def _lay_out(bill: Bill, language: str) -> BillPaper:
    whole, _, cents = bill.amount.partition(".")
    return BillPaper(
        texts=bill_texts_for(language),
        account=write_grouped(bill.iban, size=4),
        creditor=bill.creditor.lines,
        reference=write_reference(bill.kind, bill.reference),
        message=bill.message,
        debtor=bill.debtor.lines if bill.debtor else (),
        currency=bill.currency,
        amount=f"{write_grouped(whole, size=3, from_right=True)}.{cents}",
        code=draw_bill_code(bill.payload),
    )
