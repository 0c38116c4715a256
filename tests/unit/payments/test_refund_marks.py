"""What a second person is told of a refund: a payee or an account that does not fit the customer."""

import pytest

from app.payments.rules_refund_marks import Payee, find_marks


@pytest.mark.parametrize(
    ("payee", "marks"),
    [
        (Payee("Nordwind GmbH", "Nordwind GmbH", True), []),
        (Payee("NORDWIND GMBH", "Nordwind GmbH", True, asked={"Nordwind"}), []),
        (Payee("Max Muster", "Nordwind GmbH", True), ["The payee is not the customer, Nordwind GmbH."]),
        (Payee("Nordwind GmbH", "Nordwind GmbH", False), ["No payment of this customer came from this account."]),
        (Payee("Nordwind GmbH", "Nordwind GmbH", True, others={"Sued AG"}), ["From this account Sued AG pays."]),
        (
            Payee("Nordwind GmbH", "Nordwind GmbH", True, asked={"Max Muster"}),
            ["Another refund to this account names Max Muster."],
        ),
    ],
)
def test_what_does_not_fit_is_marked(payee, marks):
    assert find_marks(payee) == marks
