"""The unit of work over SQLite: reads in a snapshot, writes in groups.

Group commit is the architecture: whatever waits goes into one transaction, each piece in its own savepoint, and
nobody is answered before COMMIT. A piece that raises is rolled back alone; a failed COMMIT fails the group.

* journal WAL, ``synchronous=FULL`` (NORMAL may lose acknowledged commits at power loss), ``secure_delete=ON``;
* one writer thread owns every change; readers never wait for it.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import SQLAlchemyError

from dyepack.storage.errors import DatabaseError

T = TypeVar("T")
GROUP = 256
BUSY_SECONDS = 30
_Work = tuple[Callable[[Connection], Any], "Future[Any]"]


def sqlite_engine(path: Path, *, immediate: bool) -> Engine:
    """An engine with the pragmas above; ``immediate`` takes the write lock at BEGIN."""
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _pragmas(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves; the driver's own would break savepoints
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "secure_delete=ON",
            "foreign_keys=ON",
            "temp_store=MEMORY",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")

    return engine


class Database:
    """One SQLite file: ``read`` and ``write`` take a function of a connection."""

    def __init__(self, path: Path) -> None:
        """Open ``path``; the tables must exist (``storage.schema``)."""
        self.path = path
        self._readers = sqlite_engine(path, immediate=False)
        self._writer = sqlite_engine(path, immediate=True)
        self._waiting: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._serve, name="vault-writer", daemon=True)
        self._thread.start()

    def read(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in one snapshot."""
        with self._readers.connect() as connection, connection.begin():
            return work(connection)

    def write(self, work: Callable[[Connection], T]) -> T:
        """Run ``work`` in a group transaction; returns after COMMIT.

        Raises:
            DatabaseError: The database failed; nothing of ``work`` was kept.
        """
        if self._closed:
            raise DatabaseError(reason="closed")
        answer: Future[T] = Future()
        self._waiting.put((work, answer))
        return answer.result()

    def close(self) -> None:
        """Finish what waits, fold the write-ahead log into the file, and let go."""
        if self._closed:
            return
        self._closed = True
        self._waiting.put(None)
        self._thread.join()
        self._readers.dispose()
        with self._writer.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._writer.dispose()

    def scrub(self) -> None:
        """Fold the write-ahead log into the file and empty it, so that erased pages are gone from both."""
        with self._writer.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _serve(self) -> None:
        ended = False
        while not ended:
            group: list[_Work] = []
            item = self._waiting.get()
            while item is not None:
                group.append(item)
                if len(group) == GROUP or self._waiting.empty():
                    break
                item = self._waiting.get()
            ended = item is None
            if group:
                self._commit(group)

    def _commit(self, group: list[_Work]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            with self._writer.connect() as connection, connection.begin():
                for work, answer in group:
                    try:
                        with connection.begin_nested():
                            value = work(connection)
                    except Exception as error:  # noqa: BLE001 - it belongs to the one who asked
                        answer.set_exception(_translated(error))
                    else:
                        done.append((answer, value))
        except SQLAlchemyError as error:
            for _, answer in group:
                if not answer.done():
                    answer.set_exception(_translated(error))
            return
        for answer, value in done:
            answer.set_result(value)


def _translated(error: Exception) -> Exception:
    if isinstance(error, SQLAlchemyError):
        failure = DatabaseError(reason=type(error).__name__)
        failure.__cause__ = error
        return failure
    return error
