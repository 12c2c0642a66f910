"""Witnesses as real processes: a quorum of three, a race between two, and one that is killed."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from dyepack.app.witness_folder import WitnessFolder
from dyepack.app.witnessing import Witnessing, connect
from dyepack.crypto.digest import sha256
from dyepack.gateways.witness_client import WitnessClient
from dyepack.ledger import open_checkpoint, parse_quorum
from dyepack.ledger.errors import WitnessUnreachableError
from dyepack.ledger.witness import Behind, Cosigned, Verdict
from fakes.ledger_logs import ORIGIN, START, VKEY, CountingRandom, HandClock
from fakes.witnesses import KEYS, Growing, until

LOG = Growing().grow(400)
FORK = Growing(5).grow(400)
DIGEST = sha256(ORIGIN.encode()).hex()
PROGRAM = "from dyepack.cli import main; main()"


def make(path: Path, name: str, seed: int) -> list[str]:
    """A witness that knows the log; the lines of a quorum file about it."""
    witness = WitnessFolder.make(path, name, HandClock(), CountingRandom(seed))
    witness.add_log(VKEY)
    witness.close()
    return [key.vkey for key in witness.keys]


@contextmanager
def served(*folders: Path) -> Iterator[list[tuple[subprocess.Popen[str], str]]]:
    """A process and its address for each folder; they start at once."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, "witness", "serve", "--folder", str(folder), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONWARNINGS": "error"},
        )
        for folder in folders
    ]
    try:
        yield [(process, process.stdout.readline().strip()) for process in processes]
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=20)


def kept(folder: Path) -> list[tuple[Verdict, int]]:
    witness = WitnessFolder(folder, HandClock(START))
    try:
        return [(one.verdict, one.signed.size) for one in witness.evidence()]
    finally:
        witness.close()


def test_three_processes_are_a_quorum_of_two_and_refuse_and_keep_a_fork_a_roll_back_and_a_cut_log(tmp_path):
    with ExitStack() as stack:
        lines = [f"log {VKEY}"]
        folders = [tmp_path / f"w{number}" for number in range(3)]
        made = [make(folder, f"{folder.name}.example", number) for number, folder in enumerate(folders)]
        running = stack.enter_context(served(*folders))
        for number, (vkeys, (_, url)) in enumerate(zip(made, running, strict=True)):
            names = [f"w{number}-{end}" for end in ("ed", "pq")]
            lines += [f"witness {name} {vkey} {url}" for name, vkey in zip(names, vkeys, strict=True)]
            lines.append(f"group w{number} all {' '.join(names)}")
        quorum = parse_quorum("\n".join([*lines, "group all-three 2 w0 w1 w2", "quorum all-three", ""]))
        quorum.check_strength()
        found: dict[int, dict] = {}
        longer: list[int] = []

        def cosigned(head, new):
            found.setdefault(head.size, {}).update(new)

        def follow(log):
            follower = Witnessing(
                quorum, connect(quorum), log.consistency, cosigned, lambda _url, size: longer.append(size)
            )
            stack.callback(follower.close)
            return follower

        witnessing = follow(LOG)
        witnessing.offer(LOG.head(100), LOG.note(100))
        until(lambda: len(found.get(100, {})) == 6)

        running[2][0].kill()
        running[2][0].wait()
        witnessing.offer(LOG.head(200), LOG.note(200))
        until(lambda: len(found.get(200, {})) == 4)
        assert quorum.satisfied(found[200])
        assert quorum.missing(found[200]) == ("w2-ed", "w2-pq")
        until(lambda: isinstance(witnessing.status()[2].error, WitnessUnreachableError))
        whole = LOG.note(200) + "".join(found[200].values())
        assert quorum.satisfied(open_checkpoint(whole, KEYS, quorum.keys).signed_by(quorum.keys))

        forked, cut = follow(FORK), follow(LOG)
        assert set(forked.held(ORIGIN).values()) == {LOG.head(200)}
        forked.offer(FORK.head(200), FORK.note(200))  # two roots of one size
        until(lambda: all(status.error for status in forked.status()))
        forked.offer(FORK.head(300), FORK.note(300))  # a rewritten log that grew on
        until(lambda: len(kept(tmp_path / "w1")) >= 2)
        cut.offer(LOG.head(150), LOG.note(150))  # the tail was cut off
        until(lambda: len(longer) >= 2)

        for folder in ("w0", "w1"):
            until(lambda: len(kept(tmp_path / folder)) == 3)  # noqa: B023 - called before the loop goes on
            assert kept(tmp_path / folder) == [
                (Verdict.FORK, 200),
                (Verdict.INCONSISTENT, 300),
                (Verdict.SHORTER, 150),
            ]
        assert set(longer) == {200}
        assert set(found) == {100, 200}


def test_a_witness_ends_quietly_and_says_nothing_on_stderr(tmp_path):
    make(tmp_path / "w", "w.example", 1)
    with served(tmp_path / "w", tmp_path / "w") as running:
        for (process, url), number in zip(running, (signal.SIGTERM, signal.SIGINT), strict=True):
            client = WitnessClient(url)
            assert isinstance(client.add_checkpoint(0, (), LOG.note(1)), Cosigned | Behind)
            client.close()
            process.send_signal(number)
            _, errors = process.communicate(timeout=30)
            assert (process.returncode, errors) == (0, "")


def test_of_two_processes_on_one_folder_that_race_one_cosigns_and_the_other_meets_its_size(tmp_path):
    make(tmp_path / "w", "w.example", 1)
    with served(tmp_path / "w", tmp_path / "w") as running:
        clients = [WitnessClient(url) for _, url in running]
        size = 0
        for round_number in range(8):
            start = threading.Barrier(2)
            wanted = [size + 1 + round_number % 2, size + 2 - round_number % 2]
            answers: list = [None, None]

            def race(place, old=size, new=wanted, answers=answers, start=start):
                start.wait()
                proof = LOG.consistency(old, new[place])
                answers[place] = clients[place].add_checkpoint(old, proof, LOG.note(new[place]))

            threads = [threading.Thread(target=race, args=(place,)) for place in (0, 1)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

            (winner,) = [place for place in (0, 1) if isinstance(answers[place], Cosigned)]
            assert answers[1 - winner] == Behind(wanted[winner])
            size = wanted[winner]
        for client in clients:
            client.close()


def grow_and_kill(folder: Path, seconds: float) -> tuple[int, int]:
    """The largest size that was cosigned before the process was killed, and the largest that was asked for."""
    with served(folder) as [(process, url)]:
        client = WitnessClient(url)
        timer = threading.Timer(seconds, process.kill)
        answer = client.add_checkpoint(399, (), LOG.note(399))
        assert isinstance(answer, Behind)
        known = answer.size
        timer.start()
        try:
            for size in range(known + 1, 399):
                answer = client.add_checkpoint(known, LOG.consistency(known, size), LOG.note(size))
                assert isinstance(answer, Cosigned)
                known = size
        except WitnessUnreachableError:
            pass
        finally:
            timer.cancel()
            client.close()
    return known, size


def kill_rounds(folder: Path, rounds: int, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(rounds):
        acknowledged, asked = grow_and_kill(folder, chance.random() * 0.15)
        witness = WitnessFolder(folder, HandClock(START))
        try:
            last = open_checkpoint(witness.checkpoint(DIGEST), KEYS, witness.keys) if acknowledged else None
            if last is not None:
                assert acknowledged <= last.head.size <= asked
                assert last.head == LOG.head(last.head.size)
                assert last.signed_by(witness.keys) == set(witness.keys)
                assert witness.answer(FORK.request(last.head.size, last.head.size)).status == 422
        finally:
            witness.close()


def test_what_was_cosigned_survives_kill_9(tmp_path):
    make(tmp_path / "w", "w.example", 1)
    kill_rounds(tmp_path / "w", 2, 1)


@pytest.mark.proof
def test_what_was_cosigned_survives_many_kills(tmp_path):
    for seed in range(10):
        make(tmp_path / str(seed), "w.example", seed)
        kill_rounds(tmp_path / str(seed), 5, 100 + seed)
