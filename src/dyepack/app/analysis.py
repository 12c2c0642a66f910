"""Analysis: questions about many entries, answered from the analysis tables and, for what is newer, from the log.

The tables lag behind the log by up to an hour and hold full bundles only; an answer never does: entries that the
tables cover come from there, all others from the log, in its order. While the tables hold fewer than ``WORTH_ASKING``
entries the log is read alone: below that it is the faster of the two (``bench/analysis.py``).
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Final

from dyepack.app.log_view import LogView
from dyepack.app.shards import Shards
from dyepack.ledger import Kind, open_head, parse_entry
from dyepack.storage import analysis_query
from dyepack.storage.analysis_tables import AnalysisTables, Refreshed, TableAudit
from dyepack.terms.progress import Progress, silent
from dyepack.terms.time import MICROSECONDS

WORTH_ASKING: Final = 65_536

Found = list[tuple[int, bytes]]
"""Index and bytes of entries, in the order of the log."""


class Analysis:
    """The tables of one log, kept and asked."""

    def __init__(self, log: LogView, folder: Path, origin: str) -> None:
        """Over an open log.

        Args:
            log: The log.
            folder: Where logs are; the tables stand below ``parquet/``.
            origin: The log's name; its last word is the shard.
        """
        self.log = log
        self._tables = AnalysisTables(folder / "parquet" / origin.rpartition("/")[2], log.read, origin)

    def refresh(self, progress: Progress = silent, *, rebuild: bool = False) -> Refreshed:
        """Bring the tables up to the published checkpoint; to be called every hour.

        Raises:
            StorageError, LedgerError: Nothing of the log was touched; what the tables cover stays true.
        """
        write = self._tables.rebuild if rebuild else self._tables.refresh
        return write(self._published(), progress)

    def audit(self, progress: Progress = silent) -> TableAudit:
        """Compare the tables with the log's tiles."""
        return self._tables.audit(self._published(), progress)

    def looks(self, aliases: Sequence[str]) -> Found:
        """Every entry about one of these aliases."""
        if not aliases:
            return []
        needles = re.compile("|".join(map(re.escape, aliases)).encode())
        return self._found(
            lambda tables: analysis_query.looks(tables, aliases), lambda raw: needles.search(raw) is not None
        )

    def of_kind(self, kind: Kind) -> Found:
        """Every entry of one kind."""
        needle = f'"kind":"{kind.value}"'.encode()
        return self._found(lambda tables: analysis_query.of_kind(tables, kind.value), lambda raw: needle in raw)

    def daily(self, since: int, offset_minutes: int) -> list[tuple[int, str, int]]:
        """First microsecond of a day, kind and number of its entries, from ``since`` on; days of an offset from UTC."""
        day = 24 * 3600 * MICROSECONDS
        counts: Counter[tuple[int, str]] = Counter()
        with self._tables.lock:
            covered = self._covered()
            if covered:
                for start, kind, count in analysis_query.daily(self._tables, since, offset_minutes):
                    counts[start, kind] += count
            for _, raw in self._newer(covered, since):
                entry = parse_entry(raw)
                start = entry.t - (entry.t + offset_minutes * 60 * MICROSECONDS) % day
                counts[start, entry.kind.value] += 1
        return [(start, kind, count) for (start, kind), count in sorted(counts.items())]

    def _found(self, ask: Callable[[AnalysisTables], Found], fits: Callable[[bytes], bool]) -> Found:
        with self._tables.lock:
            covered = self._covered()
            found = ask(self._tables) if covered else []
            return found + [(index, raw) for index, raw in self.log.entries(covered) if fits(raw)]

    def _newer(self, covered: int, since: int) -> Iterator[tuple[int, bytes]]:
        """Entries after the covered ones with ``t`` at or after ``since``; times never go back, so halving finds it."""
        low, high = covered, self.log.size()
        while low < high:
            middle = (low + high) // 2
            if parse_entry(self.log.entry(middle)).t < since:
                low = middle + 1
            else:
                high = middle
        return self.log.entries(low)

    def _covered(self) -> int:
        """Entries to be asked of the tables: all they hold; none if it is not worth it, or more than the log holds."""
        covered = self._tables.covered()
        return covered if WORTH_ASKING <= covered <= self.log.size() else 0

    def _published(self) -> int:
        return open_head(self.log.publish(), self.log.vkey).size


class LedgerAnalysis:
    """The same over all shards of a ledger; entries come with their place."""

    def __init__(self, shards: Shards, folder: Path) -> None:
        """Over an open ledger; the tables stand below ``folder/parquet/<shard>/``."""
        self._shards = shards
        self._folder = folder
        self._known: dict[str, Analysis] = {}

    def looks(self, aliases: Sequence[str]) -> Found:
        """Every entry about one of these aliases."""
        return [(first + index, raw) for first, part in self._parts() for index, raw in part.looks(aliases)]

    def of_kind(self, kind: Kind) -> Found:
        """Every entry of one kind."""
        return [(first + index, raw) for first, part in self._parts() for index, raw in part.of_kind(kind)]

    def daily(self, since: int, offset_minutes: int) -> list[tuple[int, str, int]]:
        """First microsecond of a day, kind and number of its entries, from ``since`` on."""
        counts: Counter[tuple[int, str]] = Counter()
        for _, part in self._parts():
            counts.update({(start, kind): count for start, kind, count in part.daily(since, offset_minutes)})
        return [(start, kind, count) for (start, kind), count in sorted(counts.items())]

    def refresh(self, progress: Progress = silent, *, rebuild: bool = False) -> Refreshed:
        """Bring all tables up to the published checkpoints; to be called every hour."""
        done = [part.refresh(progress, rebuild=rebuild) for _, part in self._parts()]
        return Refreshed(*(sum(column) for column in zip(*map(astuple, done), strict=True)))

    def audit(self, progress: Progress = silent) -> TableAudit:
        """Compare all tables with the tiles; the first finding ends it."""
        done = []
        for _, part in self._parts():
            done.append(part.audit(progress))
            if done[-1].finding is not None:
                break
        last = done[-1]
        return TableAudit(last.whole, sum(one.files for one in done), sum(one.checked for one in done), last.finding)

    def _parts(self) -> list[tuple[int, Analysis]]:
        first = 0
        parts = []
        for name, view in self._shards.shards().items():
            known = self._known.get(name)
            if known is None or known.log is not view:
                known = self._known[name] = Analysis(view, self._folder, view.origin)
            parts.append((first, known))
            first += view.size()
        return parts
