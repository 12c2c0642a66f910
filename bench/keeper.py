"""Benchmark of the keeper: ``python bench/keeper.py [--looks 3000]`` prints ratios against direct calls of the service.

Baseline: ``KeeperService.open`` called directly, one display part against one receipt, over the keeper's own SQLite
database. Then the same through frames in memory, and over a Unix socket to a server in another process; CPU is that of
both processes together. The log has ``--entries`` entries, so proofs are as long as in use. Ceilings are off, and it
says so. No figure is asserted.
"""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from dyepack.app.keeping import in_memory
from dyepack.gateways.keeper_socket import SocketServer, SocketTransport
from dyepack.ledger import Kind, Receipt
from dyepack.storage.keeper_database import KeeperDatabase
from dyepack.vault.keeper.ceilings import DEFAULT_CEILINGS
from dyepack.vault.keeper.client import KeeperClient
from dyepack.vault.keeper.frames import VAULT_OPERATIONS, Dispatcher
from dyepack.vault.keeper.service import KeeperService
from dyepack.vault.record import DISPLAY
from fakes.keeper_world import World


class Bench(World):
    """A log, a keeper over SQLite, one person, and fresh receipts."""

    def __init__(self, folder: Path, entries: int, looks: int) -> None:
        store = KeeperDatabase(folder / "keeper.db")
        super().__init__(store=store, ceilings=DEFAULT_CEILINGS.unlimited_for_benchmarks())
        self.token, _ = self.person()
        for _ in range(entries):
            self.book.write(Kind.PROCESS_STARTED, actor="p_jobs")
        alias = self.alias(self.token)
        fields = self._look([self.token]) | {"masks": ["phone"], "subj": [alias]}
        indexes = [self.book.write(Kind.RECORD_VIEWED, **fields) for _ in range(looks)]
        self.follow()
        self.receipts: list[Receipt] = [self.book.receipt(index) for index in indexes]


def children_cpu(pid: int) -> float:
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def cost(work: Callable[[Receipt], object], receipts: list[Receipt], pid: int | None = None) -> tuple[float, float]:
    """(CPU, wall) microseconds of one."""
    cpu, wall, other = time.process_time(), time.perf_counter(), children_cpu(pid) if pid else 0.0
    for receipt in receipts:
        work(receipt)
    used = time.process_time() - cpu + (children_cpu(pid) - other if pid else 0.0)
    return used / len(receipts) * 1e6, (time.perf_counter() - wall) / len(receipts) * 1e6


def serve(folder: Path, entries: int, looks: int, said: Connection) -> None:
    """The other process: it makes the world and hands its receipts over."""
    world = Bench(folder, entries, looks)
    server = SocketServer(folder / "k.sock", Dispatcher(world.keeper), {os.geteuid(): VAULT_OPERATIONS})
    said.send((world.token, [(one.entry, one.index, one.proof, one.head) for one in world.receipts]))
    said.recv()
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--looks", type=int, default=3000)
    parser.add_argument("--entries", type=int, default=60_000)
    options = parser.parse_args()
    part = options.looks // 3
    print("ceilings: off")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        world = Bench(folder, options.entries, options.looks)
        asks = [(world.token, [DISPLAY])]
        service = world.keeper
        assert isinstance(service, KeeperService)
        checked, _ = cost(service._entry, world.receipts[:part])  # noqa: SLF001 - that check alone
        print(f"check of a receipt: inclusion ({len(world.receipts[0].proof)} hashes) and parse {checked:7.1f} us CPU")
        direct, wall = cost(lambda receipt: service.open(receipt, asks), world.receipts[:part])
        show("open, direct call (baseline)", direct, wall, direct)
        client = in_memory(service)
        cpu, wall = cost(lambda receipt: client.open(receipt, asks), world.receipts[part : 2 * part])
        show("open, frames in memory", cpu, wall, direct)
        served = folder / "served"
        served.mkdir()
        here, there = multiprocessing.Pipe()
        child = multiprocessing.get_context("spawn").Process(
            target=serve, args=(served, options.entries, options.looks, there)
        )
        child.start()
        token, raw = here.recv()
        receipts = [Receipt(*one) for one in raw]
        over = KeeperClient(SocketTransport(served / "k.sock"))
        asked = [(token, [DISPLAY])]
        cpu, wall = cost(lambda receipt: over.open(receipt, asked), receipts[: 2 * part], child.pid)
        show("open, frames over a socket, both processes", cpu, wall, direct)
        cpu, wall = cost(lambda _: over.standing(), receipts, child.pid)
        show("round trip of the smallest request", cpu, wall, direct)
        here.send(None)
        child.join()


def show(what: str, cpu: float, wall: float, baseline: float) -> None:
    print(f"{what:46} {cpu:7.1f} us CPU {wall:8.1f} us wall {cpu / baseline:6.2f}x")


if __name__ == "__main__":
    main()
