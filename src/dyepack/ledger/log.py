"""The log's core: facts in, entries and proofs out. Pure: it neither writes, signs nor waits (``app.sequencer`` does).

``draft`` refuses a malformed fact before it waits. A commit takes whatever waits:

1. a draft whose ``id`` was seen in the last 10 minutes of log time is answered with its old index;
2. the rest is stamped ``t`` = max(clock, last ``t``) and pushed on the right edge.

Invariants:

* ``t`` never decreases;
* one id has one index, also when the same fact waits twice in one commit;
* after a restart the ids of the last 10 minutes are known for 10 minutes more, so that what a crash left in an outbox
  is not written twice;
* heads grow: ``advance`` proves each from the one before.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dyepack.ledger.checkpoint import Head
from dyepack.ledger.entry import Draft, Fact, draft_entry, stamp_of
from dyepack.ledger.errors import RolledBackError
from dyepack.ledger.kinds import Level
from dyepack.ledger.merkle import leaf_hash
from dyepack.ledger.tree import Tree
from dyepack.terms.time import MICROSECONDS

ID_WINDOW = 600 * MICROSECONDS
MAX_BATCH = 4096


@dataclass(frozen=True, slots=True)
class Commit:
    """What one commit asks its caller to do.

    Attributes:
        first: Index of the first new entry.
        entries: Bytes to write and sync before anything is acknowledged.
        answers: For each draft its index.
        wants_head: Whether a draft waits for a signed head.
    """

    first: int
    entries: tuple[bytes, ...]
    answers: tuple[int, ...]
    wants_head: bool


@dataclass(frozen=True, slots=True)
class Advance:
    """The next head, to be signed and shown to whoever follows the log.

    Attributes:
        old_size: Size of the head before; 0 for none.
        proof: Consistency proof from there.
        head: What to sign.
    """

    old_size: int
    proof: tuple[bytes, ...]
    head: Head


class Log:
    """One log of one institution."""

    def __init__(self, origin: str, org: str, tree: Tree, *, seen: int = 0) -> None:
        """Continue a log.

        Args:
            origin: Name of the log.
            org: The institution, ``i_`` + 26.
            tree: All entries so far.
            seen: Size that the follower of heads (the keeper) has seen already.

        Raises:
            RolledBackError: The follower has seen more than the tree holds.
        """
        if seen > tree.size:
            raise RolledBackError(size=tree.size, seen=seen)
        self.origin = origin
        self.org = org
        self.tree = tree
        self.last_t = 0
        self.head_size = seen
        self._ids: dict[str, int] = {}
        self._order: deque[tuple[int, str]] = deque()
        self._forget_from: int | None = None  # no id is forgotten before this instant

    def recall(self, first: int, entries: Iterable[bytes]) -> None:
        """Remember ids and the time of entries that the tree holds, in the order of the log.

        Raises:
            BadEntryError: Bytes that this log cannot have written.
        """
        for index, raw in enumerate(entries, first):
            self._remember(*stamp_of(raw), index)

    def draft(self, fact: Fact) -> Draft:
        """A fact, checked and encoded; needs no order.

        Raises:
            BadEntryError: It does not fit the schema.
        """
        return draft_entry(fact, org=self.org)

    def commit(self, drafts: Sequence[Draft], now: int) -> Commit:
        """Accept drafts at ``now`` (microseconds); the numbers are those of the module's docstring."""
        t = max(now, self.last_t)
        first = self.tree.size
        entries: list[bytes] = []
        answers: list[int] = []
        for draft in drafts:
            index = self._ids.get(draft.id)  # 1
            if index is None:
                index = first + len(entries)  # 2
                entries.append(draft.stamped(t))
                self._remember(draft.id, t, index)
            answers.append(index)
        self.tree.append(map(leaf_hash, entries))
        self._forget(t)
        wants_head = any(draft.kind.level >= Level.RECEIPTED for draft in drafts)
        return Commit(first, tuple(entries), tuple(answers), wants_head)

    def advance(self) -> Advance | None:
        """The head of the tree as it is, proved from the last one; None if that covers it already."""
        size = self.tree.size
        if size == self.head_size:
            return None
        edge = self.tree.edge()
        step = Advance(self.head_size, edge.consistency(self.head_size), Head(self.origin, size, edge.root))
        self.head_size = size
        return step

    def _remember(self, entry_id: str, t: int, index: int) -> None:
        self._ids[entry_id] = index
        self._order.append((t, entry_id))
        self.last_t = t

    def _forget(self, t: int) -> None:
        if self._forget_from is None:
            self._forget_from = t + ID_WINDOW
        if t < self._forget_from:
            return
        while self._order and self._order[0][0] < t - ID_WINDOW:
            _, entry_id = self._order.popleft()
            self._ids.pop(entry_id, None)
