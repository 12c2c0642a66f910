"""The whole product: intake, look-ups, a release, a trace; with a plain SQLite table as the named baseline.

    python bench/whole.py [--records 100000] [--leaked 5000] [--lookups 2000]

The baseline keeps the same rows in the clear in one indexed SQLite table with a plain audit row per look-up, as a CRM
does: same file system, journal WAL, synchronous FULL, 500 rows a transaction at intake, one commit per look-up. CPU is
of this process. Daily caps and the keeper's ceilings are off by setting, and it says so. No figure is asserted.
"""

import argparse
import csv
import io
import random
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from dyepack.app.acts import Acts
from dyepack.app.founding import found
from dyepack.app.home import create, guard_process
from dyepack.app.institution import open_institution
from dyepack.crypto.chance import SystemRandom
from dyepack.terms.actor import CLI_DEVICE
from dyepack.terms.progress import silent
from dyepack.terms.purpose import Purpose

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗"
GIVEN = "子涵雨欣宇轩思远嘉怡浩然梓萱俊杰一诺晨曦佳琪明哲文博诗睿天佑雅静"
REMARKS = ("想去英国读研", "家长已沟通，周末方便", "预算约30万", "高二在读", "对奖学金比较关心", "")


def people(count: int, rng: random.Random) -> list[tuple[str, str, str, str]]:
    """Invented rows: name, number of the form 1xx0nnnnnnn, birth date, remark."""
    rows = []
    for number in range(count):
        name = rng.choice(SURNAMES) + "".join(rng.sample(GIVEN, 2))
        rows.append((name, f"1{30 + number % 60:02d}0{number:07d}", "2001-01-01", rng.choice(REMARKS)))
    return rows


def as_csv(rows: list[tuple[str, str, str, str]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["姓名", "手机", "出生日期", "备注"])
    writer.writerows(rows)
    return out.getvalue().encode("utf-8")


def timed(work: Callable[[], object]) -> tuple[float, float]:
    """(wall, CPU) seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


class Baseline:
    """A plain table."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("CREATE TABLE person (name TEXT, phone TEXT UNIQUE, birth TEXT, remark TEXT)")
        self._db.execute("CREATE TABLE audit (who TEXT, at REAL, phone TEXT)")

    def take(self, rows: list[tuple[str, str, str, str]]) -> None:
        """Insert all rows, 500 a transaction."""
        for start in range(0, len(rows), 500):
            self._db.execute("BEGIN")
            self._db.executemany("INSERT INTO person VALUES (?,?,?,?)", rows[start : start + 500])
            self._db.execute("COMMIT")

    def lookup(self, phone: str) -> None:
        """Read one row and note who looked, committed."""
        self._db.execute("SELECT * FROM person WHERE phone=?", (phone,)).fetchall()
        self._db.execute("INSERT INTO audit VALUES (?,?,?)", ("a", time.perf_counter(), phone))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--leaked", type=int, default=5_000)
    parser.add_argument("--lookups", type=int, default=2_000)
    options = parser.parse_args()
    guard_process()
    rng = random.Random(1)
    rows = people(options.records, rng)
    with tempfile.TemporaryDirectory() as folder:
        baseline = Baseline(Path(folder) / "plain.db")
        home = Path(folder) / "home"
        values = {"limits.enabled": False, "release.cooling_hours": 0, "mark.exclusive_rows": 30}
        create(home, "bench", values, SystemRandom())
        found(home)
        print("daily caps and ceilings: off by setting (limits.enabled=false)")
        with open_institution(home) as house:
            measure(Acts(house), baseline, rows, options, rng)


def measure(acts: Acts, baseline: Baseline, rows: list, options: argparse.Namespace, rng: random.Random) -> None:
    for name, role in (("c", "consultant"), ("p", "privacy_officer"), ("o", "owner")):
        acts.run("actor add", {"name": name, "role": role}, silent)
    content = as_csv(rows)
    taken: dict = {}

    def intake() -> None:
        arguments = {"content": content, "file": "x.csv", "provenance": "relation", "evidence": "bench", "actor": "c"}
        taken.update(acts.run("intake", arguments, silent))

    wall, cpu = timed(intake)
    plain, plain_cpu = timed(lambda: baseline.take(rows))
    report("intake, sealed and logged", len(rows), wall, cpu, plain, plain_cpu)
    wall, cpu = timed(lambda: acts.run("lot admit", {"lot": taken["lot"], "actor": "p"}, silent))
    print(f"  admit: {len(rows) / wall:,.0f} records/s, {cpu / len(rows) * 1e6:,.0f} us CPU a record")

    phones = [row[1] for row in rng.sample(rows, min(options.lookups, len(rows)))]
    actor = acts.people.actor("c", CLI_DEVICE)

    def look(part: list[str]) -> None:
        for phone in part:
            acts.looking.lookup(actor, phone, Purpose.CONSULT, "bench")

    plain, plain_cpu = timed(lambda: [baseline.lookup(phone) for phone in phones])
    for clients in (1, 8):
        wall, cpu = timed(lambda clients=clients: together(look, phones, clients))
        report(f"look-up by number, masked, receipted, {clients} clients", len(phones), wall, cpu, plain, plain_cpu)

    copies = {}
    limit = min(options.leaked * 3, len(rows))
    for recipient in ("r1", "r2", "r3", "r4", "r5"):
        ask = {"recipient": recipient, "fields": "name,phone", "purpose": "application", "case": "b", "actor": "c"}
        release = acts.run("release request", ask | {"limit": limit}, silent)["release"]
        for approver in ("p", "o"):
            acts.run("release approve", {"release": release, "actor": approver}, silent)
        wall, cpu = timed(
            lambda release=release, recipient=recipient: copies.update(
                {recipient: acts.run("release collect", {"release": release, "kind": "csv", "actor": "c"}, silent)}
            )
        )
    print(f"  release of {limit:,} rows, marked: {wall:.1f} s, {cpu / limit * 1e6:,.0f} us CPU a row")
    lines = copies["r3"]["content"].decode("utf-8-sig").splitlines()
    leak = "\r\n".join([lines[0], *rng.sample(lines[1:], min(options.leaked, len(lines) - 1))]).encode()
    answer: dict = {}

    def trace() -> None:
        answer.update(acts.run("trace list", {"content": leak, "file": "leak.csv", "actor": "p"}, silent))

    wall, cpu = timed(trace)
    accused = ", ".join(answer["document"]["decision"]["accused"])
    said = f"{options.leaked:,} leaked rows against {len(rows):,} records"
    print(f"  trace: {said}: {wall:.1f} s, {cpu:.1f} s CPU, named: {accused}")


def together(look: Callable[[list[str]], None], phones: list[str], clients: int) -> None:
    threads = [threading.Thread(target=look, args=(phones[part::clients],)) for part in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def report(what: str, count: int, wall: float, cpu: float, plain: float, plain_cpu: float) -> None:
    print(
        f"  {what}: {count / wall:,.0f}/s, {cpu / count * 1e3:.2f} ms CPU; plain table {count / plain:,.0f}/s, "
        f"{plain_cpu / count * 1e3:.3f} ms CPU; ratio {plain / wall:.2f} wall, {cpu / plain_cpu:.1f} x CPU"
    )


if __name__ == "__main__":
    main()
