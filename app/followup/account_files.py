"""Draws a statement of account from its frozen content alone, as PDF and as a spreadsheet with typed cells."""

import io
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from string import Template
from typing import Any

import xlsxwriter
from flask import current_app
from markupsafe import Markup

from app.documents.rendering import render_pdf
from app.documents.services import RenderedDocument
from app.followup.account_paper import lay_out, list_sums, say_bucket, say_item, say_line
from app.followup.queries_account_sent import get_account_statement
from app.followup.rules_account import require_drawable
from app.followup.texts import texts_for
from app.followup.texts_account import account_texts_for
from app.invoices.paper import runs_right_to_left
from app.invoices.pdf import PDF, picture_address, read_logo, style_of
from app.kernel.money import minor_digits

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# no text becomes a formula, a link or a number
PLAIN = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def render_account_pdf(statement_id: int, _now: datetime) -> RenderedDocument:
    content = get_account_statement(statement_id).content
    return RenderedDocument("pdf", file_name(content, "pdf"), PDF, draw_account_pdf(content))


def render_account_xlsx(statement_id: int, _now: datetime) -> RenderedDocument:
    content = get_account_statement(statement_id).content
    return RenderedDocument("xlsx", file_name(content, "xlsx"), XLSX, draw_account_xlsx(content))


def file_name(content: Mapping[str, Any], ending: str) -> str:
    """Such as ``account-C-00012-2026-10-01-2026-10-31.pdf``, in plain letters whatever the customer's number has."""
    number = "".join(mark if mark.isascii() and mark.isalnum() else "-" for mark in content["buyer"]["number"])
    return f"account-{number}-{content['since']}-{content['until']}.{ending}"


def draw_account_pdf(content: Mapping[str, Any]) -> bytes:
    """PDF/A-3b bytes. Raises TooManyLines."""
    require_drawable(content)
    paper, logo = lay_out(content), read_logo(content)
    html = current_app.jinja_env.get_template("pdf/account.html").render(
        paper=paper,
        # a checked colour, our words
        css=Markup(style_of(paper.head, with_bill=False)),  # noqa: S704
        logo=picture_address(logo) if logo else "",
        runs_right_to_left=runs_right_to_left,
    )
    return render_pdf(
        html,
        identifier=f"account-{content['buyer']['number']}-{content['since']}-{content['until']}-{content['position']}",
        title=paper.title,
        language=paper.head.language,
        created=_noon(content["until"]),
    )


def draw_account_xlsx(content: Mapping[str, Any]) -> bytes:
    """One sheet per currency: amounts are numbers, days are days."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, PLAIN) as book:
        title = account_texts_for(content["language"]).title
        book.set_properties({"title": title, "created": _noon(content["until"]).replace(tzinfo=None)})
        for account in content["accounts"]:
            _Sheet(book, account, content).write()
        if not content["accounts"]:
            book.add_worksheet(title[:31])
    return buffer.getvalue()


class _Sheet:
    """One currency, written from above to below."""

    def __init__(self, book: Any, account: Mapping[str, Any], content: Mapping[str, Any]) -> None:
        digits = minor_digits(account["currency"])
        self.account, self.content, self.row = account, content, 0
        self.texts, self.words = account_texts_for(content["language"]), texts_for(content["language"])[1]
        self.sheet = book.add_worksheet(account["currency"])
        self.sheet.set_column(0, 4, 16)
        self.sheet.set_column(1, 1, 44)
        self.bold = book.add_format({"bold": True})
        self.day = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self.money = book.add_format({"num_format": "#,##0" + ("." + "0" * digits if digits else "")})

    def write(self) -> None:
        texts, account = self.texts, self.account
        self._line(f"{texts.title} {self.content['buyer']['number']} {self.content['buyer']['name']}", form=self.bold)
        self._line(date.fromisoformat(self.content["since"]), texts.opening, Decimal(account["opening"]))
        self._line(texts.day, texts.details, texts.amount, texts.balance, form=self.bold)
        for line in account["lines"]:
            day, amount = date.fromisoformat(line["on"]), Decimal(line["amount"])
            self._line(day, say_line(line, texts), amount, Decimal(line["balance"]))
        self._line(date.fromisoformat(self.content["until"]), texts.closing, None, Decimal(account["closing"]))
        self.row += 1
        self._line(self.words.due, self.words.invoice, texts.past_due, self.words.open, form=self.bold)
        for item in account["items"]:
            days = Decimal(max(item["days"], 0))
            self._line(date.fromisoformat(item["due_on"]), say_item(item), days, Decimal(item["open"]), plain=2)
        for label, amount in list_sums(account, texts):
            self._line(None, label, None, amount)
        self.row += 1
        self._line(None, Template(texts.by_age).substitute(currency=account["currency"]), form=self.bold)
        for name, amount in account["aging"].items():
            self._line(None, say_bucket(name, texts), None, Decimal(amount))

    def _line(self, *cells: object, form: Any = None, plain: int = -1) -> None:
        for column, value in enumerate(cells):
            if isinstance(value, Decimal):
                # a spreadsheet knows no other number
                self.sheet.write_number(self.row, column, float(value), None if column == plain else self.money)
            elif isinstance(value, date):
                self.sheet.write_datetime(self.row, column, datetime.combine(value, time()), self.day)
            elif value is not None:
                self.sheet.write_string(self.row, column, str(value), form)
        self.row += 1


def _noon(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(12), UTC)
