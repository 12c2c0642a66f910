"""Ceilings (上限): how much one actor may be given on a day, whatever the vault's own policy says.

They bound what a patched vault can take. Counting is pure: time is given, uses are handed in at start and handed
out for saving. A refused charge changes nothing.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from types import MappingProxyType
from typing import Final, Self

from dyepack.terms.time import MICROSECONDS, local_day
from dyepack.vault.errors import CeilingError
from dyepack.vault.keeper.ports import Use

LOOKUP: Final = "lookup"
MISS: Final = "miss"
DISPLAY_PARTS: Final = "display"
CONTACT: Final = "contact"
IDENTITY: Final = "identity"
PLANT: Final = "plant"
_WORDS: Final = frozenset((LOOKUP, MISS, DISPLAY_PARTS, CONTACT, IDENTITY, PLANT))


@dataclass(frozen=True, slots=True)
class CeilingTable:
    """The numbers.

    Attributes:
        enabled: False only for benchmarks.
        day_offset_minutes: East of UTC.
        per_actor_and_day: Limit by word.
        index_per_second: Tags of the institution's index, sustained.
        index_burst: The same, at once.
    """

    enabled: bool
    day_offset_minutes: int
    per_actor_and_day: Mapping[str, int]
    index_per_second: int
    index_burst: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the TOML text.

        Raises:
            ValueError: A word is missing or unknown, or a limit is not at least 1.
        """
        value = tomllib.loads(text)
        limits = value["per_actor_and_day"]
        table = cls(
            enabled=value["enabled"],
            day_offset_minutes=value["day_offset_minutes"],
            per_actor_and_day=MappingProxyType(limits),
            index_per_second=value["index"]["per_second"],
            index_burst=value["index"]["burst"],
        )
        if limits.keys() != _WORDS or min(*limits.values(), table.index_per_second, table.index_burst) < 1:
            msg = "a ceiling is missing, unknown, or below 1"
            raise ValueError(msg)
        return table

    def weaker_than(self, other: "CeilingTable") -> tuple[str, ...]:
        """Words whose limit allows more than the other table's; ``enabled`` if this one is switched off."""
        mine = {**self.per_actor_and_day, "index": self.index_per_second, "burst": self.index_burst}
        theirs = {**other.per_actor_and_day, "index": other.index_per_second, "burst": other.index_burst}
        words = tuple(word for word in sorted(mine) if mine[word] > theirs[word])
        return words if self.enabled or not other.enabled else ("enabled", *words)

    def unlimited_for_benchmarks(self) -> Self:
        """The same, switched off. The caller prints that it did so."""
        return replace(self, enabled=False)


DEFAULT_CEILINGS: Final = CeilingTable.parse(
    files("dyepack.vault.keeper").joinpath("ceilings.toml").read_text(encoding="utf-8")
)


class Ceilings:
    """Counts of one day, and the bucket of the institution's index."""

    def __init__(self, table: CeilingTable, uses: Iterable[Use]) -> None:
        """Continue from saved uses."""
        self.table = table
        self._used = {(use.day, use.actor, use.what): use.used for use in uses}
        self._unsaved: set[tuple[str, str, str]] = set()
        self._bucket = table.index_burst * MICROSECONDS
        self._filled = 0

    def day(self, now: int) -> str:
        """The day of an instant."""
        return local_day(now, self.table.day_offset_minutes).isoformat()

    def check(self, actor: str, what: str, n: int, now: int) -> None:
        """Whether ``n`` more fit.

        Raises:
            CeilingError: They do not.
        """
        limit = self.table.per_actor_and_day[what]
        if self.table.enabled and self._used.get((self.day(now), actor, what), 0) + n > limit:
            raise CeilingError(what=what, limit=limit)

    def charge(self, actor: str, what: str, n: int, now: int) -> None:
        """Count ``n`` more.

        Raises:
            CeilingError: They do not fit; nothing was counted.
        """
        self.check(actor, what, n, now)
        self.count(actor, what, n, now)

    def count(self, actor: str, what: str, n: int, now: int) -> None:
        """Count ``n`` more that happened already."""
        day = self.day(now)
        key = (day, actor, what)
        if key not in self._used:
            self._used = {old: used for old, used in self._used.items() if old[0] == day}
            self._unsaved = {old for old in self._unsaved if old[0] == day}
        self._used[key] = self._used.get(key, 0) + n
        self._unsaved.add(key)

    def take_index(self, n: int, now: int) -> None:
        """Take ``n`` tags from the bucket.

        Raises:
            CeilingError: It does not hold so many now.
        """
        if not self.table.enabled:
            return
        full = self.table.index_burst * MICROSECONDS
        elapsed = max(0, now - self._filled) if self._filled else 0
        level = min(full, self._bucket + elapsed * self.table.index_per_second)
        self._filled = max(now, self._filled)
        self._bucket = level
        if n * MICROSECONDS > level:
            raise CeilingError(what="index", limit=self.table.index_per_second)
        self._bucket = level - n * MICROSECONDS

    def unsaved(self) -> list[Use]:
        """What changed since the last call of ``saved``."""
        return [Use(*key, self._used[key]) for key in sorted(self._unsaved)]

    def saved(self) -> None:
        """What ``unsaved`` gave is on disk."""
        self._unsaved.clear()
