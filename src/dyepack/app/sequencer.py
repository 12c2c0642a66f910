"""The sequencer (定序器): one thread that turns waiting facts into synced, signed, acknowledged entries.

A batch is whatever waits when the one before ends, at most 4,096 facts; no timer delays anyone. Facts are checked and
encoded on their callers' threads, before they wait. Each commit:

1. take the waiting facts;
2. ``Log.commit`` answers known ids and stamps the rest;
3. one write and one sync of the write-ahead log;
4. a head is signed if the batch holds a fact of level 1 or 2, or the publisher asks for one;
5. ``on_head`` gets it with its consistency proof: the keeper advances, or refuses a log that does not continue;
6. facts of level 0 and 1 are acknowledged, the latter with receipts;
7. facts of level 2 go to the publisher, which writes tiles, bundles and checkpoints behind (``publisher``).

Invariants:

* nothing is acknowledged before its level is reached;
* after a failed write, signature or ``on_head``, or when a witness proves that it has seen a longer log, everything
  fails with ``ledger.unavailable`` until a restart;
* ``append`` may be called from many threads; ``on_head`` runs on the sequencer's and must not call ``append``.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from dyepack.app.log_keys import LogKeys
from dyepack.app.log_view import LogView
from dyepack.app.publisher import Publisher, Witnesses
from dyepack.app.tickets import Ticket, Waiting, again
from dyepack.app.witnessing import WitnessStatus
from dyepack.ledger import MAX_BATCH, Fact, Level, Log, LogSigner, Quorum, Receipt, stamp_of
from dyepack.ledger.errors import (
    BusyError,
    ClosedError,
    LedgerError,
    QuorumUnavailableError,
    RolledBackError,
    RootMismatchError,
    UnavailableError,
)
from dyepack.ledger.log import ID_WINDOW
from dyepack.ledger.tiles import WIDTH
from dyepack.storage.log_folder import LogFolder, restore
from dyepack.terms.time import Clock

QUEUE_LIMIT = 65_536

OnHead = Callable[[int, Sequence[bytes], str], object]
"""``on_head(old size, consistency proof, head)``; raises if the head does not continue what it knows."""
AskWitnesses = Callable[["Sequencer", Publisher], Witnesses]
"""Makes whoever asks the witnesses; called once the log is open, raises if a witness has seen a longer one."""


class Sequencer(LogView):
    """The one writer of one log."""

    def __init__(
        self,
        folder: Path,
        keys: LogKeys | LogSigner,
        origin: str,
        institution: str,
        clock: Clock,
        on_head: OnHead,
        *,
        keeper_size: int = 0,
        quorum: Quorum | None = None,
        witnesses: AskWitnesses | None = None,
    ) -> None:
        """Open the folder, check it, show the current head to the keeper, and start the threads.

        Args:
            folder: Made if there is none.
            keys: The log's keys, or a single Ed25519 key.
            origin: The log's name: no spaces, no plus sign.
            institution: ``i_`` + 26 characters.
            clock: Stamps the entries.
            on_head: Called for each signed head before anything that it covers is acknowledged.
            keeper_size: The size to which the keeper has advanced already.
            quorum: Whose cosignatures level 2 waits for; None: published is all that level 2 means.
            witnesses: Who asks them; goes with ``quorum``.

        Raises:
            LedgerError: A step of the start failed; its sentence names the remedy.
        """
        keys = keys if isinstance(keys, LogKeys) else LogKeys(origin, (keys,))
        self._on_head = on_head
        self._queue: deque[Waiting] = deque()
        self._work = threading.Condition()  # guards the queue and what follows
        self._batch: list[Waiting] = []
        self._settling = threading.Lock()
        self._head_asked = False
        self._closing = False
        self._ended = False
        self._failure: LedgerError | None = None
        log_folder = LogFolder(folder)
        try:
            found = restore(log_folder, keys.known, quorum)
            super().__init__(log_folder, keys, found, clock, quorum)
            self._log = Log(origin, institution, found.tree, seen=keeper_size)
            self._recall()
            self._head = self.sign_at(self._size)
            self._head_size = self._size
            if self._size:
                on_head(keeper_size, found.tree.edge().consistency(keeper_size), self._head)
                self._log.head_size = self._size
            self._publisher = Publisher(self, log_folder, clock, self._ask_head, self._fail, quorum)
            asking = witnesses(self, self._publisher) if witnesses is not None and quorum is not None else None
        except BaseException:
            log_folder.close()
            raise
        self._thread = threading.Thread(target=self._run, name="dyepack-sequencer", daemon=True)
        self._thread.start()
        self._publisher.start(asking)

    def append(self, facts: Sequence[Fact]) -> list[Receipt | None]:
        """Append facts and wait until each reached the level of its kind.

        A fact whose id is known is answered with the entry that stands already.

        Returns:
            In order: None for level 0, a receipt under a signed head for level 1, under a checkpoint for level 2.

        Raises:
            BadEntryError: A fact is malformed; none of them was appended.
            BusyError: Too many facts wait.
            QuorumUnavailableError: Level 2 was not reached in time; the entry stands.
            UnavailableError: The log cannot be written.
        """
        drafts = [self._log.draft(fact) for fact in facts]
        if not drafts:
            return []
        ticket = Ticket(len(drafts))
        waiting = [Waiting(draft, ticket, place, self._settling) for place, draft in enumerate(drafts)]
        with self._work:
            self._check_open()
            if len(self._queue) + len(waiting) > QUEUE_LIMIT:
                raise BusyError
            if not self._queue:
                self._work.notify_all()
            self._queue.extend(waiting)
        return ticket.wait()

    def publish(self) -> str:
        """Publish everything acknowledged so far now; returns the checkpoint.

        Raises:
            UnavailableError: The log cannot be written.
        """
        with self._work:
            self._check_open()
        return self._publisher.publish()

    def checkpoint(self) -> str:
        """The published checkpoint, with the cosignatures that have arrived."""
        return self.published_note or self.publish()

    def covering(self, index: int) -> str:
        """A published checkpoint that covers an entry, published anew if none does yet."""
        if index >= self._published and index < self._size:
            self.publish()
        return super().covering(index)

    def await_quorum(self) -> None:
        """Publish everything synced so far, and wait until the quorum has cosigned it; at once without a quorum.

        Raises:
            QuorumUnavailableError: It has not in time.
            UnavailableError: The log cannot be written.
        """
        with self._work:
            self._check_open()
        self._publisher.await_quorum()

    def newest(self) -> str:
        """The checkpoint of everything that is synced; a witnessed one of it if the witnesses answer."""
        with suppress(QuorumUnavailableError):
            self.await_quorum()
        witnessed = self.witnessed()
        return witnessed.note if witnessed is not None and witnessed.head.size == self._published else self.checkpoint()

    def witness_status(self) -> Sequence[WitnessStatus]:
        """Where each witness stands; empty without a quorum."""
        return self._publisher.witness_status()

    def head(self) -> str:
        """The newest signed head; entries of level 0 may be newer."""
        return self._head

    def stop(self, error: Exception) -> None:
        """Acknowledge nothing any more, until a restart: the alarm of a roll-back."""
        self._fail(error)

    def close(self) -> None:
        """Append what waits, publish, and give the folder back; harmless when done twice."""
        with self._work:
            self._closing = True
            self._work.notify_all()
        self._thread.join()
        self._publisher.close()
        self._folder.close()

    # -- the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._take():
                if self._batch:
                    self._commit(self._batch)
                if self._head_asked or (self._closing and not self._queue):
                    self._advance()
                    with self._work:
                        self._head_asked = False
                        self._work.notify_all()
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing may be acknowledged after it
            self._fail(error)
        with self._work:
            self._ended = True
            self._work.notify_all()

    def _take(self) -> bool:  # 1
        """Wait for a batch; False when the log is closing and nothing is left."""
        with self._work:
            self._work.wait_for(lambda: self._queue or self._head_asked or self._closing or self._failure)
            if self._failure:
                return False
            self._batch = [self._queue.popleft() for _ in range(min(len(self._queue), MAX_BATCH))]
            return bool(self._batch or self._head_asked or self._head_size < self._size)

    def _commit(self, batch: list[Waiting]) -> None:
        with self.tree_lock:  # 2
            commit = self._log.commit([waiting.draft for waiting in batch], self._clock.now())
        if commit.entries:  # 3
            self._folder.append(commit.first, commit.entries)
            self.grow(commit.entries)
            self._publisher.grown()
        if commit.wants_head:
            self._advance()
            with self.tree_lock:
                edge = self.tree.edge()
                proofs = [
                    edge.inclusion(answer) if waiting.draft.kind.level == Level.RECEIPTED else ()
                    for waiting, answer in zip(batch, commit.answers, strict=True)
                ]
        else:
            proofs = [()] * len(batch)
        level_two: list[Waiting] = []
        for waiting, answer, proof in zip(batch, commit.answers, proofs, strict=True):  # 6
            level = waiting.draft.kind.level
            if level == Level.WITNESSED:
                waiting.index = answer
                level_two.append(waiting)
            elif level == Level.RECEIPTED:
                raw = commit.entries[answer - commit.first] if answer >= commit.first else self.entry(answer)
                waiting.settle(Receipt(raw, answer, proof, self._head))
            else:
                waiting.settle(None)
        if level_two:
            self._publisher.witness(level_two)  # 7

    def _advance(self) -> None:
        with self.tree_lock:
            step = self._log.advance()
        if step is not None:
            note = self.keys.sign(step.head)  # 4
            self._on_head(step.old_size, step.proof, note)  # 5
            self._head = note
            self._head_size = step.head.size

    def _ask_head(self) -> str:
        """A head of everything synced, for the publisher, signed on the sequencer's thread."""
        with self._work:
            self._head_asked = True
            self._work.notify_all()
            self._work.wait_for(lambda: not self._head_asked or self._ended or self._failure)
            if self._failure:
                raise again(self._failure)
            return self._head

    def _fail(self, error: Exception) -> None:
        failure = error
        if not isinstance(failure, UnavailableError | RolledBackError | RootMismatchError):
            failure = UnavailableError(why=type(error).__name__)
            failure.__cause__ = error
        with self._work:
            self._failure = self._failure or failure
            failure = self._failure
            waiting = [*self._batch, *self._queue]
            self._queue.clear()
            self._work.notify_all()
        for item in waiting:
            item.refuse(failure)
        self._publisher.fail(failure)

    def _check_open(self) -> None:
        if self._failure is not None:
            raise again(self._failure)
        if self._closing:
            raise ClosedError

    def _recall(self) -> None:
        """Hand the entries of the last 10 minutes to the log's core."""
        chunks = [self.tail]
        first = self.tail_start
        last_t: int | None = stamp_of(self.tail[-1])[1] if self.tail else None
        while first and (last_t is None or stamp_of(chunks[0][0])[1] > last_t - ID_WINDOW):
            first, chunk = self.chunk(first // WIDTH - 1)
            last_t = stamp_of(chunk[-1])[1] if last_t is None else last_t
            chunks.insert(0, chunk)
        at = first
        for chunk in chunks:
            self._log.recall(at, chunk)
            at += len(chunk)
