"""kill -9 under load: no acknowledged entry is lost or doubled, no committed change is without its one entry.

A log and a SQLite database live through many processes, each killed at a random point: one in four within a tenth of a
second after its fork, while it restores and drains; the others within a tenth of a second after they began to write,
while they append, sync, sign, publish, commit. A replica is fed by what they acknowledged. Exactly this is shown, after
each restart:

1. an entry that was acknowledged with a receipt stands at its index with its bytes; one of level 0 stands somewhere;
2. no id stands twice; what one restart showed never changes (an entry that nobody acknowledged may be there or not);
3. the root of every head that a process signed and showed is the replica's root at that size;
4. after the outbox is drained, committed changes and their entries are one to one, and acknowledged changes are
   committed.

What SIGKILL does not show is the loss of what the kernel holds; torn records are tried below by hand.
"""

import math
import multiprocessing
import os
import random
import time
from dataclasses import dataclass, field
from multiprocessing import forkserver
from pathlib import Path

import pytest

from dyepack.ledger import Head, Kind, Tree, audit_log, leaf_hash, open_head, parse_entry, verify_consistency
from dyepack.storage.schema import upgrade
from fakes.ledger_logs import ORIGIN, VKEY
from fakes.lives import live, wake


def in_memory():
    return Tree(lambda _path: None)


@dataclass
class Replica:
    """What the killed processes said."""

    entries: list[bytes] = field(default_factory=list)
    tree: Tree = field(default_factory=in_memory)
    ids: dict[str, Kind] = field(default_factory=dict)
    changes: set[str] = field(default_factory=set)
    head: Head = field(default_factory=lambda: Head(ORIGIN, 0, b""))
    heads: list[Head] = field(default_factory=list)  # not yet compared
    promised: list[tuple[str, int | None, bytes | None]] = field(default_factory=list)  # not yet looked for
    promised_changes: set[str] = field(default_factory=set)
    acknowledged: int = 0
    drained: int = 0
    starts: int = 0

    def hear(self, what, *said):
        {"head": self.hear_head, "acked": self.hear_acked, "changed": self.hear_changed, "opened": self.hear_opened}[
            what
        ](*said)

    def hear_head(self, old, proof, note):
        head = open_head(note, VKEY)
        assert old == self.head.size
        if old:
            verify_consistency(old, head.size, proof, self.head.root, head.root)
        self.head = head
        self.heads.append(head)

    def hear_acked(self, answers):
        self.promised += answers
        self.acknowledged += len(answers)

    def hear_changed(self, fact_id):
        self.promised_changes.add(fact_id)
        self.acknowledged += 1

    def hear_opened(self, entries, changes, waiting):
        self.starts += 1
        self.drained += waiting
        found = {entry.id: entry.kind for entry in map(parse_entry, entries)}
        assert len(found) == len(entries)  # 2
        assert not found.keys() & self.ids.keys()
        self.ids |= found
        self.entries += entries
        self.tree.append(map(leaf_hash, entries))
        for fact_id, index, entry in self.promised:  # 1
            assert fact_id in self.ids
            assert index is None or self.entries[index] == entry
        for head in self.heads:  # 3
            assert self.tree.edge(head.size).root == head.root
        self.changes |= set(changes)
        assert self.promised_changes <= self.changes <= self.ids.keys()  # 4
        self.promised, self.heads = [], []

    @property
    def heard(self):
        return self.head.size, len(self.entries), len(self.changes)


@pytest.fixture(scope="module")
def nursery():
    """Forks processes that have imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["fakes.lives", "pytest"])
    path = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, [os.environ.get("PYTHONPATH")])])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", path)  # the server looks for modules where its environment says
        forkserver.ensure_running()
    return context


def messages(ear, wait, *, from_load):
    """What is said before ``wait`` seconds are over, counted from the fork or from the message that it is open."""
    until = math.inf if from_load else time.monotonic() + wait
    while (left := until - time.monotonic()) > 0 and ear.poll(min(left, 60)):
        try:
            message = ear.recv()
        except EOFError:
            return
        yield message
        if from_load and message[0] == "opened":
            until = time.monotonic() + wait


def rest(ear):
    """What a killed process had said; a message cut off by the kill was heard by nobody."""
    while True:
        try:
            yield ear.recv()
        except (EOFError, OSError):
            return


def lives(nursery, folder, count, seed):
    """A replica that followed so many lives."""
    chance = random.Random(seed)
    replica = Replica()
    upgrade(folder / "vault.db")
    for life in range(count):
        ear, mouth = nursery.Pipe(duplex=False)
        child = nursery.Process(target=live, args=(mouth, folder, life, replica.heard))
        child.start()
        mouth.close()
        for message in messages(ear, chance.random() * 0.1, from_load=chance.random() < 0.75):
            replica.hear(*message)
        child.kill()
        for message in rest(ear):
            replica.hear(*message)
        child.join()
        ear.close()
        assert child.exitcode == -9
    return replica


def check(folder, life, replica):
    """A last start, in this process: the whole log passes its audit and is the replica's."""
    house = wake(folder, life, replica.heard, replica.hear_head)
    try:
        replica.hear_opened(*house.found)
        house.log.publish()
        result = audit_log(house.log.read, VKEY)
        waiting = house.waiting_room.waiting()
    finally:
        house.close()
    assert result.whole
    assert (result.size, result.root) == (len(replica.entries), replica.tree.edge().root)
    assert (replica.promised, replica.heads, waiting) == ([], [], [])


def test_an_acknowledged_entry_survives_kill_9(nursery, tmp_path):
    replica = lives(nursery, tmp_path, 8, 1)

    check(tmp_path, 8, replica)
    assert replica.acknowledged


@pytest.mark.proof
def test_acknowledged_entries_and_committed_changes_survive_a_thousand_kills(nursery, tmp_path):
    replica = lives(nursery, tmp_path, 1000, 2)

    check(tmp_path, 1000, replica)
    assert 750 <= replica.starts < 1000, "some were killed while they started"
    assert len(replica.entries) > replica.acknowledged, "some were killed between the sync and the answer"
    assert replica.drained > 0, "some were killed between the commit and the entry"


@pytest.mark.parametrize("length", [1, 5, 9, 200])
def test_a_record_torn_by_a_crash_is_cut_and_the_log_goes_on(nursery, tmp_path, length):
    replica = lives(nursery, tmp_path, 3, 7)
    check(tmp_path, 3, replica)
    segment = tmp_path / "ledger" / "wal" / "0000000000000000.wal"
    whole = segment.stat().st_size
    with segment.open("ab") as file:
        file.write(((300).to_bytes(4, "big") + bytes(4) + b'{"actor":"' * 20)[:length])

    check(tmp_path, 4, replica)

    assert segment.stat().st_size == whole
    assert replica.entries
