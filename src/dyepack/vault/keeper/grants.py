"""What receipts have allowed since the keeper started: the spent ones, and those that are still being worked off.

A look is over when its keys are given. A leaked list, a copy or an admission is worked on in several calls, so its
receipt becomes a *grant* when it is first shown in time: bounded by the rows or records of its entry, and by an hour.

Spent indexes are forgotten once they are stale; the floor rises over them, and since ``t`` never decreases along the
log, everything below is stale as well. A clock that is set back afterwards opens nothing twice.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from dyepack.ledger import Entry
from dyepack.terms.ids import RecordToken
from dyepack.terms.time import MICROSECONDS
from dyepack.vault.errors import CeilingError, SpentError
from dyepack.vault.keeper.gate import FRESH_SECONDS, Moment, number

GRANT_SECONDS: Final = 3600
TAGS_PER_ROW: Final = 8


@dataclass(slots=True)
class Grant:
    """One receipt that is worked off.

    Attributes:
        entry: What it says.
        until: Microseconds.
        tags: Tags of the institution's index given so far.
        rows: Rows of the list that were probed.
        records: Records whose tags were computed again.
    """

    entry: Entry
    until: int
    tags: int = 0
    rows: set[int] = field(default_factory=set)
    records: set[RecordToken] = field(default_factory=set)

    def take_tags(self, n: int) -> None:
        """Count tags against ``n`` of the entry, 8 a row.

        Raises:
            CeilingError: More than the list can need.
        """
        limit = number(self.entry, "n") * TAGS_PER_ROW
        if self.tags + n > limit:
            raise CeilingError(what="list index", limit=limit)
        self.tags += n

    def take_rows(self, rows: set[int]) -> None:
        """Count probes; a row is probed once.

        Raises:
            CeilingError: More rows than the list has.
            SpentError: A row was probed before.
        """
        limit = number(self.entry, "n")
        if rows & self.rows:
            raise SpentError
        if len(self.rows) + len(rows) > limit:
            raise CeilingError(what="list rows", limit=limit)
        self.rows |= rows

    def take_records(self, tokens: Iterable[RecordToken]) -> None:
        """Count records; the tags of one are computed again once.

        Raises:
            SpentError: One was taken before.
        """
        taken = set(tokens)
        if taken & self.records:
            raise SpentError
        self.records |= taken


class Receipts:
    """Spent and granted indexes of one run of the keeper. Not thread-safe; the service holds its lock."""

    def __init__(self, floor: int, honored: int, lo: int, hi: int) -> None:
        """Start above ``floor`` with the saved counts."""
        self.floor = floor
        self.honored = honored
        self.lo = lo
        self.hi = hi
        self._spent: dict[int, int] = {}
        self._grants: dict[int, Grant] = {}

    def moment(self, now: int) -> Moment:
        """What check 5 needs; forgets what is stale."""
        horizon = now - FRESH_SECONDS * MICROSECONDS
        stale = [index for index, t in self._spent.items() if t < horizon]
        for index in stale:
            del self._spent[index]
            self.floor = max(self.floor, index + 1)
        for index in [index for index, grant in self._grants.items() if grant.until < now]:
            del self._grants[index]
        return Moment(now, self.floor, self._spent.keys())

    def spend(self, entry: Entry, index: int) -> None:
        """Check 10: never again; counted if the kind opens keys."""
        self._spent[index] = entry.t
        if entry.kind.opens_keys:
            self.honored += 1
            self.lo = index if self.lo < 0 else min(self.lo, index)
            self.hi = max(self.hi, index)

    def grant(self, entry: Entry, index: int, now: int) -> Grant:
        """Spend a receipt and let it be worked off."""
        self.spend(entry, index)
        made = Grant(entry, now + GRANT_SECONDS * MICROSECONDS)
        self._grants[index] = made
        return made

    def granted(self, raw: bytes, index: int) -> Grant | None:
        """The grant of a receipt that was shown before."""
        grant = self._grants.get(index)
        return grant if grant is not None and grant.entry.raw == raw else None

    def reset_count(self) -> tuple[int, int, int]:
        """(n, lo, hi) since the last call; (0, 0, 0) for nothing."""
        counted = (self.honored, max(self.lo, 0), max(self.hi, 0))
        self.honored, self.lo, self.hi = 0, -1, -1
        return counted
