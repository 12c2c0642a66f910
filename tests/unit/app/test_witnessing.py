import threading
import time

import pytest

from dyepack.app.witnessing import Witnessing, connect
from dyepack.crypto.signature import Ed25519Signer
from dyepack.ledger import Head, note_key, parse_cosignatures, parse_quorum, sign_head
from dyepack.ledger.errors import (
    NoSuchEntryError,
    WitnessAnswerError,
    WitnessingFailedError,
    WitnessLongerError,
    WitnessRefusedError,
    WitnessUnreachableError,
)
from dyepack.ledger.witness import Behind, Cosigned, Refused
from fakes.ledger_logs import ORIGIN
from fakes.witnesses import SECONDS, FakeWitness, Growing, quorum_of, until

LOG = Growing().grow(60)
FORK = Growing(5).grow(60)
URLS = ("http://w1", "http://w2", "http://w3")
QUORUM = quorum_of(URLS, 2)


class House:
    """What the owner of a log hears from his witnesses."""

    def __init__(self, clients=None, log=LOG, quorum=QUORUM, pause=0.01):
        self.fakes = [FakeWitness(f"w{place + 1}.example", 40 + 10 * place) for place in range(3)]
        self.clients = clients or dict(zip(URLS, self.fakes, strict=True))
        self.log = log
        self.lines = {}
        self.heard = []
        self.longer = []
        self.broken = None
        self.witnessing = Witnessing(
            quorum, self.clients, self.consistency, self.cosigned, self.too_long, first_pause_seconds=pause
        )

    def consistency(self, old, new):
        assert 0 < old < new
        return self.log.consistency(old, new)

    def cosigned(self, head, lines):
        if self.broken:
            raise self.broken
        self.heard.append((head.size, threading.current_thread()))
        self.lines.setdefault(head, {}).update(lines)

    def too_long(self, url, size):
        self.longer.append((url, size))

    def offer(self, size):
        self.witnessing.offer(self.log.head(size), self.log.note(size))

    def witnessed(self, size):
        return QUORUM.satisfied(self.lines.get(self.log.head(size), {}))

    def whole(self, size):
        return len(self.lines.get(self.log.head(size), {})) == 6

    def status(self, url=URLS[0]):
        return next(status for status in self.witnessing.status() if status.url == url)


@pytest.fixture
def house():
    made = House()
    yield made
    made.witnessing.close()


@pytest.fixture
def opened():
    houses = []

    def make(**more):
        houses.append(House(**more))
        return houses[-1]

    yield make
    for made in houses:
        made.witnessing.close()


class Scripted(FakeWitness):
    """Answers what it was told, and then as a witness does."""

    def __init__(self, *answers, shows=None, always=None):
        super().__init__()
        self.answers = list(answers)
        self.always = always
        self.shows = shows

    def add_checkpoint(self, old, proof, note):
        if not self.answers and not self.always:
            return super().add_checkpoint(old, proof, note)
        self.asked.append(old)
        return self.answers.pop(0) if self.answers else self.always

    def checkpoint(self, origin):
        return self.shows or super().checkpoint(origin)


# -- what an honest house hears --------------------------------------------------------------------------------------


def test_all_witnesses_cosign_and_each_line_holds(house):
    house.offer(20)
    until(lambda: house.whole(20))

    for key, line in house.lines[LOG.head(20)].items():
        assert parse_cosignatures(line, LOG.head(20), [key]) == {key: line}
    assert [(status.names, status.size) for status in house.witnessing.status()] == [
        (("w1-ed", "w1-pq"), 20),
        (("w2-ed", "w2-pq"), 20),
        (("w3-ed", "w3-pq"), 20),
    ]
    assert house.status().seconds >= SECONDS
    assert house.status().error is None


def test_both_keys_of_one_address_are_one_request(house):
    house.offer(20)
    until(lambda: house.whole(20))

    assert house.fakes[0].asked == [0]


def test_a_log_that_grows_is_proved_from_what_each_cosigned_last(house):
    for size in (5, 9, 33):
        house.offer(size)
        until(lambda: house.whole(size))  # noqa: B023 - called before the loop goes on

    assert house.fakes[0].asked == [0, 5, 9]


def test_after_a_restart_a_witness_says_its_size_and_is_asked_from_there(house, opened):
    house.offer(20)
    until(lambda: house.whole(20))

    later = opened(clients=dict(zip(URLS, house.fakes, strict=True)))
    later.offer(33)
    until(lambda: later.whole(33))

    assert house.fakes[0].asked == [0, 0, 20]


def test_a_checkpoint_that_was_cosigned_already_is_cosigned_again_at_another_time(house):
    house.offer(20)
    until(lambda: house.whole(20))
    first = house.status().seconds
    house.offer(20)
    until(lambda: house.status().seconds > first)

    assert house.fakes[0].asked == [0, 20]


# -- nobody waits for anybody ----------------------------------------------------------------------------------------


def test_an_offer_never_waits_and_two_of_three_are_a_quorum_without_the_third(house):
    house.fakes[2].gate.clear()

    start = time.monotonic()
    house.offer(20)
    assert time.monotonic() - start < 0.5
    until(lambda: house.witnessed(20))

    assert not house.whole(20)
    house.fakes[2].gate.set()
    until(lambda: house.whole(20))


def test_only_the_newest_of_the_offers_made_meanwhile_is_asked_for(house):
    slow = house.fakes[0]
    slow.gate.clear()
    house.offer(5)
    until(lambda: slow.asked)
    for size in (6, 7, 8, 40):
        house.offer(size)
    slow.gate.set()
    until(lambda: house.status().size == 40)

    assert slow.asked == [0, 5]


def test_an_older_offer_does_not_replace_a_newer_one(house):
    slow = house.fakes[0]
    slow.gate.clear()
    house.offer(5)
    until(lambda: slow.asked)
    for size in (40, 20):
        house.offer(size)
    slow.gate.set()
    until(lambda: house.status().size == 40)

    assert slow.asked == [0, 5]


def test_the_callback_runs_on_a_thread_of_its_witness(house):
    house.offer(20)
    until(lambda: house.whole(20))

    threads = {thread for _, thread in house.heard}
    assert len(threads) == 3
    assert threading.current_thread() not in threads


# -- failures --------------------------------------------------------------------------------------------------------


def test_a_witness_that_comes_back_gets_the_newest_checkpoint_without_another_offer(house):
    house.fakes[0].down = True
    house.offer(5)
    house.offer(20)
    until(lambda: isinstance(house.status().error, WitnessUnreachableError) and len(house.fakes[0].asked) >= 2)

    house.fakes[0].down = False
    until(lambda: house.whole(20))

    assert house.status().error is None


def test_the_pause_after_failures_doubles_up_to_half_a_minute(opened, monkeypatch):
    monkeypatch.setattr("dyepack.app.witnessing.MAX_PAUSE_SECONDS", 0.2)
    house = opened(pause=0.05)
    house.fakes[0].down = True
    start = time.monotonic()
    house.offer(5)
    time.sleep(0.8)

    asked, elapsed = len(house.fakes[0].asked), time.monotonic() - start
    assert 3 <= asked <= 3 + elapsed / 0.2  # at 0, .05, .15, .35, .55, .75; without doubling there were 16


def test_a_failed_witness_is_asked_again_with_the_next_offer(opened):
    house = opened(pause=100)
    house.fakes[0].down = True
    house.offer(5)
    until(lambda: house.status().error)
    house.fakes[0].down = False
    house.offer(6)

    until(lambda: house.whole(6))


@pytest.mark.parametrize("status", [403, 404, 422, 500])
def test_a_refusal_is_told_and_tried_again(opened, status):
    liar = Scripted(Refused(status))
    house = opened(clients={URLS[0]: liar})
    house.offer(5)
    until(lambda: house.status().size == 5)

    assert len(liar.asked) == 2


def test_the_status_of_a_refusal_is_kept(opened):
    house = opened(clients={URLS[0]: Scripted(always=Refused(404))})
    house.offer(5)
    until(lambda: house.status().error)

    assert isinstance(house.status().error, WitnessRefusedError)
    assert house.status().error.facts == {"status": 404}


def test_a_fork_is_refused_by_all_and_the_house_hears_it(house, opened):
    house.offer(20)
    until(lambda: house.whole(20))
    forked = opened(clients=dict(zip(URLS, house.fakes, strict=True)), log=FORK)
    forked.offer(40)
    until(lambda: all(status.error for status in forked.witnessing.status()))

    assert forked.lines == {}
    assert forked.status().error.facts == {"status": 422}


@pytest.mark.parametrize("broken", [NoSuchEntryError(), OSError("disk")])
def test_a_failing_callback_does_not_silence_a_witness(house, broken):
    house.broken = broken
    house.offer(5)
    until(lambda: house.status().error)
    assert isinstance(house.status().error, NoSuchEntryError | WitnessingFailedError)

    house.broken = None
    until(lambda: house.whole(5))


# -- roll-back -------------------------------------------------------------------------------------------------------


def test_a_witness_that_holds_more_than_we_offer_is_an_alarm_with_the_logs_own_signature(house, opened):
    house.offer(40)
    until(lambda: house.whole(40))

    restored = opened(clients=dict(zip(URLS, house.fakes, strict=True)))
    restored.offer(20)
    until(lambda: len(restored.longer) >= 3 and all(status.error for status in restored.witnessing.status()))

    assert {(url, 40) for url in URLS} == set(restored.longer)
    assert isinstance(restored.status().error, WitnessLongerError)
    assert restored.status().error.facts == {"size": 20, "seen": 40}
    assert LOG.note(40).split("\n\n")[0] in restored.status().proof
    assert restored.lines == {}


def test_a_newer_offer_that_somebody_else_brought_to_the_witness_is_no_alarm(house):
    witness = house.fakes[0]
    witness.gate.clear()
    house.offer(5)
    until(lambda: witness.asked)
    house.offer(9)
    witness.answer(LOG.request(0, 9))
    witness.gate.set()
    until(lambda: house.whole(9))

    assert house.longer == []
    assert witness.asked == [0, 9]


def test_a_size_that_a_witness_makes_up_is_an_alarm_without_proof(opened):
    house = opened(clients={URLS[0]: Scripted(Behind(999))}, pause=100)
    house.offer(20)
    until(lambda: house.longer)
    until(lambda: house.status().error)

    assert (house.longer, house.status().proof) == ([(URLS[0], 999)], "")


def test_at_start_the_sizes_that_witnesses_hold_are_asked_for(house, opened):
    house.offer(40)
    until(lambda: house.whole(40))
    house.fakes[1].down = True

    restored = opened(clients=dict(zip(URLS, house.fakes, strict=True)))

    assert restored.witnessing.held(ORIGIN) == {URLS[0]: LOG.head(40), URLS[2]: LOG.head(40)}
    assert isinstance(restored.status(URLS[1]).error, WitnessUnreachableError)
    assert restored.witnessing.held("other.example") == {}


@pytest.mark.parametrize("shows", [LOG.note(40).replace("\n40\n", "\n41\n"), "nonsense", "\n\n"])
def test_a_checkpoint_that_the_log_never_signed_is_not_held(opened, shows):
    house = opened(clients={URLS[0]: Scripted(shows=shows)})

    assert house.witnessing.held(ORIGIN) == {}
    assert house.status().error is not None


def test_the_checkpoint_of_another_log_of_the_quorum_file_is_not_held(opened):
    signer = Ed25519Signer(bytes([9]) * 32)
    other = note_key("other.example", signer.public_key)
    quorum = parse_quorum(f"log {other.vkey}\n{QUORUM.text}")
    shows = sign_head(Head("other.example", 99, bytes(32)), signer)
    house = opened(clients={URLS[0]: Scripted(shows=shows)}, quorum=quorum)

    assert house.witnessing.held(ORIGIN) == {}
    assert house.witnessing.held("other.example") == {URLS[0]: Head("other.example", 99, bytes(32))}


# -- lies ------------------------------------------------------------------------------------------------------------


def lines_of(witness, head):
    return Cosigned("".join(cosigner.line(head, SECONDS) for cosigner in witness.cosigners))


def lies():
    liar, stranger = FakeWitness(), FakeWitness("stranger.example", 90)
    named_like_him = FakeWitness("w1.example", 90)
    return {
        "another tree": lines_of(liar, LOG.head(6)),
        "another history": lines_of(liar, FORK.head(5)),
        "a key that the quorum file does not know": lines_of(stranger, LOG.head(5)),
        "his name, another key": lines_of(named_like_him, LOG.head(5)),
        "no lines": Cosigned(""),
        "nonsense": Cosigned("nonsense\n"),
        "33 lines": Cosigned(lines_of(liar, LOG.head(5)).lines * 17),
        "huge": Cosigned("— w1.example " + "A" * 65_536 + "\n"),
    }


@pytest.mark.parametrize("lie", lies())
def test_lines_that_do_not_hold_are_not_taken(opened, lie):
    house = opened(clients={URLS[0]: Scripted(always=lies()[lie])}, pause=100)
    house.offer(5)
    until(lambda: house.status().error)

    assert house.lines == {}
    assert house.status().size == 0


def test_the_line_of_another_witness_is_not_taken_from_this_one(opened):
    other = FakeWitness("w2.example", 50)
    house = opened(clients={URLS[0]: Scripted(always=lines_of(other, LOG.head(5)))}, pause=100)
    house.offer(5)
    until(lambda: house.status().error)

    assert isinstance(house.status().error, WitnessAnswerError)
    assert house.lines == {}


def test_lines_of_strangers_beside_his_own_are_left_out(opened):
    liar, stranger = FakeWitness(), FakeWitness("stranger.example", 90)
    mixed = Cosigned(lines_of(liar, LOG.head(5)).lines + lines_of(stranger, LOG.head(5)).lines)
    house = opened(clients={URLS[0]: Scripted(always=mixed)})
    house.offer(5)
    until(lambda: house.lines)

    assert house.lines[LOG.head(5)].keys() == {cosigner.key for cosigner in liar.cosigners}


def test_one_key_of_two_counts_for_one(opened):
    liar = FakeWitness()
    house = opened(clients={URLS[0]: Scripted(always=Cosigned(liar.cosigners[0].line(LOG.head(5), SECONDS)))})
    house.offer(5)
    until(lambda: house.lines)

    assert house.lines[LOG.head(5)].keys() == {liar.cosigners[0].key}


def test_a_witness_that_names_another_size_each_time_is_not_followed_for_ever(opened):
    liar = Scripted(Behind(3), Behind(2), Behind(4), Behind(1))
    house = opened(clients={URLS[0]: liar}, pause=100)
    house.offer(5)
    until(lambda: house.status().error)

    assert isinstance(house.status().error, WitnessAnswerError)
    assert liar.asked == [0, 3, 2]


# -- ends ------------------------------------------------------------------------------------------------------------


def test_closing_ends_all_threads_and_closes_the_clients():
    house = House()
    house.offer(5)
    house.witnessing.close()

    assert all(fake.closed for fake in house.fakes)
    assert not [thread for thread in threading.enumerate() if thread.name == "dyepack-witnessing"]


def test_a_witness_without_an_address_is_named_and_not_asked(opened):
    quorum = quorum_of(["http://w1", "", ""], 1)

    assert list(connect(quorum)) == ["http://w1"]
    house = opened(clients={"http://w1": FakeWitness()}, quorum=quorum)
    assert [(status.url, status.names[0]) for status in house.witnessing.status()] == [
        ("http://w1", "w1-ed"),
        ("", "w2-ed"),
    ]


def test_connect_makes_a_client_for_each_address():
    clients = connect(QUORUM)

    assert tuple(clients) == URLS
    for client in clients.values():
        client.close()
