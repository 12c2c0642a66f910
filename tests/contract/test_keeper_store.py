"""What every store of the keeper does: the fake in memory and SQLite."""

import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from dyepack.storage.errors import DatabaseError
from dyepack.storage.keeper_database import KeeperDatabase
from dyepack.storage.private_file import read_key_file, write_key_file
from dyepack.terms.ids import record_bytes
from dyepack.vault.errors import KeeperSchemaError, KeyFileBrokenError, KeyFileOpenError
from dyepack.vault.keeper.ports import KeeperStore, PersonRow, Progress, Ring, Use, WrappedKey
from dyepack.vault.record import DISPLAY, RecordState
from fakes.keeper_store import FakeKeeperStore
from fakes.keeper_world import NOON, SetClock, World


def _row(number: int) -> PersonRow:
    return PersonRow(number.to_bytes(16, "big"), RecordState.HELD, 1, -1, bytes([number % 256]) * 100)


@pytest.fixture(params=["fake", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[KeeperStore]:
    made: KeeperStore = FakeKeeperStore() if request.param == "fake" else KeeperDatabase(tmp_path / "keeper.db")
    yield made
    made.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "keeper.db"


def test_people_come_back_as_they_were_added(store: KeeperStore) -> None:
    rows = [_row(number) for number in range(1, 1201)]
    assert store.add_persons(rows)
    assert store.persons([row.record for row in rows]) == {row.record: row for row in rows}
    assert store.persons([_row(5).record, bytes(16)]) == {_row(5).record: _row(5)}
    assert store.persons([]) == {}


def test_a_record_that_exists_lets_none_of_the_batch_in(store: KeeperStore) -> None:
    store.add_persons([_row(1)])
    assert not store.add_persons([_row(2), replace(_row(1), wrapped=bytes(100))])
    assert not store.add_persons([_row(3), _row(3)])
    assert store.persons([_row(number).record for number in (1, 2, 3)]) == {_row(1).record: _row(1)}


def test_states_follow_the_order_of_the_log(store: KeeperStore) -> None:
    store.add_persons([_row(1), _row(2)])
    store.set_state([_row(1).record], RecordState.OPEN, 7)
    store.set_state([_row(1).record], RecordState.HELD, 7)
    store.set_state([_row(1).record], RecordState.HELD, 3)
    found = store.persons([_row(1).record, _row(2).record])
    assert (found[_row(1).record].state, found[_row(1).record].state_index) == (RecordState.OPEN, 7)
    assert found[_row(2).record] == _row(2)


def test_destroyed_people_are_gone_and_others_stay(store: KeeperStore) -> None:
    store.add_persons([_row(1), _row(2)])
    store.destroy([_row(1).record, bytes(16)])
    assert list(store.persons([_row(1).record, _row(2).record])) == [_row(2).record]


def test_all_records_are_named_and_destroyed_ones_are_not(store: KeeperStore) -> None:
    store.add_persons([_row(1), _row(2), _row(3)])
    store.destroy([_row(2).record])
    assert sorted(store.records()) == [_row(1).record, _row(3).record]


def test_keys_are_kept_by_ring_name_and_version(store: KeeperStore) -> None:
    lot = WrappedKey("lot", 1, b"wrapped", b"d" * 32, 12)
    note = WrappedKey("staff", 1, b"note")
    assert store.keys(Ring.INDEX, "lot") == []
    assert store.add_key(Ring.INDEX, lot)
    assert store.add_key(Ring.NOTE, note)
    assert store.add_key(Ring.NOTE, replace(note, version=2))
    assert not store.add_key(Ring.NOTE, replace(note, wrapped=b"another"))
    assert store.keys(Ring.INDEX, "lot") == [lot]
    assert store.keys(Ring.NOTE, "staff") == [note, replace(note, version=2)]
    assert store.keys(Ring.KEK, "lot") == []


def test_progress_is_what_was_saved_last(store: KeeperStore) -> None:
    assert store.progress(1) == Progress()
    for size in (5, 9):
        progress = Progress(1, size, b"r" * 32, honored=size, lo=1, hi=size, derived=3)
        store.save(progress, [])
        assert store.progress(1) == progress


def test_progress_is_kept_log_by_log(store: KeeperStore) -> None:
    first, second = Progress(1, 5, b"r" * 32, derived=3), Progress(2, 2, b"s" * 32)
    store.save(first, [])
    assert store.progress(2) == Progress(2)
    store.save(second, [])
    assert (store.progress(1), store.progress(2)) == (first, second)


def test_uses_are_kept_by_day(store: KeeperStore) -> None:
    first, second = Use("2026-11-22", "a_x", "display", 3), Use("2026-11-23", "a_x", "display", 1)
    store.save(Progress(), [first, second])
    store.save(Progress(), [replace(second, used=4)])
    assert store.uses("2026-11-22") == [first]
    assert store.uses("2026-11-23") == [replace(second, used=4)]
    assert store.uses("2026-11-22") == []


def test_a_keeper_works_over_it_and_over_it_again(store: KeeperStore) -> None:
    world = World(store=store)
    token, _ = world.person()
    alias = world.alias(token)
    world.restart()
    assert world.alias(token) == alias
    assert world.keeper.open(world.viewed(token), [(token, [DISPLAY])])


# -- SQLite alone ---------------------------------------------------------------------------------------------------


def test_what_was_added_survives_without_a_close(path: Path) -> None:
    first = KeeperDatabase(path)
    first.add_persons([_row(1)])
    first.save(Progress(1, 4, b"r" * 32), [Use("2026-11-22", "a_x", "display", 3)])
    second = KeeperDatabase(path)
    assert second.persons([_row(1).record])
    assert second.progress(1).size == 4
    assert second.uses("2026-11-22")
    second.close()
    first.close()


def test_no_byte_of_a_destroyed_key_stays_in_any_file(path: Path) -> None:
    store = KeeperDatabase(path)
    world = World(store=store, clock=SetClock(NOON))
    tokens = [world.person()[0] for _ in range(5)]
    rows = [store.persons([record])[record] for record in _records(tokens)]
    assert all(row.wrapped in _bytes(path.parent) for row in rows)
    world.erase(tokens[0])
    left = _bytes(path.parent)
    assert rows[0].wrapped[8:] not in left
    assert rows[0].record not in left
    assert all(row.wrapped in left for row in rows[1:])
    store.close()


def test_all_files_are_readable_by_their_owner_alone(path: Path) -> None:
    store = KeeperDatabase(path)
    store.add_persons([_row(1)])
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    assert set(modes) >= {"keeper.db", "keeper.db-wal"}
    assert set(modes.values()) == {0o600}
    store.close()


def test_a_database_that_others_can_read_is_refused(path: Path) -> None:
    KeeperDatabase(path).close()
    path.chmod(0o640)
    with pytest.raises(KeyFileOpenError):
        KeeperDatabase(path)


def test_a_database_of_another_version_is_refused(path: Path) -> None:
    KeeperDatabase(path).close()
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE meta SET schema_version = 2")
    engine.dispose()
    with pytest.raises(KeeperSchemaError) as refused:
        KeeperDatabase(path)
    assert refused.value.facts == {"found": 2, "needed": 1}


def test_a_file_that_is_no_database_is_refused(path: Path) -> None:
    path.write_bytes(b"no database at all" * 100)
    path.chmod(0o600)
    with pytest.raises(DatabaseError):
        KeeperDatabase(path)


def test_a_key_file_is_32_bytes_of_its_owner(tmp_path: Path) -> None:
    file = tmp_path / "root.key"
    write_key_file(file, bytes(range(32)))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert read_key_file(file) == bytes(range(32))
    with pytest.raises(KeyFileBrokenError):
        write_key_file(file, bytes(32))
    for mode in (0o640, 0o604, 0o620, 0o644):
        file.chmod(mode)
        with pytest.raises(KeyFileOpenError):
            read_key_file(file)


def test_a_key_file_that_is_missing_short_long_or_a_link_is_refused(tmp_path: Path) -> None:
    good = tmp_path / "good.key"
    write_key_file(good, bytes(32))
    (tmp_path / "link.key").symlink_to(good)
    for name, content in (("short.key", bytes(31)), ("long.key", bytes(33))):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(0o600)
    for name in ("none.key", "short.key", "long.key", "link.key"):
        with pytest.raises(KeyFileBrokenError):
            read_key_file(tmp_path / name)


def _records(tokens: list[str]) -> list[bytes]:
    return [record_bytes(token) for token in tokens]


def _bytes(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())
