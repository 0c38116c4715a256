"""The command `tillpaid invoices compute`, and the command line it stands in."""

import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from app.cli import main


def run(text: str | bytes, *options: str):
    return CliRunner().invoke(main, ["invoices", "compute", "-", *options], input=text)


def test_one_document_in_is_one_answer_out(tmp_path):
    path = tmp_path / "invoice.json"
    path.write_text('{"currency": "EUR", "lines": [{"quantity": 2, "unit_price": 1.10}]}', encoding="utf-8")
    result = CliRunner().invoke(main, ["invoices", "compute", str(path), "--json"])
    assert result.exit_code == 0
    assert json.loads(result.stdout)["net_total"] == "2.20"
    assert result.stderr == ""


def test_a_single_refused_document_exits_1_and_says_why_on_both_channels():
    result = run('{"currency": "EUR", "lines": [{"quantity": "many"}]}', "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["field"] == "lines[0].quantity"
    assert "lines[0].quantity" in result.stderr


def test_a_list_is_answered_in_place_and_exits_0():
    result = run('[{"currency": "EUR"}, {"currency": "?"}]', "--json")
    assert result.exit_code == 0
    assert ["error" in answer for answer in json.loads(result.stdout)] == [False, True]


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        ('"quantity": NaN', "lines[0].quantity"),
        ('"quantity": -Infinity', "lines[0].quantity"),
        ('"quantity": 1e400', "lines[0].quantity"),
        ('"quantity": 1E-400', "lines[0].quantity"),
        (f'"quantity": {"9" * 5000}', "lines[0].quantity"),
        (f'"quantity": 0.{"9" * 5000}', "lines[0].quantity"),
        ('"quantity": 1, "quantity": 2', "lines[0].quantity"),
    ],
)
def test_a_bad_number_refuses_its_own_document_only(numbers, field):
    result = run(f'[{{"currency": "EUR"}}, {{"currency": "EUR", "lines": [{{{numbers}}}]}}]')
    assert result.exit_code == 0
    assert [answer.get("field") for answer in json.loads(result.stdout)] == [None, field]


def test_json_numbers_are_exact():
    result = run('{"currency": "KWD", "lines": [{"quantity": 1, "unit_price": 1.0005}]}')
    assert json.loads(result.stdout)["net_total"] == "1.001"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"nope", b"\xff\xfe{}", b"[" * 100_000, b'{"currency": "EUR"} {}', b"\0"],
)
def test_what_is_not_json_is_refused(content):
    result = run(content)
    assert result.exit_code == 1
    assert "not JSON" in json.loads(result.stdout)["error"]


def test_a_byte_order_mark_does_no_harm():
    assert run(b'\xef\xbb\xbf{"currency": "EUR"}').exit_code == 0


@pytest.mark.parametrize("arguments", [["invoices", "compute"], ["invoices", "compute", "/nowhere"], ["nonsense"]])
def test_a_command_written_wrongly_exits_2(arguments):
    assert CliRunner().invoke(main, arguments).exit_code == 2


def test_computing_loads_no_web_server():
    code = (
        'import sys, io; sys.stdin = io.TextIOWrapper(io.BytesIO(b\'{"currency": "EUR"}\'))\n'
        "from app.cli import main\n"
        "main(['invoices', 'compute', '-'], standalone_mode=False)\n"
        "heavy = {'flask', 'sqlalchemy', 'weasyprint', 'pydantic'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
