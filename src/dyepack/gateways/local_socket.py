"""Unix sockets of this machine: whole frames, deadlines, who is at the other end, and paths that are too long."""

import os
import socket
import struct
import time
from pathlib import Path

LENGTH_BYTES = 4
_PATH_BYTES = 100


def peer_account(peer: socket.socket) -> int | None:
    """The account at the other end as the kernel knows it; None where the kernel does not say."""
    if not hasattr(socket, "SO_PEERCRED"):
        return None
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    _, uid, _ = struct.unpack("3i", raw)
    return int(uid)


def receive(peer: socket.socket, limit: int, seconds: float | None = None) -> bytes:
    """One frame with its length in front.

    Args:
        peer: A connected socket; its time-out is changed if ``seconds`` are given.
        limit: Bytes of the frame without its length.
        seconds: For the whole frame, from its first byte on.

    Raises:
        EOFError: The other side went away.
        OverflowError: The frame would be longer than ``limit``; nothing of it was read.
        OSError: It broke, or took too long.
    """
    first = _exactly(peer, 1, None)
    deadline = None if seconds is None else time.monotonic() + seconds
    head = first + _exactly(peer, LENGTH_BYTES - 1, deadline)
    size = int.from_bytes(head, "big")
    if size > limit:
        raise OverflowError
    return head + _exactly(peer, size, deadline)


def _exactly(peer: socket.socket, size: int, deadline: float | None) -> bytes:
    parts = bytearray()
    while len(parts) < size:
        if deadline is not None:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            peer.settimeout(left)
        part = peer.recv(min(1 << 20, size - len(parts)))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


class short_path:  # noqa: N801 - reads as a statement
    """A socket's path is limited to about 100 bytes: longer ones are reached through an open folder."""

    def __init__(self, path: Path) -> None:
        """For a path, whether it exists or not; its folder does."""
        self._path = path
        self._folder = -1

    def __enter__(self) -> str:
        text = str(self._path)
        if len(text.encode()) < _PATH_BYTES:
            return text
        self._folder = os.open(self._path.parent, os.O_RDONLY)
        return f"/proc/self/fd/{self._folder}/{self._path.name}"

    def __exit__(self, *_: object) -> None:
        if self._folder >= 0:
            os.close(self._folder)
