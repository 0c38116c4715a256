"""Whose account a CSV is of where its profile says one thing and the file another."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.payments.statements.csv_profile import CsvProfile
from app.payments.statements.detect import read_bank_file
from app.payments.statements.model import ProfileMissing, Unreadable

MAIN, OTHER, STRANGER = "DE89370400440532013000", "DE02120300000000202051", "DE02500105170137075030"
OURS = {MAIN: MAIN, OTHER: OTHER, "202051": OTHER}
PROFILE = CsvProfile(
    name="Bank", date_format="DD.MM.YYYY", decimal_mark=",", skip_rows=2, booked_on="Day", amount="Sum",
    own_account=MAIN, own_currency="EUR",
)  # fmt: skip
GROUPED = "DE02 5001 0517 0137 0750 30"


def account_of(above, name="november.csv", profiles=(PROFILE,)):
    content = f"{above}\n\nDay;Sum;Text\n18.11.2026;5,00;{STRANGER}\n".encode()
    [statement] = read_bank_file(content, name, profiles=profiles, accounts=OURS).statements
    return statement.account


@pytest.mark.parametrize(
    ("above", "account"),
    [
        (f"Konto;{OTHER}", OTHER),
        (f"Konto;{STRANGER}", STRANGER),
        (f'"Kontonummer:";"Girokonto {GROUPED} EUR"', STRANGER),
        (f"Account number: {GROUPED}", STRANGER),
        (GROUPED, STRANGER),
        (f"IBAN;{MAIN}", MAIN),
        (f"Konto;{MAIN};Referenzkonto;{OTHER}", MAIN),
        (f"Konto;{MAIN};Kunde;{STRANGER}", MAIN),
        (f"Payments of our customer with account {STRANGER}", MAIN),
        (f"Gegenkonto;{STRANGER}", MAIN),
        (f"Konto;{STRANGER[:-1]}1", MAIN),  # no IBAN
        ("Konto;0532013000", MAIN),
        ("Turnover of November", MAIN),
    ],
)
def test_what_is_labelled_as_the_account_is_that_of_the_file_and_no_other_iban(above, account):
    assert account_of(above) == account


@pytest.mark.parametrize(
    ("above", "name"),
    [
        ("", f"Umsaetze_{OTHER}_2026.csv"),
        (f"Konto;{MAIN}", f"{OTHER}.csv"),
        ("", f"export {GROUPED}.csv"),
        (f"Savings of {OTHER}", "november.csv"),
        ("Konto;202051", "november.csv"),
        (f"Konto;{OTHER}", f"{MAIN}.csv"),
    ],
)
def test_a_file_that_contradicts_its_only_profile_is_refused_with_what_to_do(above, name):
    with pytest.raises(ProfileMissing, match=f"the profile Bank is for {MAIN}. If the file is of [A-Z0-9]+, add a"):
        account_of(above, name)


@pytest.mark.parametrize(
    ("above", "name"), [(f"Savings of {OTHER}", f"{MAIN}.csv"), (f"Konto;{MAIN}", f"customer {STRANGER}.csv")]
)
def test_a_file_whose_name_or_label_is_of_its_profile_is_not_held_by_another_account(above, name):
    assert account_of(above, name) == MAIN


def test_of_several_profiles_the_one_that_nothing_contradicts_reads_the_file():
    both = (PROFILE, replace(PROFILE, name="Two", own_account=OTHER))
    assert account_of(f"Konto;{OTHER}", profiles=both) == OTHER
    assert account_of("", f"x_{MAIN}.csv", both) == MAIN
    assert account_of(f"Konto;{STRANGER}", profiles=both) == STRANGER
    with pytest.raises(Unreadable, match="Several profiles fit this file: Bank and Two"):
        account_of("", profiles=both)


def test_without_a_profile_neither_a_stranger_nor_a_contradiction_is_booked_to_us():
    content = "{};{}\nReferenzkonto;{}\n\nBuchungstag;Betrag;Währung\n18.11.2026;5,00;EUR\n"

    def read(label, account, name="a.csv"):
        return read_bank_file(content.format(label, account, MAIN).encode(), name, accounts=OURS)

    assert read("Konto", STRANGER).statements[0].account == STRANGER
    assert read("Name", "Acme").statements[0].account == MAIN
    with pytest.raises(ProfileMissing, match="which account it is of"):
        read("Konto", MAIN, f"{OTHER}.csv")


@pytest.mark.parametrize("written", ["utf-8", "utf-8-sig", "cp1250", "utf-16"])
def test_a_file_of_a_cp1250_profile_is_read_in_utf_8_too(written):
    profile = replace(PROFILE, skip_rows=0, booked_on="Dzień", remittance="Text", encoding="cp1250")
    content = "Dzień;Sum;Text\n18.11.2026;5,00;Łódź\n".encode(written)
    file = read_bank_file(content, "a.csv", profiles=[profile], accounts=OURS)
    assert file.statements[0].entries[0].text == "Łódź"


def test_a_long_file_is_known_by_its_header_wherever_its_beginning_is_cut():
    rows = f"18.11.2026;5,00;{'ü' * 500}\n" * 200
    for more in range(2):
        content = f"{'-' * more}\n\nDay;Sum;Text\n{rows}".encode()
        for encoding in ("", "utf-8"):
            file = read_bank_file(content, "a.csv", profiles=[replace(PROFILE, encoding=encoding)], accounts=OURS)
            assert len(file.statements[0].entries) == 200
