import threading

import pytest

from dyepack.ledger.errors import WitnessFolderError
from dyepack.ledger.witness import Verdict, decide, format_request, parse_request
from dyepack.storage.witness_store import MAX_EVIDENCE, WitnessStore
from fakes.ledger_logs import ORIGIN
from fakes.witnesses import KEYS, SECONDS, Growing, cosigners

LOG = Growing().grow(40)
FORK = Growing(5).grow(40)
OURS = cosigners()


@pytest.fixture
def path(tmp_path):
    WitnessStore.make(tmp_path / "witness.db")
    return tmp_path / "witness.db"


@pytest.fixture
def store(path):
    opened = WitnessStore(path)
    yield opened
    opened.close()


def put(store, body, received=7, seconds=SECONDS):
    request = parse_request(body)
    return store.settle(request, body, received, lambda seen, _: decide(request, KEYS, OURS, seen, seconds))


def test_what_was_cosigned_is_there_after_opening_again(store, path):
    decision = put(store, LOG.request(0, 3))
    store.close()

    again = WitnessStore(path)

    assert again.seen(ORIGIN) == decision.store
    assert again.seen("other.example") is None
    assert put(again, LOG.request(3, 9)).status == 200
    assert again.seen(ORIGIN).head == LOG.head(9)
    again.close()


def test_evidence_is_kept_with_what_was_cosigned_at_that_moment(store):
    before = put(store, LOG.request(0, 9)).store
    put(store, FORK.request(9, 9), received=11)
    put(store, LOG.request(9, 20))

    (kept,) = store.evidence()

    assert (kept.number, kept.received, kept.verdict) == (1, 11, Verdict.FORK)
    assert (kept.request, kept.seen) == (FORK.request(9, 9), before.note)
    assert (kept.signed, kept.cosigned) == (FORK.head(9), LOG.head(9))


def test_the_same_head_is_evidence_once_however_often_it_is_sent(store):
    put(store, LOG.request(0, 9))
    for old in (9, 9, 5):
        put(store, FORK.request(old, 9))

    assert len(store.evidence()) == 1


def test_who_signs_for_a_log_cannot_fill_the_disk(store, monkeypatch):
    monkeypatch.setattr("dyepack.storage.witness_store.MAX_EVIDENCE", 3)
    put(store, LOG.request(0, 40))
    statuses = {put(store, FORK.request(5, size)).status for size in range(5, 15)}

    assert statuses == {409}
    assert [kept.signed.size for kept in store.evidence()] == [5, 6, 7]
    assert MAX_EVIDENCE * 65_536 <= 64 << 20


def test_a_decision_that_fails_changes_nothing(store):
    put(store, LOG.request(0, 3))
    request = parse_request(LOG.request(3, 9))

    def fails(_seen, _latest):
        raise ValueError

    with pytest.raises(ValueError):
        store.settle(request, b"", 0, fails)

    assert store.seen(ORIGIN).head == LOG.head(3)
    assert put(store, LOG.request(3, 9)).status == 200


def test_the_last_time_of_any_log_is_known_to_the_next_decision(store):
    put(store, LOG.request(0, 3), seconds=900)
    put(store, LOG.request(0, 3).replace(ORIGIN.encode(), b"third.example"), seconds=500)
    request = parse_request(LOG.request(3, 9).replace(ORIGIN.encode(), b"other.example"))
    times = []

    store.settle(request, b"", 0, lambda seen, latest: times.append((seen, latest)) or _refusal())

    assert times == [(None, 900)]


def _refusal():
    request = parse_request(format_request(5, (), LOG.note(9)))
    return decide(request, KEYS, OURS, None, 1)


@pytest.mark.parametrize("several", [False, True], ids=["one store", "a store each, like processes"])
def test_of_growing_requests_that_race_one_wins_and_the_others_meet_its_size(path, several):
    shared = WitnessStore(path)
    put(shared, LOG.request(0, 3))
    stores = [WitnessStore(path) if several else shared for _ in range(6)]
    start = threading.Barrier(len(stores))
    decisions = {}

    def race(place):
        start.wait()
        decisions[10 + place] = put(stores[place], LOG.request(3, 10 + place))

    threads = [threading.Thread(target=race, args=(place,)) for place in range(len(stores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    winners = [size for size, decision in decisions.items() if decision.status == 200]
    assert len(winners) == 1
    assert shared.seen(ORIGIN).head == LOG.head(winners[0])
    losers = {decision.body for size, decision in decisions.items() if size not in winners}
    assert losers == {f"{winners[0]}\n"}
    for store in {id(store): store for store in [shared, *stores]}.values():
        store.close()


def test_a_database_that_is_gone_is_not_made_anew(path):
    path.unlink()

    with pytest.raises(WitnessFolderError):
        WitnessStore(path)
    assert not path.exists()


def test_a_file_that_is_no_database_is_our_error(path):
    path.write_bytes(b"x" * 5000)
    broken = WitnessStore(path)

    with pytest.raises(WitnessFolderError):
        put(broken, LOG.request(0, 3))
    broken.close()


def test_the_file_is_for_its_account_alone(path):
    assert path.stat().st_mode & 0o777 == 0o600
