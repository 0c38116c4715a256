"""The form of working hours."""

from __future__ import annotations

from wtforms import HiddenField, SelectField, StringField, TextAreaField
from wtforms.validators import InputRequired

from app.company.forms import NEEDED, country_choices
from app.company.rules_hours import WEEKDAYS, parse_closed_days, parse_week
from app.company.services_calendars import CalendarData
from app.web.forms import BaseForm


class CalendarForm(BaseForm):
    version = HiddenField()
    zone = StringField("Time zone", [InputRequired(NEEDED)], description="Type a city and choose, like Europe/Berlin.")
    country = SelectField(
        "Public holidays of",
        choices=lambda: country_choices(empty="no country"),
        description="These days are closed, whatever weekday they fall on.",
    )
    monday = StringField("Monday", description="Like 09:00-12:30, 13:30-17:00. Empty: nobody works.")
    tuesday = StringField("Tuesday")
    wednesday = StringField("Wednesday")
    thursday = StringField("Thursday")
    friday = StringField("Friday")
    saturday = StringField("Saturday")
    sunday = StringField("Sunday")
    closed_days = TextAreaField(
        "Closing days of our own", description="One date per line, like 2026-12-24 Christmas Eve, or 24.12.2026."
    )

    def said(self) -> CalendarData:
        """What the person says. Raises BadInput naming the field."""
        week = parse_week([self._fields[day].data or "" for day in WEEKDAYS])
        return CalendarData(
            self.zone.data or "", self.country.data or "", week, parse_closed_days(self.closed_days.data or "")
        )
