"""The unit of work: one fact, one transaction, opened at the rim only."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from app.db.base import session

T = TypeVar("T")

MOST_TRIES = 5
RETRYABLE_STATES = {"40001", "40P01"}  # serialization failure, deadlock


@contextmanager
def unit_of_work() -> Iterator[Session]:
    """Ends the page's read, begins a writing transaction, commits at the end or leaves nothing behind.

    Objects loaded before are expired: services take ids and load again under lock.
    """
    current = session()
    if current.info.get("unit_of_work"):
        raise RuntimeError("a unit of work is open already; services never open one")
    current.rollback()
    current.connection(execution_options={"tillpaid_writes": True})
    current.info["unit_of_work"] = True
    try:
        yield current
        current.commit()
    except BaseException:
        current.rollback()
        raise
    finally:
        current.info.pop("unit_of_work", None)


def in_unit_of_work(work: Callable[[], T]) -> T:
    """Runs `work` in a unit of work, again after a deadlock or a busy database, five times at most."""
    for attempt in range(1, MOST_TRIES + 1):
        try:
            with unit_of_work():
                return work()
        except DBAPIError as error:
            if attempt == MOST_TRIES or not is_retryable(error):
                raise
            time.sleep(random.uniform(0.01, 0.05) * attempt)  # noqa: S311 - spreads contenders, no secret
    raise AssertionError("unreachable")


def rehearse(work: Callable[[], T]) -> T:
    """What `work` would answer in a unit of work; nothing of it stays."""
    with unit_of_work() as current:
        answer = work()
        current.rollback()
    return answer


def is_retryable(error: DBAPIError) -> bool:
    """Whether the engine itself asks for the transaction to be tried again."""
    state = getattr(error.orig, "sqlstate", None)
    return state in RETRYABLE_STATES or "database is locked" in str(error.orig)


def is_in_unit_of_work() -> bool:
    return bool(session().info.get("unit_of_work"))
