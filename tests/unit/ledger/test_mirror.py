"""A mirror takes only what the signed checkpoint covers, goes on where it stopped, and keeps what it has."""

import pytest

from dyepack.ledger import audit_log, mirror_log
from dyepack.ledger.errors import BrokenLogError, LedgerError, NoteError
from fakes.ledger_logs import VKEY, MemoryLog


@pytest.fixture
def log() -> MemoryLog:
    log = MemoryLog().grow(600)
    log.publish()
    return log


def bring(log: MemoryLog, copy: dict[str, bytes], asked: list[str] | None = None):
    def fetch(path: str) -> bytes | None:
        if asked is not None:
            asked.append(path)
        return log.files.get(path)

    return mirror_log(fetch, copy.get, copy.__setitem__, VKEY)


def test_a_mirror_is_a_whole_log(log):
    copy: dict[str, bytes] = {}

    assert bring(log, copy).size == 600
    assert audit_log(copy.get, VKEY).whole
    assert copy == {name: data for name, data in log.files.items() if name in copy}


def test_a_second_run_fetches_only_what_is_new(log):
    copy: dict[str, bytes] = {}
    bring(log, copy)
    log.grow(300).publish()
    asked: list[str] = []
    bring(log, copy, asked)

    assert [path for path in asked if "entries" in path] == ["tile/entries/002", "tile/entries/003.p/132"]
    assert audit_log(copy.get, VKEY, earlier=[log.note(600)]).whole


def test_an_interrupted_run_is_taken_up(log):
    copy: dict[str, bytes] = {}
    asked: list[str] = []

    def breaks(path: str) -> bytes | None:
        if path == "tile/entries/001":
            raise ConnectionError
        return log.files.get(path)

    with pytest.raises(ConnectionError):
        mirror_log(breaks, copy.get, copy.__setitem__, VKEY)
    assert "checkpoint" not in copy
    bring(log, copy, asked)
    assert "tile/entries/000" not in asked
    assert audit_log(copy.get, VKEY).whole


@pytest.mark.parametrize(
    "path", ["tile/entries/000", "tile/entries/002.p/88", "tile/0/001", "tile/1/000.p/2", "tile/0/002.p/88"]
)
def test_a_changed_file_is_refused_and_no_checkpoint_is_written(log, path):
    other = MemoryLog(1).grow(600)
    other.publish()
    log.files[path] = other.files[path]
    copy: dict[str, bytes] = {}

    with pytest.raises(LedgerError):
        bring(log, copy)
    assert "checkpoint" not in copy
    assert path not in copy


@pytest.mark.parametrize("path", ["checkpoint", "tile/entries/001", "tile/0/000", "tile/1/000.p/2"])
def test_a_missing_file_is_named(log, path):
    del log.files[path]

    with pytest.raises(BrokenLogError, match=path):
        bring(log, {})


def test_a_log_that_was_written_anew_does_not_continue_the_copy(log):
    copy: dict[str, bytes] = {}
    bring(log, copy)
    kept = dict(copy)
    other = MemoryLog(1).grow(700)
    other.publish()

    with pytest.raises(BrokenLogError, match="does not continue"):
        bring(other, copy)
    assert copy == kept


def test_a_log_that_was_cut_is_refused(log):
    copy: dict[str, bytes] = {}
    bring(log, copy)
    short = MemoryLog().grow(500)
    short.publish()

    with pytest.raises(BrokenLogError, match="shorter"):
        bring(short, copy)


def test_a_checkpoint_of_another_key_is_refused(log):
    log.files["checkpoint"] = log.files["checkpoint"].replace(b"600", b"601")
    with pytest.raises(NoteError):
        bring(log, {})
    log.files["checkpoint"] = b"\xff"
    with pytest.raises(NoteError):
        bring(log, {})


def test_the_witnessed_checkpoint_is_taken_along(log):
    log.files["checkpoint.witnessed"] = log.note(256).encode()
    copy: dict[str, bytes] = {}
    bring(log, copy)

    assert copy["checkpoint.witnessed"] == log.note(256).encode()
