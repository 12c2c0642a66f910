"""The folder of one log: write-ahead segments, tiles, bundles, the checkpoint, and the lock that keeps one writer.

::

    <folder>/            0700, locked (flock) while open
      wal/<first>.wal    segments of ``ledger.wal``; the old ones go once their entries are public and witnessed
      tile/...           tiles and bundles of ``ledger.tiles``
      checkpoint         the published checkpoint, with the cosignatures that have arrived
      checkpoint.witnessed   the newest one with a quorum

Files are 0600 and, but for the segments, written as temporary file, ``fsync``, ``rename``, ``fsync`` of the folder.

Start (``restore``), each step fatal with a sentence that names the remedy: 1 take the lock (``LogFolder``); 2 open the
stored checkpoint and load the tiles below it; 3 replay the segments, cut off a torn last record; 4 the root at the
checkpoint's size must be the checkpoint's. 5 what the keeper and the witnesses have seen and 6 the ids of the last
minutes are the sequencer's, 7 the outbox its caller's.

Invariants:

* after one failed write nothing is appended any more: what stands behind it could not be told from a broken record;
* an entry is written once, in the order of the log.
"""

import fcntl
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dyepack.ledger import Checkpoint, NoteKey, Quorum, Tree, leaf_hash, open_checkpoint
from dyepack.ledger.errors import FolderError, LockedError, NoteError, RootMismatchError, UnavailableError, WalError
from dyepack.ledger.tiles import WIDTH, Tile
from dyepack.ledger.wal import SEGMENT_ENTRIES, read_segment, records, segment_header, segment_name
from dyepack.storage.private_file import sync_folder

CHECKPOINT = "checkpoint"
WITNESSED = "checkpoint.witnessed"
_SEGMENT = re.compile(r"[0-9a-f]{16}\.wal")


class LogFolder:
    """Reads and writes the files; decides nothing about their content."""

    def __init__(self, path: Path) -> None:
        """Make the folder if there is none, and lock it.

        Raises:
            LockedError: Another process, or another object, holds it.
            FolderError: It cannot be made or entered.
        """
        self.path = path
        self._segment = -1  # first index of the open segment
        self._segment_file = -1
        self._failed = False
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.chmod(0o700)
            self._lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise FolderError(why=_reason(error)) from error
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._lock)
            raise LockedError from error

    def close(self) -> None:
        """Give the lock back; harmless when done twice."""
        if self._segment_file >= 0:
            os.close(self._segment_file)
            self._segment_file = -1
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def read(self, name: str) -> bytes | None:
        """A file by its path below the folder; None if there is none."""
        try:
            return (self.path / name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise FolderError(why=_reason(error)) from error

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files durably: all contents are synced before the first name appears.

        Raises:
            UnavailableError: The disk refused.
        """
        try:
            staged = [(self._stage(self.path / name, data), self.path / name) for name, data in files.items()]
            for temporary, target in staged:
                temporary.replace(target)
            for folder in {target.parent for _, target in staged}:
                sync_folder(folder)
        except OSError as error:
            raise UnavailableError(why=_reason(error)) from error

    def drop_narrower(self, tile: Tile) -> None:
        """Remove the partial tiles and bundles that a published one made superfluous; a leftover is harmless."""
        for path in (tile.path, tile.bundle_path) if tile.level == 0 else (tile.path,):
            target = self.path / path
            folder = target.parent if tile.width < WIDTH else target.with_name(target.name + ".p")
            with suppress(OSError):
                for other in list(folder.iterdir()):
                    if other != target:
                        other.unlink()
                if tile.width == WIDTH:
                    folder.rmdir()

    def append(self, first: int, entries: Sequence[bytes]) -> None:
        """Write entries to the segments and sync them.

        Raises:
            UnavailableError: The disk refused, now or before.
        """
        if self._failed:
            raise UnavailableError(why="an earlier write failed")
        try:
            at = 0
            while at < len(entries):
                index = first + at
                start = index - index % SEGMENT_ENTRIES
                room = start + SEGMENT_ENTRIES - index
                if start != self._segment:
                    self._open_segment(start)
                _write_all(self._segment_file, records(entries[at : at + room]))
                os.fdatasync(self._segment_file)
                at += room
        except OSError as error:
            self._failed = True
            raise UnavailableError(why=_reason(error)) from error

    def drop_segments(self, size: int) -> None:
        """Remove segments whose entries are all below ``size``; a leftover is harmless, the newest one stays."""
        for first in self._segments()[:-1]:
            if first + SEGMENT_ENTRIES <= size:
                with suppress(OSError):
                    (self.path / "wal" / segment_name(first)).unlink()

    def replay(self, start: int) -> Iterator[tuple[int, bytes]]:
        """All entries from ``start`` on with their index; cuts a torn end off, so it is for start-up only.

        Raises:
            WalError: A segment is missing or broken before its end.
        """
        firsts = self._segments()
        wanted = range(start - start % SEGMENT_ENTRIES, (firsts[-1] if firsts else -1) + 1, SEGMENT_ENTRIES)
        for first in wanted:
            name = f"wal/{segment_name(first)}"
            data = self.read(name)
            if data is None:
                raise WalError(segment=name, why="missing")
            last = first == firsts[-1]
            segment = read_segment(data, first, last=last)
            if segment.length < len(data):
                self._cut(self.path / name, segment.length)
            for index, entry in enumerate(segment.entries, first):
                if index >= start:
                    yield index, entry

    def _segments(self) -> list[int]:
        folder = self.path / "wal"
        names = sorted(item.name for item in folder.iterdir()) if folder.exists() else []
        return [int(name[:16], 16) for name in names if _SEGMENT.fullmatch(name)]

    def _open_segment(self, first: int) -> None:
        name = f"wal/{segment_name(first)}"
        if not (self.path / name).exists():
            self.write({name: segment_header(first)})
        if self._segment_file >= 0:
            os.close(self._segment_file)
        self._segment_file = os.open(self.path / name, os.O_WRONLY | os.O_APPEND)
        self._segment = first

    def _stage(self, target: Path, data: bytes) -> Path:
        self._make_folders(target.parent)
        temporary = target.with_name(f".{target.name}.tmp")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            _write_all(handle, data)
            os.fsync(handle)
        finally:
            os.close(handle)
        return temporary

    def _make_folders(self, folder: Path) -> None:
        if not folder.exists():
            self._make_folders(folder.parent)
            folder.mkdir(mode=0o700)
            sync_folder(folder.parent)

    def _cut(self, path: Path, length: int) -> None:
        with path.open("r+b") as segment:
            segment.truncate(length)
            os.fsync(segment.fileno())


@dataclass(frozen=True, slots=True)
class Restored:
    """What a folder holds at start.

    Attributes:
        tree: All entries.
        published: Size of the stored checkpoint; 0 if there is none.
        checkpoint: Its text, or None.
        witnessed: The newest checkpoint that has the quorum, or None.
        tiled: Entries whose tiles are stored.
        tail: The entries after the last full stored tile.
    """

    tree: Tree
    published: int
    checkpoint: str | None
    witnessed: Checkpoint | None
    tiled: int
    tail: list[bytes]


def restore(folder: LogFolder, log_keys: Sequence[NoteKey], quorum: Quorum | None = None) -> Restored:
    """Load a folder; the numbers are those of the module's docstring.

    Args:
        folder: The folder.
        log_keys: Keys of the log; one of the Ed25519 keys must have signed the stored checkpoint.
        quorum: Whose cosignatures make a checkpoint a witnessed one.

    Raises:
        LedgerError: One of the steps failed; its sentence names the remedy.
    """
    stored = folder.read(CHECKPOINT)  # 2
    checkpoint = None if stored is None else _text(stored)
    head = None if checkpoint is None else open_checkpoint(checkpoint, log_keys).head
    published = head.size if head else 0
    tiled = published if (folder.path / "tile").exists() else 0
    base = tiled - tiled % WIDTH
    tree = Tree.load(base, folder.read)
    tail: list[bytes] = []
    for _, entry in folder.replay(base):  # 3
        tail.append(entry)
    tree.append(map(leaf_hash, tail))
    if tree.size < published:
        raise WalError(segment="wal", why=f"{tree.size} entries where the checkpoint covers {published}")
    if head and tree.edge(published).root != head.root:  # 4
        raise RootMismatchError(size=published)
    return Restored(tree, published, checkpoint, _witnessed(folder, tree, log_keys, quorum), tiled, tail)


def _witnessed(folder: LogFolder, tree: Tree, log_keys: Sequence[NoteKey], quorum: Quorum | None) -> Checkpoint | None:
    """The stored witnessed checkpoint, if it has the quorum that is asked for now.

    Raises:
        RootMismatchError: It has, and the files tell of other entries.
        NoteError: It is broken.
    """
    stored = folder.read(WITNESSED)
    if stored is None or quorum is None:
        return None
    opened = open_checkpoint(_text(stored), log_keys, quorum.keys)
    if not quorum.satisfied(opened.signed_by(quorum.keys)):
        return None
    if opened.head.size > tree.size or tree.edge(opened.head.size).root != opened.head.root:
        raise RootMismatchError(size=opened.head.size)
    return opened


def _text(stored: bytes) -> str:
    try:
        return stored.decode()
    except UnicodeDecodeError as error:
        raise NoteError(why="not UTF-8") from error


def _write_all(handle: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(handle, view) :]


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else "input or output"
