"""Invents a book of open invoices and bank lines whose truth is known, as banks and payers garble them.

The book: customers with long and short names, some of them nearly alike (branches of one group, the same first words),
some with one open invoice and some with dozens; monthly fees of equal amount at many customers; invoices in two
instalments; early discounts in time and too late; three currencies; a tenth of the invoices from an earlier
system with numbers of another pattern. Six customers in ten have an account that earlier decisions taught, some of them
with the habit of paying exact amounts without a number; a few accounts pay for two customers of a group, and a few
learned accounts are out of date, used by another customer now.

The lines, by kind and share:

    clean    34 %  the number as printed, or an RF or QR reference, among usual words; the exact amount or less an
                   early discount in time
    noisy    24 %  one or more of: breaks every 27 or 35 characters, spaces inside the number, lower case or other
                   marks, no prefix, no zeros, letters for figures (O/0, I/1, S/5, B/8), words glued on, only the
                   counter, one figure mistyped, two swapped, only the purchase order, only the customer, no text at
                   all, and the number of another document first (a delivery note, the payer's own voucher)
    combined 12 %  two to eight invoices: each number, a list of ends, or "all due"; a third noisy as
                   above; a sixth is the sum of everything open without a number
    short    10 %  less a bank's fee, less a discount too late, a part, a few cents off
    over      5 %  rounded up, too much, or an invoice that is settled already
    foreign   6 %  from an account or a name we do not know: with a number, whole or mangled, or only our customer's
                   name in the text; or another customer pays
    unknown   6 %  no business of ours: other people's numbers, amounts that some invoice has by chance
    return    3 %  a payment taken back by the bank, with a mangled number or none, with a fee or none; bank charges

Names come as banks write them: capitals, umlauts written out, cut at 27 or 35 characters, words swapped, legal form
lost.
Nothing here imports the code it measures, except the plain records that carry the facts.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from app.payments.rules_book import EarlierPayment, Habit, MatchLine, OpenItem, PayerAccount

TODAY = date(2026, 11, 20)
KINDS = ("clean", "noisy", "combined", "short", "over", "foreign", "unknown", "return")
WEIGHTS = (34, 24, 12, 10, 5, 6, 6, 3)
_FIRST_TEXT = """
    Nordlicht Hansa Alpen Rhein Elbe Bayer Delta Omega Linden Eichen Stern Falken Adler Silber Blau Grün Rot Neu
    Alt Ost West Süd Nord Müller Schröder Weiß Größer Jäger Köhler Krüger Schäfer König Löwe Bär Möller Dvořák
    Nowak Kowalski García Lefèvre Dubois Rossi Bianchi Jensen Sørensen Van-Dijk De-Vries Smith Baker Taylor Mason
"""
_FIRST = _FIRST_TEXT.split()
_MIDDLE_TEXT = """
    Logistik Technik Handel Bau Energie Medien Papier Druck Metall Holz Stahl Glas Kunststoff Elektronik Optik
    Sensorik Pumpen Ventile Werkzeuge Maschinen Anlagen Systeme Software Beratung Transport Spedition Immobilien
    Pharma Labor Chemie Textil Möbel Lebensmittel Getränke Agrar Forst Marine Aviation Motors Components
"""
_MIDDLE = _MIDDLE_TEXT.split()
_LAST = ["GmbH", "AG", "GmbH & Co. KG", "KG", "Ltd", "S.A.", "SARL", "S.r.l.", "B.V.", "Inc.", "e.K.", "sp. z o.o."]
_PLACES = ["Hamburg", "Berlin", "Süd", "Nord", "International", "Deutschland", "Services", "Holding", "2"]
_WORDS = ["Rechnung", "RG", "Invoice", "RE-NR.", "Rechnungsnr.", "inv", "Facture", "Zahlung", "payment for", "", ""]
_TAILS = [
    "",
    "",
    "danke",
    "vielen Dank",
    "vom {day}",
    "{day}",
    "EUR {amount}",
    "Kd.Nr. 4471",
    "SVWZ+",
    "thx",
    "/ abz. Skonto",
]
_STRANGE = [
    "Lohn 11/2026", "Miete Dezember", "Umsatzsteuer 10/26", "Order 88231", "RE 2026-4711-A", "R-20261", "Spende",
    "Darlehen 4500123", "Verkauf Altgeraete", "INV/88/2026/123", "REF 00912233", "PP.1234.PP EBAY", "Kaution",
]  # fmt: skip


@dataclass(frozen=True)
class Party:
    """A customer of the book."""

    id: int
    number: str
    name: str
    currency: str
    account: str


@dataclass(frozen=True)
class Truth:
    """What a line is: its customer (None: nobody's), shares where it is placed, the payment that came back."""

    kind: str
    how: str
    customer_id: int | None = None
    shares: tuple[tuple[int, int, int], ...] = ()
    payment_id: int | None = None
    is_charge: bool = False


@dataclass
class World:
    """A book and its lines."""

    parties: list[Party] = field(default_factory=list)
    items: list[OpenItem] = field(default_factory=list)
    settled: dict[str, int] = field(default_factory=dict)
    accounts: list[PayerAccount] = field(default_factory=list)
    habits: dict[tuple[int, Habit], int] = field(default_factory=dict)
    payments: list[EarlierPayment] = field(default_factory=list)
    lines: list[tuple[MatchLine, Truth]] = field(default_factory=list)


def invent(lines: int, *, seed: int = 11) -> World:
    """A book wide enough for the lines: about one open invoice for each, two settled ones beside."""
    chance = random.Random(seed)
    world = World()
    _invent_parties(world, max(40, lines // 8), chance)
    _invent_invoices(world, lines, chance)
    payer = _Payer(world, chance)
    kinds = chance.choices(KINDS, WEIGHTS, k=lines)
    world.lines = [payer.pay(kind) for kind in kinds]
    return world


def _invent_parties(world: World, count: int, chance: random.Random) -> None:
    for number in range(1, count + 1):
        first, middle = chance.choice(_FIRST), chance.choice(_MIDDLE)
        name = f"{first} {middle}"
        if world.parties and chance.random() < 0.12:  # a sister: the same words and a place
            sister = chance.choice(world.parties).name
            name = " ".join([*[word for word in sister.split() if word not in _LAST][:2], chance.choice(_PLACES)])
        elif chance.random() < 0.4:
            name = f"{first} & {chance.choice(_FIRST)} {middle}"
        party = Party(
            number, f"C-{number:05d}", f"{name} {chance.choice(_LAST)}",
            chance.choices(["EUR", "CHF", "USD"], [80, 12, 8])[0], f"DE{chance.randrange(10**19):020d}",
        )  # fmt: skip
        world.parties.append(party)
    for party in world.parties:
        if chance.random() < 0.6:
            world.accounts.append(PayerAccount(party.account, party.id, chance.randint(1, 9), 0))
            if chance.random() < 0.3:
                world.habits[party.id, Habit.AMOUNT] = chance.randint(1, 6)
    for _ in range(count // 40):  # one account for two of a group, and accounts that are somebody else's by now
        one, other = chance.sample(world.parties, 2)
        world.accounts.append(PayerAccount(one.account, other.id, chance.randint(1, 3), chance.choice([0, 0, 1])))


def _invent_invoices(world: World, count: int, chance: random.Random) -> None:
    """Numbers run through the year; two of three are settled. A third of the customers owe most of it."""
    many = [party for party in world.parties if chance.random() < 0.3]
    fees = [chance.randrange(50_00, 900_00, 5_00) for _ in range(12)]
    invoice_id = 0
    for sequence in range(1, 3 * count + 1):
        party = chance.choice(many if chance.random() < 0.6 else world.parties)
        issued_on = date(2026, 1, 5) + timedelta(days=sequence * 310 // (3 * count))
        number = f"INV-2026-{sequence:05d}" if sequence > count * 0.3 else f"R{26_000_000 + sequence * 7}"
        invoice_id += 1
        is_open = chance.random() < (0.6 if sequence > 2 * count else 0.2)
        if not is_open:
            world.settled[number] = party.id
            if chance.random() < 0.2:
                _invent_payment(world, party, number, issued_on, chance)
            continue
        amount = fees[party.id % len(fees)] if chance.random() < 0.2 else chance.randrange(40_00, 25_000_00)
        _invent_items(world, party, invoice_id, number, issued_on, amount, chance)


def _invent_payment(world: World, party: Party, number: str, on: date, chance: random.Random) -> None:
    world.payments.append(
        EarlierPayment(
            len(world.payments) + 1, party.id, party.currency, chance.randrange(40_00, 9_000_00),
            min(on + timedelta(days=20), TODAY), f"Zahlung {number}", (number,),
        )
    )  # fmt: skip


def _invent_items(
    world: World, party: Party, invoice_id: int, number: str, on: date, amount: int, chance: random.Random
) -> None:  # fmt: skip
    item = OpenItem(
        invoice_id, 1, number, party.id, party.currency, on, on + timedelta(days=30), amount,
        order_number=f"SO-2026-{invoice_id:05d}", po_number=f"PO-{chance.randrange(10_000, 99_999)}",
    )  # fmt: skip
    if chance.random() < 0.1:
        first = amount // chance.choice([2, 3])
        later = item.due_on + timedelta(days=30)
        world.items += [item._replace(open=first), item._replace(instalment=2, due_on=later, open=amount - first)]
    elif chance.random() < 0.25:
        until = chance.choice([TODAY + timedelta(days=3), TODAY - timedelta(days=9)])
        payable = amount - round(amount * chance.choice([2, 3]) / 100)
        world.items.append(item._replace(payable=payable, payable_until=until))
    else:
        world.items.append(item)


class _Payer:
    """Pays the book's invoices, each once, in all the ways of the docstring."""

    def __init__(self, world: World, chance: random.Random) -> None:
        self.world, self.chance = world, chance
        self.parties = {party.id: party for party in world.parties}
        self.by_invoice: defaultdict[int, list[OpenItem]] = defaultdict(list)
        for item in world.items:
            self.by_invoice[item.invoice_id].append(item)
        self.unpaid = list(self.by_invoice)
        chance.shuffle(self.unpaid)
        self.of_party: defaultdict[int, list[int]] = defaultdict(list)
        for invoice_id in self.unpaid:
            self.of_party[self.by_invoice[invoice_id][0].customer_id].append(invoice_id)
        self.settled = list(world.settled)

    def pay(self, kind: str) -> tuple[MatchLine, Truth]:
        ways: dict[str, Callable[[], tuple[MatchLine, Truth]]] = {
            "clean": lambda: self.one(kind, self.clean_text), "noisy": lambda: self.one(kind, self.noisy_text),
            "combined": self.several, "short": self.short, "over": self.over, "foreign": self.foreign,
            "unknown": self.unknown, "return": self.returned,
        }  # fmt: skip
        return ways[kind]()

    # --- what is paid

    def draw(self) -> list[OpenItem]:
        """The open instalments of an invoice nobody has paid yet; once all are, of any."""
        invoice_id = self.unpaid.pop() if self.unpaid else self.chance.choice(list(self.by_invoice))
        return self.by_invoice[invoice_id]

    def one(self, kind: str, text: Callable[[OpenItem], tuple[str, str]]) -> tuple[MatchLine, Truth]:
        items = self.draw()
        how, written = text(items[0])
        item = items[0]
        if len(items) > 1 and self.chance.random() < 0.5:
            items = items[:1]
        amount = sum(one.open for one in items)
        if item.payable is not None and item.payable_until is not None and item.payable_until >= TODAY:
            amount = item.payable if self.chance.random() < 0.8 else amount
        shares = ((item.invoice_id, 1, amount),) if len(items) == 1 else tuple((*one.key, one.open) for one in items)
        reference, remittance = (written, "") if how == "reference" else ("", written)
        line = self.line(self.parties[item.customer_id], amount, remittance, reference=reference)
        return line, Truth(kind, how, item.customer_id, shares)

    def several(self) -> tuple[MatchLine, Truth]:
        """Two to eight invoices of one customer."""
        chance = self.chance
        rich = [one for one, owed in self.of_party.items() if len(owed) > 1]
        customer_id = chance.choice(rich)
        owed = self.of_party[customer_id]
        chosen = sorted(chance.sample(owed, min(len(owed), chance.choice([2, 2, 3, 3, 4, 5, 8]))))
        items = [item for invoice_id in chosen for item in self.by_invoice[invoice_id]]
        numbers = list(dict.fromkeys(item.number for item in items))
        how = chance.choice(["each", "each", "ends", "noisy", "noisy", "all due"])
        if how == "all due":
            items = [item for invoice_id in sorted(owed) for item in self.by_invoice[invoice_id]]
            text = chance.choice(["alle offenen Posten", "offene Rechnungen", "statement November", ""])
        elif how == "ends":
            text = numbers[0] + "".join(
                chance.choice([", ", " + ", "/"]) + _end(numbers[0], one) for one in numbers[1:]
            )
        else:
            text = chance.choice([", ", " ", "; ", " + ", "\n"]).join(numbers)
        if how == "noisy":
            text = self.garble(" ".join(self.mangle(one) for one in numbers))
        line = self.line(self.parties[customer_id], sum(item.open for item in items), text)
        return line, Truth("combined", how, customer_id, tuple((*item.key, item.open) for item in items))

    def short(self) -> tuple[MatchLine, Truth]:
        chance = self.chance
        items = self.draw()
        item, whole = items[0], items[0].open
        how = chance.choice(["fee", "fee", "late", "part", "cents"])
        less = {"fee": chance.choice([150, 500, 750, 1000, 1250, 2000]), "cents": chance.randint(1, 99)}.get(how, 0)
        if how == "late":
            less = round(whole * 0.02) if item.payable is None else whole - item.payable
        amount = whole - less if how != "part" else round(whole * chance.choice([0.25, 0.5, 0.5, 0.8]))
        how_text, text = self.clean_text(item) if chance.random() < 0.6 else self.noisy_text(item)
        if how_text == "reference":
            text = item.number
        line = self.line(self.parties[item.customer_id], max(1, amount), text)
        return line, Truth("short", how, item.customer_id, ((*item.key, max(1, amount)),))

    def over(self) -> tuple[MatchLine, Truth]:
        chance = self.chance
        how = chance.choice(["rounded up", "too much", "settled"])
        if how == "settled":
            number = chance.choice(self.settled)
            party = self.parties[self.world.settled[number]]
            return self.line(party, chance.randrange(40_00, 9_000_00), self.clean(number)), Truth("over", how, party.id)
        items = self.draw()
        item, whole = items[0], sum(one.open for one in items)
        amount = (
            -(-whole // 100_00) * 100_00 + 100_00 if how == "rounded up" else whole + chance.randrange(10_00, 500_00)
        )
        line = self.line(self.parties[item.customer_id], amount, self.clean(item.number))
        return line, Truth("over", how, item.customer_id, tuple((*one.key, one.open) for one in items))

    def foreign(self) -> tuple[MatchLine, Truth]:
        """Somebody else pays: another name, another account, at times another customer's."""
        chance = self.chance
        items = self.draw()
        item = items[0]
        party = self.parties[item.customer_id]
        how = chance.choice(["number", "number", "noisy number", "name only", "other customer pays"])
        text = {"noisy number": self.mangle(item.number), "name only": f"für {party.name}"}.get(how, item.number)
        line = self.line(party, sum(one.open for one in items), self.wrap(text))
        payer = chance.choice(self.world.parties) if how == "other customer pays" else None
        line = replace(
            line, party_name=self.spell(payer.name) if payer else f"{chance.choice(_FIRST)} {chance.choice(_LAST)}",
            party_account=payer.account if payer else f"FR{chance.randrange(10**24):025d}",
        )  # fmt: skip
        return line, Truth("foreign", how, item.customer_id, tuple((*one.key, one.open) for one in items))

    def unknown(self) -> tuple[MatchLine, Truth]:
        chance = self.chance
        amount = chance.choice(self.world.items).open if chance.random() < 0.4 else chance.randrange(10_00, 9_000_00)
        name = (
            f"{chance.choice(_FIRST)} {chance.choice(['Verwaltung', 'Finanzamt', 'Inkasso', 'Versicherung', 'Markt'])}"
        )
        text = chance.choice(_STRANGE) if chance.random() < 0.7 else f"RE {chance.randrange(1, 99_999)}"
        party = Party(
            0, "", name, chance.choices(["EUR", "CHF", "USD"], [80, 12, 8])[0], f"AT{chance.randrange(10**18):020d}"
        )
        return self.line(party, amount, text), Truth("unknown", "nobody's")

    def returned(self) -> tuple[MatchLine, Truth]:
        chance = self.chance
        if chance.random() < 0.3:
            text = chance.choice(
                ["Kontoführungsentgelt", "Entgelt Auslandszahlung", "bank charges Q4", "Frais de tenue"]
            )
            line = MatchLine(amount=-chance.randrange(1_00, 60_00), currency="EUR", booked_on=TODAY, remittance=text)
            return line, Truth("return", "charge", is_charge=True)
        payment = chance.choice(self.world.payments)
        party = self.parties[payment.customer_id]
        how = chance.choice(["number", "number", "no number", "with fee"])
        text = "Rücklastschrift" if how == "no number" else f"RETOURE {self.mangle(payment.numbers[0])}"
        amount = payment.amount + (chance.choice([300, 550, 800]) if how == "with fee" else 0)
        line = replace(
            self.line(party, -amount, self.wrap(text)), return_reason=chance.choice(["AC04", "AM04", "MD06"])
        )
        return line, Truth("return", how, payment.customer_id, payment_id=payment.payment_id)

    # --- how it is written

    def line(self, party: Party, amount: int, text: str, *, reference: str = "") -> MatchLine:
        chance = self.chance
        own = party.account if chance.random() < 0.9 else f"LT{chance.randrange(10**18):020d}"
        return MatchLine(
            amount=amount, currency=party.currency, booked_on=TODAY, remittance=text, reference=reference,
            party_name=self.spell(party.name) if chance.random() < 0.95 else "",
            party_account=own if chance.random() < 0.9 else "",
        )  # fmt: skip

    def spell(self, name: str) -> str:
        """A name as banks write it."""
        chance = self.chance
        if chance.random() < 0.5:
            name = name.upper()
        if chance.random() < 0.5:
            for letter, pair in zip("äöüÄÖÜß", ["ae", "oe", "ue", "AE", "OE", "UE", "ss"], strict=True):
                name = name.replace(letter, pair)
        words = name.split()
        if chance.random() < 0.15:
            words = [word for word in words if word not in _LAST] or words
        if chance.random() < 0.1:
            words = words[1:] + words[:1]
        name = " ".join(words)
        return name[: chance.choice([27, 35])] if chance.random() < 0.5 else name

    def clean_text(self, item: OpenItem) -> tuple[str, str]:
        if item.number.startswith("INV") and self.chance.random() < 0.15:
            return "reference", self.chance.choice([_creditor_reference, _qr_reference])(item.number)
        return "number", self.clean(item.number)

    def clean(self, number: str) -> str:
        chance = self.chance
        day = (TODAY - timedelta(days=chance.randrange(90))).strftime("%d.%m.%Y")
        tail = chance.choice(_TAILS).format(day=day, amount=f"{chance.randrange(10, 9999)},00")
        return " ".join(filter(None, [chance.choice(_WORDS), number, tail]))

    def noisy_text(self, item: OpenItem) -> tuple[str, str]:
        """How, and the text."""
        chance = self.chance
        party = self.parties[item.customer_id]
        how = chance.choices(
            ["mangled", "counter", "typo", "order", "customer", "nothing", "other first"], [62, 6, 7, 8, 5, 5, 7]
        )[0]
        cue, slip = chance.choice(["Bestellung", "PO", "Ihr Auftrag", ""]), chance.randrange(10**8)
        words = {
            "counter": f"{chance.choice(['Rechnung', 'Re.', 'RG Nr', 'invoice no'])} {int(item.number[-5:])}",
            "typo": self.clean(self.mistype(item.number)),
            "order": f"{cue} {chance.choice([item.po_number, item.order_number])}",
            "customer": f"Kunde {party.number} {party.name}",
            "nothing": chance.choice(["", "Danke", "Rechnung", "lt. Vereinbarung"]),
            "other first": f"LS {slip % 10**6:06d} / Beleg {slip} {self.clean(item.number)}",
        }
        return how, self.wrap(words[how]) if how in words else self.garble(self.clean(self.mangle(item.number)))

    def mangle(self, number: str) -> str:
        chance = self.chance
        for _ in range(chance.randint(1, 2)):
            number = chance.choice([_lower, _unmark, _unprefix, _unpad, self.ocr, self.space])(number)
        return number

    def ocr(self, number: str) -> str:
        pairs = {"0": "O", "1": "I", "5": "S", "8": "B", "I": "1", "O": "0", "S": "5"}
        return "".join(pairs[mark] if mark in pairs and self.chance.random() < 0.4 else mark for mark in number)

    def space(self, number: str) -> str:
        at = self.chance.randrange(1, len(number)) if len(number) > 1 else 0
        return f"{number[:at]} {number[at:]}"

    def mistype(self, number: str) -> str:
        """One figure wrong, or two swapped: the text then names another document, or none."""
        at = self.chance.randrange(len(number) - 4, len(number) - 1)
        if self.chance.random() < 0.5:
            return number[:at] + number[at + 1] + number[at] + number[at + 2 :]
        return number[:at] + str(self.chance.randrange(10)) + number[at + 1 :]

    def garble(self, text: str) -> str:
        glued = text.replace(" ", "") if self.chance.random() < 0.12 else text
        return self.wrap(glued)

    def wrap(self, text: str) -> str:
        """Broken as files break it: every 27 or 35 characters."""
        if self.chance.random() < 0.6:
            return text
        start = "SVWZ+ " * (self.chance.random() < 0.5) + text
        size = self.chance.choice([27, 35])
        return "\n".join(start[at : at + size] for at in range(0, len(start), size))


def _end(first: str, number: str) -> str:
    """The number from where it differs, three figures at least; whole where it is of another pattern."""
    same = next((at for at, (one, other) in enumerate(zip(first, number, strict=False)) if one != other), 0)
    return number[min(same, len(number) - 3) :] if same > 3 and len(first) == len(number) else number


def _lower(number: str) -> str:
    return number.lower()


def _unmark(number: str) -> str:
    return number.replace("-", "/") if "-" in number else number


def _unprefix(number: str) -> str:
    return number.removeprefix("INV-")


def _unpad(number: str) -> str:
    head, _, tail = number.rpartition("-")
    return f"{head}-{int(tail)}" if head and tail.isdecimal() else number


def _creditor_reference(number: str) -> str:
    body = number.replace("-", "")
    worth = int("".join(str(int(mark, 36)) for mark in f"{body}RF00"))
    return f"RF{98 - worth % 97:02d}{body}"


def _qr_reference(number: str) -> str:
    body, carry = "".join(filter(str.isdigit, number)).zfill(26), 0
    for digit in body:
        carry = (0, 9, 4, 6, 8, 2, 7, 1, 3, 5)[(carry + int(digit)) % 10]
    return f"{body}{(10 - carry) % 10}"


def sample(world: World) -> Sequence[MatchLine]:
    return [line for line, _ in world.lines]
