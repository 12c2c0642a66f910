"""A keeper reached over frames: in memory, over a socket of this process, or as a real process of the command line."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dyepack.app.clock import SystemClock
from dyepack.app.keeping import in_memory
from dyepack.gateways.keeper_socket import SocketServer, SocketTransport
from dyepack.vault.keeper.client import KeeperClient
from dyepack.vault.keeper.frames import VAULT_OPERATIONS, Dispatcher
from dyepack.vault.keeper.wire import Keeper
from fakes.keeper_world import MARK_KEY, ORG, ROOT_KEY, SECOND, SetClock, World

SHIPPED_CEILINGS = Path(__file__).parents[2] / "src" / "dyepack" / "vault" / "keeper" / "ceilings.toml"


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder whose path is short enough for a socket's name, whatever the test is called."""
    folder = Path(tempfile.mkdtemp(prefix="kp-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def connected(transport: str) -> Iterator[Callable[[Keeper], KeeperClient]]:
    """How a world reaches its keeper: ``memory`` or ``socket``; what was opened is closed at the end."""
    servers: list[SocketServer] = []
    clients: list[KeeperClient] = []
    with short_folder() as folder:

        def over_socket(keeper: Keeper) -> KeeperClient:
            path = folder / f"{len(servers)}.sock"
            servers.append(SocketServer(path, Dispatcher(keeper), {os.geteuid(): VAULT_OPERATIONS}))
            clients.append(KeeperClient(SocketTransport(path)))
            return clients[-1]

        try:
            yield in_memory if transport == "memory" else over_socket  # type: ignore[misc]  # a service is a keeper
        finally:
            for client in clients:
                client.close()
            for server in servers:
                server.close()


class OffsetClock(SetClock):
    """The system's clock, which the keeper's process has as well; a test may have the log's one run beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.offset = 0

    def now(self) -> int:
        return SystemClock().now() + self.offset

    def pass_seconds(self, seconds: float) -> None:
        self.offset += int(seconds * SECOND)


class KeeperProcess:
    """``dyepack keeper serve`` over a folder."""

    def __init__(self, folder: Path, socket: Path, *words: str) -> None:
        self.socket = socket
        self._command = [sys.executable, "-m", "dyepack", "keeper", "serve"]
        self._command += ["--folder", str(folder), "--socket", str(socket), *words]
        self._child: subprocess.Popen[str] | None = None
        self.start()

    def start(self) -> None:
        child = subprocess.Popen(
            self._command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"DYEPACK_LANG": "en", "PYTHONWARNINGS": "error"},
        )
        assert child.stdout is not None
        if "listens" not in child.stdout.readline():
            raise AssertionError(child.communicate(timeout=60)[1])
        self._child = child

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> tuple[str, str]:
        """What it said at its end, on stdout and stderr."""
        return self._end(signal.SIGTERM)

    def _end(self, number: int) -> tuple[str, str]:
        child, self._child = self._child, None
        if child is None:
            return "", ""
        child.send_signal(number)
        return child.communicate(timeout=60)


class ApartWorld(World):
    """A log in this process, and its keeper as a process of its own."""

    def __init__(self, base: Path, *words: str, quorum_text: str = "") -> None:
        self.base = base
        self.folder = base / "keeper"
        self.words = words
        self.quorum_text = quorum_text
        self.process: KeeperProcess | None = None
        super().__init__(clock=OffsetClock())

    def started(self, **_changes: object) -> KeeperClient:  # type: ignore[override]  # nothing can be changed there
        if self.process is None:
            self._furnish()
            self.process = KeeperProcess(self.folder, self.base / "k.sock", *self.words)
        else:
            self.process.kill()
            self.process.start()
        return KeeperClient(SocketTransport(self.process.socket, connect_seconds=0.3))

    def _furnish(self) -> None:
        self.folder.mkdir(mode=0o700)
        for name, content in {
            "root.key": ROOT_KEY,
            "mark.key": MARK_KEY,
            "log.vkey": self.book.vkey.encode() + b"\n",
            "institution.id": ORG.encode() + b"\n",
            "ceilings.toml": SHIPPED_CEILINGS.read_bytes(),
        }.items():
            (self.folder / name).write_bytes(content)
            (self.folder / name).chmod(0o600)
        if self.quorum_text:
            (self.folder / "quorum.txt").write_text(self.quorum_text, encoding="utf-8")

    def close(self) -> None:
        self.keeper.close()
        if self.process is not None:
            self.process.kill()


@contextmanager
def apart(*words: str, quorum_text: str = "") -> Iterator[ApartWorld]:
    """A world whose keeper is a process."""
    with short_folder() as base:
        world = ApartWorld(base, *words, quorum_text=quorum_text)
        try:
            yield world
        finally:
            world.close()


def wait_until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something that another thread or process does."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
