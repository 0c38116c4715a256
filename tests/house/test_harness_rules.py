"""Nothing is left out in silence: a skip is a failure, and checks whose data is elsewhere are counted."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TESTS = """
import pytest

def test_plain(): pass

@pytest.mark.outside("../nowhere/one")
def test_one(): raise AssertionError("its data is not here")

@pytest.mark.outside("../nowhere/two")
@pytest.mark.parametrize("n", [1, 2])
def test_two(n): raise AssertionError("its data is not here")

@pytest.mark.outside("pyproject.toml")
def test_present(): pass
"""


SKIPS = """
import pytest

def test_asks_for_it(): pytest.skip("no time 0")

@pytest.mark.skip(reason="no time 1")
def test_is_marked(): pass

@pytest.fixture
def gone(): pytest.skip("no time 2")

def test_needs_what_asks_for_it(gone): pass
"""


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Pytest with our rules, on tests of its own, as a person at a terminal gets it."""
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    outside(path): as in pyproject.toml\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:randomly",
        "-c",
        folder / "pytest.ini",
        *options,
        folder,
    ]
    # Where one of these is set, pytest repeats every message unabridged in its summary
    plain = {name: value for name, value in os.environ.items() if name not in ("CI", "BUILD_NUMBER")}
    return subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "in parallel"])
def test_checks_without_their_data_are_left_out_and_counted(tmp_path: Path, workers: tuple[str, ...]) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    done = run(tmp_path, *workers)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 outside checks not run" in done.stdout
    assert "2 passed" in done.stdout.splitlines()[-1]


def test_a_skip_is_a_failure_that_gives_the_reason(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(SKIPS)
    done = run(tmp_path)
    assert "1 failed, 2 errors" in done.stdout.splitlines()[-1]
    assert done.stdout.count("counts as a failure") == 3
    assert {f"no time {n}" for n in range(3)} <= set(re.findall(r"no time \d", done.stdout))


def test_a_module_that_skips_itself_is_a_failure_too(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(
        "import pytest\npytest.importorskip('no_such_module')\ndef test_some(): pass"
    )
    done = run(tmp_path)
    assert done.returncode != 0
    assert "no_such_module" in done.stdout
