"""Benchmark of the ledger: ``python bench/ledger.py`` prints ratios against a baseline of the same run.

Baseline: one thread, one ``write`` and one ``fdatasync`` for each entry, nothing else: no tree, no proof, no signature.
Ours syncs the same bytes before it answers, in groups; receipts (level 1) come with a proof under a signed head. Facts
are made before the clock starts. The last section has three witnesses in processes of their own, two of which are the
quorum that level 2 waits for.
"""

import os
import shutil
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from dyepack.app import publisher
from dyepack.app.asking import ask_witnesses
from dyepack.app.clock import SystemClock
from dyepack.app.sequencer import Sequencer
from dyepack.crypto.chance import SystemRandom
from dyepack.crypto.signature import Ed25519Signer
from dyepack.ledger import (
    Fact,
    Kind,
    Receipt,
    audit_log,
    digest_text,
    encode_entry,
    note_key,
    parse_entry,
    parse_quorum,
    verify_receipt,
)
from dyepack.ledger.wal import SEGMENT_ENTRIES
from dyepack.terms.chance import new_id
from fakes.witness_process import three_witnesses, two_of_three

CLIENTS = 32
IN_FLIGHT = 16
SECONDS = 4.0
RESTART_ENTRIES = 1_000_000
WITNESSED = 60
CHANCE = SystemRandom()
ORG = "i_" + new_id(CHANCE)
POLICY = digest_text(CHANCE.token_bytes(32))
STAFF = [("a_" + new_id(CHANCE), "d_" + new_id(CHANCE)) for _ in range(50)]
CASES = ["c_" + new_id(CHANCE) for _ in range(5_000)]
PEOPLE = [new_id(CHANCE) for _ in range(20_000)]


def look() -> Fact:
    """A look of a house with 50 people, 5,000 cases and 20,000 records."""
    draw = int.from_bytes(CHANCE.token_bytes(8), "big")
    actor, device = STAFF[draw % len(STAFF)]
    fields = {
        "actor": actor,
        "role": "consultant",
        "dev": device,
        "purpose": "follow_up",
        "case": CASES[draw // 64 % len(CASES)],
        "reason": "call.missed",
        "grade": "E1",
        "subj": (PEOPLE[draw // 2**24 % len(PEOPLE)],),
        "fields": ("phone",),
        "decision": "permit",
        "rules": ("role.consultant.contact",),
        "policy": POLICY,
    }
    return Fact(new_id(CHANCE), Kind.FIELD_REVEALED, fields)


class DayClock:
    """A clock that goes an hour ahead with every commit: a log of weeks, made in seconds."""

    def __init__(self) -> None:
        self.time = SystemClock().now()

    def now(self) -> int:
        """Microseconds."""
        self.time += 3600 * 1_000_000
        return self.time


def searched() -> Fact:
    return Fact(new_id(CHANCE), Kind.RECORD_SEARCHED, {"actor": "a_" + new_id(CHANCE), "purpose": "visit", "n": 0})


def naive(folder: Path, facts: list[Fact]) -> float:
    """Entries a second of one sync each."""
    handle = os.open(folder / "naive", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    start = time.perf_counter()
    done = 0
    for fact in facts:
        os.write(handle, encode_entry(fact, org=ORG, t=1))
        os.fdatasync(handle)
        done += 1
        if time.perf_counter() - start > SECONDS:
            break
    os.close(handle)
    return done / (time.perf_counter() - start)


def load(sequencer: Sequencer, make, clients: int, in_flight: int) -> tuple[float, list[float]]:
    """Entries a second, and the sorted waits of single calls."""
    supply = [[make() for _ in range(12_000 // clients * (4 if in_flight > 1 else 1))] for _ in range(clients)]
    waits: list[float] = []
    done = [0] * clients
    start = time.perf_counter()

    def client(number: int) -> None:
        facts = supply[number]
        for at in range(0, len(facts), in_flight):
            before = time.perf_counter()
            sequencer.append(facts[at : at + in_flight])
            waits.append(time.perf_counter() - before)
            done[number] += len(facts[at : at + in_flight])
            if time.perf_counter() - start > SECONDS:
                return

    threads = [threading.Thread(target=client, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.perf_counter() - start), sorted(waits)


def opened() -> Fact:
    return Fact(new_id(CHANCE), Kind.LOG_OPENED, {"actor": "p_log"})


def witnesses(folder: Path) -> None:
    """One fact of level 2 after the other under a quorum; and how soon one of level 1 is published, and witnessed."""
    signer = Ed25519Signer(CHANCE.token_bytes(32))
    vkey = note_key("bench", signer.public_key).vkey
    with three_witnesses(folder) as three:
        for witness in three:
            witness.know(vkey)
        quorum = parse_quorum(two_of_three(vkey, three))
        log = Sequencer(
            folder / "witnessed",
            signer,
            "bench",
            ORG,
            SystemClock(),
            lambda *_: None,
            quorum=quorum,
            witnesses=ask_witnesses,
        )
        log.append([opened()])
        published, seen, witnessed = [], [], []
        for _ in range(WITNESSED):
            before = time.perf_counter()
            log.append([opened()])
            witnessed.append(time.perf_counter() - before)
        for _ in range(WITNESSED // 10):
            log.append([look()])
            before = time.perf_counter()
            while log.published() < log.size():
                time.sleep(0.001)
            published.append(time.perf_counter() - before)
            while (found := log.witnessed()) is None or found.head.size < log.size():
                time.sleep(0.001)
            seen.append(time.perf_counter() - before)
        log.close()
    figures = (
        ("witnesses: level 2, quorum 2 of 3", witnessed),
        ("witnesses: an entry to its checkpoint", published),
        ("witnesses: an entry to a checkpoint with the quorum", seen),
    )
    for title, waits in figures:
        waits.sort()
        print(f"{title:55} p50 {quantile(waits, 0.5):6.0f} ms   p99 {quantile(waits, 0.99):6.0f} ms")


def quantile(waits: list[float], share: float) -> float:
    return waits[min(len(waits) - 1, int(len(waits) * share))] * 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        baseline = naive(folder, [look() for _ in range(40_000)])
        print(f"baseline: one fdatasync per entry, one thread           {baseline:9,.0f} entries/s   1.00x")
        sequencer = Sequencer(
            folder / "ledger", Ed25519Signer(CHANCE.token_bytes(32)), "bench", ORG, SystemClock(), lambda *_: None
        )
        runs = (
            ("level 1 with receipts, 1 client", look, 1, 1),
            (f"level 1 with receipts, {CLIENTS} clients", look, CLIENTS, 1),
            (f"level 0, {CLIENTS} clients", searched, CLIENTS, 1),
            (f"level 1, {CLIENTS} clients x {IN_FLIGHT} in flight", look, CLIENTS, IN_FLIGHT),
            (f"level 0, {CLIENTS} clients x {IN_FLIGHT} in flight", searched, CLIENTS, IN_FLIGHT),
        )
        for title, make, clients, in_flight in runs:
            rate, waits = load(sequencer, make, clients, in_flight)
            print(
                f"{title:55} {rate:9,.0f} entries/s {rate / baseline:6.2f}x"
                f"   p50 {quantile(waits, 0.5):6.2f} ms   p99 {quantile(waits, 0.99):6.2f} ms"
            )
        size = sequencer.size()
        start = time.perf_counter()
        for index in range(0, size, size // 1000):
            receipt = sequencer.prove(index)
        proved = (time.perf_counter() - start) / 1000
        start = time.perf_counter()
        for _ in range(200):
            assert isinstance(receipt, Receipt)
            verify_receipt(receipt, sequencer.vkey)
        checked = (time.perf_counter() - start) / 200
        print(f"proof of an old entry from disk {proved * 1e3:.2f} ms, check of a receipt {checked * 1e6:.0f} us")
        sequencer.close()
        for title, parse in (("with schema", True), ("hashes only", False)):
            start = time.perf_counter()
            result = audit_log(sequencer.read, sequencer.vkey, parse=parse)
            print(f"audit, {title}: {result.checked / (time.perf_counter() - start):,.0f} entries/s of {size:,}")
        for title, pattern in (("write-ahead log that is left", "wal/*"), ("tiles and gzip bundles", "tile/**/*")):
            total = sum(path.stat().st_size for path in (folder / "ledger").glob(pattern) if path.is_file())
            print(f"stored, {title}: {total / size:.0f} bytes/entry")
        witnesses(folder)
        restart(folder / "old", folder / "crashed")


def restart(old: Path, crashed: Path) -> None:
    """Start over a long log whose last segment was synced and never published, as a killed process leaves it."""
    key = CHANCE.token_bytes(32)
    clock = DayClock()
    sequencer = Sequencer(old, Ed25519Signer(key), "bench", ORG, clock, lambda *_: None)
    for _ in range(RESTART_ENTRIES // 4096):
        sequencer.append([searched() for _ in range(4096)])
    sequencer.publish()
    publisher.PUBLISH_SECONDS = 3600.0
    published = sequencer.size()
    for _ in range(SEGMENT_ENTRIES // 4096):
        sequencer.append([searched() for _ in range(4096)])
    shutil.copytree(old, crashed)
    sequencer.close()
    start, cpu = time.perf_counter(), time.process_time()
    again = Sequencer(crashed, Ed25519Signer(key), "bench", ORG, clock, lambda *_: None)
    took, used = time.perf_counter() - start, time.process_time() - cpu
    assert again.size() == published + SEGMENT_ENTRIES
    start = time.perf_counter()
    for raw in (raw for _, raw in again.entries(published)):
        parse_entry(raw)
    read = time.perf_counter() - start
    print(
        f"restart: {again.size():,} entries, {SEGMENT_ENTRIES:,} of them only in the write-ahead log: {took:.2f} s,"
        f" CPU {used:.2f} s ({used / read:.1f}x parsing those {SEGMENT_ENTRIES:,} once)"
    )
    again.close()


if __name__ == "__main__":
    main()
