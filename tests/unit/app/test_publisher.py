"""Rounds with witnesses that answer when the test tells them to."""

import shutil
import threading

import pytest

from dyepack.app import publisher as module
from dyepack.app.sequencer import Sequencer
from dyepack.ledger import Level, audit_log, open_checkpoint, parse_entry, verify_receipt
from dyepack.ledger.errors import (
    ClosedError,
    LedgerError,
    NoteError,
    QuorumUnavailableError,
    RolledBackError,
    RootMismatchError,
    UnavailableError,
)
from dyepack.storage import log_folder
from dyepack.storage.log_folder import LogFolder
from fakes.ledger_logs import ORIGIN, SIGNER, CountingRandom, HandClock, look, opened, org, started
from fakes.witnesses import KEYS, SECONDS, cosigners, quorum_of, until

CHANCE = CountingRandom(31)
NAMES = ("w1", "w2", "w3")
QUORUM = quorum_of([f"http://{name}" for name in NAMES], 2)
COSIGNERS = {name: cosigners(f"{name}.example", 40 + 10 * place) for place, name in enumerate(NAMES)}


class HandWitnesses:
    """What is offered is kept; ``sign`` has a witness answer, when and about what the test wants."""

    def __init__(self):
        self.offers = []
        self.closed = False

    def __call__(self, _log, publisher):
        self.publisher = publisher
        return self

    def offer(self, head, note):
        self.offers.append((head, note))

    def status(self):
        return ()

    def close(self):
        self.closed = True

    def await_offer(self, size):
        until(lambda: self.offers and self.offers[-1][0].size >= size)
        return self.offers[-1][0]

    def sign(self, *names, head=None, seconds=SECONDS):
        head = head or self.offers[-1][0]
        for name in names:
            self.publisher.cosigned(head, {one.key: one.line(head, seconds) for one in COSIGNERS[name]})


class Call:
    """An append on a thread of its own."""

    def __init__(self, log, *facts):
        self.receipts = self.error = None
        self._thread = threading.Thread(target=self._run, args=(log, facts))
        self._thread.start()

    def _run(self, log, facts):
        try:
            self.receipts = log.append(facts)
        except LedgerError as error:
            self.error = error

    @property
    def waits(self):
        return self._thread.is_alive()

    def end(self):
        self._thread.join(10)
        assert not self.waits
        return self


@pytest.fixture(autouse=True)
def _short(monkeypatch):
    monkeypatch.setattr(module, "PUBLISH_SECONDS", 0.05)
    monkeypatch.setattr(module, "ROUND_SECONDS", 0.1)
    monkeypatch.setattr(module, "QUORUM_SECONDS", 5.0)


@pytest.fixture
def start(tmp_path):
    running = []

    def start(witnesses=None, quorum=QUORUM):
        log = Sequencer(
            tmp_path / "ledger",
            SIGNER,
            ORIGIN,
            org(),
            HandClock(),
            lambda *_: None,
            quorum=quorum if witnesses else None,
            witnesses=witnesses,
        )
        running.append(log)
        return log

    yield start
    module.QUORUM_SECONDS = 0.0
    for log in running:
        log.close()


def names_on(note):
    opened_note = open_checkpoint(note, KEYS, QUORUM.keys)
    return {name for name in NAMES if COSIGNERS[name][0].key in opened_note.times}


def test_level_two_waits_for_the_quorum_and_its_receipt_carries_it(start, tmp_path):
    hand = HandWitnesses()
    log = start(hand)
    call = Call(log, opened(CHANCE))
    hand.await_offer(1)
    hand.sign("w1")
    until(lambda: names_on(log.checkpoint()) == {"w1"})
    assert call.waits
    assert log.witnessed() is None

    hand.sign("w3")

    (receipt,) = call.end().receipts
    assert verify_receipt(receipt, log.vkey).kind.level is Level.WITNESSED
    assert names_on(receipt.head) == {"w1", "w3"}
    assert (tmp_path / "ledger" / "checkpoint.witnessed").read_text() == receipt.head
    assert audit_log(log.read, log.vkeys, quorum=QUORUM).whole


def test_levels_zero_and_one_do_not_wait_for_witnesses(start):
    log = start(HandWitnesses())

    nothing, receipt = log.append([started(CHANCE), look(CHANCE)])

    assert nothing is None
    assert receipt.index == 1
    assert log.witnessed() is None


def test_without_the_quorum_level_two_is_refused_and_the_entry_stands(start, monkeypatch):
    monkeypatch.setattr(module, "QUORUM_SECONDS", 0.2)
    hand = HandWitnesses()
    log = start(hand)
    fact = opened(CHANCE)
    call = Call(log, fact)
    hand.await_offer(1)
    hand.sign("w2")

    error = call.end().error

    assert isinstance(error, QuorumUnavailableError)
    assert error.facts["why"] == "missing: w1-ed, w1-pq, w3-ed, w3-pq"
    assert parse_entry(log.entry(0)).id == fact.id


def test_a_refused_fact_that_is_asked_for_again_is_answered_by_the_witnesses_that_came_back(start, monkeypatch):
    monkeypatch.setattr(module, "QUORUM_SECONDS", 0.2)
    hand = HandWitnesses()
    log = start(hand)
    fact = opened(CHANCE)
    assert Call(log, fact).end().error is not None
    monkeypatch.setattr(module, "QUORUM_SECONDS", 5.0)
    offers = len(hand.offers)

    call = Call(log, fact)

    until(lambda: len(hand.offers) > offers)  # they are asked at once, not at the end of a pause
    hand.sign("w1", "w2")
    (receipt,) = call.end().receipts
    assert (receipt.index, log.size()) == (0, 1)
    assert names_on(receipt.head) == {"w1", "w2"}


def test_a_fact_that_was_witnessed_after_its_refusal_is_answered_at_once(start, monkeypatch):
    monkeypatch.setattr(module, "QUORUM_SECONDS", 0.2)
    hand = HandWitnesses()
    log = start(hand)
    fact = opened(CHANCE)
    assert Call(log, fact).end().error is not None
    hand.sign("w1", "w2")
    until(lambda: log.witnessed() is not None)

    (receipt,) = Call(log, fact).end().receipts

    assert receipt.index == 0
    assert log.size() == 1
    assert names_on(receipt.head) == {"w1", "w2"}


def test_without_a_quorum_a_known_fact_of_level_two_is_answered_at_once(start):
    log = start()
    fact = opened(CHANCE)
    (first,) = log.append([fact])

    (again,) = Call(log, fact).end().receipts

    assert again == first
    assert log.size() == 1


def test_newer_entries_wait_for_the_round(start, monkeypatch):
    monkeypatch.setattr(module, "ROUND_SECONDS", 30.0)
    hand = HandWitnesses()
    log = start(hand)
    first = Call(log, opened(CHANCE))
    hand.await_offer(1)
    second = Call(log, opened(CHANCE))
    until(lambda: log.size() == 2)
    hand.sign("w1")
    until(lambda: names_on(log.checkpoint()) == {"w1"})
    assert [head.size for head, _ in hand.offers if head.size] == [1]

    hand.sign("w2")

    first.end()
    hand.await_offer(2)
    assert second.waits
    hand.sign("w2", "w3")
    assert names_on(second.end().receipts[0].head) == {"w2", "w3"}


def test_a_round_without_a_quorum_holds_newer_entries_up_for_its_time_only(start):
    hand = HandWitnesses()
    log = start(hand)
    calls = [Call(log, opened(CHANCE))]
    hand.await_offer(1)
    calls.append(Call(log, opened(CHANCE)))

    hand.await_offer(2)

    hand.sign("w1", "w2")
    assert all(call.end().receipts for call in calls)


def test_a_late_answer_about_an_older_checkpoint_counts_for_nothing(start):
    hand = HandWitnesses()
    log = start(hand)
    first = Call(log, opened(CHANCE))
    old = hand.await_offer(1)
    second = Call(log, opened(CHANCE))
    hand.await_offer(2)

    hand.sign("w1", "w2", head=old)
    hand.sign("w3")

    until(lambda: names_on(log.checkpoint()) == {"w3"})
    assert first.waits
    assert second.waits
    hand.sign("w2")
    assert all(call.end().receipts for call in (first, second))


def test_the_same_witness_twice_is_one(start):
    hand = HandWitnesses()
    log = start(hand)
    call = Call(log, opened(CHANCE))
    hand.await_offer(1)

    hand.sign("w1")
    hand.sign("w1", seconds=SECONDS + 5)
    until(lambda: names_on(log.checkpoint()) == {"w1"})

    assert call.waits
    hand.sign("w2")
    call.end()


def test_publish_waits_for_no_witness_and_covers_what_was_synced(start):
    log = start(HandWitnesses())
    log.append([look(CHANCE), look(CHANCE)])

    assert open_checkpoint(log.publish(), KEYS).head.size == 2
    assert log.witnessed() is None


def test_publish_ends_while_facts_of_level_two_keep_coming(start):
    log = start()
    log.append([opened(CHANCE)])
    stop = threading.Event()

    def work():
        while not stop.is_set():
            log.append([opened(CHANCE)])

    worker = threading.Thread(target=work)
    worker.start()
    for _ in range(20):
        wanted = log.size()
        assert open_checkpoint(log.publish(), KEYS).head.size >= wanted
    stop.set()
    worker.join()


def test_waiting_for_the_quorum_ends_with_it_or_in_time(start, monkeypatch):
    hand = HandWitnesses()
    log = start(hand)
    log.append([look(CHANCE)])
    answer = threading.Thread(target=lambda: (hand.await_offer(1), hand.sign("w1", "w2")))
    answer.start()
    log.await_quorum()
    answer.join()
    assert log.witnessed().head.size == 1
    assert log.newest() == log.witnessed().note

    log.append([look(CHANCE)])
    monkeypatch.setattr(module, "QUORUM_SECONDS", 0.2)
    with pytest.raises(QuorumUnavailableError):
        log.await_quorum()
    assert open_checkpoint(log.newest(), KEYS).head.size == 2


def test_a_witnessed_checkpoint_is_known_after_a_restart_and_nobody_is_asked_for_it_again(start):
    hand = HandWitnesses()
    log = start(hand)
    call = Call(log, opened(CHANCE))
    hand.await_offer(1)
    hand.sign("w1", "w2")
    call.end()
    log.close()
    assert hand.closed

    again = HandWitnesses()
    log = start(again)

    assert log.witnessed().head.size == 1
    assert names_on(log.covering(0)) == {"w1", "w2"}
    assert again.offers == []


def test_what_was_published_and_not_witnessed_is_offered_at_the_next_start(start, monkeypatch):
    hand = HandWitnesses()
    log = start(hand)
    call = Call(log, opened(CHANCE))
    hand.await_offer(1)
    hand.sign("w1", "w2")
    call.end()
    log.append([look(CHANCE)])
    log.publish()
    log.close()

    again = HandWitnesses()
    log = start(again)

    assert again.await_offer(2).size == 2


def test_cosignatures_from_before_a_restart_count_and_stand_once(start, monkeypatch):
    monkeypatch.setattr(module, "QUORUM_SECONDS", 0.1)
    hand = HandWitnesses()
    log = start(hand)
    call = Call(log, opened(CHANCE))
    hand.await_offer(1)
    hand.sign("w1")
    assert call.end().error is not None
    log.close()

    again = HandWitnesses()
    log = start(again)
    again.await_offer(1)
    again.sign("w1", seconds=SECONDS + 60)
    again.sign("w3")

    until(lambda: log.witnessed() is not None)
    assert names_on(log.witnessed().note) == {"w1", "w3"}
    assert log.witnessed().note.count("w1.example") == 2  # both keys, each once


def test_a_quorum_on_the_stored_checkpoint_is_a_quorum_after_a_crash(start, tmp_path):
    hand = HandWitnesses()
    log = start(hand)
    call = Call(log, opened(CHANCE))
    hand.await_offer(1)
    hand.sign("w1", "w2")
    call.end()
    log.close()
    (tmp_path / "ledger" / "checkpoint.witnessed").unlink()  # the crash was between the two writes

    log = start(HandWitnesses())

    until(lambda: log.witnessed() is not None)
    assert names_on(log.witnessed().note) == {"w1", "w2"}


def test_a_cosignature_that_was_changed_on_disk_counts_for_nothing(start, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "QUORUM_SECONDS", 0.1)
    hand = HandWitnesses()
    log = start(hand)
    call = Call(log, opened(CHANCE))
    hand.await_offer(1)
    hand.sign("w1")
    assert call.end().error is not None
    log.close()
    path = tmp_path / "ledger" / "checkpoint"
    lines = path.read_text().splitlines(keepends=True)
    place = next(place for place, line in enumerate(lines) if "w1.example" in line)
    at = len(lines[place]) - 20
    other = "A" if lines[place][at] != "A" else "B"
    lines[place] = lines[place][:at] + other + lines[place][at + 1 :]
    path.write_text("".join(lines))

    again = HandWitnesses()
    log = start(again)
    again.await_offer(1)
    again.sign("w2", "w3")

    until(lambda: log.witnessed() is not None)
    assert names_on(log.witnessed().note) >= {"w2", "w3"}
    assert log.append([look(CHANCE)])


@pytest.mark.parametrize("content", [b"", b"\xff", b"half of a checkpo"])
def test_a_broken_witnessed_checkpoint_refuses_the_start(start, tmp_path, content):
    log = start()
    log.append([opened(CHANCE)])
    log.close()
    (tmp_path / "ledger" / "checkpoint.witnessed").write_bytes(content)

    with pytest.raises(NoteError):
        start(HandWitnesses())


def test_a_witnessed_checkpoint_of_more_entries_refuses_the_start(start, tmp_path):
    hand = HandWitnesses()
    log = start(hand)
    call = Call(log, opened(CHANCE))
    hand.await_offer(1)
    log.publish()
    hand.sign("w1", "w2")
    call.end()
    log.close()
    shutil.copytree(tmp_path / "ledger", tmp_path / "yesterday")
    hand = HandWitnesses()
    log = start(hand)
    call = Call(log, opened(CHANCE))
    hand.await_offer(2)
    hand.sign("w1", "w2")
    call.end()
    log.close()
    newest = (tmp_path / "ledger" / "checkpoint.witnessed").read_bytes()
    shutil.rmtree(tmp_path / "ledger")
    shutil.copytree(tmp_path / "yesterday", tmp_path / "ledger")
    (tmp_path / "ledger" / "checkpoint.witnessed").write_bytes(newest)

    with pytest.raises(RootMismatchError):
        start(HandWitnesses())


def test_a_checkpoint_below_the_quorum_is_not_taken_for_a_witnessed_one(start, tmp_path):
    hand = HandWitnesses()
    log = start(hand)
    call = Call(log, opened(CHANCE))
    hand.await_offer(1)
    hand.sign("w1")
    until(lambda: names_on(log.checkpoint()) == {"w1"})
    forged = log.checkpoint()
    hand.sign("w2")
    call.end()
    log.close()
    (tmp_path / "ledger" / "checkpoint.witnessed").write_text(forged)
    (tmp_path / "ledger" / "checkpoint").write_text(forged)

    assert start(HandWitnesses()).witnessed() is None


def test_segments_stay_until_a_quorum_has_cosigned_what_is_in_them(start, tmp_path, monkeypatch):
    monkeypatch.setattr(log_folder, "SEGMENT_ENTRIES", 4)
    hand = HandWitnesses()
    log = start(hand)
    log.append([look(CHANCE) for _ in range(10)])
    log.publish()
    hand.await_offer(10)

    def segments():
        return len(list((tmp_path / "ledger" / "wal").glob("*.wal")))

    assert segments() == 3

    hand.sign("w1", "w2")

    until(lambda: segments() == 1)


def test_a_log_that_a_crash_left_unpublished_is_published_at_the_next_start(start, tmp_path):
    log = start()
    log.append([opened(CHANCE)])
    log.close()
    folder = LogFolder(tmp_path / "ledger")
    raw = log.entry(0)
    folder.append(1, [raw.replace(parse_entry(raw).id.encode(), parse_entry(raw).id[::-1].encode())])
    folder.close()

    log = start()

    until(lambda: log.published() == 2)
    closing = threading.Thread(target=log.close)
    closing.start()
    closing.join(5)
    assert not closing.is_alive()


def test_a_disk_that_refuses_a_checkpoint_stops_the_log(start, monkeypatch):
    hand = HandWitnesses()
    log = start(hand)
    log.append([look(CHANCE)])
    log.publish()

    def refuse(self, files):
        raise UnavailableError(why="No space left on device")

    monkeypatch.setattr(LogFolder, "write", refuse)
    error = Call(log, opened(CHANCE)).end().error

    assert isinstance(error, UnavailableError)
    for act in (log.publish, log.await_quorum, lambda: log.append([started(CHANCE)])):
        with pytest.raises(UnavailableError):
            act()


def test_a_fault_in_the_publisher_refuses_who_waits(start, monkeypatch):
    log = start(HandWitnesses())
    monkeypatch.setattr(module.Publisher, "_write", lambda *_: 1 // 0)

    error = Call(log, opened(CHANCE)).end().error

    assert error.facts["why"] == "ZeroDivisionError"
    with pytest.raises(UnavailableError):
        log._publisher.publish()
    (refused,) = [Call(log, opened(CHANCE)).end().error]
    assert isinstance(refused, UnavailableError)


def test_an_alarm_refuses_who_waits_for_the_quorum(start):
    hand = HandWitnesses()
    log = start(hand)
    call = Call(log, opened(CHANCE))
    hand.await_offer(1)

    log.stop(RolledBackError(size=1, seen=9))

    assert isinstance(call.end().error, RolledBackError)
    with pytest.raises(RolledBackError):
        log.append([started(CHANCE)])


def test_closing_gives_a_waiting_fact_its_time_and_loses_nothing(start, monkeypatch):
    monkeypatch.setattr(module, "QUORUM_SECONDS", 0.3)
    hand = HandWitnesses()
    log = start(hand)
    call = Call(log, opened(CHANCE))
    hand.await_offer(1)

    log.close()

    assert isinstance(call.end().error, QuorumUnavailableError)
    for act in (log.publish, log.await_quorum, log._publisher.publish):
        with pytest.raises(ClosedError):
            act()
    assert start(HandWitnesses()).size() == 1


def test_an_entry_that_comes_with_the_close_is_published(start):
    hand = HandWitnesses()
    log = start(hand)
    log.append([look(CHANCE)])

    log.close()

    assert log.published() == 1
