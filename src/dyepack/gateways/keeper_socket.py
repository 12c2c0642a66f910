"""The keeper over a Unix socket: the vault's transport, and the keeper's server.

Frames are those of ``vault.keeper.frames``. Who may speak is told by the kernel (SO_PEERCRED), connection by
connection; the mode of the socket, 0600 or 0660 with a group, keeps everybody else from connecting at all.

Invariants:

* a request is sent at most once: a connection that was kept is looked at before it is used, and what breaks while a
  request is under way is an error;
* an account that is not named hears one refusal and is heard no further;
* a peer holds a thread for as long as it is connected, 128 at most; a frame that was begun must end within 10 seconds.
"""

import os
import select
import socket
import threading
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path

from dyepack.gateways.local_socket import peer_account, receive, short_path
from dyepack.vault.errors import BadFrameError, KeeperUnreachableError, PeerError
from dyepack.vault.keeper.frames import MAX_FRAME, Dispatcher, refusal

CONNECT_SECONDS = 2.0
ANSWER_SECONDS = 300.0
FRAME_SECONDS = 10.0
IDLE_SECONDS = 600.0
MAX_CONNECTIONS = 128
CLOSE_SECONDS = 20.0
_KEPT = 32
_POLL_SECONDS = 0.05


class SocketTransport:
    """Satisfies ``vault.keeper.client.Transport``. Connections are kept for the next request, whoever's it is."""

    def __init__(self, path: Path, connect_seconds: float = CONNECT_SECONDS) -> None:
        """Nothing is connected yet.

        Args:
            path: The keeper's socket.
            connect_seconds: How long a keeper that is away is waited for: it may just be starting anew.
        """
        self._path = path
        self._connect_seconds = connect_seconds
        self._lock = threading.Lock()
        self._kept: list[tuple[socket.socket, float]] = []

    def exchange(self, frame: bytes) -> bytes:
        """The answer to a frame."""
        peer = self._waiting() or self._connected()
        try:
            with suppress(BrokenPipeError):  # the keeper may have said why before it closed
                peer.sendall(frame)
            answer = receive(peer, MAX_FRAME)
        except (OSError, EOFError, OverflowError) as error:
            peer.close()
            raise KeeperUnreachableError from error
        except BaseException:
            peer.close()
            raise
        self._keep(peer)
        return answer

    def close(self) -> None:
        """Close what is kept; a later request connects anew."""
        with self._lock:
            kept, self._kept = self._kept, []
        for peer, _ in kept:
            peer.close()

    def same_account(self) -> bool:
        """Whether the keeper runs under the account of this process, which takes half of its sense away.

        Raises:
            KeeperUnreachableError: There is no keeper.
        """
        peer = self._connected()
        try:
            return peer_account(peer) in (None, os.geteuid())
        finally:
            self._keep(peer)

    def _waiting(self) -> socket.socket | None:
        """A kept connection that is still one."""
        while True:
            with self._lock:
                if not self._kept:
                    return None
                peer, since = self._kept.pop()
            if time.monotonic() - since < IDLE_SECONDS / 2 and _is_quiet(peer):
                return peer
            peer.close()

    def _connected(self) -> socket.socket:
        deadline = time.monotonic() + self._connect_seconds
        while True:
            peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                peer.settimeout(ANSWER_SECONDS)
                with short_path(self._path) as name:
                    peer.connect(name)
            except OSError as error:
                peer.close()
                away = isinstance(error, FileNotFoundError | ConnectionRefusedError)
                if not away or time.monotonic() >= deadline:
                    raise KeeperUnreachableError from error
                time.sleep(_POLL_SECONDS)
            else:
                return peer

    def _keep(self, peer: socket.socket) -> None:
        with self._lock:
            if len(self._kept) < _KEPT:
                self._kept.append((peer, time.monotonic()))
                return
        peer.close()


def _is_quiet(peer: socket.socket) -> bool:
    """Whether the other side neither closed nor said anything unasked."""
    waiting = select.poll()
    waiting.register(peer, select.POLLIN)
    return not waiting.poll(0)


class SocketServer:
    """Answers frames of the accounts that are named."""

    def __init__(
        self,
        path: Path,
        dispatcher: Dispatcher,
        operations: Mapping[int, Collection[str]],
        *,
        group: int | None = None,
        frame_seconds: float = FRAME_SECONDS,
    ) -> None:
        """Listen.

        Args:
            path: Where; a socket that nobody listens on any more is replaced.
            dispatcher: Answers.
            operations: By account, what it may ask.
            group: Members may connect too (mode 0660), None for the owner alone (0600).
            frame_seconds: Within which a frame must end that was begun.

        Raises:
            OSError: The path cannot be listened on.
        """
        self._path = path
        self._dispatcher = dispatcher
        self._operations = operations
        self._frame_seconds = frame_seconds
        self._lock = threading.Lock()
        self._peers: dict[socket.socket, threading.Thread] = {}
        self._closing = False
        path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            with short_path(path) as name:
                self._listener.bind(name)
        finally:
            os.umask(before)
        if group is not None:
            os.chown(path, -1, group)
            path.chmod(0o660)
        self._listener.listen(MAX_CONNECTIONS)
        self._accepting = threading.Thread(target=self._accept, name="keeper-accept", daemon=True)
        self._accepting.start()

    def close(self) -> None:
        """Take no more requests, finish those that are under way, and remove the socket."""
        self._closing = True
        self._path.unlink(missing_ok=True)
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._accepting.join(CLOSE_SECONDS)
        self._listener.close()
        with self._lock:
            peers = dict(self._peers)
        for peer in peers:
            with suppress(OSError):
                peer.shutdown(socket.SHUT_RD)
        for thread in peers.values():
            thread.join(CLOSE_SECONDS)

    def _accept(self) -> None:
        while not self._closing:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                time.sleep(_POLL_SECONDS)  # closed, or out of file handles, which may pass
                continue
            account = peer_account(peer)
            allowed = None if account is None else self._operations.get(account)
            if allowed is None:
                _send_last(peer, refusal(PeerError()))
                continue
            with self._lock:
                if len(self._peers) >= MAX_CONNECTIONS:
                    peer.close()
                    continue
                thread = threading.Thread(target=self._serve, args=(peer, allowed), name="keeper-peer", daemon=True)
                self._peers[peer] = thread
            thread.start()

    def _serve(self, peer: socket.socket, allowed: Collection[str]) -> None:
        try:
            while True:
                peer.settimeout(IDLE_SECONDS)
                frame = receive(peer, MAX_FRAME, self._frame_seconds)
                peer.settimeout(self._frame_seconds)
                peer.sendall(self._dispatcher.answer(frame, allowed))
        except OverflowError:
            _send_last(peer, refusal(BadFrameError(detail="over 1 MiB")))
        except (OSError, EOFError):
            pass  # it went away, or was too slow; nothing of a frame that did not end was done
        finally:
            with self._lock:
                del self._peers[peer]
            peer.close()


def _send_last(peer: socket.socket, frame: bytes) -> None:
    with suppress(OSError), peer:
        peer.settimeout(_POLL_SECONDS)
        peer.sendall(frame)
