import os
import shutil
import threading
import time

import pytest

from dyepack.app import publisher
from dyepack.app import sequencer as module
from dyepack.app.sequencer import Sequencer
from dyepack.ledger import (
    audit_log,
    open_head,
    verify,
    verify_consistency,
    verify_receipt,
    zip_bundle,
)
from dyepack.ledger.errors import (
    BadEntryError,
    BusyError,
    ClosedError,
    ConsistencyError,
    LockedError,
    NoSuchEntryError,
    NoteError,
    RolledBackError,
    TileError,
    UnavailableError,
)
from fakes.ledger_logs import (
    ORIGIN,
    SIGNER,
    START,
    VKEY,
    CountingRandom,
    HandClock,
    MemoryLog,
    look,
    opened,
    org,
    started,
)

CHANCE = CountingRandom(6)


class Follower:
    """A keeper that only checks that heads continue each other."""

    def __init__(self):
        self.heads = []

    def __call__(self, old_size, proof, note):
        head = open_head(note, VKEY)
        if old_size:
            verify_consistency(old_size, head.size, proof, self.heads[-1].root, head.root)
        self.heads.append(head)


@pytest.fixture
def start(tmp_path):
    running = []

    def start(on_head=None, **more):
        sequencer = Sequencer(tmp_path / "ledger", SIGNER, ORIGIN, org(), HandClock(), on_head or Follower(), **more)
        running.append(sequencer)
        return sequencer

    yield start
    for sequencer in running:
        sequencer.close()


def test_a_look_is_answered_with_a_receipt(start):
    sequencer = start()
    fact = look(CHANCE)

    (receipt,) = sequencer.append([fact])

    assert verify_receipt(receipt, sequencer.vkey).id == fact.id
    assert receipt.head == sequencer.head()


def test_levels_are_answered_in_order(start):
    sequencer = start()

    nothing, receipt, published = sequencer.append([started(CHANCE), look(CHANCE), opened(CHANCE)])

    assert nothing is None
    assert receipt.index == 1
    assert verify_receipt(published, VKEY).kind.level == 2


def test_no_facts_are_no_work(start):
    assert start().append([]) == []


def test_a_fact_of_level_two_is_in_the_published_checkpoint(start):
    sequencer = start()

    (receipt,) = sequencer.append([opened(CHANCE)])

    assert sequencer.checkpoint() == receipt.head == sequencer.read("checkpoint").decode()
    assert open_head(receipt.head, VKEY).size == 1


def test_the_keeper_sees_a_head_before_the_caller_has_its_receipt(start):
    follower = Follower()
    sequencer = start(follower)

    (receipt,) = sequencer.append([look(CHANCE)])

    assert follower.heads[-1] == open_head(receipt.head, VKEY)


def test_a_malformed_fact_keeps_its_whole_call_out(start):
    sequencer = start()

    with pytest.raises(BadEntryError):
        sequencer.append([look(CHANCE), look(CHANCE, purpose="free text")])

    assert sequencer.size() == 0


def test_the_same_fact_again_is_answered_with_the_same_entry(start):
    sequencer = start()
    facts = [look(CHANCE), opened(CHANCE), started(CHANCE)]
    first = sequencer.append(facts)
    sequencer.append([started(CHANCE)])

    again = sequencer.append(facts)

    assert [receipt and receipt.entry for receipt in again] == [receipt and receipt.entry for receipt in first]
    assert sequencer.size() == 4
    assert verify_receipt(again[0], VKEY) == verify_receipt(first[0], VKEY)


def test_a_log_goes_on_after_a_restart(start):
    first = start()
    fact = look(CHANCE)
    first.append([fact, *(started(CHANCE) for _ in range(600))])
    first.close()
    follower = Follower()

    second = start(follower)

    assert second.size() == 601
    assert follower.heads[0].size == 601
    assert second.append([fact])[0].index == 0
    assert second.append([look(CHANCE)])[0].index == 601


def test_recent_ids_are_recalled_across_full_bundles(start):
    first = start()
    facts = [started(CHANCE) for _ in range(512)]
    first.append(facts)
    first.close()

    second = start()
    second.append(facts)

    assert second.size() == 512


def test_old_bundles_are_not_read_at_start(start, tmp_path):
    sequencer = start()
    sequencer._clock.time = START
    sequencer.append([started(CHANCE) for _ in range(512)])
    sequencer._clock.time = START + 2 * module.ID_WINDOW
    sequencer.append([started(CHANCE) for _ in range(300)])
    sequencer.close()
    (tmp_path / "ledger/tile/entries/000").unlink()

    again = start()

    assert again.size() == 812
    with pytest.raises(TileError, match="missing"):
        again.entry(3)


def test_the_keeper_is_shown_the_head_from_its_own_size_at_start(start):
    first = start()
    first.append([look(CHANCE) for _ in range(5)])
    known = open_head(first.head(), VKEY)
    first.append([started(CHANCE)])
    first.close()
    follower = Follower()
    follower.heads.append(known)

    start(follower, keeper_size=5)

    assert [head.size for head in follower.heads] == [5, 6]


def test_a_keeper_that_saw_more_refuses_the_log(start):
    first = start()
    first.append([look(CHANCE)])
    first.close()

    with pytest.raises(RolledBackError):
        start(keeper_size=2)
    start()


def test_a_second_sequencer_on_the_folder_is_refused(start):
    start()

    with pytest.raises(LockedError):
        start()


def test_many_threads_get_their_own_receipts(start):
    sequencer = start()
    results = {}

    def ask(number):
        fact = look(CountingRandom(100 + number))
        results[fact.id] = sequencer.append([fact])[0]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(receipt.index for receipt in results.values()) == list(range(24))
    assert all(verify_receipt(receipt, VKEY).id == fact for fact, receipt in results.items())


def test_a_grown_log_is_published_within_its_second(start, monkeypatch):
    monkeypatch.setattr(publisher, "PUBLISH_SECONDS", 0.05)
    sequencer = start()

    sequencer.append([started(CHANCE)])
    deadline = time.monotonic() + 5
    while open_head(sequencer.checkpoint(), VKEY).size == 0 and time.monotonic() < deadline:
        time.sleep(0.01)

    assert open_head(sequencer.checkpoint(), VKEY).size == 1


def test_an_empty_log_has_a_checkpoint(start):
    sequencer = start()

    assert open_head(sequencer.checkpoint(), VKEY).size == 0
    assert sequencer.publish() == sequencer.checkpoint()


def test_closing_publishes_and_ends_appending(start):
    sequencer = start()
    sequencer.append([started(CHANCE)])

    sequencer.close()

    assert open_head(sequencer.read("checkpoint").decode(), VKEY).size == 1
    with pytest.raises(ClosedError):
        sequencer.append([started(CHANCE)])
    with pytest.raises(ClosedError):
        sequencer.publish()


def test_entries_are_read_from_bundles_and_from_memory(start):
    sequencer = start()
    sequencer.append([started(CHANCE) for _ in range(700)])
    sequencer.publish()
    sequencer.append([started(CHANCE) for _ in range(10)])

    everything = list(sequencer.entries())

    assert [index for index, _ in everything] == list(range(710))
    assert list(sequencer.entries(250, 520)) == everything[250:520]
    assert list(sequencer.entries(705)) == everything[705:]
    assert list(sequencer.entries(0, 9999)) == everything
    assert sequencer.entry(300) == everything[300][1]


@pytest.mark.parametrize("index", [-1, 1])
def test_an_entry_that_is_not_there_is_not_found(start, index):
    sequencer = start()
    sequencer.append([started(CHANCE)])

    with pytest.raises(NoSuchEntryError):
        sequencer.entry(index)


def test_who_looked_is_found_by_alias(start):
    sequencer = start()
    facts = [look(CHANCE) for _ in range(400)]
    sequencer.append(facts)
    sequencer.publish()
    names = [facts[3].fields["subj"][0], facts[399].fields["subj"][0]]

    assert [index for index, _ in sequencer.find(names)] == [3, 399]
    assert sequencer.find([]) == sequencer.find([""]) == []
    assert sequencer.find_id(facts[7].id)[0] == 7
    with pytest.raises(NoSuchEntryError):
        sequencer.find_id("a" * 26)


def test_an_entry_is_proved_under_the_checkpoint_or_any_size(start):
    sequencer = start()
    sequencer.append([look(CHANCE) for _ in range(5)])
    sequencer.publish()
    sequencer.append([started(CHANCE)])

    assert open_head(sequencer.prove(2).head, VKEY).size == 5
    assert open_head(sequencer.prove(5).head, VKEY).size == 6
    assert verify_receipt(sequencer.prove(2, 3), VKEY).raw == sequencer.entry(2)


@pytest.mark.parametrize(("index", "size"), [(6, None), (-1, None), (2, 2), (2, 7), (-1, 3)])
def test_there_is_no_proof_of_what_is_not_there(start, index, size):
    sequencer = start()
    sequencer.append([look(CHANCE) for _ in range(5)])

    with pytest.raises(NoSuchEntryError):
        sequencer.prove(index, size)


def test_consistency_is_proved_between_any_two_sizes(start):
    sequencer = start()
    sequencer.append([look(CHANCE) for _ in range(9)])
    heads = {size: open_head(sequencer.prove(0, size).head, VKEY) for size in (3, 7)}

    verify_consistency(3, 7, sequencer.consistency(3, 7), heads[3].root, heads[7].root)
    with pytest.raises(NoSuchEntryError):
        sequencer.consistency(3, 10)
    with pytest.raises(ConsistencyError):
        sequencer.consistency(7, 3)


def test_evidence_about_nothing_is_refused(start):
    sequencer = start()
    sequencer.append([started(CHANCE)])

    for indexes in ([], [1], [-1]):
        with pytest.raises(NoSuchEntryError):
            sequencer.evidence(indexes)


def test_an_earlier_checkpoint_of_another_log_is_not_taken_into_evidence(start):
    sequencer = start()
    sequencer.append([started(CHANCE)])

    with pytest.raises(NoteError):
        sequencer.evidence([0], earlier=["not a note"])


def test_evidence_joins_what_was_kept_earlier_to_the_newest_checkpoint(start, tmp_path, capsys):
    sequencer = start()
    empty = sequencer.publish()
    sequencer.append([look(CHANCE) for _ in range(5)])
    kept = sequencer.publish()
    sequencer.append([look(CHANCE) for _ in range(300)])

    files = sequencer.evidence([2, 200, 2], earlier=[empty, kept])

    assert {name for name in files if name.startswith(("checkpoints", "consistency"))} == {
        "checkpoints/3.note",
        "checkpoints/5.note",
        "checkpoints/305.note",
        "consistency/3-5.txt",
        "consistency/5-305.txt",
    }
    assert files["checkpoints/5.note"].decode() == kept
    (tmp_path / "bundle.zip").write_bytes(zip_bundle(files))
    assert verify.main([str(tmp_path / "bundle.zip")]) == 0


@pytest.mark.parametrize("other", [2, 6])
def test_a_checkpoint_of_a_fork_or_of_a_longer_past_is_not_taken_into_evidence(start, other):
    sequencer = start()
    sequencer.append([look(CHANCE) for _ in range(5)])

    with pytest.raises(ConsistencyError):
        sequencer.evidence([0], earlier=[MemoryLog(seed=5).grow(other).note()])


def test_a_failure_does_not_take_back_what_was_acknowledged(start):
    sequencer = start(refuse_after(1))
    arrived = sequencer.append([look(CHANCE)])
    with pytest.raises(UnavailableError):
        sequencer.append([started(CHANCE), look(CHANCE)])

    assert verify_receipt(arrived[0], VKEY).raw == sequencer.entry(0)


def test_a_batch_that_was_answered_is_not_refused_when_publishing_fails(start, monkeypatch):
    sequencer = start()
    sequencer.append([opened(CHANCE)])
    fact = look(CHANCE)
    monkeypatch.setattr(sequencer._folder, "write", lambda files: refuse_after(0)(0, (), ""))
    monkeypatch.setattr(publisher, "PUBLISH_SECONDS", 0.0)

    (receipt,) = sequencer.append([fact])
    sequencer._thread.join()

    assert verify_receipt(receipt, VKEY).id == fact.id


def test_the_folder_of_a_running_log_passes_its_audit(start):
    sequencer = start()
    for _ in range(3):
        sequencer.append([started(CHANCE) for _ in range(200)])
        sequencer.publish()

    result = audit_log(sequencer.read, VKEY)

    assert (result.whole, result.size) == (True, 600)


def test_moved_tiles_are_written_again(start, tmp_path):
    first = start()
    first.append([started(CHANCE) for _ in range(20_000)])
    first.close()
    before = {path: path.read_bytes() for path in (tmp_path / "ledger/tile").rglob("*") if path.is_file()}
    (tmp_path / "ledger/tile").rename(tmp_path / "away")

    second = start()
    second.append([opened(CHANCE)])

    assert audit_log(second.read, VKEY).whole
    assert all(path.read_bytes() == data for path, data in before.items() if path.parent.name[-2:] != ".p")


def test_a_full_disk_fails_everything_until_a_restart(start, monkeypatch):
    sequencer = start()
    sequencer.append([opened(CHANCE)])
    write = os.write

    def full_disk(handle, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full_disk)
    with pytest.raises(UnavailableError, match="No space"):
        sequencer.append([look(CHANCE)])
    monkeypatch.setattr(os, "write", write)

    for fact in (started(CHANCE), look(CHANCE), opened(CHANCE)):
        with pytest.raises(UnavailableError):
            sequencer.append([fact])
    with pytest.raises(UnavailableError):
        sequencer.publish()
    assert sequencer.size() == 1
    sequencer.close()
    assert start().append([look(CHANCE)])[0].index == 1


def test_a_disk_that_fills_while_publishing_fails_the_fact_that_waits_for_it(start, monkeypatch):
    sequencer = start()
    sequencer.publish()
    replace = os.replace

    def full_disk(source, target, **more):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(UnavailableError):
        sequencer.append([look(CHANCE), opened(CHANCE)])
    monkeypatch.setattr(os, "replace", replace)

    assert open_head(sequencer.read("checkpoint").decode(), VKEY).size == 0


def test_a_caller_that_waits_for_publication_hears_of_a_failure(start):
    sequencer = start(refuse_after(0))
    sequencer.append([started(CHANCE)])

    with pytest.raises(UnavailableError, match="RuntimeError"):
        sequencer.publish()


def refuse_after(count):
    calls = []

    def on_head(old_size, proof, note):
        calls.append(note)
        if len(calls) > count:
            raise RuntimeError("the keeper says no")

    return on_head


def test_a_keeper_that_refuses_a_head_stops_the_log(start):
    sequencer = start(refuse_after(1))
    sequencer.append([look(CHANCE)])

    with pytest.raises(UnavailableError) as caught:
        sequencer.append([look(CHANCE)])

    assert "keeper says no" not in str(caught.value)
    with pytest.raises(UnavailableError):
        sequencer.append([started(CHANCE)])


def test_a_keeper_that_refuses_at_start_leaves_the_folder_unlocked(start):
    first = start()
    first.append([look(CHANCE)])
    first.close()

    with pytest.raises(RuntimeError):
        start(refuse_after(0))

    assert start().size() == 1


def test_a_full_queue_is_busy_and_loses_nothing(start, monkeypatch):
    monkeypatch.setattr(module, "QUEUE_LIMIT", 3)
    arrived, go = threading.Event(), threading.Event()

    def slow(old_size, proof, note):
        arrived.set()
        go.wait(10)

    sequencer = start(slow)
    first = threading.Thread(target=sequencer.append, args=([look(CHANCE)],))
    first.start()
    arrived.wait(10)
    second = threading.Thread(target=sequencer.append, args=([started(CHANCE) for _ in range(3)],))
    second.start()
    while len(sequencer._queue) < 3:
        time.sleep(0.001)

    with pytest.raises(BusyError):
        sequencer.append([started(CHANCE)])
    go.set()
    first.join()
    second.join()

    assert sequencer.size() == 4


def test_what_a_killed_process_did_not_publish_is_published_after_the_restart(start, tmp_path, monkeypatch):
    monkeypatch.setattr(publisher, "PUBLISH_SECONDS", 3600.0)
    first = start()
    first.append([started(CHANCE) for _ in range(300)])
    shutil.copytree(tmp_path / "ledger", tmp_path / "killed")
    monkeypatch.setattr(publisher, "PUBLISH_SECONDS", 0.05)

    second = Sequencer(tmp_path / "killed", SIGNER, ORIGIN, org(), HandClock(), Follower())
    deadline = time.monotonic() + 5
    while second.published() < 300 and time.monotonic() < deadline:
        time.sleep(0.01)

    assert second.published() == 300
    second.close()


def test_a_log_that_was_killed_closes_though_nothing_was_appended(start, tmp_path, monkeypatch):
    monkeypatch.setattr(publisher, "PUBLISH_SECONDS", 3600.0)
    first = start()
    first.append([started(CHANCE) for _ in range(300)])
    shutil.copytree(tmp_path / "ledger", tmp_path / "killed")

    second = Sequencer(tmp_path / "killed", SIGNER, ORIGIN, org(), HandClock(), Follower())
    second.close()

    assert open_head(second.checkpoint(), VKEY).size == 300
