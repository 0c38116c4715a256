"""What a PDF says, what its XML says and what the database says is the same; a cent of difference is seen."""

import random
from datetime import UTC, datetime
from types import SimpleNamespace

from app.documents.queries import find_document, read_content
from campaign import agreement

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)


def test_paper_xml_and_database_agree(app, tmp_path):
    rng, customers, checked, kinds = random.Random(7), agreement.make_parties(), 0, set()
    while checked < 9 or len(kinds) < 4:
        for invoice_id in agreement.issue_some(rng, customers, agreement.START):
            assert agreement.check(invoice_id, tmp_path, NOW) == []
            row, lines, taxes, parts, stored = agreement._ask(invoice_id)
            kinds |= {row.kind, row.scope}
            checked += 1
    content, xml = read_content(find_document("invoice", invoice_id, "pdf")), stored["xml"]
    for name in ("net_total", "amount_due"):
        wrong = SimpleNamespace(**{**row._mapping, name: getattr(row, name) + 1})
        assert agreement.find_paper_faults(content, wrong, lines, taxes, parts), name
        assert agreement.find_xml_faults(xml, wrong, lines, taxes, parts), name
    lines[0] = SimpleNamespace(net=lines[0].net + 1)
    assert agreement.find_paper_faults(content, row, lines, taxes, parts)
    assert agreement.find_xml_faults(xml, row, lines, taxes, parts)
