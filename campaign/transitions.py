"""Tries every move on every state by every role in a scratch database, and prints how many did what they should.

script/campaign transitions
"""

from __future__ import annotations

import logging
import sys
import tempfile
from pathlib import Path
from unittest.mock import patch

from app import create_app
from app.db.base import db
from app.db.upgrade import upgrade
from app.kernel import clock
from config import Settings
from tests import factories
from tests.web.transitions import THINGS, try_all


def run(folder: Path) -> int:
    """The number of tries that did something else than they should."""
    app = create_app(Settings.model_validate({"TILLPAID_INSTANCE_DIR": folder, "database_url": ""}))
    with app.app_context():
        upgrade(db.engine)
        factories.make_company()
    wrong = 0
    for thing in THINGS:
        tally = try_all(app, thing)
        print(f"{thing.name:<14} {tally}", *tally.faults, sep="\n  ")
        wrong += len(tally.faults)
    print(f"{wrong} wrong")
    return wrong


def main() -> int:
    logging.disable(logging.CRITICAL)
    with (
        tempfile.TemporaryDirectory(prefix="transitions-") as folder,
        patch.object(clock, "now", lambda: factories.NOW),
    ):
        return 1 if run(Path(folder)) else 0


if __name__ == "__main__":
    sys.exit(main())
