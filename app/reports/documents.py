"""Renders a stored report's files from its frozen figures: the chart, the PDF and the spreadsheet."""

import io
from datetime import datetime
from typing import Any

import xlsxwriter
from flask import render_template
from markupsafe import Markup

from app.company.queries import get_company
from app.db.base import session
from app.documents.rendering import render_pdf
from app.documents.services import RenderedDocument
from app.kernel.errors import NotFound
from app.reports.mails import view_of
from app.reports.models import MisReport
from app.reports.rules_view import View
from config import ROOT

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHART_SCALE = 2.0  # sharp on dense screens


def render_chart(report_id: int, _now: datetime) -> RenderedDocument:
    """The aging chart as PNG, because mail programs drop SVG."""
    import resvg_py

    report = _get(report_id)
    svg = render_template("pdf/mis_chart.svg", view=view_of(report), width=632, height=200)
    content = bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            zoom=int(CHART_SCALE),
            font_dirs=[_font_folder()],
            font_family="Inter",
            skip_system_fonts=True,
        )
    )
    return RenderedDocument("chart", f"open-by-age-{report.on.isoformat()}.png", "image/png", content)


def render_report_pdf(report_id: int, _now: datetime) -> RenderedDocument:
    """The report on paper; the same figures give the same bytes."""
    report = _get(report_id)
    view = view_of(report)
    html = render_template(
        "pdf/mis.html",
        view=view,
        report=report,
        company=get_company(),
        # our own template, escaped by itself
        chart=Markup(render_template("pdf/mis_chart.svg", view=view, width=632, height=170)),  # noqa: S704
    )
    content = render_pdf(
        html,
        identifier=f"mis-{report.sha256}",
        title=view.subject,
        language="en",
        created=report.created_at,
    )
    return RenderedDocument("pdf", f"daily-report-{report.on.isoformat()}.pdf", "application/pdf", content)


def render_xlsx(report_id: int, _now: datetime) -> RenderedDocument:
    """The figures as typed numbers, one sheet per block; text never becomes a formula."""
    report = _get(report_id)
    buffer = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        book.set_properties({"title": view_of(report).subject, "created": report.created_at.replace(tzinfo=None)})
        _write_view(book, view_of(report))
        _write_figures(book, report.figures)
    return RenderedDocument("xlsx", f"daily-report-{report.on.isoformat()}.xlsx", XLSX_TYPE, buffer.getvalue())


def _write_view(book: Any, view: View) -> None:
    bold = book.add_format({"bold": True})
    sheet = book.add_worksheet("Report")
    sheet.set_column(0, 8, 18)
    sheet.write_string(0, 0, view.subject, bold)
    row = 2
    for tile in view.tiles:
        sheet.write_string(row, 0, tile.label)
        sheet.write_string(row, 1, tile.value)
        sheet.write_string(row, 2, tile.change)
        sheet.write_string(row, 3, tile.more)
        row += 1
    for title, heads, rows in _grids(view):
        row += 1
        sheet.write_string(row, 0, title, bold)
        for column, head in enumerate(heads):
            sheet.write_string(row + 1, column, head, bold)
        row += 2
        for cells in rows:
            for column, cell in enumerate(cells):
                _write_cell(sheet, row, column, cell)
            row += 1


def _grids(view: View) -> list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
    grids = [
        (table.title, table.heads, [tuple(cell.value for cell in row) for row in table.rows])
        for table in (*view.work, *view.tables)
    ]
    grids.append(
        (
            "Longest and largest overdue",
            ("Customer", "Past due", "Oldest", "Items"),
            [row.texts for row in view.overdue],
        )
    )
    heads = ("Person", "Role", "Orders", "Tasks done", "Mails", "Recorded payments")
    grids.append(("Activity", heads, [row.texts for row in view.activity]))
    return grids


def _write_figures(book: Any, figures: dict[str, Any]) -> None:
    """Every stored figure under its path, so that a spreadsheet can look it up."""
    sheet = book.add_worksheet("Figures")
    sheet.set_column(0, 0, 44)
    for row, (path, value) in enumerate(_flat(figures)):
        sheet.write_string(row, 0, path)
        _write_cell(sheet, row, 1, value)


def _write_cell(sheet: Any, row: int, column: int, value: str) -> None:
    plain = value.replace(",", "")
    if plain.lstrip("-").replace(".", "", 1).isdigit() and len(plain) < 16:
        sheet.write_number(row, column, float(plain))  # a spreadsheet knows no other number
    else:
        sheet.write_string(row, column, value)


def _flat(value: Any, path: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [pair for key in sorted(value) for pair in _flat(value[key], f"{path}.{key}" if path else key)]
    if isinstance(value, list):
        return [pair for index, entry in enumerate(value) for pair in _flat(entry, f"{path}[{index}]")]
    return [(path, "" if value is None else str(value))]


def _font_folder() -> str:
    return f"{ROOT}/static/fonts"


def _get(report_id: int) -> MisReport:
    if (report := session().get(MisReport, report_id)) is None:
        raise NotFound
    return report
