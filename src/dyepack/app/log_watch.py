"""Where the log of this house stands, and what the monitor says of it; incidents are said in the log, once each."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dyepack.app.institution import Institution
from dyepack.app.shards import shard_names
from dyepack.ledger import (
    Checkpoint,
    Counted,
    Entry,
    Kind,
    LogStatus,
    Monitored,
    Severity,
    monitor_log,
    parse_entry,
)
from dyepack.ledger.checkpoint import parse_head
from dyepack.ledger.note import parse_note
from dyepack.ledger.status import Predecessor, WitnessSeen
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
        house, log = self._house, self._house.log.current
        text = log.checkpoint()
        head = parse_head(parse_note(text).text)
        size = log.size()
        folder = house.home / "ledger" / house.log.name
        witnessed = log.witnessed()
        return LogStatus(
            now=house.clock.now(),
            origin=log.origin,
            vkey=log.vkey,
            size=size,
            published=head.size,
            root=head.root,
            checkpoint=text,
            checkpoint_at=_written(folder / "checkpoint"),
            last_t=parse_entry(log.entry(size - 1)).t if size else None,
            witnessed=None if house.log.quorum is None else 0 if witnessed is None else witnessed.head.size,
            witnessed_at=None if witnessed is None else self._quorum_at(witnessed),
            witnesses=self._witnesses(),
            keeper=house.keeper.size(),
            pending=Counted(0, 0, 0) if counted else None,
            served_since=house.served_since,
            wal_segments=sum(1 for _ in (folder / "wal").glob("*.wal")),
            predecessor=self._predecessor(),
        )

    def _quorum_at(self, witnessed: Checkpoint) -> int:
        """When the last cosignature that the checkpoint carries was made, by its witness's clock."""
        assert self._house.log.quorum is not None
        return max(witnessed.times[key] for key in witnessed.signed_by(self._house.log.quorum.keys)) * MICROSECONDS

    def _witnesses(self) -> tuple[WitnessSeen, ...]:
        """What each key of the quorum file cosigned last: since the start, or on the stored checkpoint."""
        log, quorum = self._house.log.current, self._house.log.quorum
        stored = log.witnessed()
        seen = []
        for status in log.witness_status():
            for name in status.names:
                size, seconds = status.size, status.seconds
                if not seconds and stored is not None and quorum is not None:
                    size, seconds = stored.head.size, stored.times.get(quorum.witnesses[name].key, 0)
                seen.append(WitnessSeen(name, size, seconds * MICROSECONDS) if seconds else WitnessSeen(name))
        return tuple(seen)

    def _predecessor(self) -> Predecessor | None:
        """The shard before this one, if it still has its entries."""
        names = shard_names(self._house.home / "ledger")
        view = self._house.log.shards().get(names[-2]) if len(names) > 1 else None
        if view is None:  # or was given up, or pruned
            return None
        policies = view.find([Kind.POLICY_CHANGED.value])
        digest = parse_entry(policies[-1][1]).fields.get("digest") if policies else None
        last = parse_entry(view.entry(view.size() - 1))
        return Predecessor(view.checkpoint(), last.kind.value, None if digest is None else str(digest))

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
                name, first = f"{_KNOWN}{house.log.name}.{finding.rule.value}", finding.first or 0
                if first > int(house.known.get(name) or -1):
                    house.log.append([house.fact(Kind.CHECK_FAILED, actor="p_log", outcome=finding.rule.value)])
                    house.known.put(name, str(first))
        return result

    def _entries(self) -> Iterator[Entry]:
        for _, raw in self._house.log.current.entries():
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
        end = self._house.log.current.size()
        for start in range(end - _STEP, max(-_STEP, end - _RECENT), -_STEP):
            step = [parse_entry(raw) for _, raw in self._house.log.current.entries(max(0, start), start + _STEP)]
            yield from (entry for entry in step if entry.t >= since)
            if step[0].t < since:
                return


def _written(path: Path) -> int | None:
    """When a file was written, microseconds; None if there is none."""
    try:
        return int(path.stat().st_mtime * MICROSECONDS)
    except FileNotFoundError:
        return None
