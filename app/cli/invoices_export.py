"""``tillpaid invoices export``: the stored document of an invoice, written to a file."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.cli.common import app_context, json_option, note, now_option, say_json
from app.kernel.errors import RuleError

if TYPE_CHECKING:
    from app.documents.models import Document
    from app.invoices.models import Invoice

FORMATS = ("pdf", "cii", "ubl")


class FormatLater(RuleError):
    """This version writes invoices as pdf only; {name} comes with the e-invoice formats."""


class NotIssued(RuleError):
    """{number} has no document: only issued invoices of our own have one."""


class PathTaken(RuleError):
    """{path} cannot be written: {reason}."""


@click.command("export")
@click.argument("number")
@click.option("--format", "name", type=click.Choice(FORMATS), required=True, help="What to write.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Where to.")
@now_option
@json_option
def export(number: str, name: str, output: Path, now: datetime, as_json: bool) -> None:
    """Write the stored document of invoice NUMBER to a file. One that waits to be rendered is rendered first."""
    if name != "pdf":
        raise FormatLater(name=name)
    with app_context():
        from app.documents.queries import read_content
        from app.invoices.queries import get_by_number

        invoice = get_by_number(number)
        document = ensure_pdf(invoice, now)
        content = read_content(document)
        answer = {"number": invoice.number, "format": name, "output": str(output), "sha256": document.sha256}
    try:
        output.write_bytes(content)
    except OSError as error:
        raise PathTaken(path=str(output), reason=error.strerror or str(error)) from error
    if as_json:
        say_json(answer)
    else:
        note(f"{number}: {len(content)} bytes to {output}")


def ensure_pdf(invoice: Invoice, now: datetime) -> Document:
    """The stored PDF, rendered now if the worker has not come to it. Raises NotIssued."""
    from app.db.unit_of_work import unit_of_work
    from app.documents.queries import find_document
    from app.documents.services import store_document
    from app.invoices.pdf import render_invoice

    if invoice.number is None or invoice.origin != "own":
        raise NotIssued(number=invoice.number or f"draft {invoice.id}")
    invoice_id = invoice.id
    stored = find_document("invoice", invoice_id, "pdf")
    if stored is not None:
        return stored
    made = render_invoice(invoice_id, now)
    with unit_of_work():
        return store_document(
            owner_kind="invoice",
            owner_id=invoice_id,
            kind=made.kind,
            name=made.name,
            media_type=made.media_type,
            content=made.content,
            now=now,
        )


COMMANDS = {"invoices export": export}
