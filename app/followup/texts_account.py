"""Knows what a statement of account says, per language; numbers and greetings are written as in reminders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.followup.rules_account import LineKind
from app.followup.texts import texts_for


@dataclass(frozen=True)
class AccountTexts:
    """`$since`, `$until`, `$day`, `$company`, `$currency` and `$what` are filled in."""

    title: str
    span: str
    opening: str
    closing: str
    day: str
    details: str
    amount: str
    balance: str
    taken_back: str
    open_at: str
    nothing_open: str
    not_due: str
    past_due: str
    open_total: str
    unapplied: str
    by_age: str
    kinds: Mapping[LineKind, str]
    subject: str
    mail_opening: str
    mail_closing: str


def _kinds(*words: str) -> Mapping[LineKind, str]:
    return dict(zip(LineKind, words, strict=True))


ENGLISH = AccountTexts(
    title="Statement of account",
    span="Period",
    opening="Opening balance",
    closing="Closing balance",
    day="Date",
    details="Details",
    amount="Amount",
    balance="Balance",
    taken_back="$what, taken back",
    open_at="Open on $day",
    nothing_open="Nothing is open.",
    not_due="Not due",
    past_due="Days past due",
    open_total="Total open",
    unapplied="Payments not yet allocated",
    by_age="Open by age in $currency (days past due)",
    kinds=_kinds(
        "Invoice",
        "Credit note",
        "Payment",
        "Early discount",
        "Difference settled",
        "Refund",
        "Transfer",
        "Other change",
        "Bank fee",
        "Discount",
        "Disputed amount settled",
        "Tax withheld",
        "Small difference",
    ),
    subject="Statement of account from $company, $since to $until",
    mail_opening="attached is your statement of account from $since to $until.",
    mail_closing="Please compare it with your books. If something differs, just reply.",
)

GERMAN = AccountTexts(
    title="Kontoauszug",
    span="Zeitraum",
    opening="Anfangssaldo",
    closing="Endsaldo",
    day="Datum",
    details="Vorgang",
    amount="Betrag",
    balance="Saldo",
    taken_back="$what, zurückgenommen",
    open_at="Offen am $day",
    nothing_open="Es ist nichts offen.",
    not_due="Nicht fällig",
    past_due="Tage überfällig",
    open_total="Offen insgesamt",
    unapplied="Noch nicht zugeordnete Zahlungen",
    by_age="Offen nach Alter in $currency (Tage überfällig)",
    kinds=_kinds(
        "Rechnung",
        "Rechnungskorrektur",
        "Zahlung",
        "Skonto",
        "Differenz ausgeglichen",
        "Rückzahlung",
        "Umbuchung",
        "Andere Änderung",
        "Bankgebühr",
        "Skonto",
        "Strittiger Betrag ausgeglichen",
        "Einbehaltene Steuer",
        "Kleindifferenz",
    ),
    subject="Kontoauszug von $company, $since bis $until",
    mail_opening="anbei erhalten Sie Ihren Kontoauszug vom $since bis zum $until.",
    mail_closing="Bitte vergleichen Sie ihn mit Ihren Büchern. Weicht etwas ab, antworten Sie einfach.",
)

FRENCH = AccountTexts(
    title="Relevé de compte",
    span="Période",
    opening="Solde initial",
    closing="Solde final",
    day="Date",
    details="Opération",
    amount="Montant",
    balance="Solde",
    taken_back="$what, annulé",
    open_at="Reste dû au $day",
    nothing_open="Rien ne reste dû.",
    not_due="Non échu",
    past_due="Jours de retard",
    open_total="Total dû",
    unapplied="Paiements pas encore affectés",
    by_age="Reste dû par ancienneté en $currency (jours de retard)",
    kinds=_kinds(
        "Facture",
        "Avoir",
        "Paiement",
        "Escompte",
        "Écart soldé",
        "Remboursement",
        "Transfert",
        "Autre",
        "Frais bancaires",
        "Escompte",
        "Montant contesté soldé",
        "Retenue à la source",
        "Petit écart",
    ),
    subject="Relevé de compte de $company, du $since au $until",
    mail_opening="vous trouverez ci-joint votre relevé de compte du $since au $until.",
    mail_closing="Merci de le comparer à vos livres. En cas d’écart, répondez-nous.",
)

SPANISH = AccountTexts(
    title="Extracto de cuenta",
    span="Período",
    opening="Saldo inicial",
    closing="Saldo final",
    day="Fecha",
    details="Operación",
    amount="Importe",
    balance="Saldo",
    taken_back="$what, anulado",
    open_at="Pendiente a $day",
    nothing_open="No hay nada pendiente.",
    not_due="No vencido",
    past_due="Días de retraso",
    open_total="Total pendiente",
    unapplied="Pagos aún sin asignar",
    by_age="Pendiente por antigüedad en $currency (días de retraso)",
    kinds=_kinds(
        "Factura", "Factura rectificativa", "Pago", "Descuento por pronto pago", "Diferencia saldada",
        "Reembolso", "Traspaso", "Otro cambio", "Comisión bancaria", "Descuento por pronto pago",
        "Importe en disputa saldado", "Retención fiscal", "Pequeña diferencia",
    ),
    subject="Extracto de cuenta de $company, del $since al $until",
    mail_opening="Adjuntamos su extracto de cuenta del $since al $until.",
    mail_closing="Les rogamos que lo comparen con sus libros. Si algo no coincide, respóndannos.",
)  # fmt: skip

POLISH = AccountTexts(
    title="Wyciąg z konta",
    span="Okres",
    opening="Saldo początkowe",
    closing="Saldo końcowe",
    day="Data",
    details="Operacja",
    amount="Kwota",
    balance="Saldo",
    taken_back="$what – cofnięcie",
    open_at="Do zapłaty na dzień $day",
    nothing_open="Nie ma nic do zapłaty.",
    not_due="Przed terminem",
    past_due="Dni po terminie",
    open_total="Razem do zapłaty",
    unapplied="Wpłaty jeszcze nierozliczone",
    by_age="Do zapłaty według opóźnienia w $currency (dni po terminie)",
    kinds=_kinds(
        "Faktura",
        "Faktura korygująca",
        "Wpłata",
        "Skonto",
        "Różnica rozliczona",
        "Zwrot",
        "Przeniesienie",
        "Inna zmiana",
        "Opłata bankowa",
        "Skonto",
        "Sporna kwota rozliczona",
        "Podatek potrącony",
        "Drobna różnica",
    ),
    subject="Wyciąg z konta: $company, od $since do $until",
    mail_opening="w załączeniu przesyłamy wyciąg z Państwa konta za okres od $since do $until.",
    mail_closing="Prosimy o porównanie z Państwa księgami. Jeśli coś się nie zgadza, wystarczy odpowiedzieć.",
)

LANGUAGES: Mapping[str, AccountTexts] = {
    "en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH, "pl": POLISH,
}  # fmt: skip


def account_texts_for(language: str) -> AccountTexts:
    """In the language a customer gets, as reminders choose it."""
    return LANGUAGES[texts_for(language)[0]]
