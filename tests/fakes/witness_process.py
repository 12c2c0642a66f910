"""Witnesses as processes of the command line, and the quorum file that asks for two of three of them."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from dyepack.app.clock import SystemClock
from dyepack.app.witness_folder import WitnessFolder
from dyepack.crypto.chance import SystemRandom


class WitnessProcess:
    """``dyepack witness serve`` over a folder; it comes back at the same port."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name
        self.url = ""
        self._child: subprocess.Popen[str] | None = None
        made = WitnessFolder.make(folder, f"{name}.example/w1", SystemClock(), SystemRandom())
        self._keys = made.keys
        made.close()

    @property
    def runs(self) -> bool:
        """Whether its process was started and not killed."""
        return self._child is not None

    def know(self, vkey: str) -> None:
        """Cosign one more log."""
        folder = WitnessFolder(self.folder, SystemClock())
        folder.add_log(vkey)
        folder.close()

    def begin(self) -> None:
        """Start the process."""
        port = self.url.rpartition(":")[2].strip("/") or "0"
        self._child = subprocess.Popen(
            [sys.executable, "-m", "dyepack", "witness", "serve", "--folder", str(self.folder), "--port", port],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=os.environ | {"DYEPACK_LANG": "en"},
        )

    def await_address(self) -> None:
        """Until it takes requests."""
        assert self._child is not None
        assert self._child.stdout is not None
        found = re.search(r"http://[0-9.]+:[0-9]+", self._child.stdout.readline())
        assert found, "the witness did not start"
        self.url = found[0] + "/"

    def kill(self) -> None:
        """End it without warning; harmless when done twice."""
        child, self._child = self._child, None
        if child is not None:
            child.send_signal(signal.SIGKILL)
            child.communicate(timeout=60)

    def lines(self) -> list[str]:
        """Its lines of a quorum file."""
        members = [f"{self.name}-{end}" for end in ("ed", "pq")]
        keys = [f"witness {one} {key.vkey} {self.url}" for one, key in zip(members, self._keys, strict=True)]
        return [*keys, f"group {self.name} all {' '.join(members)}"]


@contextmanager
def three_witnesses(folder: Path) -> Iterator[list[WitnessProcess]]:
    """Three that run."""
    found = [WitnessProcess(folder / name, name) for name in ("audit", "compliance", "peer")]
    try:
        for witness in found:
            witness.begin()
        for witness in found:
            witness.await_address()
        yield found
    finally:
        for witness in found:
            witness.kill()


def two_of_three(vkey: str, witnesses: Sequence[WitnessProcess]) -> str:
    """The quorum file."""
    lines = [line for witness in witnesses for line in witness.lines()]
    names = " ".join(witness.name for witness in witnesses)
    return "\n".join([f"log {vkey}", *lines, f"group q 2 {names}", "quorum q", ""])
