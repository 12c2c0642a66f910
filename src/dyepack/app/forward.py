"""One writer per home: whoever serves takes the commands of everybody else over a socket in the home.

Frame = ``length u32 big-endian ‖ msgpack``. A client sends one ``Ask``; the server answers any number of progress
frames and then one result or one error. The socket is 0600 in a 0700 folder, and the peer must be the same
operating-system account.
"""

import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from dyepack.app.errors import NotForwardedError, UnreachableError
from dyepack.gateways.local_socket import LENGTH_BYTES, peer_account, receive, short_path
from dyepack.terms.errors import DyepackError, Outcome
from dyepack.terms.progress import Progress

SOCKET_NAME = "serve.sock"
MAX_FRAME = 256 * 1024 * 1024
CONNECT_SECONDS = 5.0


class Ask(msgspec.Struct):
    """One act with its arguments."""

    act: str
    arguments: dict[str, Any]


class Frame(msgspec.Struct, omit_defaults=True):
    """One answer: progress, or the result, or an error."""

    progress: tuple[str, int, int] | None = None
    result: dict[str, Any] | None = None
    code: str = ""
    outcome: str = ""
    en: str = ""
    zh: str = ""


class ForwardedError(DyepackError):
    """An error that the serving process raised, with its sentences."""

    def __init__(self, frame: Frame) -> None:
        """Keep what the server said."""
        self.frame = frame
        super().__init__()
        self.code = frame.code  # type: ignore[misc]  # an instance speaks for another process here
        self.outcome = Outcome(frame.outcome)  # type: ignore[misc]  # the same

    def sentence(self, language: str) -> str:
        """The sentence in ``"zh"`` or ``"en"``."""
        return self.frame.zh if language == "zh" else self.frame.en


Run = Callable[[str, dict[str, Any], Progress], dict[str, Any]]


class ForwardServer:
    """Accepts commands while the desk is served."""

    def __init__(self, home: Path, run: Run) -> None:
        """Listen in ``home``; ``run(act, arguments, progress)`` does the work."""
        self._path = home / SOCKET_NAME
        self._run = run
        self._path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with short_path(self._path) as name:
            self._listener.bind(name)
        self._path.chmod(0o600)
        self._listener.listen(16)
        threading.Thread(target=self._accept, name="forward", daemon=True).start()

    def close(self) -> None:
        """Take no more commands."""
        self._listener.close()
        self._path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(peer,), daemon=True).start()

    def _serve(self, peer: socket.socket) -> None:
        with peer:
            try:
                if not _same_account(peer):
                    return
                ask = msgspec.msgpack.decode(_receive(peer), type=Ask)
                frame = self._answer(peer, ask)
                _send(peer, msgspec.msgpack.encode(frame))
            except (OSError, EOFError, msgspec.DecodeError, msgspec.ValidationError):
                return  # the client went away or spoke nonsense; nothing of the act is lost

    def _answer(self, peer: socket.socket, ask: Ask) -> Frame:
        def progress(step: str, done: int, total: int) -> None:
            _send(peer, msgspec.msgpack.encode(Frame(progress=(step, done, total))))

        try:
            return Frame(result=self._run(ask.act, ask.arguments, progress))
        except DyepackError as error:
            return Frame(code=error.code, outcome=error.outcome.value, en=error.sentence("en"), zh=error.sentence("zh"))


def forward(home: Path, act: str, arguments: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Have the serving process do an act.

    Raises:
        UnreachableError: Nobody listens.
        NotForwardedError: The connection broke; the act may have been done.
        ForwardedError: What the act itself raised.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        try:
            peer.settimeout(CONNECT_SECONDS)
            with short_path(home / SOCKET_NAME) as name:
                peer.connect(name)
            peer.settimeout(None)
        except OSError as error:
            raise UnreachableError from error
        try:
            _send(peer, msgspec.msgpack.encode(Ask(act, arguments)))
            while True:
                frame = msgspec.msgpack.decode(_receive(peer), type=Frame)
                if frame.progress is not None:
                    progress(*frame.progress)
                elif frame.code:
                    raise ForwardedError(frame)
                elif frame.result is not None:
                    return frame.result
        except (OSError, EOFError, msgspec.DecodeError) as error:
            raise NotForwardedError from error


def _same_account(peer: socket.socket) -> bool:
    return peer_account(peer) in (None, os.getuid())  # where the kernel does not say, the socket's mode is the guard


def _send(peer: socket.socket, payload: bytes) -> None:
    peer.sendall(len(payload).to_bytes(4, "big") + payload)


def _receive(peer: socket.socket) -> bytes:
    try:
        return receive(peer, MAX_FRAME)[LENGTH_BYTES:]
    except OverflowError as error:
        raise EOFError from error
