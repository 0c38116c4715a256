"""Knows what a reminder says: per language, in the tone of its level."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from string import Template

from babel.dates import format_date

from app.kernel.texts import plural


@dataclass(frozen=True)
class Tone:
    """How one level speaks; `$company`, `$day` and `$until` are filled in. `title` stands over the letter."""

    title: str
    subject: str
    opening: str
    closing: str


@dataclass(frozen=True)
class Texts:
    """All texts of one language; `locale` and `day` are how its numbers and dates are written."""

    locale: str
    greeting: str
    invoice: str
    due: str
    age: str
    one_day: str
    days: str
    open: str
    total: str
    issued: str
    amount: str
    settled: str
    on_account: str
    bank: str
    crossed: str
    regards: str
    tones: Mapping[int, Tone]
    day: str = "medium"
    colon: str = ":"

    def age_of(self, days: int) -> str:
        """How long something is overdue."""
        return plural(days, self.one_day, Template(self.days).substitute(days=days))

    def tone(self, level: int) -> Tone:
        """The tone of this level; levels beyond the last speak like the last."""
        return self.tones[min(level, max(self.tones))]


ENGLISH = Texts(
    locale="en_GB",
    greeting="Dear $name,",
    invoice="Invoice",
    due="Due",
    age="Overdue",
    one_day="1 day",
    days="$days days",
    open="Open",
    total="Total",
    issued="Invoice date",
    amount="Amount",
    settled="Settled",
    on_account="Not yet allocated from your payments",
    bank="Please pay to",
    crossed="If your payment is already on its way, please take no notice of this reminder.",
    regards="Kind regards",
    tones={
        1: Tone(
            "Reminder",
            "Reminder: payment due to $company",
            "Perhaps it slipped through: the following was due and has not reached us as of $day.",
            "May we ask you to pay the open amount by $until? If something about it is not right, just reply.",
        ),
        2: Tone(
            "Second reminder",
            "Second reminder: payment due to $company",
            "We wrote to you before. As of $day the following is still open.",
            "Please pay by $until, or tell us today what is holding the payment up.",
        ),
        3: Tone(
            "Final reminder",
            "Final reminder: payment due to $company",
            "In spite of our reminders the following is still open as of $day.",
            "Please pay by $until. Otherwise we have to stop deliveries and claim interest and costs.",
        ),
    },
)

GERMAN = Texts(
    locale="de",
    greeting="Guten Tag $name,",
    invoice="Rechnung",
    due="Fällig",
    age="Überfällig",
    one_day="1 Tag",
    days="$days Tage",
    open="Offen",
    total="Summe",
    issued="Datum",
    amount="Betrag",
    settled="Beglichen",
    on_account="Noch nicht zugeordnet aus Ihren Zahlungen",
    bank="Bitte zahlen Sie an",
    crossed="Falls Ihre Zahlung schon unterwegs ist, betrachten Sie dieses Schreiben als erledigt.",
    regards="Mit freundlichen Grüßen",
    tones={
        1: Tone(
            "Zahlungserinnerung",
            "Zahlungserinnerung von $company",
            "vielleicht ist es untergegangen: Folgendes war fällig und ist bis zum $day nicht bei uns eingegangen.",
            "Bitte begleichen Sie den offenen Betrag bis zum $until. Stimmt etwas nicht, antworten Sie einfach.",
        ),
        2: Tone(
            "Zweite Zahlungserinnerung",
            "Zweite Zahlungserinnerung von $company",
            "wir haben Ihnen bereits geschrieben. Zum $day ist Folgendes noch offen.",
            "Bitte zahlen Sie bis zum $until oder sagen Sie uns heute, was die Zahlung aufhält.",
        ),
        3: Tone(
            "Letzte Mahnung",
            "Letzte Mahnung von $company",
            "trotz unserer Erinnerungen ist Folgendes zum $day noch offen.",
            "Bitte zahlen Sie bis zum $until. Sonst müssen wir Lieferungen aussetzen und Verzugskosten fordern.",
        ),
    },
)

FRENCH = Texts(
    locale="fr",
    day="dd/MM/y",
    colon="\u00a0:",
    greeting="Bonjour $name,",
    invoice="Facture",
    due="Échéance",
    age="Retard",
    one_day="1 jour",
    days="$days jours",
    open="Reste dû",
    total="Total",
    issued="Date",
    amount="Montant",
    settled="Réglé",
    on_account="Pas encore affecté sur vos paiements",
    bank="Merci de régler à",
    crossed="Si votre règlement est déjà en route, merci de ne pas tenir compte de ce rappel.",
    regards="Cordialement",
    tones={
        1: Tone(
            "Rappel de paiement",
            "Rappel\u00a0: règlement dû à $company",
            "Sauf erreur de notre part, le règlement de ce qui suit ne nous était pas parvenu au $day.",
            "Merci de régler le solde au plus tard le $until. Si quelque chose n’est pas correct, répondez-nous.",
        ),
        2: Tone(
            "Deuxième rappel",
            "Deuxième rappel\u00a0: règlement dû à $company",
            "Nous vous avons déjà écrit. Au $day, ce qui suit reste dû.",
            "Merci de régler au plus tard le $until, ou de nous dire dès aujourd’hui ce qui retarde le paiement.",
        ),
        3: Tone(
            "Mise en demeure",
            "Mise en demeure\u00a0: règlement dû à $company",
            "Malgré nos rappels, ce qui suit reste dû au $day.",
            "Nous vous mettons en demeure de régler au plus tard le $until. À défaut, nous suspendrons les livraisons "
            "et réclamerons intérêts et frais.",
        ),
    },
)

SPANISH = Texts(
    locale="es",
    day="dd/MM/y",
    greeting="Estimados señores de $name:",
    invoice="Factura",
    due="Vencimiento",
    age="Retraso",
    one_day="1 día",
    days="$days días",
    open="Pendiente",
    total="Total",
    issued="Fecha",
    amount="Importe",
    settled="Saldado",
    on_account="Aún sin asignar de sus pagos",
    bank="Les rogamos que paguen a",
    crossed="Si su pago ya está en camino, no tengan en cuenta este aviso.",
    regards="Atentamente",
    tones={
        1: Tone(
            "Recordatorio de pago",
            "Recordatorio: pago pendiente a $company",
            "Quizá se les haya pasado: lo siguiente ha vencido y, a fecha de $day, no lo habíamos recibido.",
            "Les rogamos que abonen el importe pendiente a más tardar el $until. Si algo no es correcto, respóndannos.",
        ),
        2: Tone(
            "Segundo recordatorio de pago",
            "Segundo recordatorio: pago pendiente a $company",
            "Ya les escribimos anteriormente. A fecha de $day sigue pendiente lo siguiente.",
            "Les rogamos que paguen a más tardar el $until o que nos digan hoy qué retrasa el pago.",
        ),
        3: Tone(
            "Último requerimiento de pago",
            "Último requerimiento de pago de $company",
            "A pesar de nuestros recordatorios, a fecha de $day sigue pendiente lo siguiente.",
            "Les requerimos el pago a más tardar el $until. De lo contrario, suspenderemos las entregas y "
            "reclamaremos intereses y gastos.",
        ),
    },
)

POLISH = Texts(
    locale="pl",
    day="dd.MM.y",
    greeting="Szanowni Państwo ($name),",
    invoice="Faktura",
    due="Termin płatności",
    age="Po terminie",
    one_day="1 dzień",
    days="$days dni",
    open="Do zapłaty",
    total="Razem",
    issued="Data",
    amount="Kwota",
    settled="Rozliczono",
    on_account="Jeszcze nierozliczone z Państwa wpłat",
    bank="Prosimy o wpłatę na konto",
    crossed="Jeśli płatność jest już w drodze, prosimy o zignorowanie tego przypomnienia.",
    regards="Z poważaniem",
    tones={
        1: Tone(
            "Przypomnienie o płatności",
            "Przypomnienie o płatności: $company",
            "być może umknęło to Państwa uwadze: do dnia $day nie otrzymaliśmy zapłaty poniższych "
            "należności, których termin już minął.",
            "Prosimy o zapłatę do dnia $until. Jeśli coś się nie zgadza, wystarczy odpowiedzieć.",
        ),
        2: Tone(
            "Drugie przypomnienie o płatności",
            "Drugie przypomnienie o płatności: $company",
            "pisaliśmy już do Państwa. Na dzień $day poniższe należności pozostają nieopłacone.",
            "Prosimy o zapłatę do dnia $until albo o informację jeszcze dziś, co wstrzymuje płatność.",
        ),
        3: Tone(
            "Ostateczne wezwanie do zapłaty",
            "Ostateczne wezwanie do zapłaty: $company",
            "mimo naszych przypomnień poniższe należności pozostają na dzień $day nieopłacone.",
            "Wzywamy do zapłaty do dnia $until. W przeciwnym razie wstrzymamy dostawy i naliczymy odsetki oraz koszty.",
        ),
    },
)

LANGUAGES: Mapping[str, Texts] = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH, "pl": POLISH}


def say_day(day: date, locale: str) -> str:
    """A day in a sentence, kept on one line; French has its first of the month."""
    said = str(format_date(day, "long", locale=locale))
    first = said.replace("1 ", "1er ", 1) if locale.startswith("fr") and day.day == 1 else said
    return first.replace(" ", "\u00a0")


def texts_for(language: str) -> tuple[str, Texts]:
    """The language a customer gets, English where theirs is not written yet, with its texts."""
    return (language, LANGUAGES[language]) if language in LANGUAGES else ("en", ENGLISH)
