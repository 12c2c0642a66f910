"""Time is an argument: who needs it takes a ``Clock``. Instants are microseconds since 1970 UTC, integers.

A *quarter* is ``(year, 1..4)`` by UTC; it is the span for which a data subject has one alias in the log.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol

MICROSECONDS = 1_000_000
Quarter = tuple[int, int]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """The one source of time of the product."""

    def now(self) -> int:
        """Microseconds since 1970 UTC."""
        ...


def to_datetime(micros: int) -> datetime:
    """An aware UTC datetime."""
    return _EPOCH + timedelta(microseconds=micros)


def to_iso(micros: int) -> str:
    """ISO 8601 in UTC with seconds, ``2026-11-22T03:40:01Z``."""
    return to_datetime(micros).strftime("%Y-%m-%dT%H:%M:%SZ")


def quarter(micros: int) -> Quarter:
    """The quarter that holds an instant."""
    moment = to_datetime(micros)
    return moment.year, (moment.month - 1) // 3 + 1


def quarters(first: int, last: int) -> tuple[Quarter, ...]:
    """All quarters from the one of ``first`` to the one of ``last``, both instants included."""
    year, part = quarter(first)
    end = quarter(last)
    found: list[Quarter] = []
    while (year, part) <= end:
        found.append((year, part))
        year, part = (year, part + 1) if part < 4 else (year + 1, 1)
    return tuple(found)


def local_day(micros: int, offset_minutes: int) -> date:
    """The institution's calendar day at an instant; ``offset_minutes`` east of UTC."""
    return (to_datetime(micros) + timedelta(minutes=offset_minutes)).date()
