"""Audit: the whole log checked from its files alone, as any third party can.

1. the checkpoint is signed by the log;
2. every bundle has its entries; every entry fits the schema, belongs to one institution, has a new id and a ``t`` that
   does not go back;
3. the leaf hashes of the entries and the roots above them are exactly the stored tiles, and give the checkpoint's root;
4. every earlier head that the auditor kept is consistent with these entries.

What this cannot show: that the log is the newest one (keep heads, step 4), and that everything that happened was
written (the keeper's lock). The proof of the claim is ``docs/proofs/ledger-integrity.md``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dyepack.ledger.checkpoint import Head, open_head
from dyepack.ledger.entry import parse_entry
from dyepack.ledger.errors import BadEntryError, BrokenLogError, NoteError, TileError
from dyepack.ledger.merkle import leaf_hash
from dyepack.ledger.tiles import Tile, decode_bundle, tiles_between
from dyepack.ledger.tree import Tree
from dyepack.terms.progress import Progress, silent

Read = Callable[[str], bytes | None]
"""Reads a file of the log by its path; None if there is none."""


@dataclass(frozen=True, slots=True)
class Audit:
    """The reasoned result.

    Attributes:
        whole: Whether every check held.
        origin: Name of the log, from its checkpoint; empty if that is broken.
        size: Entries that the checkpoint covers.
        checked: Entries that were checked before the first broken thing.
        root: Root hash of the checkpoint; empty if that is broken.
        first_t: Time of the first entry, microseconds; None if there is none.
        last_t: Time of the last checked entry.
        heads: How many earlier heads were found consistent.
        finding: The first broken thing, or None.
    """

    whole: bool
    origin: str
    size: int
    checked: int
    root: bytes
    first_t: int | None
    last_t: int | None
    heads: int
    finding: BrokenLogError | None

    @property
    def reliability(self) -> str:
        """What the result rests on, one sentence."""
        return (
            f"It rests on SHA-256, on the log's own Ed25519 key and on {self.heads} earlier heads;"
            " it is not witnessed: whoever holds that key and every copy of earlier heads could have rewritten the log."
        )


def audit_log(
    read: Read, log_vkey: str, *, earlier: Sequence[str] = (), parse: bool = True, progress: Progress = silent
) -> Audit:
    """Check a whole log; the numbers are those of the module's docstring.

    Args:
        read: Reads ``checkpoint`` and ``tile/...``.
        log_vkey: The log's verifier key, from a source that the log's operator does not control.
        earlier: Signed heads or checkpoints of this log that the auditor kept.
        parse: False leaves out the schema, ids and times: for logs of other software.
        progress: Told the entries done.
    """
    state = _State(read, parse)
    try:
        head = state.open("checkpoint", read("checkpoint"), log_vkey)  # 1
        state.head = head
        kept = [state.open(f"earlier head {number}", note.encode(), log_vkey) for number, note in enumerate(earlier, 1)]
        state.read_entries(progress)  # 2
        state.compare_tiles()  # 3
        for other in kept:  # 4
            state.compare_head(other)
    except BrokenLogError as finding:
        return state.result(finding)
    except TileError as error:
        return state.result(BrokenLogError(place=error.facts["path"], why=error.facts["why"]))
    return state.result(None)


class _State:
    """How far an audit is."""

    def __init__(self, read: Read, parse: bool) -> None:
        self.read = read
        self.parse = parse
        self.head = Head("", 0, b"")
        self.tree = Tree(read)
        self.heads = 0
        self.first_t: int | None = None
        self.last_t: int | None = None
        self._org: str | None = None
        self._ids: set[str] = set()

    def open(self, place: str, note: bytes | None, vkey: str) -> Head:
        try:
            if note is None:
                raise BrokenLogError(place=place, why="missing")
            return open_head(note.decode(), vkey)
        except UnicodeDecodeError as error:
            raise BrokenLogError(place=place, why="not UTF-8") from error
        except NoteError as error:
            raise BrokenLogError(place=place, why=error.facts["why"]) from error

    def read_entries(self, progress: Progress) -> None:
        for tile in tiles_between(0, self.head.size):
            if tile.level > 0:
                return
            entries = decode_bundle(self._stored(tile.bundle_path), tile.width, tile.bundle_path)
            for raw in entries if self.parse else ():
                self._check_entry(raw)
            self.tree.append(map(leaf_hash, entries))
            self._compare(tile)
            self.tree.stored(self.tree.size)
            progress("audit", self.tree.size, self.head.size)

    def _check_entry(self, raw: bytes) -> None:
        place = f"entry {len(self._ids)}"
        try:
            entry = parse_entry(raw)
        except BadEntryError as error:
            raise BrokenLogError(place=place, why=error.facts["why"]) from error
        self._org = self._org or entry.org
        if entry.org != self._org:
            raise BrokenLogError(place=place, why="another institution")
        if entry.id in self._ids:
            raise BrokenLogError(place=place, why="an id a second time")
        if self.last_t is not None and entry.t < self.last_t:
            raise BrokenLogError(place=place, why="time goes back")
        self._ids.add(entry.id)
        self.first_t = entry.t if self.first_t is None else self.first_t
        self.last_t = entry.t

    def compare_tiles(self) -> None:
        for tile in tiles_between(0, self.head.size):
            if tile.level > 0:
                self._compare(tile)
        if self.tree.edge().root != self.head.root:
            raise BrokenLogError(place="checkpoint", why="its root is not that of the entries")

    def _compare(self, tile: Tile) -> None:
        if self._stored(tile.path) != self.tree.tile(tile):
            raise BrokenLogError(place=tile.path, why="not the hashes of the entries")

    def _stored(self, path: str) -> bytes:
        stored = self.read(path)
        if stored is None:
            raise BrokenLogError(place=path, why="missing")
        return stored

    def compare_head(self, other: Head) -> None:
        place = f"the earlier head of {other.size} entries"
        if other.size > self.head.size:
            raise BrokenLogError(place=place, why="the log is shorter now: its end was dropped")
        if self.tree.edge(other.size).root != other.root:
            raise BrokenLogError(place=place, why="the entries it covers were changed")
        self.heads += 1

    def result(self, finding: BrokenLogError | None) -> Audit:
        return Audit(
            whole=finding is None,
            origin=self.head.origin,
            size=self.head.size,
            checked=self.tree.size,
            root=self.head.root,
            first_t=self.first_t,
            last_t=self.last_t,
            heads=self.heads,
            finding=finding,
        )
