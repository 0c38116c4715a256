"""The report on numbers: each series and period from its first to its last, with gaps, of which there are none."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING

from flask import Response, render_template

from app.auth.guards import guard
from app.auth.names import name_actors
from app.auth.rules import Permission
from app.company.queries import list_series
from app.company.queries_numbering import list_reserved
from app.invoices.pages import blueprint
from app.invoices.queries_series import list_series_periods
from app.kernel.numbering import write_number

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

LABELS = {"invoice": "Invoices", "credit_note": "Credit notes"}
COLUMNS = (
    "series",
    "period",
    "first",
    "last",
    "documents",
    "reserved",
    "missing",
    "counter",
    "back",
    "first_on",
    "last_on",
)


@blueprint.get("/numbers")
@guard(Permission.INVOICES_VIEW)
def numbers() -> ResponseReturnValue:
    """Every number that was drawn, and whether each has its document."""
    patterns = {series.code: series.pattern for series in list_series()}
    rows = list_series_periods()
    ends = {
        (row.series, row.period): [
            write_number(patterns[row.series], number, on) if on and row.series in patterns else str(number)
            for number, on in ((row.first, row.first_on), (row.last, row.last_on))
        ]
        for row in rows
    }
    reserved = [one for one in list_reserved() if one.series in LABELS]
    people = name_actors({one.reserved_by for one in reserved})
    return render_template(
        "invoices/numbers.html", rows=rows, ends=ends, labels=LABELS, reserved=reserved, people=people
    )


@blueprint.get("/numbers.csv")
@guard(Permission.INVOICES_VIEW)
def numbers_csv() -> ResponseReturnValue:
    """The same as a file, for an auditor."""
    text = StringIO()
    lines = csv.writer(text)
    lines.writerow(COLUMNS)
    lines.writerows([getattr(row, name) for name in COLUMNS] for row in list_series_periods())
    answer = Response(text.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="numbers.csv"'
    return answer
