"""How much one actor may use in a day (额度): kinds of acts, caps by role, and the one port that counts.

A unit is reserved by one atomic step *before* the policy decides and is never given back, so 64 racing requests for
the last unit give exactly one, and a refused look costs as much as a permitted one. A day is the institution's
calendar day. Where a cap is None the act is not counted here (the keeper has ceilings of its own).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from dyepack.terms.actor import Role
from dyepack.terms.time import local_day

WARN_PERCENT: Final = 80


class Act(StrEnum):
    """What is counted."""

    OPEN = "open"  # one record's masked view: a look-up that hit, or a record page
    LISTED = "listed"  # one row of a masked list
    REVEAL = "reveal"  # one field in full
    MISS = "miss"  # a look-up that found nobody: probing (拨测) consists of these


class Standing(StrEnum):
    """Where an actor stands against a cap."""

    FREE = "free"
    WARN = "warn"  # 80 % and more
    SPENT = "spent"


class Quotas(Protocol):
    """The counters: rows (actor, day as ``2026-11-22``, act). ``storage`` counts in one atomic statement."""

    def reserve(self, actor: str, day: str, act: Act, cap: int, units: int = 1) -> bool:
        """Take ``units`` at once if the day's count stays within ``cap``, else take nothing and return False."""
        ...

    def used(self, actor: str, day: str, act: Act) -> int:
        """Units taken so far."""
        ...


@dataclass(frozen=True, slots=True)
class Caps:
    """Units a day by role and act. What is not listed has no cap; 0 means never."""

    by_role: Mapping[tuple[Role, Act], int]

    def cap(self, role: Role, act: Act) -> int | None:
        """The cap, or None."""
        return self.by_role.get((role, act))

    def changed(self, changes: Mapping[tuple[Role, Act], int]) -> "Caps":
        """With some caps replaced.

        Raises:
            ValueError: A cap is negative.
        """
        if any(value < 0 for value in changes.values()):
            msg = "a cap is not negative"
            raise ValueError(msg)
        return Caps(MappingProxyType({**self.by_role, **changes}))

    def weaker_than(self, other: "Caps") -> tuple[tuple[Role, Act], ...]:
        """Where this allows more than ``other``: facts that a caller says in the ledger."""
        return tuple(
            sorted(key for key, cap in other.by_role.items() if (mine := self.cap(*key)) is None or mine > cap)
        )


HOUSE_CAPS: Final = Caps(
    MappingProxyType(
        {
            (Role.FRONT_DESK, Act.OPEN): 40,
            (Role.FRONT_DESK, Act.LISTED): 200,
            (Role.FRONT_DESK, Act.MISS): 20,
            (Role.CONSULTANT, Act.OPEN): 80,
            (Role.CONSULTANT, Act.LISTED): 400,
            (Role.CONSULTANT, Act.MISS): 20,
            (Role.CONSULTANT, Act.REVEAL): 3,
            (Role.OWNER, Act.MISS): 20,
            (Role.OWNER, Act.REVEAL): 3,
        }
    )
)
"""Defaults of the house, no law: opens by role, five times as many rows in lists, 20 misses, 3 reveals."""

NO_CAPS: Final = Caps(MappingProxyType({}))
"""For benchmarks, which say so; ``weaker_than`` names every cap that is off."""


@dataclass(frozen=True, slots=True)
class Reserved:
    """Outcome of a reservation: whether the units were taken, and the cap that decided (None: not counted)."""

    taken: bool
    cap: int | None


def reserve(
    quotas: Quotas,
    caps: Caps,
    *,
    actor: str,
    role: Role,
    act: Act,
    now: int,
    offset_minutes: int,
    units: int = 1,
) -> Reserved:
    """Take units of an act for one actor, today.

    Args:
        quotas: The counters.
        caps: Caps in force.
        actor: ``a_`` + 26.
        role: The role the actor holds now.
        act: What is counted.
        now: Microseconds since 1970 UTC.
        offset_minutes: The institution's clock, minutes east of UTC.
        units: How many, >= 1.

    Raises:
        ValueError: ``units`` is less than 1.
    """
    if units < 1:
        msg = "at least one unit is reserved"
        raise ValueError(msg)
    cap = caps.cap(role, act)
    if cap is None:
        return Reserved(taken=True, cap=None)
    day = local_day(now, offset_minutes).isoformat()
    return Reserved(taken=quotas.reserve(actor, day, act, cap, units), cap=cap)


def standing(used: int, cap: int | None) -> Standing:
    """Whether an actor should be warned (from 80 % on) or has nothing left."""
    if cap is None:
        return Standing.FREE
    if used >= cap:
        return Standing.SPENT
    return Standing.WARN if used * 100 >= cap * WARN_PERCENT else Standing.FREE
