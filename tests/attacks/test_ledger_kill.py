"""kill -9 under load: no acknowledged entry is lost or doubled."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dyepack.app.sequencer import Sequencer
from dyepack.ledger import audit_log, leaf_hash, parse_entry
from dyepack.ledger.merkle import root_of
from fakes.ledger_logs import ORIGIN, SIGNER, VKEY, HandClock, org

TESTS = Path(__file__).parents[1]
WRITER = """
import sys, threading
from pathlib import Path
from fakes.ledger_logs import ORIGIN, SIGNER, CountingRandom, HandClock, look, opened, org, started
from dyepack.app.sequencer import Sequencer

sequencer = Sequencer(Path(sys.argv[1]), SIGNER, ORIGIN, org(), HandClock(), lambda *step: None)
print("ready", flush=True)

def write(number):
    chance = CountingRandom(int(sys.argv[2]) * 100 + number)
    while True:
        for facts in ([look(chance)], [started(chance), look(chance)], [started(chance)] * 2, [opened(chance)]):
            sequencer.append(facts)
            sys.stdout.write("".join(fact.id + "\\n" for fact in facts))
            sys.stdout.flush()

for number in range(4):
    threading.Thread(target=write, args=(number,)).start()
"""


def write_and_kill(folder, seed, seconds):
    """Ids that the writer acknowledged before it was killed."""
    command = [sys.executable, "-c", WRITER, str(folder), str(seed)]
    environment = os.environ | {"PYTHONPATH": str(TESTS)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as child:
        assert child.stdout.readline() == "ready\n"
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        said = child.stdout.read()
    return [line for line in said.split("\n")[:-1] if len(line) == 26]  # a torn last line was not read by anyone


def check(folder, acknowledged):
    sequencer = Sequencer(folder, SIGNER, ORIGIN, org(), HandClock(), lambda *step: None)
    try:
        sequencer.publish()
        entries = [raw for _, raw in sequencer.entries()]
        ids = [parse_entry(raw).id for raw in entries]
        result = audit_log(sequencer.read, VKEY)
    finally:
        sequencer.close()
    assert len(ids) == len(set(ids))
    assert set(acknowledged) <= set(ids)
    assert result.whole
    assert result.root == root_of([leaf_hash(raw) for raw in entries])


def kill_rounds(folder, rounds, seed):
    chance = random.Random(seed)
    acknowledged = []
    for number in range(rounds):
        acknowledged += write_and_kill(folder, seed * 1000 + number, chance.random() * 0.12)
        check(folder, acknowledged)
    return acknowledged


def test_an_acknowledged_entry_survives_kill_9(tmp_path):
    assert kill_rounds(tmp_path / "ledger", 3, 1)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(20))
def test_acknowledged_entries_survive_two_hundred_kills(tmp_path, seed):
    assert kill_rounds(tmp_path / "ledger", 10, 100 + seed)


@pytest.mark.parametrize("length", [1, 5, 9, 200])
def test_a_record_torn_by_a_crash_is_cut_and_the_log_goes_on(tmp_path, length):
    folder = tmp_path / "ledger"
    acknowledged = write_and_kill(folder, 7, 0.05)
    segment = folder / "wal" / "0000000000000000.wal"
    with segment.open("ab") as file:
        file.write((300).to_bytes(4, "big") + bytes(4) + b'{"actor":"' * 20)
        file.truncate(file.tell() - 208 + length)

    check(folder, acknowledged)
