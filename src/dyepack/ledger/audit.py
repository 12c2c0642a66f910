"""Audit: the whole log checked from its files alone, as any third party can.

1. the checkpoint is signed by the log's Ed25519 key; signatures of other known keys of the log and of the quorum's
   witnesses, if it carries them, hold too;
2. every bundle has its entries; every entry fits the schema, belongs to one institution, has a new id and a ``t`` that
   does not go back;
3. the leaf hashes of the entries and the roots above them are exactly the stored tiles, and give the checkpoint's root;
4. every earlier head that the auditor kept is consistent with these entries.

Steps 2 and 3 go bundle by bundle; a bundle that is not sound as a whole is read again entry by entry, to name the
first broken one. Whether the checkpoint is *witnessed* is no step: it is part of what the result rests on.

What this cannot show: that the log is the newest one (keep heads, step 4), and that everything that happened was
written (the keeper's lock). The proof of the claim is ``docs/proofs/ledger-integrity.md``.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import le
from types import MappingProxyType

from dyepack.ledger.checkpoint import Head
from dyepack.ledger.cosignature import Checkpoint, open_checkpoint
from dyepack.ledger.entry import parse_entry
from dyepack.ledger.entry_pattern import read_stamps
from dyepack.ledger.errors import BadEntryError, BrokenLogError, NoteError, TileError
from dyepack.ledger.merkle import leaf_hashes
from dyepack.ledger.note import KeyKind, parse_vkey
from dyepack.ledger.quorum import Quorum
from dyepack.ledger.tiles import WIDTH, Tile, decode_bundle, tiles_between
from dyepack.ledger.tree import Tree
from dyepack.terms.progress import Progress, silent
from dyepack.terms.time import MICROSECONDS, to_iso

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
        log_keys: Kinds of the log's keys that signed the checkpoint.
        witnesses: Who of the quorum file cosigned the checkpoint, by the file's names, with the time that each states
            in seconds.
        witnessed: When the cosignatures became a quorum, in seconds; None if they are none, or no quorum was asked for.
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
    log_keys: frozenset[KeyKind]
    witnesses: Mapping[str, int]
    witnessed: int | None
    finding: BrokenLogError | None

    @property
    def reliability(self) -> str:
        """What the result rests on, one sentence."""
        keys = "Ed25519 and ML-DSA-44 keys" if KeyKind.ML_DSA in self.log_keys else "Ed25519 key"
        rests = f"It rests on SHA-256, on the log's own {keys} and on {self.heads} earlier heads"
        names = ", ".join(self.witnesses)
        if self.witnessed is not None:
            return (
                f"{rests}, and on a quorum of witnesses ({names}) that was complete at"
                f" {to_iso(self.witnessed * MICROSECONDS)}: to rewrite what the checkpoint covers, whoever holds the"
                " log's key needs the keys of a quorum as well."
            )
        few = f"the cosignatures of {names} are no quorum, so it is" if names else "it is"
        return (
            f"{rests}; {few} not witnessed: whoever holds that key and every copy of earlier heads could have"
            " rewritten the log."
        )


def audit_log(
    read: Read,
    log_vkeys: str | Sequence[str],
    *,
    quorum: Quorum | None = None,
    earlier: Sequence[str] = (),
    parse: bool = True,
    progress: Progress = silent,
) -> Audit:
    """Check a whole log; the numbers are those of the module's docstring.

    Args:
        read: Reads ``checkpoint`` and ``tile/...``.
        log_vkeys: The log's verifier key or keys, from a source that the log's operator does not control.
        quorum: Whose cosignatures the auditor asks for; it must be for this log.
        earlier: Signed heads or checkpoints of this log that the auditor kept.
        parse: False leaves out the schema, ids and times: for logs of other software.
        progress: Told the entries done.
    """
    state = _State(read, (log_vkeys,) if isinstance(log_vkeys, str) else log_vkeys, quorum, parse=parse)
    try:
        state.start()  # 1
        kept = [state.open(f"earlier head {number}", note.encode()) for number, note in enumerate(earlier, 1)]
        state.read_entries(progress)  # 2
        state.compare_tiles()  # 3
        for other in kept:  # 4
            state.compare_head(other.head)
    except BrokenLogError as finding:
        return state.result(finding)
    except TileError as error:
        return state.result(BrokenLogError(place=error.facts["path"], why=error.facts["why"]))
    return state.result(None)


class _State:
    """How far an audit is."""

    def __init__(self, read: Read, log_vkeys: Sequence[str], quorum: Quorum | None, *, parse: bool) -> None:
        self.read = read
        self.quorum = quorum
        self.parse = parse
        self.checkpoint = Checkpoint(Head("", 0, b""), "", MappingProxyType({}))
        self.tree = Tree(read)
        self.heads = 0
        self.first_t: int | None = None
        self.last_t: int | None = None
        self._log_vkeys = log_vkeys
        self._org: bytes | None = None
        self._ids: set[bytes] = set()

    @property
    def head(self) -> Head:
        return self.checkpoint.head

    def start(self) -> None:
        self.checkpoint = self.open("checkpoint", self.read("checkpoint"))
        kinds = {parse_vkey(vkey).kind for vkey in self._log_vkeys}
        if not kinds <= {key.kind for key in self.checkpoint.times if key.vkey in self._log_vkeys}:
            # a changed bit can make the line of a key look like that of a key which nobody knows
            raise BrokenLogError(place="checkpoint", why="a signature of the log is missing")
        if self.quorum and all(key.vkey not in self._log_vkeys for key in self.quorum.logs):
            raise BrokenLogError(place="the quorum file", why="it is for another log")

    def open(self, place: str, note: bytes | None) -> Checkpoint:
        try:
            if note is None:
                raise BrokenLogError(place=place, why="missing")
            keys = [parse_vkey(vkey) for vkey in self._log_vkeys]
            return open_checkpoint(note.decode(), keys, self.quorum.keys if self.quorum else ())
        except UnicodeDecodeError as error:
            raise BrokenLogError(place=place, why="not UTF-8") from error
        except NoteError as error:
            raise BrokenLogError(place=place, why=error.facts["why"]) from error

    def read_entries(self, progress: Progress) -> None:
        for tile in tiles_between(0, self.head.size):
            if tile.level > 0:
                return
            entries = decode_bundle(self._stored(tile.bundle_path), tile.width, tile.bundle_path)
            if self.parse and not self._take(entries):
                raise self._first_broken(entries, tile.number * WIDTH)
            self.tree.append(leaf_hashes(entries))
            self._compare(tile)
            self.tree.stored(self.tree.size)
            progress("audit", self.tree.size, self.head.size)

    def _take(self, entries: Sequence[bytes]) -> bool:
        """Take the stamps of a bundle if all of it is sound."""
        try:
            ids, orgs, times = read_stamps(entries)
        except BadEntryError:
            return False
        first_t = times[0] if self.last_t is None else self.last_t
        sound = (
            len(orgs | {self._org or next(iter(orgs))}) == 1
            and len(set(ids)) == len(ids)
            and self._ids.isdisjoint(ids)
            and all(map(le, (first_t, *times), times))
        )
        if sound:
            self._org = orgs.pop()
            self._ids.update(ids)
            self.first_t = first_t if self.first_t is None else self.first_t
            self.last_t = times[-1]
        return sound

    def _first_broken(self, entries: Sequence[bytes], first: int) -> BrokenLogError:
        whys = enumerate(map(self._take_one, entries), first)
        return next(BrokenLogError(place=f"entry {index}", why=why) for index, why in whys if why)

    def _take_one(self, raw: bytes) -> str | None:
        """Take the stamp of an entry, or say why not."""
        try:
            entry = parse_entry(raw)
        except BadEntryError as error:
            return str(error.facts["why"])
        org, entry_id = entry.org.encode(), entry.id.encode()
        self._org = self._org or org
        if org != self._org:
            return "another institution"
        if entry_id in self._ids:
            return "an id a second time"
        if self.last_t is not None and entry.t < self.last_t:
            return "time goes back"
        self._ids.add(entry_id)
        self.first_t = entry.t if self.first_t is None else self.first_t
        self.last_t = entry.t
        return None

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
        times = self.checkpoint.times
        named = self.quorum.witnesses if self.quorum else {}
        witnesses = {name: times[witness.key] for name, witness in named.items() if witness.key in times}
        return Audit(
            whole=finding is None,
            origin=self.head.origin,
            size=self.head.size,
            checked=self.tree.size,
            root=self.head.root,
            first_t=self.first_t,
            last_t=self.last_t,
            heads=self.heads,
            log_keys=frozenset(key.kind for key in times if key.vkey in self._log_vkeys),
            witnesses=MappingProxyType(witnesses),
            witnessed=self._quorum_time(),
            finding=finding,
        )

    def _quorum_time(self) -> int | None:
        """The first second at which those who had cosigned were a quorum."""
        times = self.checkpoint.times
        for time in sorted(set(times.values())):
            if self.quorum and self.quorum.satisfied([key for key, own in times.items() if own <= time]):
                return time
        return None
