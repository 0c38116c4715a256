"""Knows what speaks for a customer and for its open items: all that a line names, before any amount is compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.payments.rules_book import Book, MatchLine, OpenItem, PayerAccount
from app.payments.rules_names import SAME
from app.payments.rules_numbers import letters_of, list_following
from app.payments.rules_remittance import Mentions, Reading, read_remittance

SHORTEST_NUMBER = 5  # letters and figures of a number looked for in a text without its marks
_TO_THE_LETTER, _BY_WORDS = 3, 2  # how near a name is; below is a similar one


Named = dict[str, tuple[Reading, Sequence[OpenItem]]]


@dataclass(slots=True)
class Evidence:
    """What the book says to a line's words: open items by number and order, and who may have paid."""

    line: MatchLine
    mentions: Mentions
    named: Named
    settled: dict[str, int]  # numbers that take no money any more, with their customer
    ordered: Sequence[OpenItem]
    accounts: dict[int, PayerAccount]
    likeness: dict[int, float]
    namesakes: frozenset[int]  # whose name it is to the letter, legal form included
    told: frozenset[int]  # by customer number

    @property
    def customers(self) -> list[int]:
        """Everybody the line points to without a number of ours, the surest first."""
        by_name = sorted(self.likeness, key=lambda one: -self.likeness[one])
        by_order = [item.customer_id for item in self.ordered]
        return list(dict.fromkeys([*self.accounts, *self.told, *by_order, *by_name, *self.settled.values()]))

    def is_payer(self, customer_id: int) -> bool:
        """Whether who paid is known to be this customer, beside what the text says."""
        return customer_id in self.accounts or self.likeness.get(customer_id, 0) >= SAME

    def contradiction(self, customer_id: int) -> str:
        """Why the money is rather another customer's: by the account, or by a name that is more like the payer's."""
        if self.accounts:
            return "" if customer_id in self.accounts else "another customer uses this account"
        nearest = max(map(self._nearness, self.likeness), default=0)
        if nearest < _BY_WORDS or nearest == self._nearness(customer_id):
            return ""
        return "another customer has this name" if self.namesakes else "another customer’s name is more like it"

    def _nearness(self, customer_id: int) -> int:
        likeness = self.likeness.get(customer_id, 0)
        return _TO_THE_LETTER if customer_id in self.namesakes else _BY_WORDS if likeness >= SAME else likeness > 0

    def weigh_payer(self, customer_id: int) -> tuple[int, list[str]]:
        """Points and reasons that the customer is who paid."""
        points, reasons = 0, []
        if customer_id in self.accounts:
            points += 25 if len(self.accounts) == 1 else 12
            reasons.append("known account" if len(self.accounts) == 1 else "account of several customers")
        elif self.accounts:
            points -= 35
            reasons.append("account of another customer")
        if likeness := self.likeness.get(customer_id, 0):
            points += round(likeness * (10 if customer_id in self.accounts else 20))
            reasons.append("same name" if customer_id in self.namesakes else "similar name")
        if not self.accounts and self.contradiction(customer_id):
            points -= 12
            reasons += [] if likeness else ["name of another customer"]
        if customer_id in self.told:
            points += 20
            reasons.append("customer number in remittance")
        return points, reasons


def gather(line: MatchLine, book: Book) -> Evidence:
    """Asks the book about everything the line names."""
    text = f"{line.remittance}\n{line.end_to_end_id}" if line.end_to_end_id != "NOTPROVIDED" else line.remittance
    mentions = read_remittance(text, book.series, reference=line.reference, on=line.booked_on)
    readings = _read_all(mentions)
    hits = book.customers_by_name(line.party_name)
    evidence = Evidence(
        line=line,
        mentions=mentions,
        named={number: (readings[number], items) for number, items in book.by_number(readings).items()},
        settled=dict(book.settled(one for one, how in readings.items() if how > Reading.BARE)),
        ordered=book.by_order_or_po([*mentions.orders, *mentions.tokens]),
        accounts=_accounts(line, book),
        likeness={hit.customer_id: hit.likeness for hit in hits},
        namesakes=frozenset(hit.customer_id for hit in hits if hit.is_same),
        told=frozenset(book.customers_by_number(mentions.customers)),
    )
    _drop_repaired(evidence)
    _drop_bare(evidence)
    evidence.named = evidence.named or _spelt_otherwise(evidence, book)
    evidence.named |= _following(evidence, book)
    evidence.ordered = evidence.ordered or _ordered_otherwise(evidence, book)
    return evidence


def _read_all(mentions: Mentions) -> dict[str, Reading]:
    """The numbers of our series and the words with figures that may be others, each with its surest reading."""
    readings = dict.fromkeys(mentions.repaired, Reading.REPAIRED) | dict.fromkeys(mentions.tokens, Reading.EXACT)
    return readings | {one: max(how, readings.get(one, how)) for one, how in mentions.numbers.items()}


def _accounts(line: MatchLine, book: Book) -> dict[int, PayerAccount]:
    known = book.customers_of_account(line.party_account) if line.party_account else ()
    return {one.customer_id: one for one in known if one.is_trusted}


def _drop_repaired(evidence: Evidence) -> None:
    """A word that is a number as it stands was not misread."""
    known = {*evidence.named, *evidence.settled}
    for read, token in evidence.mentions.repaired.items():
        if token in known and read not in evidence.mentions.tokens:
            evidence.named.pop(read, None)
            evidence.settled.pop(read, None)


def _drop_bare(evidence: Evidence) -> None:
    """A counter alone says nothing beside a whole number."""
    if any(reading > Reading.BARE for reading, _ in evidence.named.values()):
        evidence.named = {one: found for one, found in evidence.named.items() if found[0] > Reading.BARE}


def _spelt_otherwise(evidence: Evidence, book: Book) -> Named:
    """Numbers of earlier systems, whose pattern nobody knows: those of who may have paid, looked for in the text.

    Only where none stands there whole, one with misread letters is.
    """
    items = list_open(evidence.customers, evidence.line.currency, book)
    items = [item for item in items if len(letters_of(item.number)) >= SHORTEST_NUMBER]
    for reading in (Reading.RESPACED, Reading.REPAIRED):
        found: dict[str, tuple[Reading, list[OpenItem]]] = {}
        for item in items:
            if evidence.mentions.flat.find(item.number, repaired=reading is Reading.REPAIRED) is not None:
                found.setdefault(item.number, (reading, []))[1].append(item)
        if found:
            return dict(found)
    return {}


def _following(evidence: Evidence, book: Book) -> Named:
    """ "0418" behind RE-2026/0417 of an earlier system, where the same customer owes a RE-2026/0418."""
    flat, found = evidence.mentions.flat, {}
    for number, (reading, items) in evidence.named.items():
        is_foreign = reading in {Reading.RESPACED, Reading.EXACT} and number not in evidence.mentions.numbers
        at = flat.find(number) if is_foreign else None
        following = list_following(flat.text, at, number) if at is not None else []
        for other, others in book.by_number(following).items():
            if other not in evidence.named and others[0].customer_id == items[0].customer_id:
                found[other] = (Reading.SHORT, others)
    return found


def _ordered_otherwise(evidence: Evidence, book: Book) -> Sequence[OpenItem]:
    """Purchase orders written with other marks, of who may have paid."""
    items = list_open(evidence.customers, evidence.line.currency, book)
    ordered = [item for item in items if len(letters_of(item.po_number)) >= SHORTEST_NUMBER]
    return [item for item in ordered if evidence.mentions.flat.find(item.po_number) is not None]


def list_open(customer_ids: Iterable[int], currency: str, book: Book) -> list[OpenItem]:
    return [item for customer_id in customer_ids for item in book.open_of(customer_id, currency)]
