"""The command line with a worker that hands mails over without having said so first: what the campaign must catch."""

from __future__ import annotations

from datetime import datetime

from app.cli import main
from app.outbox import delivery
from app.outbox.delivery import Claim
from app.outbox.transports import Answer

_start_data, _settle = delivery.start_data, delivery.settle


def _say_nothing(claim: Claim, now: datetime) -> bool:
    del claim, now
    return True


def _settle_at_once(claim: Claim, answer: Answer, now: datetime) -> str:
    _start_data(claim, now)
    return _settle(claim, answer, now)


delivery.start_data = _say_nothing
delivery.settle = _settle_at_once

if __name__ == "__main__":
    main()
