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
    """Write the stored document of invoice NUMBER to a file: the PDF, or the e-invoice as CII or UBL.

    One that waits to be made is made and checked first.
    """
    with app_context():
        from app.documents.queries import read_content
        from app.invoices.queries import get_by_number

        invoice = get_by_number(number)
        document = ensure(invoice, name, now)
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


def ensure(invoice: Invoice, name: str, now: datetime) -> Document:
    """The stored document, made now if nobody has yet. Raises NotIssued, NoEinvoice."""
    from app.invoices.documents import ensure_document

    if invoice.number is None or invoice.origin != "own":
        raise NotIssued(number=invoice.number or f"draft {invoice.id}")
    return ensure_document(invoice.id, name, now)


COMMANDS = {"invoices export": export}
