"""Draws the PDF of an issued invoice from its snapshot alone: the same snapshot gives the same bytes."""

import base64
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time
from functools import cache
from typing import Any

from flask import current_app
from markupsafe import Markup

from app.db.base import session
from app.documents.queries import find_document, get_document, read_content
from app.documents.rendering import render_pdf
from app.documents.services import RenderedDocument
from app.invoices.einvoice.check import find_obstacles, is_carried, wanted_format
from app.invoices.einvoice.codes import Syntax
from app.invoices.einvoice_files import Einvoice, list_syntaxes, make_checked
from app.invoices.einvoice_pdf import attachment_of, metadata_of, read_einvoice
from app.invoices.glyphs import find_undrawable
from app.invoices.paper import Letterhead, Paper, lay_out, runs_right_to_left
from app.invoices.paper_parts import PRO_FORMA, is_pro_forma
from app.invoices.paper_swiss import lay_out_bill
from app.invoices.paper_writer import Writer, say
from app.invoices.queries import get_invoice
from app.invoices.rules_code import epc_payload
from app.invoices.rules_swiss import find_bill
from app.invoices.texts_parts import part_texts_for
from app.kernel.einvoices import EinvoiceFormat
from app.kernel.errors import RuleError

PDF = "application/pdf"
DRAFT_MARK = """
body::before { content: "DRAFT_WORD"; position: fixed; z-index: -1; top: 100mm; left: -20mm; width: 210mm;
  text-align: center; font-size: 84pt; font-weight: 600; line-height: 1; color: #dfe2e8; transform: rotate(-40deg) }
"""
CODE_SCALE = 4
CODE_MASK = 2
DOCUMENT_KINDS = {Syntax.CII: "xml", Syntax.UBL: "ubl"}


class NothingToDraw(RuleError):
    """Only issued invoices of our own have a PDF."""


class EinvoiceLost(RuleError):
    """The PDF does not give back the e-invoice that was put into it."""


class NoEinvoice(RuleError):
    """{number} is a PDF only. {reason}"""


class NoProForma(RuleError):
    """Only the draft of an invoice has a pro forma."""


class ProFormaUndrawable(RuleError):
    """There is no pro forma yet. {faults} Change the text first."""


class NoDraft(RuleError):
    """There is nothing to show of this draft yet: open it and read what is missing."""


class DraftUndrawable(RuleError):
    """There is no PDF of this draft yet. {faults} Change the text first."""


@dataclass(frozen=True)
class PayCode:
    """The QR code a banking app reads, as a picture, and what stands beneath it."""

    picture: str
    label: str


def render_invoice(invoice_id: int, now: datetime) -> RenderedDocument:
    """The PDF of an issued invoice. Reads first, then draws without holding the database."""
    invoice = get_invoice(invoice_id)
    snapshot = invoice.snapshot
    if snapshot is None or invoice.number is None:
        raise NothingToDraw
    logo = read_logo(snapshot)
    fingerprint = invoice.fingerprint
    stored = {syntax: _read_stored(invoice_id, syntax) for syntax in list_syntaxes(snapshot)}
    session().rollback()
    einvoices = {syntax: one or make_checked(snapshot, syntax) for syntax, one in stored.items()}
    inside = einvoices.get(Syntax.CII)
    content = draw(snapshot, logo, inside)
    if inside is not None and read_einvoice(content) != inside.content:
        raise EinvoiceLost
    return RenderedDocument(
        kind="pdf",
        name=f"{snapshot['number']}.pdf",
        media_type=PDF,
        content=content,
        facts={"xml": hashlib.sha256(inside.content).hexdigest()} if inside else {},
        beside=tuple(_stored(one, snapshot, str(fingerprint)) for one in einvoices.values()),
    )


def render_einvoice(invoice_id: int, syntax: Syntax) -> RenderedDocument:
    """The e-invoice alone, such as UBL for somebody who asks for it. Raises NoEinvoice saying why there is none."""
    invoice = get_invoice(invoice_id)
    snapshot, fingerprint = invoice.snapshot, invoice.fingerprint
    if snapshot is None or invoice.number is None:
        raise NothingToDraw
    require_einvoice(snapshot)
    session().rollback()
    return _stored(make_checked(snapshot, syntax), snapshot, str(fingerprint))


def require_einvoice(snapshot: Mapping[str, Any]) -> None:
    """Raises NoEinvoice with the reason where a document is paper alone."""
    if not is_carried(snapshot):
        wants_none = wanted_format(snapshot) == EinvoiceFormat.NONE
        reason = "None was wanted when it was issued." if wants_none else " ".join(find_obstacles(snapshot))
        raise NoEinvoice(number=snapshot["number"], reason=reason)


def _stored(one: Einvoice, snapshot: Mapping[str, Any], fingerprint: str) -> RenderedDocument:
    return RenderedDocument(
        kind=DOCUMENT_KINDS[one.syntax],
        name=f"{snapshot['number']}{'' if one.syntax is Syntax.CII else '-ubl'}.xml",
        media_type="application/xml",
        content=one.content,
        facts=one.facts(snapshot) | {"fingerprint": fingerprint},
    )


def render_pro_forma(invoice_id: int, content: Mapping[str, Any] | None) -> bytes:
    """The PDF of a draft's content as a pro forma: no number, nothing owed, nothing kept."""
    if content is None or content["kind"] != "invoice":
        raise NoProForma
    part = {**(content.get("part") or {}), "scope": PRO_FORMA}
    if faults := list(find_undrawable(content)):
        raise ProFormaUndrawable(faults=" ".join(fault.message for fault in faults))
    return _draw_unissued({**content, "number": f"P-{invoice_id}", "part": part})


def render_draft(content: Mapping[str, Any] | None) -> bytes:
    """The PDF of a draft's content as it would be issued, marked across the page: no number, nothing to pay with."""
    if content is None:
        raise NoDraft
    if faults := list(find_undrawable(content)):
        raise DraftUndrawable(faults=" ".join(fault.message for fault in faults))
    payment = {"iban": content["bank"]["iban"], "kind": "", "reference": ""}
    return _draw_unissued({**content, "number": "", "payment": payment, "is_draft": True})


def _draw_unissued(snapshot: Mapping[str, Any]) -> bytes:
    logo = read_logo(snapshot)
    session().rollback()
    return draw(snapshot, logo)


def draw(snapshot: Mapping[str, Any], logo: bytes | None, einvoice: Einvoice | None = None) -> bytes:
    """PDF/A-3b bytes, with the e-invoice inside."""
    paper = lay_out(snapshot)
    issued_on = datetime.fromisoformat(snapshot["issued_on"]).date()
    return render_pdf(
        build_html(snapshot, paper, logo),
        identifier=snapshot["number"] or "draft",
        title=paper.title,
        language=paper.head.language,
        created=datetime.combine(issued_on, time(12), UTC),
        attachments=[attachment_of(einvoice)] if einvoice else (),
        xmp=metadata_of(einvoice) if einvoice else (),
        by_form=not snapshot.get("is_draft") and find_bill(snapshot) is None,  # a bill stands where no form has room
    )


def build_html(snapshot: Mapping[str, Any], paper: Paper, logo: bytes | None) -> str:
    template, bill = current_app.jinja_env.get_template("pdf/invoice.html"), lay_out_bill(snapshot)
    style = style_of(paper.head, with_bill=bill is not None) + _mark_of(snapshot)
    return template.render(
        paper=paper,
        css=Markup(style),  # noqa: S704 - our own file; accent is a checked colour, the words are ours
        logo=picture_address(logo) if logo else "",
        code=None if bill else draw_pay_code(snapshot),
        bill=bill,
        picture_address=picture_address,
        runs_right_to_left=runs_right_to_left,
    )


def _read_stored(invoice_id: int, syntax: Syntax) -> Einvoice | None:
    """What somebody asked for before there was a PDF: the PDF carries those bytes, whatever version draws it."""
    document = find_document("invoice", invoice_id, DOCUMENT_KINDS[syntax])
    if document is None:
        return None
    return Einvoice(read_content(document), syntax, document.facts["specification"], document.facts["rules"])


def read_logo(snapshot: Mapping[str, Any]) -> bytes | None:
    """The logo as it was when the document was made."""
    logo = snapshot["appearance"]["logo"]
    return read_content(get_document(logo["id"])) if logo else None


def picture_address(png: bytes) -> str:
    """The picture inside its own address."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"


def style_of(head: Letterhead, *, with_bill: bool) -> str:
    """The style sheet of our letters in their colour and language; `with_bill` where a Swiss QR-bill is on them."""
    texts = head.texts
    words = {"ACCENT": head.accent, "PAGE_WORD": f'"{texts.page} "', "OF_WORD": f'" {texts.of} "'}
    words |= {"CARRIED_WORD": f'"{texts.carried}  "', "BROUGHT_WORD": f'"{texts.brought}  "'}
    style = _style_sheet(with_bill)
    for place, word in words.items():
        style = style.replace(place, word)
    return style


def _mark_of(snapshot: Mapping[str, Any]) -> str:
    """The style that writes "draft" across each page of one that is not issued."""
    if not snapshot.get("is_draft"):
        return ""
    return DRAFT_MARK.replace("DRAFT_WORD", part_texts_for(snapshot["language"]).draft)


@cache
def _style_sheet(with_bill: bool) -> str:
    names = ["pdf/fonts.css", "pdf/invoice.css", *(["pdf/swiss.css"] if with_bill else [])]
    return "".join(_source(current_app.jinja_env, name) for name in names)


def _source(environment: Any, name: str) -> str:
    source: str = environment.loader.get_source(environment, name)[0]
    return source


def draw_pay_code(snapshot: Mapping[str, Any]) -> PayCode | None:
    """The EPC code over what falls due first, where a European account is paid in euro."""
    is_payable = not is_pro_forma(snapshot) and not snapshot.get("is_draft")
    payload = epc_payload(snapshot) if is_payable else None
    if payload is None:
        return None
    import segno

    written = io.BytesIO()
    # Readers take any mask; trying all eight costs more than the rest of the page
    segno.make(payload, error="M", boost_error=False, micro=False, encoding="utf-8", mask=CODE_MASK).save(
        written, kind="png", scale=CODE_SCALE, border=0
    )
    writer = Writer(snapshot["language"], snapshot["currency"], snapshot["seller"]["country"])
    label = say(writer.texts.scan, amount=writer.money(snapshot["instalments"][0]["amount"]))
    return PayCode(picture_address(written.getvalue()), label)
