"""The database of a witness: what it cosigned last per log, and the requests that it keeps as evidence.

One SQLite file, journal WAL, ``synchronous=FULL``. What was cosigned is read, compared and replaced in one
``BEGIN IMMEDIATE``, and the caller is answered after COMMIT: of two growing requests that race, in one process or in
several, one wins and the other meets the new size.

Evidence of one kind about one head is kept once, and at most 1,000 of an origin: whoever can sign for a log must not be
able to fill the disk of its witness, and the first ones tell as much as the last.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Row,
    String,
    Table,
    UniqueConstraint,
    func,
    select,
)
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import SQLAlchemyError

from dyepack.ledger import Head
from dyepack.ledger.errors import WitnessFolderError
from dyepack.ledger.witness import AddCheckpoint, Decision, Evidence, Seen, Verdict
from dyepack.storage.database import sqlite_engine

MAX_EVIDENCE = 1_000
Settle = Callable[[Seen | None, int], Decision]
"""``settle(seen, latest)``: decides while nothing else is; ``latest`` is the last time stated for any origin."""

_metadata = MetaData()
seen = Table(
    "seen",
    _metadata,
    Column("origin", String, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("note", String, nullable=False),
    Column("seconds", BigInteger, nullable=False),
)
evidence = Table(
    "evidence",
    _metadata,
    Column("number", Integer, primary_key=True),
    Column("received", BigInteger, nullable=False),
    Column("origin", String, nullable=False),
    Column("verdict", String(12), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary(32), nullable=False),
    Column("request", LargeBinary, nullable=False),
    Column("seen", String, nullable=False),
    UniqueConstraint("origin", "verdict", "size", "root"),
)


class WitnessStore:
    """Reads and writes the two tables. Callers may be many threads and processes."""

    def __init__(self, path: Path) -> None:
        """Open the database.

        Raises:
            WitnessFolderError: It is not there. It is not made anew: a witness that forgot what it cosigned would
                cosign another history.
        """
        if not path.is_file():
            raise WitnessFolderError(why=f"{path.name} is gone, and with it what was cosigned; take new keys")
        self._lock = threading.Lock()  # SQLite's own waits by polling, which is slow among threads
        self._readers = sqlite_engine(path, immediate=False)
        self._writer = sqlite_engine(path, immediate=True)

    @classmethod
    def make(cls, path: Path) -> None:
        """Make the database of a new witness.

        Raises:
            WitnessFolderError: It cannot be made.
        """
        path.touch(mode=0o600, exist_ok=False)
        store = cls(path)
        with _within(store._writer) as connection:
            _metadata.create_all(connection)
        store.close()

    def settle(self, request: AddCheckpoint, body: bytes, received: int, decide: Settle) -> Decision:
        """Decide about a request and write what the decision says, atomically.

        Args:
            request: The request.
            body: Its bytes, kept if they are evidence.
            received: Microseconds since 1970 UTC.
            decide: Takes what was cosigned last for the origin, and the last time stated for any.

        Raises:
            WitnessFolderError: The database failed; nothing was written and nothing may be answered.
        """
        origin = request.head.origin
        with self._lock, _within(self._writer) as connection:
            before = _read(connection, origin)
            decision = decide(before, connection.scalar(select(func.max(seen.c.seconds))) or 0)
            if decision.store is not None:
                _replace(connection, decision.store)
            if decision.keep is not None and _kept(connection, origin) < MAX_EVIDENCE:
                values = {
                    "received": received,
                    "origin": origin,
                    "verdict": decision.keep.value,
                    "size": request.head.size,
                    "root": request.head.root,
                    "request": body,
                    "seen": before.note if before else "",
                }
                connection.execute(insert(evidence).values(values).on_conflict_do_nothing())
        return decision

    def seen(self, origin: str) -> Seen | None:
        """What was cosigned last."""
        with _within(self._readers) as connection:
            return _read(connection, origin)

    def evidence(self) -> list[Evidence]:
        """All that was kept, oldest first."""
        with _within(self._readers) as connection:
            rows = connection.execute(select(evidence).order_by(evidence.c.number)).all()
        return [Evidence(row.number, row.received, Verdict(row.verdict), row.request, row.seen) for row in rows]

    def close(self) -> None:
        """Let go of the file."""
        self._readers.dispose()
        self._writer.dispose()


@contextmanager
def _within(engine: Engine) -> Iterator[Connection]:
    """One transaction."""
    try:
        with engine.connect() as connection, connection.begin():
            yield connection
    except SQLAlchemyError as error:
        raise WitnessFolderError(why=f"database: {type(error).__name__}") from error


def _read(connection: Connection, origin: str) -> Seen | None:
    row = connection.execute(select(seen).where(seen.c.origin == origin)).one_or_none()
    return _seen(row) if row else None


def _seen(row: Row[tuple[str, int, bytes, str, int]]) -> Seen:
    return Seen(Head(row.origin, row.size, row.root), row.note, row.seconds)


def _replace(connection: Connection, new: Seen) -> None:
    values = {"size": new.head.size, "root": new.head.root, "note": new.note, "seconds": new.seconds}
    statement = insert(seen).values(origin=new.head.origin, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["origin"], set_=values))


def _kept(connection: Connection, origin: str) -> int:
    return connection.scalar(select(func.count()).where(evidence.c.origin == origin)) or 0
