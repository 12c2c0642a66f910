"""Analysis tables (分析表): the log once more, as Parquet, for questions about many entries.

::

    <folder>/<month>/<first>-<last>.parquet      month of t in UTC, 2026-11; indexes of 12 digits, both included

``<folder>`` is ``parquet/<shard>`` below the folder of the logs. zstd, row groups of 65,536 rows; rows are those of
``ledger.analysis_row``. Derived from bundles, deletable, rebuildable; the same entries give the same bytes with the
same Arrow. Only entries of full bundles that the published checkpoint covers are written: what is newer, and the last
up to 255 entries, whoever asks reads from the log.

A refresh: 1 drop what a crash left (temporary files, files that a wider one holds), and everything if
the files hold more than the log; 2 write the entries that are new,
one file a month; 3 write a month anew as one file when it is over or has many parts, and drop the parts.

An audit: the files hold every entry from 0 on, once, in months that are theirs; each row encodes to bytes whose leaf
hash is the one in the log's level-0 tile. ``audit_log`` says whether those tiles are the log's.

Invariants:

* a file appears whole or not at all (temporary file, ``fsync``, ``rename``);
* ``files`` gives files without gap or overlap, also in the middle of a refresh.
"""

import os
import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq

from dyepack.ledger.analysis_row import COLUMNS, INDEX, columns_of, entry_bytes
from dyepack.ledger.audit import Read
from dyepack.ledger.entry_pattern import read_stamps
from dyepack.ledger.errors import TileError
from dyepack.ledger.merkle import leaf_hashes
from dyepack.ledger.tiles import WIDTH, Tile, decode_bundle, decode_tile
from dyepack.storage.errors import BrokenTableError, TableUnwritableError
from dyepack.storage.private_file import sync_folder
from dyepack.terms.progress import Progress, silent
from dyepack.terms.time import to_datetime

ROW_GROUP: Final = 65_536
MAX_PARTS: Final = 24  # of a month that is not over: a day of hourly refreshes
_PIECE: Final = 4_096  # rows that are Python objects at one time
_ORIGIN: Final = b"dyepack.origin"
_NAME: Final = re.compile(r"([0-9]{12})-([0-9]{12})\.parquet")
_ARROW: Final[dict[type, pa.DataType]] = {int: pa.int64(), str: pa.string(), tuple: pa.list_(pa.string())}
SCHEMA: Final = pa.schema([(name, _ARROW[kind]) for name, kind in COLUMNS.items()])


class TableFile(NamedTuple):
    """One file, by what its name says."""

    first: int
    last: int
    month: str
    path: Path


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did.

    Attributes:
        covered: Entries from 0 on that the files hold.
        entries: How many of them are new.
        files: How many files there are.
        bytes: Their size.
    """

    covered: int
    entries: int
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class TableAudit:
    """The reasoned result.

    Attributes:
        whole: Whether every row is the log's entry at its place.
        files: Files that hold.
        checked: Rows that hold.
        finding: The first broken thing, or None.
    """

    whole: bool
    files: int
    checked: int
    finding: BrokenTableError | None


class AnalysisTables:
    """The tables of one log. ``lock`` is held while files appear or go, and by who reads them."""

    def __init__(self, folder: Path, read: Read, origin: str) -> None:
        """Over ``folder``, which need not exist.

        Args:
            folder: ``parquet/<shard>``.
            read: Reads the log's ``tile/...``.
            origin: The log's name, noted in each file.
        """
        self.folder = folder
        self.lock = threading.RLock()
        self._read = read
        self._schema = SCHEMA.with_metadata({_ORIGIN: origin.encode()})

    # -- writing ----------------------------------------------------------------------------------------------------

    def refresh(self, published: int, progress: Progress = silent) -> Refreshed:
        """Write what is new; the numbers are those of the module's docstring.

        Args:
            published: Entries that the published checkpoint covers.
            progress: Told the entries done.

        Raises:
            TableUnwritableError: The disk refused.
            TileError: A bundle of the log is missing or broken.
            BadEntryError: So is an entry.
        """
        with self.lock:
            try:
                self._clear(published)  # 1
                before = self.covered()
                end = published - published % WIDTH
                if before < end:
                    self._write(before, end, progress)  # 2
                self._compact(published, progress)  # 3
                found = self.files()
                size = sum(file.path.stat().st_size for file in found)
            except OSError as error:
                raise TableUnwritableError(reason=os.strerror(error.errno or 0)) from error
            covered = self.covered()
            return Refreshed(covered, covered - before, len(found), size)

    def rebuild(self, published: int, progress: Progress = silent) -> Refreshed:
        """Drop every file and write all of them from the bundles."""
        with self.lock:
            try:
                for path in self._paths():
                    path.unlink()
            except OSError as error:
                raise TableUnwritableError(reason=os.strerror(error.errno or 0)) from error
            return self.refresh(published, progress)

    def _clear(self, published: int) -> None:
        kept = {file.path for file in self.files()} if self.covered() <= published else set()
        for path in self._paths():
            if path not in kept:
                path.unlink()

    def _write(self, first: int, end: int, progress: Progress) -> None:
        for month, rows in groupby(self._entries(first, end, progress), key=lambda row: row[0]):
            self._write_month(month, first, (raw for _, raw in rows))
            first = self.covered()

    def _write_month(self, month: str, first: int, entries: Iterator[bytes]) -> None:
        """Write entries of one month as one file."""
        folder = self.folder / month
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = folder / ".writing"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        at = first
        with os.fdopen(handle, "wb") as sink:
            with pq.ParquetWriter(sink, self._schema, compression="zstd") as writer:
                for batch in _batches(entries):
                    writer.write_table(self._table(at, batch), row_group_size=ROW_GROUP)
                    at += len(batch)
            sink.flush()
            os.fsync(sink.fileno())
        temporary.replace(folder / f"{first:012}-{at - 1:012}.parquet")
        for name in (folder, self.folder):
            sync_folder(name)

    def _table(self, first: int, entries: Sequence[bytes]) -> pa.Table:
        pieces = [self._piece(first + at, entries[at : at + _PIECE]) for at in range(0, len(entries), _PIECE)]
        return pa.concat_tables(pieces).combine_chunks()

    def _piece(self, first: int, entries: Sequence[bytes]) -> pa.Table:
        columns = columns_of(first, entries)
        nothing = [None] * len(entries)
        return pa.table({name: columns.get(name, nothing) for name in COLUMNS}, schema=self._schema)

    def _entries(self, first: int, end: int, progress: Progress) -> Iterator[tuple[str, bytes]]:
        """Month and bytes of each entry from the bundles, checked."""
        for number in range(first // WIDTH, -(-end // WIDTH)):
            path = Tile(0, number, WIDTH).bundle_path
            entries = decode_bundle(_stored(self._read(path), path), WIDTH, path)
            times = read_stamps(entries).times
            at = number * WIDTH
            for index, (raw, t) in enumerate(zip(entries, times, strict=True), at):
                if first <= index < end:
                    yield _month(t), raw
            progress("tables", min(at + WIDTH, end), end)

    def _compact(self, published: int, progress: Progress) -> None:
        found = self.files()
        newest = found[-1].month if found else ""
        for month, group in groupby(found, key=lambda file: file.month):
            parts = list(group)
            if len(parts) > (MAX_PARTS if month == newest else 1):
                rows = self._entries(parts[0].first, parts[-1].last + 1, progress)
                self._write_month(month, parts[0].first, (raw for _, raw in rows))
        self._clear(published)

    # -- reading ----------------------------------------------------------------------------------------------------

    def files(self) -> list[TableFile]:
        """The files from entry 0 on up to the first gap; of files that hold the same entries the widest."""
        chain: list[TableFile] = []
        for file in sorted(self._named(), key=lambda file: (file.first, -file.last)):
            if file.first == (chain[-1].last + 1 if chain else 0):
                chain.append(file)
        return chain

    def covered(self) -> int:
        """Entries from 0 on that the files hold."""
        found = self.files()
        return found[-1].last + 1 if found else 0

    def _paths(self) -> list[Path]:
        return sorted(path for path in self.folder.glob("*/*") if path.is_file())

    def _named(self) -> Iterator[TableFile]:
        for path in self._paths():
            match = _NAME.fullmatch(path.name)
            if match:
                yield TableFile(int(match[1]), int(match[2]), path.parent.name, path)

    # -- checking ---------------------------------------------------------------------------------------------------

    def audit(self, published: int, progress: Progress = silent) -> TableAudit:
        """Compare every row with the log; the module's docstring says how.

        Args:
            published: Entries that the published checkpoint covers; full bundles below it must be there.
            progress: Told the rows done.
        """
        with self.lock:
            done = files = 0
            try:
                for file in sorted(self._named()):
                    _check_place(file, done)
                    for count in self._check_file(file):
                        done += count
                        progress("tables-audit", done, max(done, published))
                    files += 1
                if done < published - published % WIDTH:
                    _broken("the end", f"entries from {done} on are missing")
            except BrokenTableError as finding:
                return TableAudit(whole=False, files=files, checked=done, finding=finding)
            return TableAudit(whole=True, files=files, checked=done, finding=None)

    def _check_file(self, file: TableFile) -> Iterator[int]:
        """Row counts of its groups, each when it was checked."""
        at = file.first
        try:
            with pq.ParquetFile(file.path) as source:
                self._check_schema(file, source.schema_arrow)
                for group in range(source.num_row_groups):
                    columns = values_of(source.read_row_group(group))
                    self._check_rows(file, at, columns)
                    at += len(columns[INDEX])
                    yield len(columns[INDEX])
        except (pa.ArrowException, OSError, UnicodeDecodeError, TypeError) as error:
            raise BrokenTableError(place=file.path.name, why="not a readable table") from error
        if at != file.last + 1:
            _broken(file.path.name, f"{at - file.first} rows where its name says {file.last - file.first + 1}")

    def _check_schema(self, file: TableFile, schema: pa.Schema) -> None:
        if not schema.equals(self._schema):
            _broken(file.path.name, "other columns than an entry has")
        if (schema.metadata or {}).get(_ORIGIN) != self._schema.metadata[_ORIGIN]:
            _broken(file.path.name, "a table of another log")

    def _check_rows(self, file: TableFile, first: int, columns: dict[str, list[Any]]) -> None:
        count = len(columns[INDEX])
        hashes = leaf_hashes(entry_bytes(columns))
        wanted = self._leaves(first, first + count)
        for index, t, own, leaf in zip(columns[INDEX], columns["t"], hashes, wanted, strict=False):
            if index != first or own != leaf:
                _broken(f"{file.path.name}, row {first - file.first}", f"not entry {first} of the log")
            if _month(t) != file.month:
                _broken(f"{file.path.name}, row {first - file.first}", f"entry {first} is of another month")
            first += 1
        if len(wanted) < count:
            _broken(f"{file.path.name}, row {first - file.first}", f"the log has no full tile with entry {first}")

    def _leaves(self, first: int, end: int) -> list[bytes]:
        """Leaf hashes of the entries as the level-0 tiles say, as far as there are full ones."""
        leaves: list[bytes] = []
        for number in range(first // WIDTH, -(-end // WIDTH)):
            path = Tile(0, number, WIDTH).path
            stored = self._read(path)
            if stored is None:
                break
            try:
                leaves += decode_tile(stored, WIDTH, path)
            except TileError as error:
                raise BrokenTableError(place=path, why="not a tile: audit the log") from error
        skipped = first % WIDTH
        return leaves[skipped : skipped + end - first]


def values_of(table: pa.Table) -> dict[str, list[Any]]:
    """The values of the columns that have any; of ``idx`` and ``t`` always."""
    wanted = [name for name in COLUMNS if name in {INDEX, "t"} or table.column(name).null_count < len(table)]
    return {name: table.column(name).to_pylist() for name in wanted}


def _check_place(file: TableFile, expected: int) -> None:
    if file.first > expected:
        _broken(file.path.name, f"entries {expected} to {file.first - 1} are missing before it")
    if file.first < expected:
        _broken(file.path.name, f"entries from {file.first} on are in another file too")


def _batches(entries: Iterator[bytes]) -> Iterator[Sequence[bytes]]:
    batch: list[bytes] = []
    for raw in entries:
        batch.append(raw)
        if len(batch) == ROW_GROUP:
            yield batch
            batch = []
    if batch:
        yield batch


def _stored(stored: bytes | None, path: str) -> bytes:
    if stored is None:
        raise TileError(path=path, why="missing")
    return stored


def _month(t: int) -> str:
    return to_datetime(t).strftime("%Y-%m")


def _broken(place: str, why: str) -> NoReturn:
    raise BrokenTableError(place=place, why=why)
