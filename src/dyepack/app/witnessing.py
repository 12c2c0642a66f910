"""Witnessing: asks all witnesses of a quorum at once for cosignatures over the newest checkpoint, and keeps at it.

A thread for each address; the keys of one address are one request. Each thread:

1. waits for an offer that it has not answered for, or for the end of its pause after a failure;
2. proves the newest checkpoint from the size that the witness cosigned last, as far as known (0: unknown);
3. on another size (409) goes on from there; a size larger than any that was offered is the alarm of a roll-back:
   whoever owns the log compares it with what he holds, and stops appending. The size is a claim; the checkpoint that
   the witness shows, signed by the log, is its proof;
4. checks the lines, and hands on those of keys of the quorum.

Invariants:

* one request in flight for each witness; an offer never waits for any; the newest offer replaces older ones;
* a witness that fails or lies delays nobody else; it is asked again with the next offer, and after pauses of 1 s
  doubling to 30 s;
* what is handed on was verified over exactly the head that was offered.

One ``Witnessing`` is for one log.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final

from dyepack.gateways.witness_client import WitnessClient
from dyepack.ledger import Head, NoteKey, Quorum, open_checkpoint, parse_cosignatures
from dyepack.ledger.errors import (
    LedgerError,
    NoteError,
    WitnessAnswerError,
    WitnessError,
    WitnessingFailedError,
    WitnessLongerError,
    WitnessRefusedError,
)
from dyepack.ledger.witness import Behind, Cosigned, Refused, WitnessPort, stated_time

FIRST_PAUSE_SECONDS = 1.0
MAX_PAUSE_SECONDS = 30.0
_TRIES: Final = 3

Consistency = Callable[[int, int], Sequence[bytes]]
"""``consistency(old, new)`` of the log, 0 < old < new."""
OnCosigned = Callable[[Head, Mapping[NoteKey, str]], object]
"""``on_cosigned(head, lines)``, from the thread of a witness."""
OnLonger = Callable[[str, int], object]
"""``on_longer(url, size)``, from the thread of a witness."""


@dataclass(frozen=True, slots=True)
class WitnessStatus:
    """Where one witness stands.

    Attributes:
        names: The quorum file's names of its keys.
        url: Its address; empty if the file has none, and then nobody asks it.
        size: Of the checkpoint that it cosigned last for us; 0 for none since the start.
        seconds: The time that it stated then, since 1970 UTC.
        error: What went wrong last; None once it cosigned.
        proof: A longer checkpoint of this log, signed by the log, that it showed; empty for none.
    """

    names: tuple[str, ...]
    url: str
    size: int = 0
    seconds: int = 0
    error: LedgerError | None = None
    proof: str = ""


class _Post:
    """One witness and what is known about it; but for ``status`` only its own thread touches it."""

    def __init__(self, status: WitnessStatus, client: WitnessPort, keys: tuple[NoteKey, ...], pause: float) -> None:
        self.status = status
        self.client = client
        self.keys = keys
        self.known = 0  # the size that it cosigned last, as far as known
        self.answered = 0  # number of the offer that was last answered for
        self.pause = pause
        self.again: float | None = None  # when to ask again after a failure


class Witnessing:
    """All witnesses of one quorum, for one log."""

    def __init__(
        self,
        quorum: Quorum,
        clients: Mapping[str, WitnessPort],
        consistency: Consistency,
        on_cosigned: OnCosigned,
        on_longer: OnLonger,
        *,
        first_pause_seconds: float = FIRST_PAUSE_SECONDS,
    ) -> None:
        """Start a thread for each client; closes the clients at its end.

        Args:
            quorum: Names the witnesses, their keys and addresses, and the keys of the log.
            clients: By address (``connect``).
            consistency: Of the log.
            on_cosigned: Gets verified lines, with their newlines, by key; may be called for an older head than the
                newest offer.
            on_longer: A witness says that it cosigned a longer log than the newest offer.
            first_pause_seconds: After a first failure.
        """
        self._quorum = quorum
        self._consistency = consistency
        self._on_cosigned = on_cosigned
        self._on_longer = on_longer
        self._first_pause = first_pause_seconds
        self._changed = threading.Condition()
        self._newest: tuple[Head, str] | None = None
        self._offers = 0
        self._closing = False
        self._unasked = [status for url, status in _statuses(quorum).items() if url not in clients]
        self._posts = [
            _Post(status, clients[url], tuple(quorum.witnesses[name].key for name in status.names), first_pause_seconds)
            for url, status in _statuses(quorum).items()
            if url in clients
        ]
        self._threads = [
            threading.Thread(target=self._run, args=(post,), name="dyepack-witnessing", daemon=True)
            for post in self._posts
        ]
        for thread in self._threads:
            thread.start()

    def offer(self, head: Head, note: str) -> None:
        """Have a checkpoint cosigned, instead of any offered before that is not larger; returns at once."""
        with self._changed:
            if self._newest is None or head.size >= self._newest[0].size:
                self._newest = (head, note)
                self._offers += 1
                self._changed.notify_all()

    def held(self, origin: str) -> dict[str, Head]:
        """Ask all witnesses at once for the checkpoint that they cosigned last; takes a request's time.

        Returns:
            By address what they showed, if a key of the log signed it: a size that a witness made up is not among
            them. One that does not answer, or has none, is left out; ``status`` says why.
        """
        with ThreadPoolExecutor(max(1, len(self._posts))) as pool:
            found = pool.map(lambda post: self._shown(post, origin), self._posts)
            return {
                post.status.url: shown[0] for post, shown in zip(self._posts, found, strict=True) if shown is not None
            }

    def status(self) -> list[WitnessStatus]:
        """Where each witness stands, those without an address or a client last."""
        with self._changed:
            return [*(post.status for post in self._posts), *self._unasked]

    def close(self) -> None:
        """End all threads, after at most one request's time, and close the clients; not for callbacks to call."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self, post: _Post) -> None:
        while (offer := self._wait(post)) is not None:
            number, head, note = offer
            try:
                self._ask(post, head, note)
            except LedgerError as error:
                self._fail(post, error)
            except Exception as error:  # noqa: BLE001 - a callback's failure must not silence a witness for good
                self._fail(post, WitnessingFailedError(why=type(error).__name__))
            else:
                post.again, post.pause = None, self._first_pause
            post.answered = number
        post.client.close()

    def _wait(self, post: _Post) -> tuple[int, Head, str] | None:  # 1
        with self._changed:
            while not self._closing:
                left = None if post.again is None else post.again - time.monotonic()
                if self._newest is not None and (self._offers > post.answered or (left is not None and left <= 0)):
                    return self._offers, *self._newest
                self._changed.wait(left)
            return None

    def _ask(self, post: _Post, head: Head, note: str) -> None:
        for _ in range(_TRIES):
            if self._closing:
                return
            proof = self._consistency(post.known, head.size) if 0 < post.known < head.size else ()  # 2
            match post.client.add_checkpoint(post.known, proof, note):
                case Cosigned(lines):
                    self._take(post, head, lines)
                    return
                case Behind(size):  # 3
                    if size > self._largest():
                        self._alarm(post, head, size)
                    post.known = size
                    if size > head.size:  # somebody else showed it the newer offer
                        return
                case Refused(status):
                    raise WitnessRefusedError(status=status)
        raise WitnessAnswerError(why="another size each time")

    def _take(self, post: _Post, head: Head, text: str) -> None:  # 4
        lines = parse_cosignatures(text, head, post.keys)
        if not lines:
            raise WitnessAnswerError(why="no line of its keys in the quorum file")
        post.known = head.size
        seconds = max(map(stated_time, lines.values()))
        with self._changed:
            post.status = replace(post.status, size=head.size, seconds=seconds, error=None)
        self._on_cosigned(head, lines)

    def _largest(self) -> int:
        with self._changed:
            return self._newest[0].size if self._newest else 0

    def _alarm(self, post: _Post, head: Head, size: int) -> None:
        shown = self._shown(post, head.origin)
        if shown is not None and shown[0].size > head.size:
            with self._changed:
                post.status = replace(post.status, proof=shown[1])
        self._on_longer(post.status.url, size)
        raise WitnessLongerError(size=head.size, seen=size)

    def _shown(self, post: _Post, origin: str) -> tuple[Head, str] | None:
        """The checkpoint that a witness shows, if the log signed it."""
        try:
            note = post.client.checkpoint(origin)
            shown = None if note is None else (open_checkpoint(note, self._quorum.logs).head, note)
        except (WitnessError, NoteError) as error:
            with self._changed:
                post.status = replace(post.status, error=error)
            return None
        return shown if shown and shown[0].origin == origin else None

    def _fail(self, post: _Post, error: LedgerError) -> None:
        post.again = time.monotonic() + post.pause
        post.pause = min(2 * post.pause, MAX_PAUSE_SECONDS)
        with self._changed:
            post.status = replace(post.status, error=error)


def connect(quorum: Quorum) -> dict[str, WitnessPort]:
    """A client for each address of a quorum file."""
    return {url: WitnessClient(url) for url in _statuses(quorum) if url}


def _statuses(quorum: Quorum) -> dict[str, WitnessStatus]:
    """By address, the names at it."""
    names: dict[str, tuple[str, ...]] = {}
    for name, witness in quorum.witnesses.items():
        names[witness.url] = (*names.get(witness.url, ()), name)
    return {url: WitnessStatus(at, url) for url, at in names.items()}
