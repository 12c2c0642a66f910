"""An operator with the log's key rewrites history: who kept an older head finds it, and the keeper stops it."""

import shutil

import pytest

from dyepack.app.sequencer import Sequencer
from dyepack.ledger import (
    audit_log,
    encode_entry,
    leaf_hash,
    open_head,
    verify_consistency,
    verify_inclusion,
    verify_receipt,
)
from dyepack.ledger.errors import ConsistencyError, InclusionError, RolledBackError, UnavailableError
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

CHANCE = CountingRandom(31)


class Keeper:
    """Follows heads as the keeper does: only forward, only with a proof."""

    def __init__(self):
        self.head = None

    def __call__(self, old_size, proof, note):
        head = open_head(note, VKEY)
        if self.head:
            if old_size != self.head.size:
                raise ConsistencyError(why="not my size")
            verify_consistency(old_size, head.size, proof, self.head.root, head.root)
        self.head = head

    @property
    def size(self):
        return self.head.size if self.head else 0


def log_of(entries):
    """All files of a log, computed anew and signed with the real key."""
    log = MemoryLog()
    log.entries = list(entries)
    log.log.tree.append(map(leaf_hash, entries))
    return log


def rewritten(entries, index):
    return [*entries[:index], encode_entry(look(CHANCE), org=org(), t=START), *entries[index + 1 :]]


LOG = MemoryLog().grow(40)


def test_a_rewritten_entry_with_all_tiles_computed_anew_is_found_by_an_older_head():
    forged = log_of(rewritten(LOG.entries, 7)).publish()

    result = audit_log(forged.get, VKEY, earlier=[LOG.note(20)])

    assert "changed" in result.finding.facts["why"]
    assert audit_log(forged.get, VKEY, earlier=[LOG.note(7)]).whole


def test_without_an_older_head_a_rewritten_log_looks_whole_and_the_result_says_what_it_rests_on():
    result = audit_log(log_of(rewritten(LOG.entries, 7)).publish().get, VKEY)

    assert result.whole
    assert "0 earlier heads" in result.reliability


def test_a_dropped_tail_is_found_by_an_older_head():
    result = audit_log(log_of(LOG.entries[:30]).publish().get, VKEY, earlier=[LOG.note(40)])

    assert "dropped" in result.finding.facts["why"]


@pytest.mark.parametrize("change", [lambda e: [*e[:3], e[4], e[3], *e[5:]], lambda e: [*e[:3], *e[4:]]])
def test_reordered_and_deleted_entries_are_found_by_an_older_head(change):
    result = audit_log(log_of(change(LOG.entries)).publish().get, VKEY, earlier=[LOG.note(20)])

    assert not result.whole


def test_a_back_dated_entry_is_found():
    late = encode_entry(look(CHANCE), org=org(), t=START - 1)

    assert not audit_log(log_of([*LOG.entries, late]).publish().get, VKEY).whole


def test_a_receipt_held_by_a_client_proves_the_loss():
    receipt = LOG.receipt(7)
    forged = log_of(rewritten(LOG.entries, 7))

    assert verify_receipt(receipt, VKEY)
    head = open_head(forged.note(), VKEY)
    with pytest.raises(InclusionError):
        verify_inclusion(leaf_hash(receipt.entry), 7, head.size, forged.log.tree.edge().inclusion(7), head.root)


def test_no_proof_joins_two_forks_shown_to_two_clients():
    left, right = LOG, log_of(rewritten(LOG.entries, 12))
    for old in range(13, 41):
        one, other = open_head(left.note(old), VKEY), open_head(right.note(40), VKEY)
        for log in (left, right):
            with pytest.raises(ConsistencyError):
                verify_consistency(old, 40, log.log.tree.edge(40).consistency(old), one.root, other.root)


@pytest.fixture
def run(tmp_path):
    """Starts a sequencer on a folder and closes it at the end."""
    running = []

    def run(keeper, name="ledger"):
        sequencer = Sequencer(tmp_path / name, SIGNER, ORIGIN, org(), HandClock(), keeper, keeper_size=keeper.size)
        running.append(sequencer)
        return sequencer

    yield run
    for sequencer in running:
        sequencer.close()


def test_yesterdays_folder_is_refused_because_the_keeper_saw_more(run, tmp_path):
    keeper = Keeper()
    first = run(keeper)
    first.append([look(CHANCE) for _ in range(5)])
    first.close()
    shutil.copytree(tmp_path / "ledger", tmp_path / "yesterday")
    second = run(keeper)
    second.append([look(CHANCE)])
    second.close()

    with pytest.raises(RolledBackError):
        run(keeper, "yesterday")


def test_yesterdays_folder_grown_past_the_keeper_is_refused_by_consistency(run, tmp_path):
    keeper = Keeper()
    first = run(keeper)
    first.append([look(CHANCE) for _ in range(5)])
    first.close()
    shutil.copytree(tmp_path / "ledger", tmp_path / "yesterday")
    second = run(keeper)
    second.append([look(CHANCE)])
    second.close()
    grown = run(Keeper(), "yesterday")
    grown.append([look(CHANCE) for _ in range(4)])
    grown.close()

    with pytest.raises(ConsistencyError):
        run(keeper, "yesterday")


def test_a_fork_below_a_running_keeper_stops_the_log(run, tmp_path):
    keeper = Keeper()
    sequencer = run(keeper)
    sequencer.append([look(CHANCE) for _ in range(5)])
    keeper.head = open_head(log_of(rewritten([raw for _, raw in sequencer.entries()], 2)).note(), VKEY)

    with pytest.raises(UnavailableError):
        sequencer.append([look(CHANCE)])
    with pytest.raises(UnavailableError):
        sequencer.append([opened(CHANCE)])


def test_a_replayed_fact_makes_no_second_entry(run):
    sequencer = run(Keeper())
    fact = look(CHANCE)
    sequencer.append([fact])

    sequencer.append([fact])
    sequencer.append([started(CHANCE), fact])

    assert sequencer.size() == 2


def test_a_replayed_head_does_not_move_the_keeper(run):
    keeper = Keeper()
    sequencer = run(keeper)
    sequencer.append([look(CHANCE)])
    old = sequencer.head()
    sequencer.append([look(CHANCE)])

    with pytest.raises(ConsistencyError):
        keeper(1, (), old)
    assert keeper.size == 2
