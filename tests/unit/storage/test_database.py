import threading
from pathlib import Path

import pytest
from sqlalchemy import Connection, select, text

from dyepack.storage.database import Database
from dyepack.storage.errors import DatabaseError
from dyepack.storage.govern_store import KnownStore
from dyepack.storage.schema import upgrade
from dyepack.storage.tables import known


@pytest.fixture
def database(tmp_path: Path):
    path = tmp_path / "vault.db"
    upgrade(path)
    database = Database(path)
    yield database
    database.close()


def test_a_piece_that_raises_is_rolled_back_alone(database: Database) -> None:
    store = KnownStore(database)
    gate = threading.Event()
    outcomes: list[str] = []

    def slow(_connection: Connection) -> None:
        gate.wait(5)

    def broken(connection: Connection) -> None:
        connection.execute(known.insert(), [{"name": "broken", "value": "x"}])
        msg = "no"
        raise ValueError(msg)

    def attempt() -> None:
        with pytest.raises(ValueError, match="no"):
            database.write(broken)
        outcomes.append("raised")

    threads = [threading.Thread(target=database.write, args=(slow,)), threading.Thread(target=attempt)]
    threads.append(threading.Thread(target=store.put, args=("whole", "y")))
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join()
    assert outcomes == ["raised"]
    assert store.get("broken") is None
    assert store.get("whole") == "y"


def test_what_the_database_refuses_is_our_error(database: Database) -> None:
    def twice(connection: Connection) -> None:
        connection.execute(known.insert(), [{"name": "a", "value": "x"}, {"name": "a", "value": "y"}])

    with pytest.raises(DatabaseError) as refused:
        database.write(twice)
    assert refused.value.__cause__ is not None
    assert database.read(lambda connection: connection.execute(select(known)).all()) == []


def test_every_commit_is_synced_and_freed_pages_are_overwritten(database: Database) -> None:
    def pragmas(connection: Connection) -> dict[str, object]:
        names = ("journal_mode", "synchronous", "secure_delete", "foreign_keys", "temp_store")
        return {name: connection.execute(text(f"PRAGMA {name}")).scalar_one() for name in names}

    expected = {"journal_mode": "wal", "synchronous": 2, "secure_delete": 1, "foreign_keys": 1, "temp_store": 2}
    assert database.write(pragmas) == expected
    assert database.read(pragmas) == expected


def test_a_closed_database_takes_nothing_more(database: Database) -> None:
    database.close()
    with pytest.raises(DatabaseError):
        database.write(lambda _connection: None)
