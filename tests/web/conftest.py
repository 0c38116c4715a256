"""What several page tests ask for."""

from __future__ import annotations

import pytest

from app.kernel import clock
from tests.factories import NOW


@pytest.fixture
def today(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages read the clock: it stands at the instant the factories take as now."""
    monkeypatch.setattr(clock, "now", lambda: NOW)
