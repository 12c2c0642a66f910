"""The publisher: a thread beside the sequencer that makes what is synced public, and has it witnessed.

1. wait: until 0.8 s have passed since the first unpublished entry, so that it is public within a second, a fact of
   level 2 waits, or somebody asks;
2. ask the sequencer for a signed head of everything synced so far (it signs on its own thread, the keeper follows);
3. write tiles and bundles up to it, then ``checkpoint`` with the log's signatures of both kinds;
4. without a quorum: acknowledge level 2, which then means published, not witnessed;
5. with one: offer the checkpoint to the witnesses; what they answer is added to ``checkpoint``; once the quorum is
   satisfied, write ``checkpoint.witnessed`` and acknowledge the level-2 facts that it covers;
6. facts of level 2 that wait for longer than 10 s are refused with ``ledger.quorum-unavailable``: they stand in the
   log, and asking again with the same id is answered by the entry that stands;
7. drop the segments of the write-ahead log whose entries are public, witnessed if there is a quorum.

One round at a time: while witnesses answer about one checkpoint, newer entries wait, at most 2 s; else a slow witness
would always cosign another checkpoint than a fast one, and no checkpoint would have a quorum.

Invariants:

* a checkpoint is on disk after everything that it covers;
* level 2 is acknowledged under a checkpoint with a quorum, where there is a quorum file.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from dyepack.app.log_view import LogView
from dyepack.app.tickets import Waiting, again
from dyepack.app.witnessing import WitnessStatus
from dyepack.ledger import (
    Head,
    NoteKey,
    Quorum,
    encode_bundle,
    head_text,
    open_checkpoint,
    open_head,
    parse_cosignatures,
    tiles_between,
)
from dyepack.ledger.errors import ClosedError, LedgerError, NoteError, QuorumUnavailableError
from dyepack.ledger.tiles import WIDTH
from dyepack.storage.log_folder import CHECKPOINT, WITNESSED, LogFolder
from dyepack.terms.time import MICROSECONDS, Clock

PUBLISH_SECONDS = 0.8
ROUND_SECONDS = 2.0
QUORUM_SECONDS = 10.0
_TILES_A_WRITE: Final = 64

AskHead = Callable[[], str]
"""A signed head of everything that is synced, made on the sequencer's thread."""


class Witnesses(Protocol):
    """Whoever asks the witnesses (``witnessing``); answers come back through ``Publisher.cosigned``."""

    def offer(self, head: Head, note: str) -> None:
        """Have a checkpoint cosigned; never waits."""
        ...

    def status(self) -> Sequence[WitnessStatus]:
        """Where each witness stands."""
        ...

    def close(self) -> None:
        """Ask no more."""
        ...


@dataclass(slots=True)
class _Round:
    """One checkpoint that witnesses are asked about; ``until`` in monotonic seconds."""

    head: Head
    note: str
    until: float
    lines: dict[NoteKey, str] = field(default_factory=dict)
    witnessed: bool = False

    def holds_up(self, now: float) -> bool:
        """Whether a newer checkpoint has to wait for this one."""
        return not self.witnessed and now < self.until

    @property
    def signed(self) -> str:
        return self.note + "".join(self.lines.values())


class Publisher:
    """Publishes one log."""

    def __init__(
        self,
        view: LogView,
        folder: LogFolder,
        clock: Clock,
        ask_head: AskHead,
        fail: Callable[[Exception], None],
        quorum: Quorum | None,
    ) -> None:
        """Start the thread with ``start``.

        Args:
            view: The log.
            folder: Its files.
            clock: Gives the times of the log's own post-quantum signatures.
            ask_head: Called on the publisher's thread.
            fail: Told when publishing broke; nothing is acknowledged after that.
            quorum: Whose cosignatures level 2 waits for; None: nobody's.
        """
        self._view = view
        self._folder = folder
        self._clock = clock
        self._ask_head = ask_head
        self._fail_log = fail
        self.quorum = quorum
        self._witnesses: Witnesses | None = None
        self._changed = threading.Condition()  # guards what follows
        self._waiting: list[Waiting] = []
        self._answers: list[tuple[Head, Mapping[NoteKey, str]]] = []
        self._asked = view.published() == 0
        self._due: float | None = None  # monotonic seconds
        self._closing = False
        self._failure: LedgerError | None = None
        self._round: _Round | None = None  # the thread's own
        self._thread = threading.Thread(target=self._run, name="dyepack-publisher", daemon=True)

    def start(self, witnesses: Witnesses | None) -> None:
        """Begin; ``witnesses`` is there if there is a quorum."""
        self._witnesses = witnesses
        unwitnessed = witnesses is not None and not self._is_witnessed(self._view.size())
        self._asked = self._asked or unwitnessed or self._lags()
        self._thread.start()

    # -- from other threads --------------------------------------------------------------------------------------------

    def grown(self) -> None:
        """There are new entries."""
        if self._due is None:
            with self._changed:
                if self._due is None:
                    self._due = time.monotonic() + PUBLISH_SECONDS
                    self._changed.notify_all()

    def witness(self, waiting: Sequence[Waiting]) -> None:
        """Acknowledge these facts, which are synced, at level 2."""
        until = time.monotonic() + QUORUM_SECONDS
        with self._changed:
            for one in waiting:
                one.until = until
            if self._failure is None:
                self._waiting += waiting
                self._asked = self._asked or any(one.index < self._view.published() for one in waiting)  # once more
                self._changed.notify_all()
                return
        for one in waiting:
            one.refuse(self._failure)

    def cosigned(self, head: Head, lines: Mapping[NoteKey, str]) -> None:
        """A witness answered."""
        with self._changed:
            self._answers.append((head, lines))
            self._changed.notify_all()

    def publish(self) -> str:
        """Publish everything synced so far; returns the checkpoint, witnessed or not.

        Raises:
            UnavailableError: The log cannot be written.
        """
        wanted = self._view.size()
        with self._changed:
            if self._failure is None and self._closing:
                raise ClosedError
            self._asked = True
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._failure or self._is_published(wanted))
            if self._failure:
                raise again(self._failure)
        return self._view.checkpoint()

    def await_quorum(self) -> None:
        """Publish everything synced so far, and wait until the quorum has cosigned it; at once without a quorum.

        Raises:
            QuorumUnavailableError: It has not in time.
            UnavailableError: The log cannot be written.
        """
        wanted = self._view.size()
        self.publish()
        if self.quorum is None:
            return
        with self._changed:
            self._changed.wait_for(lambda: self._failure or self._is_witnessed(wanted), QUORUM_SECONDS)
            if self._failure:
                raise again(self._failure)
            if not self._is_witnessed(wanted):
                raise self._too_few()

    def witness_status(self) -> Sequence[WitnessStatus]:
        """Where each witness stands; empty without a quorum."""
        return () if self._witnesses is None else self._witnesses.status()

    def fail(self, failure: LedgerError) -> None:
        """Refuse what waits, now and from now on."""
        with self._changed:
            self._failure = self._failure or failure
            waiting, self._waiting = self._waiting, []
            self._changed.notify_all()
        for one in waiting:
            one.refuse(failure)

    def close(self) -> None:
        """Publish the rest, give witnesses their time, end; harmless when done twice."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()
        if self._witnesses is not None:
            self._witnesses.close()

    # -- the thread ----------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            while self._wait():  # 1
                self._take_answers()  # 5
                self._acknowledge_witnessed()
                if self._may_publish():
                    self._publish()  # 2 to 5
                self._give_up()  # 6
        except Exception as error:  # noqa: BLE001 - whatever it was, nothing may be acknowledged after it
            self._fail_log(error)

    def _wait(self) -> bool:
        """Until there is something to do; False when all is done and the log is closing."""
        with self._changed:
            while self._failure is None:
                now = time.monotonic()
                if self._answers or self._has_standing() or self._wants_to_publish(now):
                    return True
                held = self._round is not None and self._round.holds_up(now)
                if self._closing and not self._waiting and not held and not self._lags():
                    return False
                times = [one.until for one in self._waiting]
                times += [self._round.until] if held and self._round else [self._due] if self._due is not None else []
                if times and min(times) <= now:
                    return True
                self._changed.wait(min(times) - now if times else None)
        return False

    def _wants_to_publish(self, now: float) -> bool:
        if self._round is not None and self._round.holds_up(now):
            return False
        due = self._lags() if self._closing else self._due is not None and now >= self._due
        return self._asked or due or self._has_new_level_two()

    def _has_new_level_two(self) -> bool:
        """Whether a fact waits that no checkpoint so far covers."""
        return any(one.index >= self._view.published() for one in self._waiting)

    def _has_standing(self) -> bool:
        """Whether a fact waits that a witnessed checkpoint covers already: it was asked for again."""
        return any(self._is_witnessed(one.index + 1) for one in self._waiting)

    def _lags(self) -> bool:
        return self._view.published() < self._view.size()

    def _may_publish(self) -> bool:
        with self._changed:
            return self._wants_to_publish(time.monotonic())

    def _publish(self) -> None:
        with self._changed:
            self._asked = False
            self._due = None
        note = self._ask_head()  # 2
        head = open_head(note, self._view.vkey)
        if head.size != self._view.published() or self._view.published_note is None:
            self._write(head, note)  # 3
        with self._changed:
            if self._view.published() < self._view.size() and self._due is None:
                self._due = time.monotonic() + PUBLISH_SECONDS
            self._changed.notify_all()
        if self._witnesses is None:
            self._acknowledge(head.size, self._view.checkpoint())  # 4
            self._folder.drop_segments(head.size)  # 7
        elif head.size:
            if self._round is None or self._round.head != head:
                self._round = self._begin(head)
                self._conclude(self._round)
            self._witnesses.offer(head, self._round.note)  # 5

    def _begin(self, head: Head) -> _Round:
        """A round about the published checkpoint; cosignatures that it has from before a restart count if they hold."""
        assert self.quorum is not None
        own = f"{head_text(head)}\n"
        lines: dict[NoteKey, str] = {}
        for line in self._view.checkpoint().removeprefix(own).splitlines(keepends=True):
            try:
                found = parse_cosignatures(line, head, self.quorum.keys)
            except NoteError:
                continue  # somebody changed the file
            lines |= found
            own += "" if found else line
        return _Round(head, own, time.monotonic() + ROUND_SECONDS, lines)

    def _write(self, head: Head, note: str) -> None:
        view = self._view
        old = view.tiled
        files: dict[str, bytes] = {}
        for tile in tiles_between(old, head.size):
            with view.tree_lock:
                files[tile.path] = view.tree.tile(tile)
            if tile.level == 0:
                with view.lock:
                    start = tile.number * WIDTH - view.tail_start
                    entries = view.tail[start : start + tile.width]
                files[tile.bundle_path] = encode_bundle(entries)
            if len(files) >= _TILES_A_WRITE:
                self._folder.write(files)
                files = {}
        self._folder.write(files)
        checkpoint = view.keys.sign_published(head, note, self._clock.now() // MICROSECONDS)
        self._folder.write({CHECKPOINT: checkpoint.encode()})
        for tile in tiles_between(old, head.size):
            self._folder.drop_narrower(tile)
        view.publish_at(head.size, checkpoint)

    def _take_answers(self) -> None:
        with self._changed:
            answers, self._answers = self._answers, []
        current = self._round
        if current is None or self.quorum is None:
            return
        before = len(current.lines)
        for head, lines in answers:
            if head == current.head:
                current.lines.update(lines)
        if len(current.lines) == before:
            return
        signed = current.signed
        if self._view.published() == current.head.size:
            self._folder.write({CHECKPOINT: signed.encode()})
            self._view.cosigned(signed)
        self._conclude(current)

    def _conclude(self, current: _Round) -> None:
        if self.quorum is None or not self.quorum.satisfied(current.lines):
            return
        self._folder.write({WITNESSED: current.signed.encode()})
        self._view.witness_at(open_checkpoint(current.signed, self._view.keys.known, self.quorum.keys))
        current.witnessed = True
        with self._changed:
            self._changed.notify_all()
        self._acknowledge_witnessed()
        self._folder.drop_segments(current.head.size)  # 7

    def _acknowledge_witnessed(self) -> None:
        witnessed = self._view.witnessed()
        if witnessed is not None:
            self._acknowledge(witnessed.head.size, witnessed.note)

    def _acknowledge(self, size: int, note: str) -> None:
        with self._changed:
            covered = [one for one in self._waiting if one.index < size]
            self._waiting = [one for one in self._waiting if one.index >= size]
        for one in covered:
            one.settle(self._view.receipt(one.index, note))

    def _give_up(self) -> None:
        now = time.monotonic()
        with self._changed:
            late = [one for one in self._waiting if one.until <= now]
            self._waiting = [one for one in self._waiting if one.until > now]
        for one in late:
            one.refuse(self._too_few())

    def _is_published(self, size: int) -> bool:
        return self._view.published_note is not None and self._view.published() >= size

    def _is_witnessed(self, size: int) -> bool:
        witnessed = self._view.witnessed()
        return witnessed is not None and witnessed.head.size >= size

    def _too_few(self) -> QuorumUnavailableError:
        signed = self._round.lines if self._round is not None else {}
        missing = ", ".join(self.quorum.missing(signed)) if self.quorum is not None else ""
        return QuorumUnavailableError(seconds=int(QUORUM_SECONDS), why=f"missing: {missing}")
