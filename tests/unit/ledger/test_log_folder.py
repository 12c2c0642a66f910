import os
import stat

import pytest

from dyepack.ledger import parse_vkey
from dyepack.ledger.errors import (
    FolderError,
    LockedError,
    NoteError,
    RootMismatchError,
    TileError,
    UnavailableError,
    WalError,
)
from dyepack.ledger.tiles import Tile
from dyepack.ledger.wal import SEGMENT_ENTRIES
from dyepack.storage.log_folder import LogFolder, restore
from fakes.ledger_logs import VKEY, MemoryLog

KEYS = [parse_vkey(VKEY)]

LOG = MemoryLog().grow(600)
FILES = LOG.publish()


@pytest.fixture
def folder(tmp_path):
    folder = LogFolder(tmp_path / "ledger")
    yield folder
    folder.close()


@pytest.fixture
def full(folder):
    folder.append(0, LOG.entries)
    folder.write(FILES)
    return folder


def test_folder_and_files_are_for_their_owner_alone(full):
    modes = {stat.S_IMODE(path.stat().st_mode) for path in full.path.rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in [full.path, *full.path.rglob("*")] if path.is_dir()}

    assert (modes, folders) == ({0o600}, {0o700})


def test_a_folder_has_one_holder(folder):
    with pytest.raises(LockedError):
        LogFolder(folder.path)


def test_a_closed_folder_can_be_opened_again(folder):
    folder.append(0, [b"x"])
    folder.close()
    folder.close()

    LogFolder(folder.path).close()


def test_a_path_that_is_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(FolderError):
        LogFolder(tmp_path / "file")


def test_a_file_that_is_a_folder_can_not_be_read(folder):
    (folder.path / "checkpoint").mkdir()

    with pytest.raises(FolderError):
        folder.read("checkpoint")


def test_no_temporary_file_is_left(full):
    assert [path for path in full.path.rglob("*") if path.name.endswith(".tmp")] == []


def test_entries_come_back_in_order(full):
    assert list(full.replay(0)) == list(enumerate(LOG.entries))
    assert list(full.replay(598)) == list(enumerate(LOG.entries))[598:]


def test_an_empty_folder_has_no_entries(folder):
    assert list(folder.replay(0)) == []


def test_entries_cross_into_a_new_segment(folder):
    entries = [b"%d" % number for number in range(SEGMENT_ENTRIES + 3)]

    folder.append(0, entries[:-5])
    folder.append(SEGMENT_ENTRIES - 2, entries[-5:])

    names = sorted(path.name for path in (folder.path / "wal").iterdir())
    assert names == ["0000000000000000.wal", "0000000000010000.wal"]
    assert [raw for _, raw in folder.replay(0)] == entries
    assert [raw for _, raw in folder.replay(SEGMENT_ENTRIES)] == entries[-3:]


def test_a_missing_segment_is_fatal(folder):
    folder.append(0, [b"%d" % number for number in range(SEGMENT_ENTRIES + 3)])
    (folder.path / "wal" / "0000000000000000.wal").unlink()

    with pytest.raises(WalError, match="missing"):
        list(folder.replay(0))


def test_a_torn_end_is_cut_off_and_the_next_entry_follows(folder):
    folder.append(0, [b"kept", b"torn"])
    segment = folder.path / "wal" / "0000000000000000.wal"
    segment.write_bytes(segment.read_bytes()[:-1])

    assert list(folder.replay(0)) == [(0, b"kept")]
    folder.append(1, [b"next"])

    assert list(folder.replay(0)) == [(0, b"kept"), (1, b"next")]


def test_after_a_failed_write_nothing_is_appended_any_more(folder, monkeypatch):
    folder.append(0, [b"kept"])
    write = os.write

    def full_disk(handle, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full_disk)
    with pytest.raises(UnavailableError, match="No space"):
        folder.append(1, [b"lost"])
    monkeypatch.setattr(os, "write", write)

    with pytest.raises(UnavailableError, match="earlier"):
        folder.append(1, [b"never"])
    assert list(folder.replay(0)) == [(0, b"kept")]


def test_short_writes_are_continued(folder, monkeypatch):
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, data: write(handle, data[:7]))

    folder.append(0, [b"a longer entry than seven bytes"])

    assert list(folder.replay(0)) == [(0, b"a longer entry than seven bytes")]


def test_a_failed_file_is_an_error_without_an_errno_too(folder, monkeypatch):
    def refuse(handle):
        raise OSError("strange")

    monkeypatch.setattr(os, "fsync", refuse)

    with pytest.raises(UnavailableError, match="input or output"):
        folder.write({"checkpoint": b"x"})


def test_narrower_tiles_go_when_a_wider_one_is_published(full):
    full.write({"tile/0/002.p/90": b"", "tile/entries/002.p/90": b"", "tile/1/000.p/3": b""})

    full.drop_narrower(Tile(0, 2, 90))
    full.drop_narrower(Tile(1, 0, 3))

    for name in ("0/002.p", "entries/002.p", "1/000.p"):
        assert len(list((full.path / "tile" / name).iterdir())) == 1

    full.drop_narrower(Tile(0, 2, 256))

    assert not (full.path / "tile/0/002.p").exists()


def test_nothing_to_drop_is_no_error(folder):
    folder.drop_narrower(Tile(0, 0, 256))


def test_a_folder_is_restored(full):
    found = restore(full, KEYS)

    assert found.tree.edge().root == LOG.log.tree.edge().root
    assert (found.published, found.tiled, found.checkpoint) == (600, 600, LOG.note())
    assert found.tail == LOG.entries[512:]


def test_entries_after_the_checkpoint_are_restored(folder):
    shorter = MemoryLog().grow(300)
    folder.append(0, LOG.entries)
    folder.write(shorter.publish())

    found = restore(folder, KEYS)

    assert found.tree.edge().root == LOG.log.tree.edge().root
    assert found.published == 300
    assert found.tail == LOG.entries[256:]


def test_tiles_that_were_moved_away_are_rebuilt_from_the_segments(full):
    (full.path / "tile").rename(full.path / "away")

    found = restore(full, KEYS)

    assert found.tree.edge().root == LOG.log.tree.edge().root
    assert (found.published, found.tiled, len(found.tail)) == (600, 0, 600)


def test_an_empty_folder_is_restored_as_an_empty_log(folder):
    found = restore(folder, KEYS)

    assert (found.tree.size, found.published, found.checkpoint, found.tail) == (0, 0, None, [])


def test_lost_entries_below_the_checkpoint_are_fatal(folder):
    folder.append(0, LOG.entries[:590])
    folder.write(FILES)

    with pytest.raises(WalError, match="590"):
        restore(folder, KEYS)


def test_a_changed_tile_or_entry_below_the_checkpoint_is_fatal(full):
    full.write({"tile/1/000.p/2": bytes(64)})

    with pytest.raises(RootMismatchError):
        restore(full, KEYS)


def test_a_missing_tile_is_fatal_and_names_the_remedy(full):
    (full.path / "tile/1/000.p/2").unlink()

    with pytest.raises(TileError, match="move the folder"):
        restore(full, KEYS)


@pytest.mark.parametrize("note", [b"\xff", b"", LOG.note().encode()[:-1], LOG.note().replace("600", "601").encode()])
def test_a_damaged_checkpoint_is_fatal(full, note):
    full.write({"checkpoint": note})

    with pytest.raises(NoteError):
        restore(full, KEYS)
