"""The attacks of the ledger's threat model that stand nowhere else, and where the others stand.

| attack | test |
|---|---|
| drop the tail | here: ``test_a_tail_cut_from_the_segments...``; ``test_ledger_history``: ``test_a_dropped_tail...`` |
| delete one outbox row | here: ``test_a_deleted_outbox_row_opens_nothing`` |
| rewrite a bundle and all tiles | ``test_ledger_history``: ``test_a_rewritten_entry...``; ``test_gocheck`` |
| restore yesterday's folder | ``test_ledger_history``: ``test_yesterdays_folder...`` (two); ``test_whole_lock`` |
| fork to two clients | here: ``test_two_forks_need...``; ``test_ledger_history``: ``test_no_proof_joins_two...`` |
| replay a receipt | ``test_keeper_attacks``: ``test_a_receipt_opens_once`` and what follows it; ``test_whole_lock`` |
| receipt for another alias, field, kind, institution | ``test_keeper_attacks``: "another person, another field" |
| receipt of a head never advanced | ``test_whole_lock``: ``test_a_head_that_the_keeper_never_saw_opens_nothing`` |
| cosignature of a key outside the policy | here: ``test_cosignatures_of_keys_outside_the_policy...`` |
| one witness counted twice | here: ``test_one_witness_under_two_names...``, ``test_a_witness_that_signs_twice...`` |
| ``quorum none`` | ``test_quorum``: ``test_a_quorum_of_nobody_is_refused_when_it_is_read`` |
| huge note | here: ``test_a_huge_checkpoint_or_answer_is_refused``; ``test_note`` |
| back-dated entry | ``test_ledger_history``: ``test_a_back_dated_entry_is_found``; here: the clock's jumps |
| full disk, failed write | here: ``test_when_the_disk_is_full...``; ``test_sequencer`` |
| two sequencers | here: ``test_a_second_process...``, ``test_two_sequencers_past_the_lock...`` |
| killed process | ``test_ledger_kill``, ``test_whole_kill`` |
| one changed bit | ``test_ledger_bit_flips`` |
"""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from itertools import combinations
from pathlib import Path

import pytest

from dyepack.app.sequencer import Sequencer
from dyepack.crypto.signature import Ed25519Signer
from dyepack.ledger import (
    Cosigner,
    KeyKind,
    audit_log,
    open_checkpoint,
    open_head,
    parse_cosignatures,
    parse_entry,
    parse_quorum,
    verify_consistency,
)
from dyepack.ledger.errors import (
    LockedError,
    NoteError,
    RolledBackError,
    UnavailableError,
    WeakQuorumError,
)
from dyepack.terms.ids import RecordToken
from dyepack.vault.errors import KeeperStateError
from dyepack.vault.record import parts_of_field
from fakes.cosigned import COMPLIANCE, LOG_KEYS, LOG_PQ, NOW, PEER, POLICY, QUORUM, STRANGER, cosigned
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
from fakes.whole import WholeHouse, strangers_list

CHANCE = CountingRandom(41)
PHONE = tuple(parts_of_field("phone"))[:1]
TESTS = Path(__file__).parents[1]


class Keeper:
    """Follows heads: only forward, only with a proof."""

    def __init__(self):
        self.head = None

    def __call__(self, old_size, proof, note):
        head = open_head(note, VKEY)
        if self.head:
            assert old_size == self.head.size
            verify_consistency(old_size, head.size, proof, self.head.root, head.root)
        self.head = head

    @property
    def size(self):
        return self.head.size if self.head else 0


@pytest.fixture
def run(tmp_path):
    """Starts a sequencer on a folder and closes it at the end."""
    running = []

    def run(name="ledger", keeper=None, clock=None):
        keeper = keeper or Keeper()
        log = Sequencer(tmp_path / name, SIGNER, ORIGIN, org(), clock or HandClock(), keeper, keeper_size=keeper.size)
        running.append(log)
        return log

    def close_all():
        while running:
            running.pop().close()

    run.close_all = close_all
    yield run
    close_all()


# -- the tail, the outbox ---------------------------------------------------------------------------------------------


def test_a_tail_cut_from_the_segments_is_missed_by_the_keeper(run, tmp_path):
    keeper = Keeper()
    log = run(keeper=keeper)
    log.publish()
    sizes = []
    for _ in range(3):
        log.append([look(CHANCE)])
        sizes.append((tmp_path / "ledger" / "wal" / "0000000000000000.wal").stat().st_size)
    shutil.copytree(tmp_path / "ledger", tmp_path / "cut")
    os.truncate(tmp_path / "cut" / "wal" / "0000000000000000.wal", sizes[1])

    with pytest.raises(RolledBackError):
        run("cut", keeper)


@pytest.fixture(scope="module")
def admitted_without_entry(tmp_path_factory):
    """A house that was killed after it committed an admission; a stranger then deletes the fact from the outbox."""
    home = tmp_path_factory.mktemp("outbox") / "home"
    house = WholeHouse(home)
    people = strangers_list(8, 10, dirt=0)
    lot = house.take(people.csv("utf-8"))["lot"]

    def killed(*_):
        raise KeyboardInterrupt

    house.house.admission._acknowledge = killed
    with pytest.raises(KeyboardInterrupt):
        house.admit(lot)
    house.close()
    with closing(sqlite3.connect(home / "vault.db")) as database:
        assert database.execute("DELETE FROM ledger_outbox").rowcount == 1
        database.commit()
        token = RecordToken(database.execute("SELECT token FROM record WHERE state = 'open'").fetchone()[0])
    return house, lot, token


def test_a_deleted_outbox_row_opens_nothing(admitted_without_entry):
    """The change stands in the vault without its entry; the keeper follows entries, and knows nothing of it."""
    house, lot, token = admitted_without_entry
    inside = house.open()
    alias = inside.viewer.aliases([token])[token]

    def opened_fields():
        receipt = inside.log.append([look(CHANCE, subj=(alias,))])[0]
        return inside.keeper.open(receipt, [(token, PHONE)])

    with pytest.raises(KeeperStateError):
        opened_fields()
    house.admit(lot)

    assert opened_fields()[token].keys() == set(PHONE)
    assert alias in "".join(raw.decode() for _, raw in inside.log.entries() if b"vault:record:admitted" in raw)
    house.close()


# -- witnesses that count for nothing ---------------------------------------------------------------------------------


LOG = MemoryLog().grow(20)


def quorum_signed(note, quorum=QUORUM):
    return quorum.satisfied(open_checkpoint(note, LOG_KEYS, quorum.keys).signed_by(quorum.keys))


def test_cosignatures_of_keys_outside_the_policy_are_no_quorum():
    stolen_name = Cosigner.make(PEER.key.name, KeyKind.COSIGNATURE, Ed25519Signer(bytes([12]) * 32))

    assert quorum_signed(cosigned(LOG.note()))
    assert not quorum_signed(cosigned(LOG.note(), COMPLIANCE, STRANGER, stolen_name, LOG_PQ))


@pytest.mark.parametrize("times", [(NOW, NOW + 1), (NOW + 1, NOW)])
def test_a_witness_that_signs_twice_counts_once_with_its_later_time(times):
    head = open_head(LOG.note(), VKEY)
    twice = LOG.note() + "".join(COMPLIANCE.line(head, time) for time in times)

    assert not quorum_signed(twice)
    assert open_checkpoint(twice, LOG_KEYS, QUORUM.keys).times[COMPLIANCE.key] == NOW + 1


def test_one_witness_under_two_names_makes_the_file_weak():
    other_name = Cosigner.make("other.example/w1", KeyKind.COSIGNATURE, COMPLIANCE.signer)
    log, first = POLICY.splitlines()[:2]
    for second in (COMPLIANCE.key, other_name.key):
        text = f"{log}\n{first}\nwitness second {second.vkey}\ngroup two all compliance second\nquorum two\n"
        with pytest.raises(WeakQuorumError):
            parse_quorum(text).check_strength()


def test_two_forks_need_a_witness_that_signed_both():
    """Of three witnesses two are asked for: whoever shows two histories of one size must have one that lied."""
    witnesses = [
        Cosigner.make(f"w{number}.example", KeyKind.COSIGNATURE, Ed25519Signer(bytes([60 + number]) * 32))
        for number in range(3)
    ]
    lines = [f"witness w{number} {one.key.vkey}\n" for number, one in enumerate(witnesses)]
    quorum = parse_quorum(f"log {VKEY}\n{''.join(lines)}group two 2 w0 w1 w2\nquorum two\n")
    forks = LOG.note(), MemoryLog(seed=5).grow(20).note()

    for honest in range(4):
        for left in combinations(witnesses, honest):
            right = [one for one in witnesses if one not in left]
            signed = [cosigned(note, *some) if some else note for note, some in zip(forks, (left, right), strict=True)]
            assert not all(quorum_signed(note, quorum) for note in signed)


STRANGERS_LINE = STRANGER.line(open_head(LOG.note(), VKEY), NOW)


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (STRANGERS_LINE * 33, "over 32 signatures"),
        (STRANGERS_LINE.replace("stranger", "s" * 65_536), "over 64 KiB"),
        (STRANGERS_LINE * 100_000, "over 64 KiB"),
    ],
    ids=["33 lines", "a long name", "100,000 lines"],
)
def test_a_huge_checkpoint_or_answer_is_refused(more, why):
    with pytest.raises(NoteError, match=why):
        open_checkpoint(cosigned(LOG.note()) + more, LOG_KEYS, QUORUM.keys)
    with pytest.raises(NoteError, match=why):
        parse_cosignatures(more, open_head(LOG.note(), VKEY), QUORUM.keys)


# -- time -------------------------------------------------------------------------------------------------------------


def test_a_clock_that_jumps_back_and_forward_moves_no_entry_back(run):
    clock = HandClock()
    log = run(clock=clock)
    for now in (START, START - 3_600_000_000, START + 1, START + 86_400_000_000, START - 1, START + 5):
        clock.time = now
        log.append([look(CHANCE), started(CHANCE)])
    log.publish()

    times = [parse_entry(raw).t for _, raw in log.entries()]

    assert times == [START] * 4 + [START + 1] * 2 + [START + 86_400_000_000] * 6
    assert audit_log(log.read, VKEY).whole


def test_a_fact_that_is_told_again_after_a_restart_and_a_jump_of_the_clock_is_not_doubled(run):
    fact, clock, keeper = look(CHANCE), HandClock(), Keeper()
    first = run(clock=clock, keeper=keeper)
    first.append([fact])
    first.close()
    clock.time += 86_400_000_000
    second = run(clock=clock, keeper=keeper)

    assert second.append([fact])[0].index == 0
    assert second.size() == 1


# -- two sequencers ---------------------------------------------------------------------------------------------------


def python(script, *arguments, **more):
    command = [sys.executable, "-c", script, *map(str, arguments)]
    path = os.pathsep.join([str(TESTS), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": path}, **more)


HOLDER = """
import sys
from pathlib import Path
from dyepack.app.sequencer import Sequencer
from fakes.ledger_logs import ORIGIN, SIGNER, CountingRandom, HandClock, look, org

log = Sequencer(Path(sys.argv[1]), SIGNER, ORIGIN, org(), HandClock(), lambda *step: None)
log.append([look(CountingRandom(1))])
print("holds", flush=True)
sys.stdin.read()
"""


def test_a_second_process_is_refused_until_the_first_is_gone(run, tmp_path):
    with python(HOLDER, tmp_path / "ledger", stdin=subprocess.PIPE) as child:
        assert child.stdout.readline() == "holds\n"
        with pytest.raises(LockedError):
            run()
        child.send_signal(signal.SIGKILL)
        child.wait()

        assert run().size() == 1


def test_two_sequencers_past_the_lock_end_at_the_keeper(run, tmp_path):
    """A lock holds on one machine; here each has its own copy of the folder."""
    keeper = Keeper()
    first = run(keeper=keeper)
    first.append([look(CHANCE)])
    shutil.copytree(tmp_path / "ledger", tmp_path / "twin")
    twin = run("twin", keeper)
    first.append([look(CHANCE)])

    with pytest.raises(UnavailableError):
        twin.append([look(CHANCE)])
    assert keeper.size == 2
    assert first.append([look(CHANCE)])[0].index == 2


# -- a disk that is full ----------------------------------------------------------------------------------------------


WRITER = """
import resource, sys
from pathlib import Path
from dyepack.app.sequencer import Sequencer
from dyepack.ledger.errors import UnavailableError
from fakes.ledger_logs import ORIGIN, SIGNER, CountingRandom, HandClock, look, opened, org, started

if int(sys.argv[2]):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
log = Sequencer(Path(sys.argv[1]), SIGNER, ORIGIN, org(), HandClock(), lambda *step: None)
chance = CountingRandom(3)
try:
    while True:
        for facts in ([look(chance)] * 1, [started(chance), look(chance)], [started(chance)], [opened(chance)]):
            log.append(facts)
            print("".join(f"{fact.id}\\n" for fact in facts), end="", flush=True)
except UnavailableError as error:
    print("stopped", error, flush=True)
for make in (started, look, opened):
    try:
        log.append([make(chance)])
        print("went on", flush=True)
    except UnavailableError as error:
        print(error.code, flush=True)
log.close()
"""


def stops_and_loses_nothing(folder, run, limit, make_room=lambda: None):
    """A writer meets the end of the disk; what it acknowledged is there when there is room again."""
    with python(WRITER, folder, limit) as child:
        said = child.stdout.read().splitlines()
    assert child.returncode == 0
    at = next(number for number, line in enumerate(said) if line.startswith("stopped"))
    acknowledged, after = said[:at], said[at + 1 :]
    assert acknowledged
    assert after == ["ledger.unavailable"] * 3

    make_room()
    log = run(folder)
    log.publish()
    ids = [parse_entry(raw).id for _, raw in log.entries()]
    assert set(acknowledged) <= set(ids)
    assert len(ids) == len(set(ids))
    assert audit_log(log.read, VKEY).whole
    assert log.append([opened(CHANCE)])[0].index == len(ids)


@pytest.mark.parametrize("limit", [9_000, 20_001, 40_777])
def test_when_the_disk_is_full_every_level_fails_and_nothing_acknowledged_is_lost(run, tmp_path, limit):
    """A limit on the size of files ends a write in the middle of a record, as a full disk does."""
    stops_and_loses_nothing(tmp_path / "ledger", run, limit)


def test_when_a_real_disk_is_full_every_level_fails_and_nothing_acknowledged_is_lost(run, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()

    def mount(options):
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    if os.geteuid() != 0 or not mount("size=96k"):
        pytest.skip("only an account that may mount can make a disk of 96 KiB")
    try:
        stops_and_loses_nothing(disk / "ledger", run, 0, lambda: mount("remount,size=8m"))
    finally:
        run.close_all()
        subprocess.run(["umount", str(disk)], check=True)
