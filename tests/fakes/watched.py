"""Looking for people's data in bytes: patterns in every encoding and spelling; a folder whose every file is noticed."""

import ctypes
import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from fakes.whole import Person

ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be", "gb18030")
SHORTEST = 6
_IN_CREATE = 0x100


def texts_of(person: Person) -> set[str]:
    """Every way to write the person's number, name and address; the last eight digits are part of all other ways."""
    tail = person.phone[3:]
    digits = {tail, f"{tail[:4]} {tail[4:]}", f"{tail[:4]}-{tail[4:]}", f"{person.phone[:3]}****{person.phone[7:]}"}
    digits |= {text.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)}) for text in digits}
    names = {person.name, f"{person.name[0]} {person.name[1:]}", person.name[0] + "\u3000" + person.name[1:]}
    local = person.email.partition("@")[0]
    return digits | names | {person.email, person.email.upper(), local + "@"}


class Patterns:
    """Byte patterns, each with what it stands for; many are looked for at once by their first six bytes."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._by_head: dict[int, list[tuple[bytes, str]]] = {}
        for text in {text for person in people for text in texts_of(person)}:
            for encoding in ENCODINGS:
                raw = text.encode(encoding)
                if len(raw) >= SHORTEST:
                    head = int.from_bytes(raw[:SHORTEST], "little")
                    self._by_head.setdefault(head, []).append((raw, f"{text} in {encoding}"))
        self._heads = np.array(sorted(self._by_head), dtype=np.uint64)

    def seen(self, content: bytes) -> list[str]:
        """What of the patterns stands in these bytes."""
        if len(content) < SHORTEST:
            return []
        raw = np.frombuffer(content, dtype=np.uint8)
        count = len(raw) - SHORTEST + 1
        windows = np.zeros(count, dtype=np.uint64)
        for place in range(SHORTEST):
            windows |= raw[place : place + count].astype(np.uint64) << np.uint64(8 * place)
        at = np.searchsorted(self._heads, windows).clip(max=len(self._heads) - 1)
        places = np.flatnonzero(self._heads[at] == windows)
        return sorted(
            {
                what
                for place in places.tolist()
                for pattern, what in self._by_head[int(windows[place])]
                if content.startswith(pattern, place)
            }
        )


def files_of(folder: Path, *, leave_out: str = "") -> Iterator[Path]:
    """All files below a folder, but for one of its folders."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not (leave_out and path.relative_to(folder).parts[0] == leave_out):
            yield path


class WatchedFolder:
    """Names of all files that were ever made in a folder, also those that are gone again (Linux: inotify)."""

    def __init__(self, folder: Path) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._handle = self._libc.inotify_init1(os.O_NONBLOCK)
        assert self._handle >= 0
        assert self._libc.inotify_add_watch(self._handle, os.fsencode(folder), _IN_CREATE) >= 0

    def made(self) -> list[str]:
        names = []
        try:
            raw = os.read(self._handle, 1 << 20)
        except BlockingIOError:
            return names
        at = 0
        while at < len(raw):
            _, _, _, length = struct.unpack_from("iIII", raw, at)
            names.append(raw[at + 16 : at + 16 + length].rstrip(b"\0").decode())
            at += 16 + length
        return names

    def close(self) -> None:
        os.close(self._handle)
