"""Knows what a reminder says: per language, in the tone of its level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from string import Template

from app.kernel.texts import plural


@dataclass(frozen=True)
class Tone:
    """How one level speaks; `$company` and `$day` are filled in."""

    subject: str
    opening: str
    closing: str


@dataclass(frozen=True)
class Texts:
    """All texts of one language."""

    greeting: str
    invoice: str
    due: str
    age: str
    one_day: str
    days: str
    open: str
    total: str
    on_account: str
    bank: str
    crossed: str
    regards: str
    tones: Mapping[int, Tone]

    def age_of(self, days: int) -> str:
        """How long something is overdue."""
        return plural(days, self.one_day, Template(self.days).substitute(days=days))

    def tone(self, level: int) -> Tone:
        """The tone of this level; levels beyond the last speak like the last."""
        return self.tones[min(level, max(self.tones))]


ENGLISH = Texts(
    greeting="Dear $name,",
    invoice="Invoice",
    due="Due",
    age="Overdue",
    one_day="1 day",
    days="$days days",
    open="Open",
    total="Total",
    on_account="Not yet allocated from your payments",
    bank="Please pay to",
    crossed="If your payment is already on its way, please take no notice of this message.",
    regards="Kind regards",
    tones={
        1: Tone(
            "Reminder: payment due to $company",
            "perhaps it slipped through: the following was due and has not reached us as of $day.",
            "May we ask you to pay the open amount in the next days? If something about it is not right, just reply.",
        ),
        2: Tone(
            "Second reminder: payment due to $company",
            "we wrote to you before. As of $day the following is still open.",
            "Please pay within seven days, or tell us today what is holding the payment up.",
        ),
        3: Tone(
            "Final reminder: payment due to $company",
            "in spite of our reminders the following is still open as of $day.",
            "Please pay within seven days. Otherwise we have to stop deliveries and claim interest and costs.",
        ),
    },
)

GERMAN = Texts(
    greeting="Guten Tag $name,",
    invoice="Rechnung",
    due="Fällig",
    age="Überfällig",
    one_day="1 Tag",
    days="$days Tage",
    open="Offen",
    total="Summe",
    on_account="Noch nicht zugeordnet aus Ihren Zahlungen",
    bank="Bitte zahlen Sie an",
    crossed="Falls Ihre Zahlung schon unterwegs ist, betrachten Sie dieses Schreiben als erledigt.",
    regards="Mit freundlichen Grüßen",
    tones={
        1: Tone(
            "Zahlungserinnerung von $company",
            "vielleicht ist es untergegangen: Folgendes war fällig und ist bis zum $day nicht bei uns eingegangen.",
            "Bitte begleichen Sie den offenen Betrag in den nächsten Tagen. Stimmt etwas nicht, antworten Sie einfach.",
        ),
        2: Tone(
            "Zweite Zahlungserinnerung von $company",
            "wir haben Ihnen bereits geschrieben. Zum $day ist Folgendes noch offen.",
            "Bitte zahlen Sie binnen sieben Tagen oder sagen Sie uns heute, was die Zahlung aufhält.",
        ),
        3: Tone(
            "Letzte Mahnung von $company",
            "trotz unserer Erinnerungen ist Folgendes zum $day noch offen.",
            "Bitte zahlen Sie binnen sieben Tagen. Sonst müssen wir Lieferungen aussetzen und Verzugskosten fordern.",
        ),
    },
)

LANGUAGES: Mapping[str, Texts] = {"en": ENGLISH, "de": GERMAN}


def texts_for(language: str) -> tuple[str, Texts]:
    """The language a customer gets, English where theirs is not written yet, with its texts."""
    return (language, LANGUAGES[language]) if language in LANGUAGES else ("en", ENGLISH)
