"""The sequencer (定序器): one thread that turns waiting facts into synced, signed, acknowledged entries.

A batch is whatever waits when the one before ends, at most 4,096 facts; no timer delays anyone. Each commit:

1. take the waiting facts;
2. ``Log.commit`` refuses malformed facts, answers known ones and stamps the rest;
3. one write and one sync of the write-ahead log;
4. a head is signed if the batch holds a fact of level 1 or 2;
5. ``on_head`` gets it with its consistency proof: the keeper advances, or refuses a log that does not continue;
6. facts of level 0 and 1 are acknowledged, the latter with receipts;
7. tiles, bundles and the checkpoint are written every second if the log grew, and at once if a fact of level 2 waits,
   which is acknowledged then.

Invariants:

* nothing is acknowledged before its level is reached;
* after a failed write, signature or ``on_head`` everything fails with ``ledger.unavailable`` until a restart;
* ``append`` may be called from many threads; ``on_head`` runs on the sequencer's and must not call ``append``.
"""

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import resources
from itertools import pairwise
from pathlib import Path

from dyepack import __version__
from dyepack.ledger import (
    MAX_BATCH,
    Evidence,
    Fact,
    Head,
    Level,
    Log,
    LogSigner,
    Receipt,
    StoredToken,
    build_bundle,
    check_fact,
    decode_bundle,
    encode_bundle,
    note_key,
    open_head,
    parse_entry,
    sign_head,
    tiles_between,
)
from dyepack.ledger.errors import (
    BadEntryError,
    BusyError,
    ClosedError,
    ConsistencyError,
    LedgerError,
    NoSuchEntryError,
    TileError,
    UnavailableError,
)
from dyepack.ledger.log import ID_WINDOW
from dyepack.ledger.tiles import WIDTH, Tile
from dyepack.storage.log_folder import CHECKPOINT, LogFolder, restore
from dyepack.terms.time import Clock

QUEUE_LIMIT = 65_536
PUBLISH_SECONDS = 1.0
_TILES_A_WRITE = 64

OnHead = Callable[[int, Sequence[bytes], str], object]
"""``on_head(old size, consistency proof, head)``; raises if the head does not continue what it knows."""


class _Ticket:
    """One call of ``append``: its facts wait, are settled one by one, and wake the caller when all are."""

    __slots__ = ("done", "failure", "open", "results")

    def __init__(self, count: int) -> None:
        self.results: list[Receipt | None] = [None] * count
        self.failure: LedgerError | None = None
        self.open = count
        self.done = threading.Event()

    def wait(self) -> list[Receipt | None]:
        self.done.wait()
        if self.failure is not None:
            raise _again(self.failure)
        return self.results


class _Waiting:
    """One fact of a ticket; settled or refused once, what comes after is ignored."""

    __slots__ = ("_place", "_settled", "_ticket", "fact", "index")

    def __init__(self, fact: Fact, ticket: _Ticket, place: int) -> None:
        self.fact = fact
        self.index = -1
        self._ticket = ticket
        self._place = place
        self._settled = False

    def settle(self, receipt: Receipt | None) -> None:
        self._ticket.results[self._place] = receipt
        self._close()

    def refuse(self, error: LedgerError) -> None:
        if not self._settled:
            self._ticket.failure = self._ticket.failure or error
            self._close()

    def _close(self) -> None:
        self._settled = True
        self._ticket.open -= 1
        if not self._ticket.open:
            self._ticket.done.set()


def _again(error: LedgerError) -> LedgerError:
    """A fresh error for each thread that it is raised in."""
    fresh = type(error)(**error.facts)
    fresh.__cause__ = error
    return fresh


class Sequencer:
    """The one writer of one log."""

    def __init__(
        self,
        folder: Path,
        signer: LogSigner,
        origin: str,
        institution: str,
        clock: Clock,
        on_head: OnHead,
        *,
        keeper_size: int = 0,
    ) -> None:
        """Open the folder, check it, show the current head to the keeper, and start the thread.

        Args:
            folder: Made if there is none.
            signer: The log's Ed25519 key.
            origin: The log's name: no spaces, no plus sign.
            institution: ``i_`` + 26 characters.
            clock: Stamps the entries.
            on_head: Called for each signed head before anything that it covers is acknowledged.
            keeper_size: The size to which the keeper has advanced already.

        Raises:
            LedgerError: A step of the start failed; its sentence names the remedy.
        """
        self.vkey = note_key(origin, signer.public_key).vkey
        self._signer = signer
        self._clock = clock
        self._on_head = on_head
        self._lock = threading.Lock()  # guards the queue, the tail and the sizes
        self._tree_lock = threading.Lock()  # guards the tree
        self._work = threading.Condition(self._lock)
        self._changed = threading.Condition(self._lock)
        self._queue: deque[_Waiting] = deque()
        self._batch: list[_Waiting] = []
        self._level_two: list[_Waiting] = []
        self._publish_due = 0.0
        self._closing = False
        self._failure: LedgerError | None = None
        self._folder = LogFolder(folder)
        try:
            found = restore(self._folder, self.vkey)
            self._tail = found.tail  # the entries from ``_tail_start`` on; all before are in full bundles
            self._tail_start = found.tree.size - len(found.tail)
            self._size = found.tree.size  # acknowledged
            self._tiled = found.tiled
            self._published = found.published
            self._checkpoint = found.checkpoint
            self._log = Log(origin, institution, found.tree, seen=keeper_size)
            self._recall()
            self._head = self._sign_at(self._size)
            if self._size:
                on_head(keeper_size, found.tree.edge().consistency(keeper_size), self._head)
                self._log.head_size = self._size
        except BaseException:
            self._folder.close()
            raise
        self._publish_asked = self._checkpoint is None
        self._thread = threading.Thread(target=self._run, name="dyepack-sequencer", daemon=True)
        self._thread.start()

    # -- writing ----------------------------------------------------------------------------------------------------

    def append(self, facts: Sequence[Fact]) -> list[Receipt | None]:
        """Append facts and wait until each reached the level of its kind.

        A fact whose id is known is answered with the entry that stands already.

        Returns:
            In order: None for level 0, a receipt under a signed head for level 1, under the checkpoint for level 2.

        Raises:
            BadEntryError: A fact is malformed; none of them was appended.
            BusyError: Too many facts wait.
            UnavailableError: The log cannot be written.
        """
        for fact in facts:
            check_fact(fact, org=self._log.org)
        if not facts:
            return []
        ticket = _Ticket(len(facts))
        with self._lock:
            self._check_open()
            if len(self._queue) + len(facts) > QUEUE_LIMIT:
                raise BusyError
            self._queue.extend(_Waiting(fact, ticket, place) for place, fact in enumerate(facts))
            self._work.notify()
        return ticket.wait()

    def publish(self) -> str:
        """Publish everything acknowledged so far now; returns the checkpoint.

        Raises:
            UnavailableError: The log cannot be written.
        """
        with self._lock:
            self._check_open()
            wanted = self._size
            self._publish_asked = True
            self._work.notify()
            self._changed.wait_for(lambda: self._failure or (self._checkpoint and self._published >= wanted))
            if self._failure:
                raise _again(self._failure)
            assert self._checkpoint is not None  # waited for
            return self._checkpoint

    def close(self) -> None:
        """Append what waits, publish, and give the folder back; harmless when done twice."""
        with self._lock:
            self._closing = True
            self._work.notify()
        self._thread.join()
        self._folder.close()

    # -- reading ----------------------------------------------------------------------------------------------------

    def size(self) -> int:
        """Number of entries that are synced."""
        return self._size

    def head(self) -> str:
        """The newest signed head; entries of level 0 may be newer."""
        return self._head

    def checkpoint(self) -> str:
        """The published checkpoint."""
        return self._checkpoint or self.publish()

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
            first, chunk = self._chunk(at // WIDTH)
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
            size: The size at which to prove it; default the published checkpoint, published anew if it is too old.

        Raises:
            NoSuchEntryError: No such index, or not yet at this size.
        """
        if size is None and index < self._size:
            head = self.checkpoint() if index < self._published else self.publish()
            size = open_head(head, self.vkey).size
        elif size is not None and size <= self._size:
            head = self._sign_at(size)
        if size is None or not 0 <= index < size <= self._size:
            raise NoSuchEntryError
        with self._tree_lock:
            proof = self._log.tree.edge(size).inclusion(index)
        return Receipt(self.entry(index), index, proof, head)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """The proof that the log of ``old`` entries is a prefix of that of ``new``.

        Raises:
            NoSuchEntryError: The log was never that long.
            ConsistencyError: ``old`` is larger than ``new``.
        """
        if new > self._size:
            raise NoSuchEntryError
        with self._tree_lock:
            return self._log.tree.edge(new).consistency(old)

    def read(self, path: str) -> bytes | None:
        """A published file of the log, for ``audit_log``."""
        return self._folder.read(path)

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
        history between is shown to be one.

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
        newest = self.publish()
        size = open_head(newest, self.vkey).size
        notes = {wanted[0] + 1: self._sign_at(wanted[0] + 1)}
        for note in [*(token.note.decode() for token in tokens), *earlier]:
            head = open_head(note, self.vkey)
            if head.size > size or self._head_at(head.size) != head:
                raise ConsistencyError(why="an earlier checkpoint tells of other entries")
            if head.size:
                notes[head.size] = note
        notes[size] = newest
        sizes = sorted(notes)
        return build_bundle(
            Evidence(
                receipts=[self.prove(index, size) for index in wanted],
                checkpoints=[notes[item] for item in sizes],
                consistency=[self.consistency(old, new) for old, new in pairwise(sizes)],
                verifier=resources.files("dyepack.ledger").joinpath("verify.py").read_bytes(),
                version=f"dyepack {__version__}",
                made=self._clock.now(),
                maker=maker,
                details=details or {},
                tokens=tokens,
                policies=policies,
            ),
            self._log.origin,
            self._signer,
        )

    # -- the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while True:
                self._batch = self._take()
                if self._batch:
                    self._commit(self._batch)
                elif self._closing:
                    if self._published < self._size or self._checkpoint is None:
                        self._publish()
                    return
                if self._level_two or self._is_due():
                    self._publish()
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing may be acknowledged after it
            self._fail(error)

    def _take(self) -> list[_Waiting]:  # 1
        with self._lock:
            while not (self._queue or self._closing or self._publish_asked):
                left = None if self._published == self._size else self._publish_due - time.monotonic()
                if left is not None and left <= 0:
                    break
                self._work.wait(left)
            return [self._queue.popleft() for _ in range(min(len(self._queue), MAX_BATCH))]

    def _commit(self, batch: list[_Waiting]) -> None:
        with self._tree_lock:  # 2
            commit = self._log.commit([waiting.fact for waiting in batch], self._clock.now())
        if commit.entries:  # 3
            self._folder.append(commit.first, commit.entries)
            with self._lock:
                self._tail.extend(commit.entries)
                if self._size == self._published:
                    self._publish_due = time.monotonic() + PUBLISH_SECONDS
                self._size += len(commit.entries)
        proofs: list[tuple[bytes, ...]] = [()] * len(batch)
        if commit.wants_head:
            self._advance()
            with self._tree_lock:
                edge = self._log.tree.edge()
                for place, (waiting, answer) in enumerate(zip(batch, commit.answers, strict=True)):
                    if isinstance(answer, int) and waiting.fact.kind.level == Level.RECEIPTED:
                        proofs[place] = edge.inclusion(answer)
        for waiting, answer, proof in zip(batch, commit.answers, proofs, strict=True):  # 6
            if isinstance(answer, BadEntryError):
                waiting.refuse(answer)
            elif waiting.fact.kind.level == Level.WITNESSED:
                waiting.index = answer
                self._level_two.append(waiting)
            elif waiting.fact.kind.level == Level.RECEIPTED:
                raw = commit.entries[answer - commit.first] if answer >= commit.first else self.entry(answer)
                waiting.settle(Receipt(raw, answer, proof, self._head))
            else:
                waiting.settle(None)

    def _advance(self) -> None:
        with self._tree_lock:
            step = self._log.advance()
        if step is not None:
            note = sign_head(step.head, self._signer)  # 4
            self._on_head(step.old_size, step.proof, note)  # 5
            self._head = note

    def _is_due(self) -> bool:
        grown = self._published < self._size and time.monotonic() >= self._publish_due
        return self._publish_asked or grown

    def _publish(self) -> None:  # 7
        size = self._size
        self._publish_asked = False
        if size != self._published or self._checkpoint is None:
            self._advance()
            self._write_tiles(size)
            self._folder.write({CHECKPOINT: self._head.encode()})
            for tile in tiles_between(self._tiled, size):
                self._folder.drop_narrower(tile)
        with self._tree_lock:
            self._log.tree.stored(size)
            edge = self._log.tree.edge(size)
            proofs = [edge.inclusion(waiting.index) for waiting in self._level_two]
        with self._lock:
            base = size - size % WIDTH
            del self._tail[: base - self._tail_start]
            self._tail_start = base
            self._tiled = size
            self._checkpoint = self._head
            self._published = size
            self._publish_due = time.monotonic() + PUBLISH_SECONDS
            self._changed.notify_all()
        for waiting, proof in zip(self._level_two, proofs, strict=True):
            waiting.settle(Receipt(self.entry(waiting.index), waiting.index, proof, self._head))
        self._level_two = []

    def _write_tiles(self, size: int) -> None:
        files: dict[str, bytes] = {}
        for tile in tiles_between(self._tiled, size):
            with self._tree_lock:
                files[tile.path] = self._log.tree.tile(tile)
            if tile.level == 0:
                start = tile.number * WIDTH - self._tail_start
                files[tile.bundle_path] = encode_bundle(self._tail[start : start + tile.width])
            if len(files) >= _TILES_A_WRITE:
                self._folder.write(files)
                files = {}
        self._folder.write(files)

    def _fail(self, error: Exception) -> None:
        failure = error
        if not isinstance(failure, UnavailableError):
            failure = UnavailableError(why=type(error).__name__)
            failure.__cause__ = error
        with self._lock:
            self._failure = failure
            waiting = [*self._batch, *self._level_two, *self._queue]
            self._queue.clear()
            self._changed.notify_all()
        for item in waiting:
            item.refuse(failure)

    # -- parts ------------------------------------------------------------------------------------------------------

    def _check_open(self) -> None:
        if self._failure is not None:
            raise _again(self._failure)
        if self._closing:
            raise ClosedError

    def _chunk(self, number: int) -> tuple[int, list[bytes]]:
        """The entries from one multiple of 256 on: of one full bundle, or all of the tail."""
        first = number * WIDTH
        with self._lock:
            if first >= self._tail_start:
                return first, self._tail[first - self._tail_start : first - self._tail_start + WIDTH]
        tile = Tile(0, number, WIDTH)
        stored = self._folder.read(tile.bundle_path)
        if stored is None:
            raise TileError(path=tile.bundle_path, why="missing")
        return first, decode_bundle(stored, WIDTH, tile.bundle_path)

    def _head_at(self, size: int) -> Head:
        with self._tree_lock:
            return Head(self._log.origin, size, self._log.tree.edge(size).root)

    def _sign_at(self, size: int) -> str:
        return sign_head(self._head_at(size), self._signer)

    def _recall(self) -> None:
        """Hand the entries of the last 10 minutes to the log's core."""
        chunks = [self._tail]
        first = self._tail_start
        last_t: int | None = parse_entry(self._tail[-1]).t if self._tail else None
        while first and (last_t is None or parse_entry(chunks[0][0]).t > last_t - ID_WINDOW):
            first, chunk = self._chunk(first // WIDTH - 1)
            last_t = parse_entry(chunk[-1]).t if last_t is None else last_t
            chunks.insert(0, chunk)
        at = first
        for chunk in chunks:
            self._log.recall(at, chunk)
            at += len(chunk)
