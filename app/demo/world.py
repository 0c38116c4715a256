"""Knows the demo company, its people, customers and catalogue: all invented, all mail under example.com."""

from __future__ import annotations

from dataclasses import dataclass

from app.auth.rules import Role
from app.company.services import CompanyData
from app.company.services_texts import TextsData

COMPANY = CompanyData(
    name="Nordlicht Messtechnik GmbH",
    street="Am Sandtorkai 48",
    postal_code="20457",
    city="Hamburg",
    country="DE",
    vat_id="DE136695976",
    tax_number="48/123/45678",
    registration="Amtsgericht Hamburg, HRB 104233",
    email="accounts@nordlicht.example.com",
    phone="+49 40 5550 1200",
    contact_name="Ida Brandt",
    website="https://nordlicht.example.com",
    bank_name="Musterbank Hamburg",
    iban="DE89370400440532013000",
    bic="COBADEFFXXX",
    account_holder="Nordlicht Messtechnik GmbH",
    invoice_footer="Goods remain our property until paid in full. Managing directors: Ida Brandt, Tomasz Lewandowski.",
    amendment_amount="2500.00",
)

TEXTS = {
    "de": TextsData(
        footer="Eigentumsvorbehalt bis zur vollständigen Zahlung. Geschäftsführung: Ida Brandt, Tomasz Lewandowski.",
        opening="vielen Dank für Ihren Auftrag. Anbei erhalten Sie unsere Rechnung $number über $amount.",
    ),
    "fr": TextsData(
        footer="Réserve de propriété jusqu’au paiement intégral. Direction : Ida Brandt, Tomasz Lewandowski."
    ),
    "es": TextsData(footer="Reserva de dominio hasta el pago íntegro. Dirección: Ida Brandt, Tomasz Lewandowski."),
    "pl": TextsData(footer="Zastrzeżenie własności do pełnej zapłaty. Zarząd: Ida Brandt, Tomasz Lewandowski."),
}


@dataclass(frozen=True)
class Person:
    """Somebody who signs in."""

    email: str
    name: str
    role: Role
    department: str | None = None


PEOPLE = (
    Person("admin@nordlicht.example.com", "Mara Lindqvist", Role.ADMIN),
    Person("manager@nordlicht.example.com", "Ida Brandt", Role.MANAGER),
    Person("clerk@nordlicht.example.com", "Jonas Meier", Role.CLERK, "operations"),
    Person("clerk2@nordlicht.example.com", "Anita Koch", Role.CLERK, "operations"),
    Person("finance@nordlicht.example.com", "Priya Shah", Role.FINANCE, "finance"),
    Person("finance2@nordlicht.example.com", "Lukas Novak", Role.FINANCE, "finance"),
    Person("rnd@nordlicht.example.com", "Elena Petrova", Role.MEMBER, "rnd"),
    Person("qa@nordlicht.example.com", "Samuel Okafor", Role.MEMBER, "qa"),
    Person("marketing@nordlicht.example.com", "Chloé Martin", Role.MEMBER, "marketing"),
    Person("service@nordlicht.example.com", "Noor de Vries", Role.MEMBER, "customer_service"),
)

SELLERS = ("Karin Vogt", "Piotr Zając", "James Whitfield", "Sofia Rossi")


@dataclass(frozen=True)
class Buyer:
    """A customer. `late` is how many days after the due date it usually pays; negative pays early, None hardly ever."""

    name: str
    country: str
    street: str
    postal_code: str
    city: str
    vat_id: str = ""
    language: str = "en"
    currency: str = "EUR"
    terms: str = "30 days"
    late: int | None = 3
    size: int = 3
    mailbox: str = "ap"
    reference: str = ""  # who has one wants XRechnung


BUYERS = (
    Buyer("Kestrel Foods plc", "GB", "14 Canal Wharf", "M1 5WG", "Manchester", currency="GBP", late=6, size=4),
    Buyer(
        "Łódź Textiles S.A.",
        "PL",
        "ul. Piotrkowska 88",
        "90-103",
        "Łódź",
        "PL8190937865",
        language="pl",
        late=18,
        size=5,
    ),
    Buyer("Meridian Outdoor AB", "SE", "Järntorget 3", "413 04", "Göteborg", "SE268465632101", late=2, size=4),
    Buyer(
        "Nordwind Logistik GmbH",
        "DE",
        "Hafenstraße 21",
        "28217",
        "Bremen",
        "DE172509673",
        language="de",
        late=1,
        size=6,
        reference="991-12345-06",
    ),
    Buyer(
        "Pinnacle Office Supply",
        "US",
        "880 Harbor Blvd",
        "94080",
        "San Francisco",
        currency="USD",
        terms="net 45",
        late=12,
    ),
    Buyer("Baltic Timber OÜ", "EE", "Pärnu mnt 31", "10119", "Tallinn", "EE777412154", late=25, size=3),
    Buyer(
        "Casa Verde SRL", "IT", "Via Torino 61", "20123", "Milano", "IT28171800239", terms="60 days", late=32, size=4
    ),
    Buyer(
        "Stellar Robotics BV",
        "NL",
        "Strijp-T 9",
        "5617 AE",
        "Eindhoven",
        "NL056563048B01",
        terms="2% 10, net 30",
        late=-18,
        size=5,
    ),
    Buyer("Fjord Marine AS", "NO", "Bryggen 17", "5003", "Bergen", late=9, size=4),
    Buyer("Ελληνική Ηλιακή Α.Ε.", "GR", "Λεωφόρος Κηφισίας 44", "151 25", "Αθήνα", "EL441979237", late=41, size=2),
    Buyer(
        "Müller & Söhne KG",
        "DE",
        "Lindenallee 7",
        "70469",
        "Stuttgart",
        "DE470125807",
        language="de",
        terms="14 days",
        late=-1,
        size=5,
    ),
    Buyer(
        "Atelier Fontaine SARL",
        "FR",
        "12 rue des Tanneurs",
        "59000",
        "Lille",
        "FR72051052090",
        language="fr",
        terms="30 days end of month",
        late=5,
        size=3,
    ),
    Buyer(
        "Granite Peak Mining Inc.",
        "US",
        "400 Copper St",
        "80202",
        "Denver",
        currency="USD",
        terms="net 30",
        late=4,
        size=5,
    ),
    Buyer(
        "Hokuto Seiki K.K.", "JP", "Kita 24-jo Nishi 5, Kita-ku", "001-0024", "Sapporo", currency="JPY", late=0, size=3
    ),
    Buyer(
        "شركة الخليج للطاقة",
        "KW",
        "شارع الخليج العربي 9",
        "13001",
        "الكويت",
        currency="KWD",
        terms="45 days",
        late=20,
        size=2,
    ),
    Buyer(
        "Hotel Alpenblick GmbH", "AT", "Seestraße 2", "5310", "Mondsee", "ATU05629729", language="de", late=14, size=2
    ),
    Buyer("Bellweather Clinics Ltd", "IE", "9 Quay Street", "H91 VF8", "Galway", "IE8890275F", late=7, size=3),
    Buyer("Suomen Paperi Oy", "FI", "Hämeenkatu 15", "33100", "Tampere", "FI51141727", late=1, size=4),
    Buyer("Dunaholding Zrt.", "HU", "Váci út 22", "1132", "Budapest", "HU71140618", late=27, size=3),
    Buyer(
        "Bergwerk Analytik AG",
        "CH",
        "Hardturmstrasse 120",
        "8005",
        "Zürich",
        language="de",
        currency="CHF",
        late=3,
        size=4,
    ),
    Buyer("Praha Dental s.r.o.", "CZ", "Vinohradská 30", "120 00", "Praha", "CZ56287348", late=10, size=2),
    Buyer("Quinta do Vale Lda", "PT", "Rua das Flores 5", "4050-262", "Porto", "PT552572748", late=15, size=2),
    Buyer("Oakline Furniture ApS", "DK", "Frederiksgade 40", "8000", "Aarhus", "DK52084970", late=2, size=3),
    Buyer(
        "Cobalt Energy SE",
        "DE",
        "Neuer Wall 80",
        "20354",
        "Hamburg",
        "DE299132233",
        language="de",
        terms="50% 15 days, remainder 45 days",
        late=4,
        size=6,
    ),
    Buyer(
        "Iberia Ceramics S.L.",
        "ES",
        "Calle Mayor 101",
        "12001",
        "Castellón",
        "ESB87810529",
        language="es",
        terms="60 days",
        late=22,
        size=3,
    ),
    Buyer("Riverstone Brewing Co.", "GB", "2 Malt Lane", "BS1 6XN", "Bristol", currency="GBP", late=None, size=2),
    Buyer("Lumen Optics d.o.o.", "SI", "Slovenska cesta 8", "1000", "Ljubljana", "SI50349805", late=0, size=3),
    Buyer(
        "Zephyr Airparts LLC", "US", "77 Runway Rd", "30320", "Atlanta", currency="USD", terms="net 60", late=16, size=4
    ),
    Buyer(
        "Kupfer & Draht GmbH", "DE", "Werkstraße 5", "44793", "Bochum", "DE894606033", language="de", late=None, size=2
    ),
    Buyer(
        "Vesta Heizsysteme GmbH",
        "DE",
        "Industriering 14",
        "93055",
        "Regensburg",
        "DE895375695",
        language="de",
        late=8,
        size=4,
    ),
)


@dataclass(frozen=True)
class Article:
    """Something we sell: unit price in euro, usual largest quantity, and the kind of deal it makes."""

    name: str
    unit: str
    price: str
    most: int
    deal_type: str = "standard"
    is_service: bool = False


ARTICLES = (
    Article("Vibration sensor VS-200", "pcs", "189.00", 40),
    Article("Temperature probe TP-12, calibrated", "pcs", "74.50", 80),
    Article("Edge gateway EG-4, LTE", "pcs", "642.00", 12),
    Article("Flow meter FM-80", "pcs", "1180.00", 6),
    Article("Mounting kit, stainless", "set", "23.90", 60),
    Article("Calibration on site", "h", "118.00", 24, is_service=True),
    Article("Commissioning and training", "day", "1120.00", 4, is_service=True),
    Article("Monitoring licence, one year", "year", "960.00", 10, is_service=True),
    Article("Data export module", "pcs", "349.00", 5),
    Article("Cable M12, 5 m", "pcs", "14.80", 120),
)

# What a euro buys; rough and fixed, so that a demo is the same every year
PRICE_FACTOR = {"EUR": "1", "GBP": "0.86", "USD": "1.08", "CHF": "0.95", "JPY": "162", "KWD": "0.33"}

# what is wrong, and what Sales should do
RETURN_REASONS = (
    ("purchase_order", "The purchase order number is missing; the customer's portal refuses invoices without it."),
    ("scope", "Sales promised delivery in two days; please agree a date with R&D first."),
)
REPAIRED = "Agreed with the customer."
PROMISED_EVERY = 12
FILED_EVERY = 8
OFFER = b"Offer as agreed with the customer:\nsensors mounted and tested, delivery to the second gate.\n"
# a deal's number modulo PROMISED_EVERY -> who keeps the promise, what it is, within how many working days
PROMISES = {
    2: ("customer_service", "Half a day of training on site", 10),
    7: ("rnd", "A drawing of the mounting plate with the delivery", 4),
}
CANCEL_REASONS = ("The customer withdrew the project.", "Ordered twice by mistake; the other order stands.")
CREDIT_REASONS = ("Two sensors were returned unused.", "Wrong cost centre on the invoice; a new one follows.")
