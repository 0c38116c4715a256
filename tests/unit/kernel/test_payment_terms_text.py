"""Payment terms as people write them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.errors import BadInput
from app.kernel.payment_terms import (
    REMAINDER,
    DiscountOn,
    DueRule,
    EarlyDiscount,
    InstalmentTerm,
    PaymentTerms,
    Share,
    ShareKind,
    accept_terms,
    parse_terms,
    render_terms,
)

DAYS_30 = DueRule(days=30)
END_30 = DueRule(days=30, end_of_month=True)


@pytest.mark.parametrize(
    ("text", "due"),
    [(text, DAYS_30) for text in ["30 days", "net 30", "Net 30 Days", "30 DAYS NET", "NET30", "Net-30", "n/30", "30"]]
    + [
        (text, DAYS_30)
        for text in ["within 30 days", "30 days from invoice date", "30 Tage", "zahlbar in 30 Tagen netto"]
    ]
    + [(text, END_30) for text in ["30 days end of month", "30 days EOM", "30 days e.o.m.", "30 days end of the month"]]
    + [
        (text, DueRule())
        for text in ["immediately", "due on receipt", "upon receipt", "Cash", "sofort", "0 days", "net 0"]
    ]
    + [(text, DueRule(end_of_month=True)) for text in ["end of month", "EOM", "net EOM", "Monatsende"]]
    + [
        (text, DueRule(end_of_month=True, day_of_month=10))
        for text in [
            "10th of next month",
            "10th of the following month",
            "10. des Folgemonats",
            "EOM + 10 days",
            "eom+10",
            "end of month + 10",
        ]
    ]
    + [
        ("15th of month", DueRule(day_of_month=15)),
        ("on the 15th", DueRule(day_of_month=15)),
        ("1 month", DueRule(months=1)),
        ("2 months end of month", DueRule(months=2, end_of_month=True)),
        ("end of next month", DueRule(months=1, end_of_month=True)),
        ("6 weeks", DueRule(days=42)),
        ("30 days end of month, 10th", DueRule(days=30, end_of_month=True, day_of_month=10)),
        ("30 days end of month on the 10th", DueRule(days=30, end_of_month=True, day_of_month=10)),
    ],
)
def test_one_due_date_is_read(text, due):
    assert parse_terms(text) == PaymentTerms((InstalmentTerm(REMAINDER, due),))


@pytest.mark.parametrize(
    ("text", "percent", "days", "due"),
    [
        (text, "2", 10, DAYS_30)
        for text in ["2% 10, net 30", "2/10 net 30", "2/10, n/30", "2% 10 net 30", "net 30, 2% 10"]
    ]
    + [(text, "2", 10, DAYS_30) for text in ["2 % 10 days, net 30", "2% within 10 days, 30 days net", "2% 10; 30 days"]]
    + [
        ("2.5% 10, net 30", "2.5", 10, DAYS_30),
        ("2,5% 10, net 30", "2.5", 10, DAYS_30),
        ("14 Tage 2% Skonto, 30 Tage netto", "2", 14, DAYS_30),
        ("3% Skonto 14 Tage, 30 Tage netto", "3", 14, DAYS_30),
        ("2% 10, net 30 EOM", "2", 10, END_30),
    ],
)
def test_an_early_discount_is_read(text, percent, days, due):
    discount = EarlyDiscount(days=days, percent=Decimal(percent))
    assert parse_terms(text) == PaymentTerms((InstalmentTerm(REMAINDER, due),), discount)


def test_instalments_are_read():
    halves = "50% immediately, 50% 30 days"
    assert [render_terms(parse_terms(text)) for text in ("50% at once, 50% 30 days", "50% deposit, 50% 30 days")] == [
        halves
    ] * 2
    assert parse_terms("50% 15 days, remainder 45 days") == PaymentTerms(
        (
            InstalmentTerm(Share(ShareKind.PERCENT, Decimal(50)), DueRule(days=15)),
            InstalmentTerm(REMAINDER, DueRule(days=45)),
        )
    )
    assert parse_terms("fixed 200.00 immediately, rest 30 days").instalments[0].share.value == 200
    assert [term.share.kind for term in parse_terms("net amount 30 days, tax 10 days").instalments] == ["net", "tax"]
    assert parse_terms("2% discount 5 days, 50% 10 days, 50% 20 days").early_discount == EarlyDiscount(5, Decimal(2))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "whenever",
        "30 dogs",
        "2%",
        "net",
        "-30 days",
        "30 days, 60 days",
        "31 feb",
        "32nd of next month",
        "0th of next month",
        "99999 days",
        "50% 15 days, 45 days",
        "end of month + 30 days",
        "1e3 days",
        "30.5 days",
        "2% 10, 1% 20, net 30",
        "30 days'; DROP TABLE",
        "=1+1",
        "x" * 500,
        None,
        30,
    ],
)
def test_what_is_not_understood_is_refused_with_examples(text):
    with pytest.raises(BadInput, match="2% 10, net 30") as refusal:
        parse_terms(text, "payment_terms")
    assert refusal.value.field == "payment_terms"


@pytest.mark.parametrize("text", ["50% 10 days, 40% 20 days", "30% 10", "remainder 10 days, 50% 20 days"])
def test_shares_that_do_not_add_up_are_refused(text):
    with pytest.raises(BadInput, match=r"add up|Only the last") as refusal:
        parse_terms(text, "payment_terms")
    assert refusal.value.field == "payment_terms"


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Net 30", "30 days"),
        ("2/10 n/30", "2% 10, net 30"),
        ("10th of the following month", "10th of next month"),
        ("due on receipt", "immediately"),
        ("30 days eom the 3rd", "30 days end of month on the 3rd"),
        ("1 months 1 day", "1 month 1 day"),
        ("2% 10, EOM", "2% discount 10 days, end of month"),
    ],
)
def test_terms_have_one_canonical_text(text, canonical):
    assert render_terms(parse_terms(text)) == canonical


def test_terms_without_instalments_have_no_text():
    assert render_terms(PaymentTerms()) == ""


percents = st.decimals("0.01", "99", places=2)
dues = st.builds(
    DueRule,
    days=st.integers(0, 400),
    months=st.integers(0, 24),
    end_of_month=st.booleans(),
    day_of_month=st.none() | st.integers(1, 31),
)
shares = (
    st.builds(Share, st.sampled_from([ShareKind.PERCENT, ShareKind.PERCENT_OF_REMAINDER, ShareKind.FIXED]), percents)
    | st.sampled_from([Share(ShareKind.NET), Share(ShareKind.TAX)])
)  # fmt: skip
discounts = st.builds(
    EarlyDiscount, days=st.integers(0, 90), percent=percents, on=st.sampled_from(DiscountOn)
) | st.builds(EarlyDiscount, days=st.integers(0, 90), amount=percents, on=st.sampled_from(DiscountOn))


@given(st.lists(st.builds(InstalmentTerm, shares, dues), max_size=3), dues, st.none() | discounts)
def test_the_canonical_text_reads_back_as_the_same_terms(first, last, discount):
    terms = PaymentTerms((*first, InstalmentTerm(REMAINDER, last)), discount)
    assert parse_terms(render_terms(terms)) == terms


@given(st.text(max_size=60))
def test_any_text_is_terms_or_a_refusal(text):
    try:
        terms = parse_terms(text)
    except BadInput:
        return
    assert parse_terms(render_terms(terms)) == terms


def test_words_of_other_languages_are_read():
    texts = {
        "30 days": "30 jours, à 30 jours, 30 jours nets, payable à 30 jours date de facture, 30 días,"
        " 30 dias fecha factura, 30 dni, przelew 30 dni od daty wystawienia faktury",
        "30 days end of month": "30 jours fin de mois, 30 días fin de mes, 30 dni koniec miesiąca,"
        " 30 dni do końca miesiąca",
        "45 days end of month on the 10th": "45 jours fin de mois le 10, 45 días fin de mes el 10",
        "10th of next month": "le 10 du mois suivant, el 10 del mes siguiente, 10-go następnego miesiąca,"
        " 10 days after end of month, 10 Tage nach Monatsende, 10 dni od końca miesiąca",
        "immediately": "à réception, à réception de facture, au comptant, al contado, gotówka",
        "2 months": "2 mois, 2 meses, 2 miesiące",
    }
    for canonical, written in texts.items():
        assert {text: render_terms(parse_terms(text)) for text in written.split(", ")} == dict.fromkeys(
            written.split(", "), canonical
        )
    assert render_terms(parse_terms("50% acompte, solde 30 jours")) == "50% immediately, remainder 30 days"


DISCOUNTED = """
{p} % {d}, net {n}; {p}/{d} net {n}; {p}/{d}, n/{n}; {p}/{d} n {n}; {p}%{d}/net{n}; {p}%/{d}, net {n};
{p}% within {d} days, otherwise {n} days net; {p}% discount if paid within {d} days, net {n};
{p}% {d} days / net {n} days; {d} Tage {p} %, {n} Tage netto; {d} Tage {p}% {n} Tage netto;
{p}% {d} Tage {n} Tage netto; {d} Tage {p}% / {n} Tage netto;
{p} % bei Zahlung innerhalb {d} Tagen, sonst {n} Tage netto; {p}% Skonto {d} Tage, {n} Tage netto;
{p} % Skonto bei Zahlung innerhalb von {d} Tagen, {n} Tage rein netto; {d} Tg. {p}%, {n} Tg. netto;
innerhalb von {d} Tagen abzüglich {p} % Skonto, innerhalb {n} Tagen ohne Abzug;
Skonto {p}% {d} Tage, {n} Tage netto Kasse;
Bei Zahlung innerhalb von {d} Tagen {p} % Skonto, sonst {n} Tage netto ab Rechnungsdatum;
{p}% {d} Tage Skonto, netto {n}; {p} % {d} jours, {n} jours net; {d} jours {p} %, {n} jours nets;
{p} % d’escompte sous {d} jours, {n} jours net; escompte de {p} % sous {d} jours, net {n} jours;
{p} % si paiement sous {d} jours, sinon net à {n} jours; {p}% a {d} días, {n} días netos;
{d} dias {p}%, {n} dias netos; {p}% de descuento a {d} días, {n} días neto;
{p} % descuento por pronto pago a {d} días, {n} días netos; {p}% si paga en {d} días, si no {n} días netos;
{p}% {d} dni, {n} dni netto; {d} dni {p}%, {n} dni netto;
{p}% rabatu przy płatności w ciągu {d} dni, {n} dni netto; skonto {p}% {d} dni, netto {n} dni
"""


@given(
    spelling=st.sampled_from([one.strip() for one in DISCOUNTED.split(";")]),
    percent=st.decimals("0.5", "20", places=1),
    days=st.integers(1, 60),
    net=st.integers(1, 120),
)
def test_every_spelling_of_a_discount_says_the_same_and_reads_back(spelling, percent, days, net):
    meant = PaymentTerms((InstalmentTerm(REMAINDER, DueRule(days=net)),), EarlyDiscount(days, percent))
    terms = parse_terms(spelling.format(p=percent, d=days, n=net))
    assert terms == parse_terms(render_terms(terms)) == meant


def test_terms_are_read_as_they_are_spelled():
    texts = {
        "30 days": "Zahlbar innerhalb von 30 Tagen ohne Abzug; 30 Tage netto ab Rechnungsdatum; 30 T netto; 30d;"
        " paiement à 30 jours; pago a 30 días; termin płatności 30 dni; płatne w ciągu 30 dni;"
        " Zahlungsziel 30 Tage; dentro de 30 días; 30 dni od wystawienia; net-30; n/30",
        "30 days end of month": "30 jours fin de mois; 30 jours nets fin de mois; 30 j FDM;"
        " 30 Tage netto zum Monatsende",
        "10th of next month": "zum 10. des Folgemonats; bis zum 10. des nächsten Monats; le 10 du mois suivant;"
        " el día 10 del mes siguiente; do 10. dnia następnego miesiąca",
        "3% discount 10 days, 30 days end of month": "3 % à 10 jours 30 jours fin de mois",
        "14 days": "14 dni; 14 Tage; w terminie 14 dni",
        "immediately": "sofort fällig; sofort ohne Abzug; dès réception de la facture; pago inmediato",
        "30% immediately, remainder 30 days": "30 % Anzahlung, Rest 30 Tage netto; 30% anticipo, resto 30 días;"
        " 30% por adelantado, resto a 30 días; 30% zaliczka, reszta 30 dni",
        "50% immediately, 50% 30 days": "50% sofort, 50% nach 30 Tagen; 50% upfront, 50% after 30 days;"
        " 50 % à la commande, 50 % après 30 jours; 50% natychmiast, 50% po 30 dniach",
        "50% 30 days, 50% 60 days": "30 Tage 50 %, 60 Tage 50 %",
    }
    for canonical, written in texts.items():
        assert {text: render_terms(parse_terms(text)) for text in written.split("; ")} == dict.fromkeys(
            written.split("; "), canonical
        )


@pytest.mark.parametrize(
    "text", ["2% Bonus ab 30 Tagen", "14 Tage 50 %, 30 Tage netto", "30 oder 60 Tage", "2/10 EOM", "demnächst"]
)
def test_a_refusal_shows_spellings_of_several_languages(text):
    with pytest.raises(BadInput) as refusal:
        parse_terms(text)
    shown = ("30 days end of month", "2% 10, net 30", "14 Tage 3 %, 30 Tage netto", "3 % 10 jours, 30 jours net")
    assert [spelling for spelling in shown if spelling not in str(refusal.value)] == []


def test_what_is_asked_for_in_vain_is_refused_with_what_to_write():
    refused = {
        "not from the delivery": "60 days after delivery; 30 Tage nach Lieferung; 30 jours après livraison;"
        " 30 days from receipt of goods",
        "ask for a deposit": "prepayment; Vorkasse; prepago; przedpłata",
        "at most 28 days": "EOM 30; 30 days after end of month; 30 dni od końca miesiąca",
        "no early discount": "net 30, 1% per month after 30 days; 30 Tage netto, 9 % Verzugszinsen;"
        " net 30, 2% interest",
        "due without the discount": "2% 10; 2% bei Zahlung innerhalb 10 Tagen; 3% discount 7 days",
        "Only one early discount": "3% 7, 2% 14, net 30; 3% 7 Tage, 2% 14 Tage, 30 Tage netto;"
        " 3% discount 7 days, 2% discount 14 days, net 30",
    }
    for said, written in refused.items():
        for text in written.split("; "):
            with pytest.raises(BadInput, match=said) as refusal:
                parse_terms(text.strip())
            assert refusal.value.field == "payment_terms"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1.5% after 30 days, net 30", "no early discount"),
        ("30 Tage netto, 3 % nach 30 Tagen", "no early discount"),
        ("5% 40 days, net 30", "lasts longer than the payment term"),
        ("2% 10, immediately", "lasts longer than the payment term"),
        ("net -5", "not understood"),
    ],
)
def test_a_discount_that_cannot_be_meant_is_refused_where_it_is_written(text, said):
    with pytest.raises(BadInput, match=said) as refusal:
        accept_terms(text)
    assert refusal.value.field == "payment_terms"


@pytest.mark.parametrize("text", ["2% 10, net 30", "2% 10, end of month", "30% after 10 days, 70% after 40 days"])
def test_a_discount_that_may_end_first_is_accepted_as_it_is_read(text):
    assert accept_terms(text) == parse_terms(text)
