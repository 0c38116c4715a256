"""Knows how units that people write are printed in each language: one, a few, many of them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from babel import Locale

# The unit's own words, in any language -> how each language prints it: one, several; Polish: one, few, many, a part
_WORDS: Mapping[str, Mapping[str, str]] = {
    "pcs pc stk szt ea each c62": {
        "en": "pc pcs", "de": "Stk.", "fr": "pce pces", "es": "ud. uds.", "pl": "szt.",
    },
    "piece pieces stück stueck": {
        "en": "piece pieces", "de": "Stück", "fr": "pièce pièces", "es": "pieza piezas",
        "pl": "sztuka sztuki sztuk sztuki",
    },
    "unit units": {
        "en": "unit units", "de": "Einheit Einheiten", "fr": "unité unités", "es": "unidad unidades",
        "pl": "jednostka jednostki jednostek jednostki",
    },
    "hour hours hr hrs std stunde stunden hur": {
        "en": "hour hours", "de": "Stunde Stunden", "fr": "heure heures", "es": "hora horas",
        "pl": "godzina godziny godzin godziny",
    },
    "day days tag tage": {
        "en": "day days", "de": "Tag Tage", "fr": "jour jours", "es": "día días", "pl": "dzień dni dni dnia",
    },
    "week weeks woche wochen wee": {
        "en": "week weeks", "de": "Woche Wochen", "fr": "semaine semaines", "es": "semana semanas",
        "pl": "tydzień tygodnie tygodni tygodnia",
    },
    "month months monat monate mon": {
        "en": "month months", "de": "Monat Monate", "fr": "mois", "es": "mes meses",
        "pl": "miesiąc miesiące miesięcy miesiąca",
    },
    "year years yr jahr jahre ann": {
        "en": "year years", "de": "Jahr Jahre", "fr": "an ans", "es": "año años", "pl": "rok lata lat roku",
    },
    "minute minutes minuten": {
        "en": "minute minutes", "de": "Minute Minuten", "fr": "minute minutes", "es": "minuto minutos",
        "pl": "minuta minuty minut minuty",
    },
    "licence licences license licenses": {
        "en": "licence licences", "de": "Lizenz Lizenzen", "fr": "licence licences", "es": "licencia licencias",
        "pl": "licencja licencje licencji licencji",
    },
    "user users": {
        "en": "user users", "de": "Nutzer", "fr": "utilisateur utilisateurs", "es": "usuario usuarios",
        "pl": "użytkownik użytkownicy użytkowników użytkownika",
    },
    "set sets satz": {
        "en": "set sets", "de": "Satz Sätze", "fr": "jeu jeux", "es": "juego juegos",
        "pl": "zestaw zestawy zestawów zestawu",
    },
    "pair pairs paar": {
        "en": "pair pairs", "de": "Paar", "fr": "paire paires", "es": "par pares", "pl": "para pary par pary",
    },
    "box boxes karton": {
        "en": "box boxes", "de": "Karton Kartons", "fr": "carton cartons", "es": "caja cajas",
        "pl": "karton kartony kartonów kartonu",
    },
    "package packages pack packs paket pakete": {
        "en": "package packages", "de": "Paket Pakete", "fr": "paquet paquets", "es": "paquete paquetes",
        "pl": "paczka paczki paczek paczki",
    },
    "pallet pallets palette paletten": {
        "en": "pallet pallets", "de": "Palette Paletten", "fr": "palette palettes", "es": "palé palés",
        "pl": "paleta palety palet palety",
    },
    "flat lumpsum pauschal pauschale": {
        "en": "flat", "de": "pauschal", "fr": "forfait", "es": "global", "pl": "ryczałt",
    },
}  # fmt: skip
_UNITS = {word: printed for words, printed in _WORDS.items() for word in words.split()}
_POLISH = ("one", "few", "many", "other")


def print_unit(unit: str, quantity: str, language: str) -> str:
    """The unit beside that quantity; symbols such as kg and words nobody knows stay as they were typed."""
    printed = _UNITS.get(unit.strip().casefold().rstrip("."), {}).get(language)
    if printed is None:
        return unit
    forms = printed.split()
    form = Locale(language).plural_form(abs(Decimal(quantity)))
    place = _POLISH.index(form) if len(forms) == len(_POLISH) else int(form != "one")
    return forms[min(place, len(forms) - 1)]
