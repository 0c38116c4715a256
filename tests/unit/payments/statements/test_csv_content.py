"""A profile is proposed with all that the rows of a sample prove, and nothing that they contradict."""

from __future__ import annotations

import pytest

from app.payments.statements.csv_content import find_date_format, find_decimal_mark
from app.payments.statements.csv_profile import read_number
from app.payments.statements.csv_sample import propose_profile
from app.payments.statements.model import Unreadable

DE, NL = "DE89370400440532013000", "NL91ABNA0417164300"
PLAIN = f"""When it was,Party,Account no,Moved,Left,In
23/11/2026,Acme,{DE},"7,782.40","8,782.40",EUR
05/11/2026,Bolt,{NL},-12.40,"8,770.00",EUR
"""


@pytest.mark.parametrize(
    ("sample", "proved"),
    [
        (PLAIN, {"booked_on": "When it was", "date_format": "DD/MM/YYYY", "decimal_mark": ".", "amount": "Moved",
                 "balance": "Left", "currency": "In", "party_account": "Account no", "remittance": "Party"}),
        (PLAIN.replace("-12.40", "(12.40)"), {"amount": "Moved", "balance": "Left", "decimal_mark": "."}),
        (PLAIN.replace("-12.40", "−12.40"), {"amount": "Moved", "balance": "Left"}),
        (PLAIN.replace("8,770.00", "8,770.01"), {"amount": "", "balance": "", "decimal_mark": "."}),
        (PLAIN.replace(NL, DE), {"party_account": "", "account": ""}),  # ours, or of one customer who paid twice
        (PLAIN.replace("23/11", "03/11"), {"booked_on": "When it was", "date_format": ""}),
        (PLAIN.replace("Party", "Date"), {"booked_on": "When it was", "remittance": "Date"}),
        (PLAIN.replace("Account no", "Balance"), {"balance": "Left", "party_account": "Balance"}),
        ("Date,Who,What for,How much\n23/11/2026,Acme,INV-1,100.00\n",
         {"booked_on": "Date", "date_format": "DD/MM/YYYY", "amount": "How much", "decimal_mark": ".",
          "party_name": "Who", "remittance": "What for"}),
        ("Booking date;Value date;Amount\n05/11/2026;23/11/2026;5,00\n", {"date_format": "DD/MM/YYYY"}),
        ("Date;Other day;Text;One;Two\n23/11/2026;24/11/2026;a;5,00;\n",
         {"booked_on": "Date", "value_on": "", "amount": "One", "remittance": "Text"}),
        ("On;Until;Text;Sum\n23/11/2026;24/11/2026;a;5,00\n", {"booked_on": "", "date_format": "DD/MM/YYYY"}),
    ],
)  # fmt: skip
def test_what_the_rows_prove_is_proposed_and_no_more(sample, proved):
    profile = propose_profile(sample.encode())
    assert {meaning: getattr(profile, meaning) for meaning in proved} == proved


@pytest.mark.parametrize(
    ("amounts", "mark"),
    [
        (["7,782.40"], "."), (["7.782,40"], ","), (["1,234,567"], "."), (["1.234.567"], ","), (["1234,567"], ","),
        (["0.125"], "."), (["1,782", "5"], ""), (["5.00", "5,00"], ""), (["-5,5", "1.782"], ","), (["12"], ""),
        (["7,782.400"], "."), (["5,00-"], ","), (["1'234.5"], "."),
    ],
)  # fmt: skip
def test_a_decimal_mark_is_known_once_an_amount_can_be_read_in_one_way_only(amounts, mark):
    assert find_decimal_mark(amounts) == mark


def test_a_day_after_the_twelfth_proves_where_the_month_stands():
    assert find_date_format(["23/11/2026", "01/02/2026"]) == "DD/MM/YYYY"
    assert find_date_format(["11/23/2026", "01/02/2026"]) == "MM/DD/YYYY"
    assert find_date_format(["01/02/2026"]) == ""


@pytest.mark.parametrize("text", ["(3.50)", "-3.50", "3.50-", "−3.50", " (3.50) ", "(3.5)"])
def test_an_amount_in_brackets_is_below_0_like_one_with_a_sign(text):
    assert read_number(text, ".", "EUR", 1) == -350
    assert read_number("(5)", ".", "EUR", 1) == -500


@pytest.mark.parametrize(
    "text", ["(-3.50)", "(3.50)-", "-(3.50)", "(3.50", "3.50)", "(3.50-)", "()", "((3.50))", "(INV)"]
)
def test_brackets_that_are_not_around_an_amount_alone_are_refused(text):
    with pytest.raises(Unreadable, match="is not an amount"):
        read_number(text, ".", "EUR", 1)
