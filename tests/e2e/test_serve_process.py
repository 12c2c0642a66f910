"""`serve` as a process: its address, the commands it takes meanwhile, its warning, and its end."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dyepack.app.channel import call
from dyepack.app.forward import SOCKET_NAME
from dyepack.ledger import Kind, parse_entry
from dyepack.terms.progress import silent
from fakes.desk_house import INSTITUTION, STAFF, cheap_passwords, furnish, opened

PROGRAM = """
import sys
from pathlib import Path
from dyepack.web import serve_desk
serve_desk(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("served") / "home"
    with cheap_passwords():
        furnish(folder)
    return folder


@contextmanager
def served(home: Path, host: str = "127.0.0.1", port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(home), host, str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error"},
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=20)


def test_it_prints_its_address_takes_commands_and_closes_the_home(home: Path) -> None:
    with served(home) as (process, address):
        assert address.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(address + "log-in", timeout=10) as answer:  # nosec: loopback
            assert INSTITUTION in answer.read().decode()
        names = {member["name"] for member in call(home, "actor list", {}, silent)["actors"]}
        assert names == set(STAFF)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "")
    assert not (home / SOCKET_NAME).exists()
    with opened(home) as acts:
        assert [parse_entry(raw).fields["actor"] for _, raw in acts.house.log.find([Kind.PROCESS_STARTED.value])]
        acts.house.log.publish()
        assert acts.house.log.audit(silent)[-1].whole


def test_ctrl_c_ends_it_as_quietly(home: Path) -> None:
    with served(home) as (process, address):
        assert address
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
        assert (process.returncode, errors) == (0, "")


def test_listening_beyond_this_machine_is_warned_of(home: Path) -> None:
    with served(home, "0.0.0.0") as (process, address):
        assert address
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=30)
        assert "does not encrypt" in errors
        assert "未加密" in errors


def test_a_taken_port_is_one_sentence_and_opens_nothing(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen(1)
        done = subprocess.run(
            [sys.executable, "-m", "dyepack", "serve", "--home", str(home), "--port", str(taken.getsockname()[1])],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env={**os.environ, "DYEPACK_LANG": "en"},
        )
    assert done.returncode == 4
    assert "[web.address]" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home / SOCKET_NAME).exists()
