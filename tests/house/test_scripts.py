"""The scripts and the locked requirements are whole, and name no place to download from."""

from __future__ import annotations

import os
import re
import subprocess
from importlib.metadata import requires, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = sorted([*(ROOT / "script").iterdir(), ROOT / ".ci" / "run"])
LOCKS = sorted(ROOT.glob("requirements*.txt"))
PYTHONS = ("3.11", "3.12", "3.13")


def read_lock(path: Path) -> list[tuple[Requirement, list[str]]]:
    """Each requirement with its hashes."""
    joined = path.read_text().replace("\\\n", " ")
    lines = [line.split() for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [
        (
            Requirement(" ".join(w for w in words if not w.startswith("--hash"))),
            [w for w in words if w.startswith("--hash")],
        )
        for words in lines
    ]


def read_floors() -> list[tuple[str, str]]:
    rows = re.findall(r"^\| ([a-z0-9-]+) \| ([0-9.]+) \| .+ \|$", (ROOT / "docs" / "advisories.md").read_text(), re.M)
    assert len(rows) >= 5, "docs/advisories.md has lost its table"
    return rows


def locked_versions(environment: dict[str, str] | None = None) -> dict[str, Version]:
    """Name to version; with an environment only what that one installs."""
    return {
        canonicalize_name(one.name): Version(str(one.specifier).removeprefix("=="))
        for path in LOCKS
        for one, _hashes in read_lock(path)
        if environment is None or one.marker is None or one.marker.evaluate(environment)
    }


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_can_be_started_and_is_well_formed(script: Path) -> None:
    assert os.access(script, os.X_OK), f"chmod +x {script.relative_to(ROOT)}"
    assert script.read_text().startswith("#!/usr/bin/env bash\n# ")
    checked = subprocess.run(["bash", "-n", script], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_stops_at_the_first_failure(script: Path) -> None:
    assert "set -euo pipefail" in script.read_text()


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_every_locked_requirement_is_exact_and_has_a_hash(lock: Path) -> None:
    for requirement, hashes in read_lock(lock):
        assert str(requirement.specifier).startswith("=="), requirement
        assert hashes, f"{requirement} has no hash"
        assert all(re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", one) for one in hashes), requirement


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_no_requirement_file_says_where_to_download(lock: Path) -> None:
    for path in (lock, lock.with_suffix(".in")):
        assert not re.search(r"https?:|file:|--index|--extra|--find-links|--trusted| @ ", path.read_text()), path.name


def test_what_is_asked_for_is_what_is_locked() -> None:
    locked = locked_versions()
    for path in sorted(ROOT.glob("requirements*.in")):
        for line in path.read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                wanted = Requirement(line)
                assert wanted.specifier.contains(locked[canonicalize_name(wanted.name)]), f"run script/lock: {line}"


def test_locks_that_overlap_agree() -> None:
    seen: dict[str, str] = {}
    for path in LOCKS:
        for requirement, _hashes in read_lock(path):
            name = canonicalize_name(requirement.name)
            assert seen.setdefault(name, str(requirement.specifier)) == str(requirement.specifier), name


@pytest.mark.parametrize("python", PYTHONS)
def test_what_each_package_needs_is_locked_for_every_python(python: str) -> None:
    """The lock is made once; this walks the needs of what is installed as another Python version would see them."""
    environment = {"python_version": python, "python_full_version": f"{python}.0"}
    locked = locked_versions(environment)
    for name in locked.keys() & locked_versions({}).keys():  # what that Python and this one install
        for need in map(Requirement, requires(name) or ()):
            if need.marker is None or need.marker.evaluate({**environment, "extra": ""}):
                assert canonicalize_name(need.name) in locked, f"{name} needs {need} on Python {python}"


@pytest.mark.parametrize(("package", "floor"), read_floors(), ids=lambda value: value)
def test_no_installed_package_is_below_its_floor(package: str, floor: str) -> None:
    assert Version(version(package)) >= Version(floor)
    assert locked_versions()[canonicalize_name(package)] >= Version(floor)


def test_what_is_installed_is_what_is_locked() -> None:
    different = {
        name: f"{version(name)} instead of {locked}"
        for name, locked in locked_versions({}).items()
        if Version(version(name)) != locked
    }
    assert not different, f"run script/setup: {different}"


def test_a_second_setup_does_nothing_and_says_nothing() -> None:
    done = subprocess.run([ROOT / "script" / "setup"], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_an_unknown_option_of_setup_is_refused() -> None:
    done = subprocess.run([ROOT / "script" / "setup", "--nonsense"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--nonsense" in done.stderr
