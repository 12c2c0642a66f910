"""Where the log of this house stands, and what the monitor says of it; incidents are said in the log, once each."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dyepack.app.institution import Institution
from dyepack.ledger import (
    Counted,
    Entry,
    Kind,
    LogStatus,
    Monitored,
    Severity,
    monitor_log,
    open_head,
    parse_entry,
)
from dyepack.terms.time import MICROSECONDS

DAY_HOURS: Final = 24
_KNOWN: Final = "monitor."
_RECENT: Final = 8_192
_STEP: Final = 512


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour of the log: when it began, entries in it, and whether a heartbeat was among them."""

    begun: int
    entries: int
    beat: bool


class LogWatch:
    """Gathers the facts and judges them."""

    def __init__(self, house: Institution) -> None:
        """Over an open institution."""
        self._house = house
        self._lock = threading.Lock()
        self.last: tuple[int, Monitored] | None = None
        """When the monitor ran last in this process, and what it said."""

    def status(self, *, counted: bool = False) -> LogStatus:
        """The facts of now; ``counted`` says that the keeper has just counted in the log."""
        house, log = self._house, self._house.log
        text = log.checkpoint()
        head = open_head(text, log.vkey)
        size = log.size()
        folder = house.home / "ledger"
        return LogStatus(
            now=house.clock.now(),
            origin=house.origin,
            vkey=log.vkey,
            size=size,
            published=head.size,
            root=head.root,
            checkpoint=text,
            checkpoint_at=_written(folder / "checkpoint"),
            last_t=parse_entry(log.entry(size - 1)).t if size else None,
            keeper=house.keeper.size(),
            pending=Counted(0, 0, 0) if counted else None,
            wal_segments=sum(1 for _ in (folder / "wal").glob("*.wal")),
        )

    def monitor(self) -> Monitored:
        """Have the keeper count, then judge the whole log."""
        house = self._house
        with self._lock:
            honored, lo, hi = house.keeper.counted()
            if honored:
                house.log.append([house.fact(Kind.KEEPER_COUNTED, actor="p_keeper", n=honored, lo=lo, hi=hi)])
            result = monitor_log(self._entries(), self.status(counted=True))
            self.last = house.clock.now(), result
        return result

    def hourly(self) -> Monitored:
        """Monitor, and say new incidents in the log; for the loop that also writes the heartbeat."""
        house = self._house
        result = self.monitor()
        for finding in result.findings:
            if finding.rule.severity is Severity.INCIDENT:
                name, first = _KNOWN + finding.rule.value, finding.first or 0
                if first > int(house.known.get(name) or -1):
                    house.log.append([house.fact(Kind.CHECK_FAILED, actor="p_log", outcome=finding.rule.value)])
                    house.known.put(name, str(first))
        return result

    def _entries(self) -> Iterator[Entry]:
        for _, raw in self._house.log.entries():
            yield parse_entry(raw)

    def day(self) -> tuple[Hour, ...]:
        """The last 24 hours, the one that runs last; of a very busy day its last thousands of entries."""
        hour = 3600 * MICROSECONDS
        first = (self._house.clock.now() // hour - DAY_HOURS + 1) * hour
        entries, beats = [0] * DAY_HOURS, [False] * DAY_HOURS
        for entry in self._recent(first):
            place = min(DAY_HOURS - 1, (entry.t - first) // hour)
            entries[place] += 1
            beats[place] |= entry.kind is Kind.LOG_BEAT
        return tuple(Hour(first + place * hour, entries[place], beats[place]) for place in range(DAY_HOURS))

    def _recent(self, since: int) -> Iterator[Entry]:
        end = self._house.log.size()
        for start in range(end - _STEP, max(-_STEP, end - _RECENT), -_STEP):
            step = [parse_entry(raw) for _, raw in self._house.log.entries(max(0, start), start + _STEP)]
            yield from (entry for entry in step if entry.t >= since)
            if step[0].t < since:
                return


def _written(path: Path) -> int | None:
    """When a file was written, microseconds; None if there is none."""
    try:
        return int(path.stat().st_mtime * MICROSECONDS)
    except FileNotFoundError:
        return None
