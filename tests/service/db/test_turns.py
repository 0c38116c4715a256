"""A page that writes waits a moment, not until a busy worker has nothing left to do."""

import threading
import time

from sqlalchemy import create_engine

from app.db.base import prepare_engine


def test_a_writer_gets_its_turn_in_the_short_pauses_of_a_busy_one(tmp_path):
    engine = create_engine(f"sqlite:///{tmp_path / 'turns.db'}")
    prepare_engine(engine)
    began, done = threading.Event(), threading.Event()

    def keep_busy():
        give_up = time.monotonic() + 8
        while not done.is_set() and time.monotonic() < give_up:
            with engine.connect().execution_options(tillpaid_writes=True) as connection, connection.begin():
                began.set()
                time.sleep(0.15)
            time.sleep(0.008)

    busy = threading.Thread(target=keep_busy)
    busy.start()
    began.wait(5)
    asked = time.monotonic()
    with engine.connect().execution_options(tillpaid_writes=True) as connection, connection.begin():
        waited = time.monotonic() - asked
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == 15_000
    done.set()
    busy.join()
    engine.dispose()
    assert waited < 2
