"""The view of one log: its entries and proofs, for many threads, while one writer may append (``app.sequencer``).

The newest entries are in memory (the *tail*), all before are in full bundles of the folder. A log that is not written
any more (a closed shard) is a view of its folder alone.

Invariants:

* ``size`` counts entries that are synced; nothing else is shown or proved;
* what a proof is made from is the tree in memory and the tiles on disk, each tile checked against the tree.
"""

import re
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from itertools import pairwise

from dyepack import __version__
from dyepack.app.log_keys import LogKeys
from dyepack.ledger import (
    Checkpoint,
    Evidence,
    Head,
    Quorum,
    Receipt,
    StoredToken,
    build_bundle,
    decode_bundle,
    open_checkpoint,
)
from dyepack.ledger.checkpoint import parse_head
from dyepack.ledger.errors import ConsistencyError, NoSuchEntryError, TileError
from dyepack.ledger.note import parse_note
from dyepack.ledger.tiles import WIDTH, Tile
from dyepack.storage.log_folder import LogFolder, Restored
from dyepack.terms.time import Clock


class LogView:
    """Reads one log."""

    def __init__(
        self, folder: LogFolder, keys: LogKeys, found: Restored, clock: Clock, quorum: Quorum | None = None
    ) -> None:
        """Over a folder and what was restored from it under this quorum."""
        self.origin = keys.origin
        self.keys = keys
        self.tree = found.tree
        self.tree_lock = threading.Lock()  # guards the tree
        self.lock = threading.Lock()  # guards what follows
        self.tail = found.tail  # the entries from ``tail_start`` on
        self.tail_start = found.tree.size - len(found.tail)
        self.tiled = found.tiled
        self._folder = folder
        self._clock = clock
        self._quorum = quorum
        self._size = found.tree.size
        self._published = found.published
        self._checkpoint = found.checkpoint
        self._witnessed = found.witnessed

    @property
    def vkey(self) -> str:
        """The newest Ed25519 key of the log."""
        return self.keys.vkey

    @property
    def vkeys(self) -> tuple[str, ...]:
        """All keys that sign now, of both kinds."""
        return tuple(key.vkey for key in self.keys.keys)

    def size(self) -> int:
        """Number of entries that are synced."""
        return self._size

    def published(self) -> int:
        """Number of entries that the stored checkpoint covers."""
        return self._published

    @property
    def published_note(self) -> str | None:
        """The stored checkpoint, if there is one."""
        return self._checkpoint

    def checkpoint(self) -> str:
        """The stored checkpoint, with the cosignatures that have arrived.

        Raises:
            NoSuchEntryError: Nothing was published yet.
        """
        if self._checkpoint is None:
            raise NoSuchEntryError
        return self._checkpoint

    def publish(self) -> str:
        """The checkpoint of all entries; a log that is not written any more has nothing else to publish."""
        return self.checkpoint()

    def witnessed(self) -> Checkpoint | None:
        """The newest checkpoint with a quorum of cosignatures, if there is one."""
        return self._witnessed

    def entry(self, index: int) -> bytes:
        """The bytes of an entry.

        Raises:
            NoSuchEntryError: No such index.
        """
        for _, raw in self.entries(index, index + 1) if index >= 0 else ():
            return raw
        raise NoSuchEntryError

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Entries with their index, from ``start`` to before ``stop`` (default: all there are now)."""
        end = self._size if stop is None else min(stop, self._size)
        at = start
        while at < end:
            first, chunk = self.chunk(at // WIDTH)
            for raw in chunk[at - first : end - first]:
                yield at, raw
                at += 1

    def find(self, needles: Iterable[str]) -> list[tuple[int, bytes]]:
        """All entries whose bytes hold one of the needles: aliases, ids."""
        wanted = [re.escape(needle.encode()) for needle in needles if needle]
        if not wanted:
            return []
        search = re.compile(b"|".join(wanted)).search
        return [(index, raw) for index, raw in self.entries() if search(raw)]

    def find_id(self, entry_id: str) -> tuple[int, bytes]:
        """The entry with this id.

        Raises:
            NoSuchEntryError: There is none.
        """
        for index, raw in self.find([f'"id":"{entry_id}"']):
            return index, raw
        raise NoSuchEntryError

    def prove(self, index: int, size: int | None = None) -> Receipt:
        """A receipt of an entry.

        Args:
            index: The entry.
            size: The size at which to prove it, under a head signed now; default: under a published checkpoint.

        Raises:
            NoSuchEntryError: No such index, or not yet at this size.
        """
        if size is None and 0 <= index < self._size:
            return self.receipt(index, self.covering(index))
        if size is None or not 0 <= index < size <= self._size:
            raise NoSuchEntryError
        return self.receipt(index, self.sign_at(size))

    def receipt(self, index: int, note: str) -> Receipt:
        """A receipt under a head of this log that covers the entry."""
        size = parse_head(parse_note(note).text).size
        with self.tree_lock:
            proof = self.tree.edge(size).inclusion(index)
        return Receipt(self.entry(index), index, proof, note)

    def covering(self, index: int) -> str:
        """A published checkpoint that covers an entry; a witnessed one if that does.

        Raises:
            NoSuchEntryError: None does.
        """
        witnessed = self._witnessed
        if witnessed is not None and index < witnessed.head.size:
            return witnessed.note
        if index < self._published:
            return self.checkpoint()
        raise NoSuchEntryError

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """The proof that the log of ``old`` entries is a prefix of that of ``new``.

        Raises:
            NoSuchEntryError: The log was never that long.
            ConsistencyError: ``old`` is larger than ``new``.
        """
        if new > self._size:
            raise NoSuchEntryError
        with self.tree_lock:
            return self.tree.edge(new).consistency(old)

    def read(self, path: str) -> bytes | None:
        """A published file of the log, for ``audit_log``."""
        return self._folder.read(path)

    def newest(self) -> str:
        """The checkpoint that evidence rests on: of the newest entries, witnessed if they are."""
        return self.checkpoint()

    def evidence(
        self,
        indexes: Iterable[int],
        *,
        maker: str = "p_log",
        details: Mapping[int, tuple[bytes, bytes]] | None = None,
        earlier: Sequence[str] = (),
        tokens: Sequence[StoredToken] = (),
        policies: Sequence[bytes] = (),
    ) -> dict[str, bytes]:
        """The files of an evidence bundle about entries.

        It holds the newest checkpoint and the head at which the oldest of the entries was the last, so that also the
        history between is shown to be one. Where the witnesses cosigned a checkpoint that covers all of it, that is
        the newest, and the quorum file is there.

        Args:
            indexes: The entries.
            maker: See ``Evidence``, as for all that follow.
            details: Of some of the entries.
            earlier: Checkpoints that someone kept; shown to be prefixes.
            tokens: Timestamps; the checkpoints under them are added.
            policies: Documents of policies.

        Raises:
            NoSuchEntryError: No such index.
            NoteError: An earlier checkpoint is not signed by this log.
            ConsistencyError: It is, and tells of other entries: keep it, it proves a fork.
        """
        wanted = sorted(set(indexes))
        if not wanted or not 0 <= wanted[0] <= wanted[-1] < self._size:
            raise NoSuchEntryError
        kept = [(open_checkpoint(note, self.keys.known).head, note) for note in earlier]
        kept += [(open_checkpoint(note, self.keys.known).head, note) for note in (t.note.decode() for t in tokens)]
        newest, policy = self._resting_on(max([wanted[-1] + 1, *(head.size for head, _ in kept)]))
        size = parse_head(parse_note(newest).text).size
        notes = {wanted[0] + 1: self.sign_at(wanted[0] + 1)}
        for head, note in kept:
            if head.size > size or self.head_at(head.size) != head:
                raise ConsistencyError(why="an earlier checkpoint tells of other entries")
            if head.size:
                notes[head.size] = note
        notes[size] = newest
        sizes = sorted(notes)
        return build_bundle(
            Evidence(
                receipts=[self.receipt(index, newest) for index in wanted],
                checkpoints=[notes[item] for item in sizes],
                consistency=[self.consistency(old, new) for old, new in pairwise(sizes)],
                verifier=resources.files("dyepack.ledger").joinpath("verify.py").read_bytes(),
                version=f"dyepack {__version__}",
                made=self._clock.now(),
                maker=maker,
                details=details or {},
                keys=self.keys.known[1:],
                policy=policy,
                tokens=tokens,
                policies=policies,
            ),
            self.origin,
            self.keys.signers[0],
        )

    def _resting_on(self, size: int) -> tuple[str, str | None]:
        """The checkpoint that a bundle of so many entries rests on, and the quorum file if that is witnessed."""
        newest = self.newest()
        witnessed = self._witnessed
        if self._quorum is None or witnessed is None or witnessed.head.size < size:
            return newest, None
        return witnessed.note, self._quorum.text

    def head_at(self, size: int) -> Head:
        """The head at a size that the log has had."""
        with self.tree_lock:
            return Head(self.origin, size, self.tree.edge(size).root)

    def sign_at(self, size: int) -> str:
        """The head at a size that the log has had, signed now."""
        return self.keys.sign(self.head_at(size))

    def chunk(self, number: int) -> tuple[int, list[bytes]]:
        """The entries from one multiple of 256 on: of one full bundle, or all of the tail."""
        first = number * WIDTH
        with self.lock:
            if first >= self.tail_start:
                return first, self.tail[first - self.tail_start : first - self.tail_start + WIDTH]
        tile = Tile(0, number, WIDTH)
        stored = self._folder.read(tile.bundle_path)
        if stored is None:
            raise TileError(path=tile.bundle_path, why="missing")
        return first, decode_bundle(stored, WIDTH, tile.bundle_path)

    def close(self) -> None:
        """Give the folder back."""
        self._folder.close()

    # -- for the writer ----------------------------------------------------------------------------------------------

    def grow(self, entries: Sequence[bytes]) -> None:
        """These entries are synced now."""
        with self.lock:
            self.tail.extend(entries)
            self._size += len(entries)

    def publish_at(self, size: int, note: str) -> None:
        """Tiles, bundles and this checkpoint of ``size`` entries are on disk now."""
        with self.tree_lock:
            self.tree.stored(size)
        base = size - size % WIDTH
        with self.lock:
            del self.tail[: base - self.tail_start]
            self.tail_start = base
            self.tiled = size
            self._published = size
            self._checkpoint = note

    def cosigned(self, note: str) -> None:
        """The stored checkpoint carries more signatures now."""
        with self.lock:
            self._checkpoint = note

    def witness_at(self, checkpoint: Checkpoint) -> None:
        """This checkpoint has its quorum and is on disk now."""
        with self.lock:
            self._witnessed = checkpoint
