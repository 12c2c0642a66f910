"""Tickets: one call of ``append`` waits for its facts, which are settled one by one, by sequencer or publisher."""

import threading

from dyepack.ledger import Draft, Receipt
from dyepack.ledger.errors import LedgerError


class Ticket:
    """Wakes its caller when every fact of the call was settled or refused."""

    __slots__ = ("_done", "failure", "left", "results")

    def __init__(self, count: int) -> None:
        """For ``count`` facts, at least 1."""
        self.results: list[Receipt | None] = [None] * count
        self.failure: LedgerError | None = None
        self.left = count
        self._done = threading.Lock()  # taken until the last fact is closed
        self._done.acquire()

    def close_one(self) -> None:
        """One fact less to wait for; called by one thread at a time (the writer's lock, or its only thread)."""
        self.left -= 1
        if not self.left:
            self._done.release()

    def wait(self) -> list[Receipt | None]:
        """The receipts, None for level 0.

        Raises:
            LedgerError: The first refusal.
        """
        self._done.acquire()
        if self.failure is not None:
            raise again(self.failure)
        return self.results


class Waiting:
    """One fact of a ticket; settled or refused once, what comes after is ignored."""

    __slots__ = ("_lock", "_place", "_settled", "_ticket", "draft", "index", "until")

    def __init__(self, draft: Draft, ticket: Ticket, place: int, lock: threading.Lock) -> None:
        """``lock`` is shared by all who settle facts of this ticket."""
        self.draft = draft
        self.index = -1
        self.until = 0.0  # monotonic seconds: when level 2 is given up
        self._lock = lock
        self._ticket = ticket
        self._place = place
        self._settled = False

    def settle(self, receipt: Receipt | None) -> None:
        """Acknowledge."""
        self._close(receipt, None)

    def refuse(self, error: LedgerError) -> None:
        """Say why not."""
        self._close(None, error)

    def _close(self, receipt: Receipt | None, error: LedgerError | None) -> None:
        with self._lock:
            if self._settled:
                return
            self._settled = True
            self._ticket.results[self._place] = receipt
            self._ticket.failure = self._ticket.failure or error
            self._ticket.close_one()


def again(error: LedgerError) -> LedgerError:
    """A fresh error for each thread that it is raised in."""
    fresh = type(error)(**error.facts)
    fresh.__cause__ = error
    return fresh
