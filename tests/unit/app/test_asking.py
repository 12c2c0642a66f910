"""What a witness shows is judged by the log's own signature, never by its word."""

import pytest

from dyepack.app import asking, publisher
from dyepack.app.asking import ask_witnesses
from dyepack.app.sequencer import Sequencer
from dyepack.ledger import open_head, sign_head
from dyepack.ledger.errors import RolledBackError, RootMismatchError
from dyepack.ledger.witness import Behind
from fakes.ledger_logs import ORIGIN, SIGNER, VKEY, CountingRandom, HandClock, look, opened, org
from fakes.witnesses import FakeWitness, Growing, quorum_of, until

CHANCE = CountingRandom(32)
URLS = ("http://w1", "http://w2", "http://w3")
QUORUM = quorum_of(URLS, 2)


class Liar(FakeWitness):
    """Says whatever size it likes, and shows whatever note it has."""

    def __init__(self, name, seed):
        super().__init__(name, seed)
        self.claims = None
        self.shows = None
        self.shown = 0

    def add_checkpoint(self, old, proof, note):
        return super().add_checkpoint(old, proof, note) if self.claims is None else Behind(self.claims)

    def checkpoint(self, origin):
        self.shown += 1
        return super().checkpoint(origin) if self.shows is None else self.shows


@pytest.fixture
def three(monkeypatch):
    found = [Liar(f"w{place + 1}.example", 40 + 10 * place) for place in range(3)]
    monkeypatch.setattr(asking, "connect", lambda _: dict(zip(URLS, found, strict=True)))
    monkeypatch.setattr(publisher, "PUBLISH_SECONDS", 0.02)
    monkeypatch.setattr(publisher, "ROUND_SECONDS", 0.1)
    return found


@pytest.fixture
def start(tmp_path, three):
    running = []

    def start(name="ledger"):
        log = Sequencer(
            tmp_path / name, SIGNER, ORIGIN, org(), HandClock(), lambda *_: None, quorum=QUORUM, witnesses=ask_witnesses
        )
        running.append(log)
        return log

    yield start
    for log in running:
        log.close()


def test_witnesses_of_an_opened_log_cosign_it(start, three):
    log = start()

    (receipt,) = log.append([opened(CHANCE)])

    assert log.witnessed().head == open_head(receipt.head, VKEY)
    assert [status.names for status in log.witness_status()] == [(f"w{n}-ed", f"w{n}-pq") for n in (1, 2, 3)]
    log.close()
    assert all(witness.closed for witness in three)


def test_one_witness_that_saw_more_entries_refuses_the_start(start, three):
    log = start()
    log.append([opened(CHANCE)])
    log.close()

    with pytest.raises(RolledBackError) as refused:
        start("an empty copy")

    assert refused.value.facts == {"size": 0, "seen": 1}
    assert all(witness.closed for witness in three)
    assert start().size() == 1


def test_a_witness_that_saw_other_entries_refuses_the_start(start, three):
    log = start()
    log.append([opened(CHANCE)])
    log.close()
    three[1].shows = Growing(5).grow(1).note()

    with pytest.raises(RootMismatchError):
        start()


@pytest.mark.parametrize("shows", [None, "x", "other"])
def test_a_size_that_nothing_proves_stops_nobody(start, three, shows):
    log = start()
    log.append([opened(CHANCE)])
    three[0].claims = 10**12
    three[0].shows = log.checkpoint().replace(ORIGIN, "other") if shows == "other" else shows

    (receipt,) = log.append([opened(CHANCE)])

    assert receipt.index == 1
    until(lambda: log.witness_status()[0].error is not None)
    assert log.append([look(CHANCE)])


def test_a_size_that_was_made_up_over_a_true_head_stops_nobody(start, three, monkeypatch):
    monkeypatch.setattr(publisher, "PUBLISH_SECONDS", 30.0)
    log = start()
    log.append([opened(CHANCE)])
    # a receipt's head is signed before any checkpoint of that size is offered: it gets about
    (receipt,) = log.append([look(CHANCE)])
    three[0].claims = 10**12
    three[0].shows = receipt.head
    asked = three[0].shown
    (post, *_) = log._publisher._witnesses._posts

    log._publisher._witnesses.offer(log.head_at(1), log.sign_at(1))

    until(lambda: three[0].shown > asked and log.witness_status()[0].error is not None)
    assert post.status.proof == receipt.head
    assert log.append([look(CHANCE)])


def test_a_longer_log_that_its_own_key_signed_stops_it(start, three):
    log = start()
    log.append([opened(CHANCE)])
    three[2].claims = 40
    three[2].shows = Growing(5).grow(40).note()

    log._publisher._witnesses.offer(log.head_at(1), log.sign_at(1))

    until(lambda: log._failure is not None)
    with pytest.raises(RolledBackError) as refused:
        log.append([look(CHANCE)])
    assert refused.value.facts["seen"] == 40


def test_another_history_that_its_own_key_signed_stops_it(start, three, monkeypatch):
    monkeypatch.setattr(publisher, "PUBLISH_SECONDS", 30.0)
    log = start()
    log.append([opened(CHANCE)])
    log.append([look(CHANCE)])
    three[2].claims = 2
    three[2].shows = Growing(5).grow(2).note()

    log._publisher._witnesses.offer(log.head_at(1), log.sign_at(1))

    until(lambda: log._failure is not None)
    with pytest.raises(RootMismatchError):
        log.append([look(CHANCE)])


def test_witnesses_that_are_away_do_not_keep_the_log_from_opening(start, three):
    for witness in three:
        witness.down = True

    log = start()

    assert log.append([look(CHANCE)])
    until(lambda: all(status.error is not None for status in log.witness_status()))
    assert sign_head(log.head_at(1), SIGNER) == log.head()
