"""Random documents: the product's answers against a separate computation, and what must hold of any answer."""

import copy
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.invoices.rules import compute_json
from tests.unit.invoices import chance, oracle

SEED = 20261122
BATCHES = 10
DOCUMENTS = 300

random_documents = st.integers(0, 2**32).map(lambda seed: chance.document(random.Random(seed)))


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_documents_equal_the_oracle(batch):
    rng = random.Random(SEED + batch)
    told = 0
    for _ in range(DOCUMENTS):
        document = chance.document(rng)
        answer, undiscounted = compute_json(document), compute_json(oracle.without_discount(document))
        assert "error" not in answer, document
        faults, complete = oracle.differences(document, answer, undiscounted)
        assert not faults, f"seed {SEED + batch}: {document}"
        told += complete
    assert told > DOCUMENTS * 0.9


def test_the_oracle_sees_a_cent():
    document = chance.document(random.Random(SEED))
    answer, undiscounted = compute_json(document), compute_json(oracle.without_discount(document))
    for name in ("net_total", "tax_total", "gross_total", "amount_due"):
        wrong = copy.deepcopy(answer)
        wrong[name] = f"{wrong[name]}1" if "." in wrong[name] else f"{wrong[name]}.1"
        assert oracle.differences(document, wrong, undiscounted)[0]


@given(random_documents)
def test_the_answer_never_depends_on_how_numbers_are_padded(document):
    padded = copy.deepcopy(document)
    for line in padded["lines"]:
        line["quantity"] = f"{line['quantity']}0" if "." in line["quantity"] else f"{line['quantity']}.00"
        line["unit_price"] = f"00{line['unit_price']}"
    assert compute_json(padded) == compute_json(document)


@given(random_documents, st.randoms(use_true_random=False))
def test_the_totals_do_not_depend_on_the_order_of_the_lines(document, rng):
    document = {**document, "allowances": [], "charges": [], "payment_terms": None}
    lists = [line["taxes"] for line in document["lines"]]
    if any(tax["compounds"] for taxes in lists for tax in taxes):
        return  # shares of a compound tax go from the front
    shuffled = {**document, "lines": rng.sample(document["lines"], len(document["lines"]))}
    names = ("line_total", "net_total", "tax_total", "gross_total")
    assert [compute_json(shuffled)[name] for name in names] == [compute_json(document)[name] for name in names]


@given(random_documents)
def test_what_was_quoted_with_tax_is_what_the_customer_pays(document):
    inside = {"name": "VAT", "rate": "19", "price_includes": True}
    for line in document["lines"]:
        line["taxes"] = [inside]
    document = {**document, "allowances": [], "charges": [], "payment_terms": None}
    untaxed = {**document, "lines": [{**line, "taxes": []} for line in document["lines"]]}
    assert compute_json(document)["gross_total"] == compute_json(untaxed)["net_total"]


def scrambled(value, rng):
    """The same JSON with one piece of it replaced by something odd."""
    odd = [None, True, -1, 10**30, "", "NaN", "1e9", "9" * 50, [], {}, [[]], "\ud800", "30%", {"share": 1}]
    if isinstance(value, dict) and value and rng.random() < 0.8:
        key = rng.choice(list(value))
        return {**value, key: scrambled(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.8:
        i = rng.randrange(len(value))
        return [*value[:i], scrambled(value[i], rng), *value[i + 1 :]]
    return rng.choice(odd)


@given(random_documents, st.randoms(use_true_random=False))
def test_any_scrambled_document_is_computed_or_refused_with_a_reason(document, rng):
    answer = compute_json(scrambled(document, rng))
    answers = answer if isinstance(answer, list) else [answer]
    assert all(("error" in one and one["error"]) or "gross_total" in one for one in answers)
