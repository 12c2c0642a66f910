"""Benchmark of audit and analysis tables: ``python bench/analysis.py [ENTRIES]``, each figure beside its baseline.

Baselines of the same run: for bytes, JSON lines in one gzip file; for the audit, gunzip and one SHA-256 over the same
bytes; for questions, ``Sequencer.find``, which reads every bundle. Entries are a busy house's: looks, views of pages,
look-ups, log-ins; one process, CPU seconds.
"""

import gzip
import hashlib
import statistics
import sys
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random

from dyepack.app import analysis
from dyepack.app.analysis import Analysis
from dyepack.app.clock import SystemClock
from dyepack.app.sequencer import Sequencer
from dyepack.crypto.signature import Ed25519Signer
from dyepack.ledger import Fact, Kind, audit_log, decode_bundle, digest_text, tiles_between
from dyepack.terms.ids import encode_id

ENTRIES = 262_144
DRAW = Random(7)
ORIGIN = "bench.example/ledger/2026"


def new_id() -> str:
    return encode_id(DRAW.randbytes(16))


STAFF = [("a_" + new_id(), "d_" + new_id()) for _ in range(40)]
PEOPLE = [new_id() for _ in range(20_000)]
CASES = ["c_" + new_id() for _ in range(2_000)]
POLICY = digest_text(DRAW.randbytes(32))


def fact() -> Fact:
    """Half of it masked views, a tenth reveals, the rest look-ups and log-ins."""
    actor, device = DRAW.choice(STAFF)
    who = {"actor": actor, "role": "consultant", "dev": device}
    look = {"purpose": "follow_up", "decision": "permit", "rules": ("role.consultant.contact",), "policy": POLICY}
    match DRAW.randrange(10):
        case 0:
            more = {"case": DRAW.choice(CASES), "reason": "call.missed", "grade": "E1", "fields": ("phone",)}
            return Fact(new_id(), Kind.FIELD_REVEALED, {**who, **look, **more, "subj": (DRAW.choice(PEOPLE),)})
        case 1 | 2 | 3 | 4 | 5:
            subjects = tuple(DRAW.sample(PEOPLE, 1 if DRAW.random() < 0.95 else 20))
            return Fact(new_id(), Kind.RECORD_VIEWED, {**who, **look, "masks": ("name", "phone"), "subj": subjects})
        case 6 | 7 | 8:
            return Fact(new_id(), Kind.RECORD_SEARCHED, {**who, "purpose": "visit", "n": DRAW.randrange(3)})
        case _:
            return Fact(new_id(), Kind.SESSION_OPENED, who)


def cpu(work: Callable[[], object], times: int = 1) -> float:
    """CPU seconds of the quickest run."""
    spans = []
    for _ in range(times):
        start = time.process_time()
        work()
        spans.append(time.process_time() - start)
    return min(spans)


def wall(work: Callable[[], object], times: int = 3) -> float:
    spans = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        spans.append(time.perf_counter() - start)
    return statistics.median(spans)


def size_of(folder: Path, pattern: str) -> int:
    return sum(path.stat().st_size for path in folder.glob(pattern) if path.is_file())


def bytes_per_entry(folder: Path, log: Sequencer) -> None:
    size = log.size()
    lines = b"\n".join(raw for _, raw in log.entries())
    baseline = len(gzip.compress(lines, 6, mtime=0)) / size
    print(f"an entry has {len(lines) / size:.0f} bytes")
    for title, total in (
        ("baseline: JSON lines in one gzip file", baseline * size),
        ("gzip bundles", size_of(folder, "tile/entries/**/*")),
        ("tiles and gzip bundles", size_of(folder, "tile/**/*")),
        ("analysis tables", size_of(folder, "parquet/**/*.parquet")),
        ("write-ahead log", size_of(folder, "wal/*")),
    ):
        print(f"  {title:40} {total / size:6.1f} bytes/entry  {total / size / baseline:5.2f}x")


def audits(log: Sequencer) -> None:
    size = log.size()
    bundles = [log.read(tile.bundle_path) or b"" for tile in tiles_between(0, size - size % 256) if tile.level == 0]
    base = cpu(lambda: [hashlib.sha256(zlib.decompress(one, 31)).digest() for one in bundles], 3)
    print(f"baseline: gunzip and SHA-256 of the bundles {size / base:11,.0f} entries/s  1.00x")
    for title, work in (
        ("gunzip and cut into entries", lambda: [decode_bundle(one, 256, "") for one in bundles]),
        ("audit, hashes and tiles only", lambda: audit_log(log.read, log.vkey, parse=False)),
        ("audit, with schema, ids and times", lambda: audit_log(log.read, log.vkey)),
    ):
        span = cpu(work, 3)
        print(f"  {title:41} {size / span:11,.0f} entries/s {base / span:5.2f}x  {span / size * 1e6:5.2f} us/entry")


def tables(asked: Analysis, size: int) -> None:
    for title, work in (
        ("tables written from bundles", asked.refresh),
        ("tables rebuilt", lambda: asked.refresh(rebuild=True)),
        ("tables refreshed, nothing new", asked.refresh),
        ("tables audited", asked.audit),
    ):
        span = cpu(work)
        print(f"  {title:41} {size / span:11,.0f} entries/s  {span:6.2f} s")


def questions(asked: Analysis, log: Sequencer) -> None:
    wanted = PEOPLE[:8]
    pairs = (
        ("who looked (8 aliases)", lambda: log.find(wanted), lambda: asked.looks(wanted)),
        ("all reveals", lambda: log.find([Kind.FIELD_REVEALED.value]), lambda: asked.of_kind(Kind.FIELD_REVEALED)),
        ("marked copies (none)", lambda: log.find([Kind.COPY_MARKED.value]), lambda: asked.of_kind(Kind.COPY_MARKED)),
    )
    for title, find, ask in pairs:
        slow, quick = wall(find), wall(ask)
        assert find() == ask()
        print(f"  {title:26} {log.size():9,} entries: find {slow * 1e3:8.0f} ms, tables {quick * 1e3:6.0f} ms"
              f"  {slow / quick:5.1f}x")  # fmt: skip
    print(
        f"  by day and kind           {log.size():9,} entries: tables {wall(lambda: asked.daily(0, 480)) * 1e3:6.0f} ms"
    )


def main(entries: int) -> None:
    analysis.WORTH_ASKING = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "ledger"
        log = Sequencer(folder, Ed25519Signer(bytes(32)), ORIGIN, "i_" + new_id(), SystemClock(), lambda *_: None)
        asked = Analysis(log, folder, ORIGIN)
        for goal in sorted({min(entries, 4_096), min(entries, 65_536), entries}):
            while log.size() < goal:
                log.append([fact() for _ in range(4096)])
            log.publish()
            print(f"--- {log.size():,} entries")
            tables(asked, log.size())
            questions(asked, log)
        bytes_per_entry(folder, log)
        audits(log)
        log.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ENTRIES)
