"""Shards (分册): the ledger of an institution is one log per calendar year; the newest is written, all are read.

::

    HOME/ledger/
      quorum.txt         C2SP quorum file: whose cosignatures level 2 waits for; without it nothing is witnessed
      next/<year>/       keys of next year's shard, made early so that witnesses know them when it begins (``prepare``)
      <year>[-<n>]/      one shard: a log folder (``storage.log_folder``) with its own keys (``log_keys``)
        pruned           the entries were removed after their term; the final checkpoint and the upper tiles stay
        lost             the shard was given up after a loss; says from where its successor goes on

Every shard has new keys. How one follows another (``roll``; a crash at any point is made up for at the next start):

1. the folder and the keys of the next shard are made, or those that were prepared take their place;
2. the last entry of the old one, ``ledger:log:closed``, names the next key; it is published, and witnessed;
3. the keeper follows against the receipt of that entry; from then on the old shard opens nothing;
4. the first entry of the next one, ``ledger:log:opened``, names the final head of the old one.

A *place* counts entries over all shards that still have theirs, from 0; in a single shard it is the index.
"""

import re
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Final

from dyepack.app.errors import ShardError
from dyepack.app.log_keys import LogKeys, add_keys, has_keys, load_keys
from dyepack.app.log_view import LogView
from dyepack.app.sequencer import AskWitnesses, Sequencer
from dyepack.crypto.digest import sha256
from dyepack.ledger import (
    Audit,
    Fact,
    Head,
    Kind,
    Quorum,
    Receipt,
    Value,
    audit_log,
    digest_text,
    head_text,
    open_checkpoint,
    parse_entry,
)
from dyepack.ledger.errors import NoSuchEntryError, NoteError, QuorumUnavailableError
from dyepack.storage.log_folder import CHECKPOINT, LogFolder, restore
from dyepack.storage.private_file import replace_private, sync_folder
from dyepack.terms.chance import Random, new_id
from dyepack.terms.progress import Progress
from dyepack.terms.time import MICROSECONDS, Clock, to_datetime
from dyepack.vault.keeper.service import STATE_KINDS
from dyepack.vault.keeper.wire import Keeper

KEYS: Final = "keys"
PRUNED: Final = "pruned"
TERM_YEARS: Final = 3
"""PIPL art. 56: records of processing are kept for at least three years."""
LOST: Final = "lost"
NEXT: Final = "next"
_NAME: Final = re.compile(r"([0-9]{4})(?:-([0-9]{1,3}))?")
_LOG: Final = "p_log"
_YEAR: Final = 366 * 24 * 3600 * MICROSECONDS


def shard_names(folder: Path) -> list[str]:
    """Names of all shards, oldest first."""
    found = [match for path in folder.iterdir() if path.is_dir() and (match := _NAME.fullmatch(path.name))]
    return [match[0] for match in sorted(found, key=lambda match: (int(match[1]), int(match[2] or 0)))]


def next_name(names: Sequence[str], now: int) -> str:
    """The name of the shard to begin now: the year, numbered from 2 if the year has one already."""
    year = f"{max(to_datetime(now).year, int(names[-1][:4]) if names else 0):04d}"
    taken = [name for name in names if name[:4] == year]
    return f"{year}-{len(taken) + 1}" if taken else year


def newest_keys(folder: Path, base: str, clock: Clock, random: Random) -> LogKeys:
    """The keys of the newest shard; the first shard is made if there is none."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    names = shard_names(folder) or [next_name((), clock.now())]
    keys = folder / names[-1] / KEYS
    if not has_keys(keys):
        add_keys(keys, clock.now(), random)
    return load_keys(keys, f"{base}/{names[-1]}", clock.now())


class Shards:
    """The ledger. Satisfies ``vault.ports.Ledger``; callers may be many threads."""

    def __init__(
        self,
        folder: Path,
        base: str,
        institution: str,
        clock: Clock,
        random: Random,
        keeper: Keeper,
        *,
        quorum: Quorum | None,
        witnesses: AskWitnesses,
    ) -> None:
        """Open the newest shard, finish what a crash left of the change to it, lead the keeper to it.

        Args:
            folder: ``HOME/ledger``.
            base: What names of shards are appended to: the origin is ``<base>/<shard>``.
            institution: ``i_`` + 26.
            clock: Time.
            random: Randomness for keys and ids.
            keeper: Follows the heads.
            quorum: Of ``quorum.txt``.
            witnesses: Who asks the witnesses.

        Raises:
            LedgerError: A step of the start failed; its sentence names the remedy.
        """
        self._folder = folder
        self._base = base
        self._institution = institution
        self._clock = clock
        self._random = random
        self._keeper = keeper
        self._quorum = quorum
        self._witnesses = witnesses
        self._gate = threading.Condition()  # guards what follows
        self._inside = 0
        self._rolling = False
        self._views: dict[str, LogView] = {}
        self._open_newest()

    # -- writing ----------------------------------------------------------------------------------------------------

    def append(self, facts: Sequence[Fact]) -> list[Receipt | None]:
        """Append to the newest shard; see ``Sequencer.append``."""
        with self._held():
            return self.current.append(facts)

    def publish(self) -> str:
        """Publish everything acknowledged so far now; returns the checkpoint."""
        with self._held():
            return self.current.publish()

    def is_due(self) -> bool:
        """Whether the year of the newest shard is over."""
        return to_datetime(self._clock.now()).year > int(self.name[:4])

    def roll(self) -> None:
        """Close the newest shard and begin the next one; appends wait meanwhile.

        A change that was begun and not finished, since keeper or witnesses went away in its midst, is finished.

        Raises:
            QuorumUnavailableError: The witnesses are away, so the end of the shard would have no witness; it goes on.
        """
        with self._alone():
            names = shard_names(self._folder)
            if names[-1] == self.name:
                self.current.await_quorum()
                prepared = self._prepared()  # 1
                if prepared is None:
                    name = next_name(names, self._clock.now())
                    add_keys(self._folder / name / KEYS, self._clock.now(), self._random)
                else:
                    (self._folder / NEXT / prepared).rename(self._folder / prepared)
                    sync_folder(self._folder)
            self.current.close()
            self._open_newest()

    def prepare(self) -> LogKeys:
        """The keys of next year's shard, made if need be: witnesses must know them when it begins.

        Whichever change of shards comes first begins it, also before the year is over.
        """
        with self._alone():
            name = self._prepared()
            if name is None:
                name = f"{int(self.name[:4]) + 1:04d}"
                add_keys(self._folder / NEXT / name / KEYS, self._clock.now(), self._random)
            return load_keys(self._folder / NEXT / name / KEYS, f"{self._base}/{name}", self._clock.now())

    def _prepared(self) -> str | None:
        """The shard that was prepared and not begun; one that a later year overtook does not count."""
        folder = self._folder / NEXT
        names = shard_names(folder) if folder.is_dir() else []
        ready = [name for name in names if name > self.name[:4] and any((folder / name / KEYS).glob("*.ed25519"))]
        return ready[0] if ready else None

    def rotate(self) -> None:
        """Sign with another key from now on; the one before signs beside it for 30 days."""
        with self._alone():
            add_keys(self._folder / self.name / KEYS, self._clock.now(), self._random)
            self.current.close()
            self._open_newest()

    def ask(self, quorum: Quorum) -> None:
        """Wait for the cosignatures of another quorum from now on."""
        with self._alone():
            self.current.close()
            self._quorum = quorum
            self._open_newest()

    def prune(self, name: str) -> int:
        """Remove the entries and hashes of leaves of an old shard; returns how many entries it had.

        Its checkpoints, timestamps, keys and upper tiles stay, so that what was proved once can still be checked.

        Raises:
            ShardError: It is the newest, there is none, or its last entry is younger than its term.
        """
        view = self._views.get(name)
        if view is None:
            raise ShardError(
                name=name, why="it is not an older shard with entries", why_zh="它不是仍有条目的旧年度日志"
            )
        last = parse_entry(view.entry(view.size() - 1)).t
        if self._clock.now() < last + TERM_YEARS * _YEAR:
            raise ShardError(
                name=name, why=f"its last entry is not {TERM_YEARS} years old", why_zh=f"其最后一条未满 {TERM_YEARS} 年"
            )
        digest = digest_text(sha256(head_text(view.head_at(view.size())).encode()))
        self.append(
            [Fact(new_id(self._random), Kind.SHARD_PRUNED, {"actor": _LOG, "digest": digest, "n": view.size()})]
        )
        size = view.size()
        self._views.pop(name).close()
        replace_private(self._folder / name / PRUNED, f"{digest}\n".encode())
        _remove_entries(self._folder, name)
        return size

    def stop(self, error: Exception) -> None:
        """Acknowledge nothing any more, until a restart."""
        self.current.stop(error)

    def close(self) -> None:
        """Append what waits, publish, and give all folders back."""
        self.current.close()
        for view in self._views.values():
            view.close()

    # -- reading ----------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Name of the newest shard."""
        return self.current.origin.rpartition("/")[2]

    @property
    def origin(self) -> str:
        """Name of the log that is written."""
        return self.current.origin

    @property
    def vkey(self) -> str:
        """Its newest Ed25519 key."""
        return self.current.vkey

    @property
    def vkeys(self) -> tuple[str, ...]:
        """All keys that sign it now, of both kinds."""
        return self.current.vkeys

    @property
    def quorum(self) -> Quorum | None:
        """Whose cosignatures level 2 waits for."""
        return self._quorum

    def shards(self) -> dict[str, LogView]:
        """All shards that still have their entries, oldest first."""
        return {**self._views, self.name: self.current}

    def size(self) -> int:
        """Entries of all of them."""
        return sum(view.size() for view in self.shards().values())

    def head(self) -> str:
        """The newest signed head."""
        return self.current.head()

    def checkpoint(self) -> str:
        """The published checkpoint of the newest shard."""
        return self.current.checkpoint()

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Entries with their place."""
        for first, view in self._placed():
            low = max(0, start - first)
            high = None if stop is None else stop - first
            if low < view.size() and (high is None or high > 0):
                yield from ((first + index, raw) for index, raw in view.entries(low, high))

    def find(self, needles: Iterable[str]) -> list[tuple[int, bytes]]:
        """All entries whose bytes hold one of the needles, with their place."""
        wanted = list(needles)
        return [(first + index, raw) for first, view in self._placed() for index, raw in view.find(wanted)]

    def find_id(self, entry_id: str) -> tuple[int, bytes]:
        """The entry with this id, and its place.

        Raises:
            NoSuchEntryError: There is none.
        """
        for place, raw in self.find([f'"id":"{entry_id}"']):
            return place, raw
        raise NoSuchEntryError

    def entry(self, place: int) -> bytes:
        """The bytes of an entry.

        Raises:
            NoSuchEntryError: No such place.
        """
        view, index = self.at(place)
        return view.entry(index)

    def prove(self, place: int) -> Receipt:
        """A receipt of an entry under a published checkpoint of its shard.

        Raises:
            NoSuchEntryError: No such place.
        """
        with self._held():
            view, index = self.at(place)
            return view.prove(index)

    def at(self, place: int) -> tuple[LogView, int]:
        """The shard of a place, and the index in it.

        Raises:
            NoSuchEntryError: No such place.
        """
        for first, view in self._placed():
            if first <= place < first + view.size():
                return view, place - first
        raise NoSuchEntryError

    def audit(self, progress: Progress) -> list[Audit]:
        """Check every shard from its files, the oldest first; a finding ends it."""
        self.publish()
        found: list[Audit] = []
        for view in self.shards().values():
            quorum = self._quorum.with_logs(view.keys.keys) if self._quorum else None
            found.append(audit_log(view.read, view.vkeys, quorum=quorum, progress=progress))
            if found[-1].finding is not None:
                break
        return found

    def _placed(self) -> list[tuple[int, LogView]]:
        first = 0
        found = []
        for view in self.shards().values():
            found.append((first, view))
            first += view.size()
        return found

    # -- from one shard to the next -----------------------------------------------------------------------------------

    @contextmanager
    def _held(self) -> Iterator[None]:
        """No shard is closed meanwhile."""
        with self._gate:
            self._gate.wait_for(lambda: not self._rolling)
            self._inside += 1
        try:
            yield
        finally:
            with self._gate:
                self._inside -= 1
                if self._rolling and not self._inside:
                    self._gate.notify_all()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody appends meanwhile."""
        with self._gate:
            self._gate.wait_for(lambda: not self._rolling)
            self._rolling = True
            self._gate.wait_for(lambda: not self._inside)
        try:
            yield
        finally:
            with self._gate:
                self._rolling = False
                self._gate.notify_all()

    def _open_newest(self) -> None:
        names = shard_names(self._folder)
        for name, following in pairwise(names):
            if name not in self._views:
                self._close_shard(name, following)
        if self._keeper.standing().origin != self._keys(names[-1]).origin:
            raise ShardError(
                name=names[-1],
                why="the keeper believes another log; its operator runs `dyepack keeper trust`",
                why_zh="守钥服务相信的是另一日志，请其运营者执行 `dyepack keeper trust`",
            )
        self.current = self._sequencer(names[-1])
        self._say_key()
        if not self.current.size():
            before = self._final_head(names[-2]) if len(names) > 1 else None
            digest = {} if before is None else {"digest": digest_text(sha256(head_text(before).encode()))}
            with suppress(QuorumUnavailableError):  # it stands in the log, and is witnessed when they are back
                self.current.append([Fact(new_id(self._random), Kind.LOG_OPENED, {"actor": _LOG, **digest})])  # 4

    def _sequencer(self, name: str) -> Sequencer:
        keys = self._keys(name)
        known = self._keeper.size()
        log = Sequencer(
            self._folder / name,
            keys,
            keys.origin,
            self._institution,
            self._clock,
            self._keeper.advance,
            keeper_size=known,
            quorum=self._quorum.with_logs(keys.keys) if self._quorum else None,
            witnesses=self._witnesses,
        )
        self._catch_up(log, known)
        return log

    def _keys(self, name: str) -> LogKeys:
        return load_keys(self._folder / name / KEYS, f"{self._base}/{name}", self._clock.now())

    def _close_shard(self, name: str, following: str) -> None:
        """Keep a view of an earlier shard; bring its end, and the keeper, over to the next one."""
        folder = self._folder / name
        if (folder / PRUNED).exists():
            _remove_entries(self._folder, name)  # a crash may have left some
        if (folder / LOST).exists() or (folder / PRUNED).exists():
            return
        following_vkey = self._keys(following).vkey
        if self._keeper.standing().origin == self._keys(name).origin:
            closing = self._sequencer(name)
            try:
                receipt = self._closed(closing, following_vkey)  # 2
                self._keeper.follow_log(receipt, following_vkey)  # 3
            finally:
                closing.close()
        log_folder = LogFolder(folder)
        keys = self._keys(name)
        quorum = self._quorum.with_logs(keys.keys) if self._quorum else None
        self._views[name] = LogView(log_folder, keys, restore(log_folder, keys.known, quorum), self._clock, quorum)

    def _closed(self, closing: Sequencer, following_vkey: str) -> Receipt:
        last = closing.size() - 1
        if last >= 0 and parse_entry(closing.entry(last)).kind is Kind.LOG_CLOSED:
            closing.await_quorum()
            return closing.prove(last)
        honored, lo, hi = self._keeper.counted()
        if honored:
            counted: dict[str, Value] = {"actor": "p_keeper", "n": honored, "lo": lo, "hi": hi}
            closing.append([Fact(new_id(self._random), Kind.KEEPER_COUNTED, counted)])
        digest = digest_text(sha256(following_vkey.encode()))
        (receipt,) = closing.append([Fact(new_id(self._random), Kind.LOG_CLOSED, {"actor": _LOG, "digest": digest})])
        assert receipt is not None  # level 2
        return receipt

    def _say_key(self) -> None:
        """The keeper, and the log, hear of a key that signs since the last start."""
        old = self.current.keys
        if len(old.signers) < 2 or not self.current.size():
            return
        digest = digest_text(sha256(self.vkey.encode()))
        rotated = self.current.find([Kind.LOG_KEY_ROTATED.value])
        standing = [index for index, raw in rotated if f'"{digest}"'.encode() in raw]
        try:
            if standing:
                self.current.await_quorum()
                receipt: Receipt | None = self.current.prove(standing[0])
            else:
                fact = Fact(new_id(self._random), Kind.LOG_KEY_ROTATED, {"actor": _LOG, "digest": digest})
                (receipt,) = self.current.append([fact])
        except QuorumUnavailableError:
            return  # it stands in the log; the keeper hears of it at the next start, and knows the key before
        assert receipt is not None  # level 2
        self._keeper.follow_log(receipt, self.vkey)

    def _final_head(self, name: str) -> Head | None:
        folder = self._folder / name
        if (folder / LOST).exists():
            return open_checkpoint((folder / LOST).read_text("utf-8"), self._keys(name).known).head
        return open_checkpoint((folder / CHECKPOINT).read_text("utf-8"), self._keys(name).known).head

    def _catch_up(self, log: Sequencer, known: int) -> None:
        """A keeper that was killed, or restored from a backup, follows what it missed before it opens anything."""
        missed = [index for index, raw in log.entries(known) if parse_entry(raw).kind in STATE_KINDS]
        if missed:
            with suppress(QuorumUnavailableError):  # an erasure may need one: then the keeper says so
                log.await_quorum()
            self._keeper.replay([log.prove(index) for index in missed])


def _remove_entries(folder: Path, name: str) -> None:
    """Remove what holds entries of a shard: bundles, hashes of leaves, the write-ahead log, the analysis tables."""
    for part in ("tile/entries", "tile/0", "wal"):
        shutil.rmtree(folder / name / part, ignore_errors=True)
    shutil.rmtree(folder / "parquet" / name, ignore_errors=True)


def give_up(folder: Path, base: str, note: str, clock: Clock, random: Random) -> tuple[str, str]:
    """After a loss: mark the newest shard as lost from a checkpoint on, and make its successor.

    Nothing opens until the keeper's operator has entered the successor's key (``dyepack keeper trust``).

    Args:
        folder: ``HOME/ledger``.
        base: As for ``Shards``.
        note: The last checkpoint or head of the lost shard that anybody holds.
        clock: Time.
        random: Randomness for keys.

    Returns:
        Name of the successor, and its verifier key.

    Raises:
        ShardError: There is no shard, or the checkpoint is not of the newest one.
    """
    names = shard_names(folder)
    if not names:
        raise ShardError(name="-", why="there is no log", why_zh="尚无日志")
    lost = names[-1]
    keys = load_keys(folder / lost / KEYS, f"{base}/{lost}", clock.now())
    try:
        open_checkpoint(note, keys.known)
    except NoteError as error:
        raise ShardError(name=lost, why="the checkpoint is not signed by it", why_zh="该检查点并非由其签署") from error
    replace_private(folder / lost / LOST, note.encode())
    name = next_name(names, clock.now())
    add_keys(folder / name / KEYS, clock.now(), random)
    return name, load_keys(folder / name / KEYS, f"{base}/{name}", clock.now()).vkey
