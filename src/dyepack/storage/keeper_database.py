"""The keeper's own database (``HOME/keeper/keeper.db``) and its key files.

Another file than the vault's, made for another account: whoever has all but this folder has nothing. SQLite, journal
WAL, ``synchronous=FULL``, ``secure_delete=ON``, mode 0600.

Two connections: *durable* for keys of people, states and wrapped keys (synced before the call returns); *quick* for
reads and for progress, which must survive a killed process only (``vault.keeper.service`` says why). The schema has a
version of its own and no migrations so far: another version is refused.
"""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    String,
    Table,
    bindparam,
    create_engine,
    delete,
    event,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from dyepack.storage.database import BUSY_SECONDS, sqlite_engine
from dyepack.storage.errors import DatabaseError
from dyepack.storage.private_file import check_private
from dyepack.terms.errors import DyepackError
from dyepack.vault.errors import KeeperSchemaError
from dyepack.vault.keeper.ports import PersonRow, Progress, Ring, Use, WrappedKey
from dyepack.vault.record import RecordState

SCHEMA_VERSION = 1
_CHUNK = 500

_metadata = MetaData()


def _wrapped_keys(name: str, *more: Column[Any]) -> Table:
    return Table(
        name,
        _metadata,
        Column("ref", String(64), primary_key=True),
        Column("version", Integer, primary_key=True),
        Column("wrapped", LargeBinary, nullable=False),
        *more,
    )


person_key = Table(
    "person_key",
    _metadata,
    Column("record", LargeBinary(16), primary_key=True),
    Column("state", String(8), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state_index", Integer, nullable=False),
    Column("wrapped", LargeBinary(100), nullable=False),
)
kek = _wrapped_keys("kek")
index_key = _wrapped_keys(
    "index_key", Column("entry_digest", LargeBinary(32), nullable=False), Column("rows", Integer, nullable=False)
)
note_key = _wrapped_keys("note_key")
head = Table(
    "head",
    _metadata,
    Column("id", Integer, primary_key=True),
    *(Column(name, Integer, nullable=False) for name in ("size", "honored", "lo", "hi", "derived")),
    Column("root", LargeBinary(32), nullable=False),
)
ceiling_use = Table(
    "ceiling_use",
    _metadata,
    Column("day", String(10), primary_key=True),
    Column("actor", String(28), primary_key=True),
    Column("what", String(16), primary_key=True),
    Column("used", Integer, nullable=False),
)
meta = Table("meta", _metadata, Column("schema_version", Integer, primary_key=True))
_ONE = select(person_key).where(person_key.c.record == bindparam("record"))
_SOME = select(person_key).where(person_key.c.record.in_(bindparam("records", expanding=True)))
_RINGS = {Ring.KEK: kek, Ring.INDEX: index_key, Ring.NOTE: note_key}


class KeeperDatabase:
    """Satisfies ``vault.keeper.ports.KeeperStore``. Callers may be many threads of one process."""

    def __init__(self, path: Path) -> None:
        """Open, or make, the database.

        Raises:
            KeyFileOpenError: Other accounts could read it.
            KeeperSchemaError: Made by another version.
            DatabaseError: It cannot be opened.
        """
        try:
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
        except OSError as error:
            raise DatabaseError(reason=type(error).__name__) from error
        check_private(path.stat(), path.name)
        self._durable_lock = threading.Lock()
        self._quick_lock = threading.Lock()
        self._engines = (sqlite_engine(path, immediate=True), _quick_engine(path))
        with _translated():
            self._durable, self._quick = (engine.connect() for engine in self._engines)
        try:
            self._check_schema()
        except DyepackError:
            self.close()
            raise

    def _check_schema(self) -> None:
        with self._writing() as connection:
            if not inspect(connection).get_table_names():
                _metadata.create_all(connection)
                connection.execute(insert(meta).values(schema_version=SCHEMA_VERSION))
            elif not inspect(connection).has_table("meta"):
                raise KeeperSchemaError(found=0, needed=SCHEMA_VERSION)
            found = connection.execute(select(meta.c.schema_version)).scalar_one()
            if found != SCHEMA_VERSION:
                raise KeeperSchemaError(found=found, needed=SCHEMA_VERSION)

    def keys(self, ring: Ring, ref: str) -> list[WrappedKey]:
        """All versions of a key, oldest first."""
        table = _RINGS[ring]
        rows = self._read(select(table).where(table.c.ref == ref).order_by(table.c.version))
        return [WrappedKey(**row) for row in rows]

    def add_key(self, ring: Ring, key: WrappedKey) -> bool:
        """Keep a key durably."""
        table = _RINGS[ring]
        values = {column.name: getattr(key, column.name) for column in table.c}
        return self._insert(table, [values])

    def add_persons(self, rows: Sequence[PersonRow]) -> bool:
        """Keep all rows durably, or none."""
        return self._insert(
            person_key,
            [
                {
                    "record": row.record,
                    "state": row.state.value,
                    "version": row.version,
                    "state_index": row.state_index,
                    "wrapped": row.wrapped,
                }
                for row in rows
            ],
        )

    def persons(self, records: Sequence[bytes]) -> dict[bytes, PersonRow]:
        """Rows by record."""
        found: dict[bytes, PersonRow] = {}
        for some in _chunks(list(dict.fromkeys(records))):
            statement, given = (_ONE, {"record": some[0]}) if len(some) == 1 else (_SOME, {"records": list(some)})
            with self._quick_lock, _translated(), self._quick.begin():
                rows = self._quick.execute(statement, given).all()
            for record, state, version, state_index, wrapped in rows:
                found[record] = PersonRow(record, RecordState(state), version, state_index, wrapped)
        return found

    def records(self) -> list[bytes]:
        """All records that have a row."""
        return [row["record"] for row in self._read(select(person_key.c.record))]

    def set_state(self, records: Sequence[bytes], state: RecordState, index: int) -> None:
        """Set the state of rows that no later entry has set."""
        change = update(person_key).where(person_key.c.state_index < index)
        with self._writing() as connection:
            for some in _chunks(records):
                connection.execute(
                    change.where(person_key.c.record.in_(some)).values(state=state.value, state_index=index)
                )

    def destroy(self, records: Sequence[bytes]) -> None:
        """Delete rows, zero their pages, and empty the write-ahead log.

        Raises:
            DatabaseError: Something of them may still be in the write-ahead log; call again.
        """
        with self._quick_lock:  # a reader would keep the old pages in the write-ahead log
            with self._writing() as connection:
                for some in _chunks(records):
                    connection.execute(delete(person_key).where(person_key.c.record.in_(some)))
            with self._durable_lock:
                self._fold()

    def progress(self, log: int) -> Progress:
        """As last saved for a log; a row each."""
        rows = self._read(select(*(column for column in head.c if column.name != "id")).where(head.c.id == log))
        return Progress(log, **rows[0]) if rows else Progress(log)

    def save(self, progress: Progress, uses: Sequence[Use]) -> None:
        """Keep progress and uses, not synced."""
        values = {name: getattr(progress, name) for name in Progress.__slots__ if name != "log"}
        statement = sqlite_insert(head).values(id=progress.log, **values)
        counted = sqlite_insert(ceiling_use)
        counted = counted.on_conflict_do_update(
            index_elements=list(ceiling_use.primary_key), set_={"used": counted.excluded.used}
        )
        rows = [{"day": use.day, "actor": use.actor, "what": use.what, "used": use.used} for use in uses]
        with self._quick_lock, _translated(), self._quick.begin():
            self._quick.exec_driver_sql("BEGIN IMMEDIATE")  # the connection commits by itself otherwise
            try:
                self._quick.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))
                if rows:
                    self._quick.execute(counted, rows)
            except BaseException:
                self._quick.exec_driver_sql("ROLLBACK")
                raise
            self._quick.exec_driver_sql("COMMIT")

    def uses(self, day: str) -> list[Use]:
        """Uses of a day; older days are dropped."""
        with self._writing() as connection:
            connection.execute(delete(ceiling_use).where(ceiling_use.c.day < day))
        return [Use(**row) for row in self._read(select(ceiling_use).where(ceiling_use.c.day == day))]

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go."""
        with self._quick_lock, self._durable_lock:
            self._quick.close()
            if not self._durable.closed:
                self._fold()
            self._durable.close()
            for engine in self._engines:
                engine.dispose()

    def _insert(self, table: Table, rows: list[dict[str, Any]]) -> bool:
        try:
            with self._durable_lock, self._durable.begin():
                self._durable.execute(insert(table), rows)
        except IntegrityError:
            return False
        except SQLAlchemyError as error:
            raise DatabaseError(reason=type(error).__name__) from error
        return True

    def _read(self, statement: Select[Any]) -> list[dict[str, Any]]:
        with self._quick_lock, _translated(), self._quick.begin():
            return [dict(row) for row in self._quick.execute(statement).mappings()]

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._durable_lock, _translated(), self._durable.begin():
            yield self._durable

    def _fold(self) -> None:
        """Bring the write-ahead log into the file and cut it to nothing."""
        raw = self._durable.connection.driver_connection
        assert isinstance(raw, sqlite3.Connection)
        with _translated():
            busy, *_ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise DatabaseError(reason="busy")


def _chunks(records: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(records), _CHUNK):
        yield records[start : start + _CHUNK]


def _quick_engine(path: Path) -> Engine:
    """Autocommit, not synced, for reads and progress."""
    engine = create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        isolation_level="AUTOCOMMIT",
    )

    @event.listens_for(engine, "connect")
    def _pragmas(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in ("synchronous=NORMAL", "secure_delete=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")

    return engine


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise DatabaseError(reason=type(error).__name__) from error
