"""The keeper in one process: joins gate, heads, ceilings and keys over a store of its own.

What it remembers, and where:

* on disk at once: keys of people (durable before they are given), states, its own wrapped keys;
* on disk with every head, before the head counts: size and root, honored receipts, uses of ceilings. This survives a
  killed process. It is not synced: after a power loss the newest heads may be missing, which only makes the
  keeper expect less of the log, and the receipts that were spent under them are older than 30 seconds;
* in memory only: spent indexes (``grants``), grants, the last 256 heads. The floor, which is the saved size, makes
  what was spent before a restart stay spent (``heads``).

Receipts that change a state need not be fresh: they say what the log says, and the store takes them in the order of
the log only, so an erasure that a crash cut off can be finished, and a replayed admission changes nothing.

Several logs may have been followed, one after the other (``follow_log``); each has its size, root and counts. When the
next one begins, everything of the one before is closed: heads, receipts and grants. What was honored there and not
counted is forgotten, so the vault calls ``counted`` first. A lot that was begun goes on: its key hangs on its entry.
"""

import re
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from dyepack.crypto import aead
from dyepack.crypto.blind_index import TAG_BYTES, blind_index
from dyepack.crypto.digest import hmac_sha256, sha256
from dyepack.ledger import Entry, KeyKind, Kind, Level, NoteKey, Quorum, Receipt, digest_text, parse_entry, parse_vkey
from dyepack.ledger.errors import NoteError
from dyepack.terms.chance import Random, new_id
from dyepack.terms.errors import DyepackError
from dyepack.terms.ids import ID_BYTES, RecordToken, decode_id, record_bytes, record_token
from dyepack.terms.time import Clock, Quarter, quarter
from dyepack.vault.catalog import indexed_field
from dyepack.vault.errors import (
    BadFrameError,
    CeilingError,
    InvalidFieldError,
    KeeperRandomError,
    KeeperStateError,
    KeyChangeError,
    KeyFileBrokenError,
    NoReceiptError,
    WrongSubjectError,
)
from dyepack.vault.keeper import gate
from dyepack.vault.keeper.ceilings import DEFAULT_CEILINGS, LOOKUP, MISS, PLANT, Ceilings, CeilingTable
from dyepack.vault.keeper.gate import Subject
from dyepack.vault.keeper.grants import Grant, Receipts
from dyepack.vault.keeper.heads import Heads
from dyepack.vault.keeper.keyring import Keyring
from dyepack.vault.keeper.linking import check_probes, link_rows
from dyepack.vault.keeper.ports import KeeperStore, LogKeys, PersonRow, Progress
from dyepack.vault.keeper.reindex import tags_of
from dyepack.vault.keeper.wire import (
    MAX_ALIASES,
    MAX_COPIES,
    MAX_INDEX,
    MAX_ISSUE,
    MAX_OPEN,
    MAX_QUARTERS,
    Ground,
    Issued,
    LinkProbe,
    ListGround,
    LookupGround,
    LotGround,
    OpenedDetail,
    PlantGround,
    SealedDetail,
    Standing,
)
from dyepack.vault.keeper.wrapping import PersonKeys, unwrap_person, wrap_person
from dyepack.vault.record import FIRST_VERSION, PAD_VALUE, PartId, RecordState, pad, unpad

MARK_KEY_BYTES: Final = 32
LOG_STRIDE: Final = 1 << 48  # indexes of the next log come after all of this one
KEY_KINDS: Final = frozenset((Kind.LOG_CLOSED, Kind.LOG_KEY_ROTATED))
STATE_KINDS: Final = frozenset((Kind.RECORD_ADMITTED, Kind.RECORD_ERASED))
_ACTOR = re.compile(r"[as]_[a-z2-7]{26}|p_[a-z]{1,16}")
_MARKER: Final = "p_mark"
_LABEL: Final = b"dyepack/label/v1\0"
_NOTE: Final = b"dyepack/note/v1\0"
_DETAIL: Final = b"dyepack/detail/v1\0"
_OPENING_BYTES: Final = 32

DeriveMark = Callable[[bytes, bytes, bytes], tuple[bytes, bytes]]
"""(mark key, copy 16, epoch 16) -> (K_copy, K_bias); ``mark.codeword``, handed in by ``app``: the two are strangers."""


class KeeperService:
    """Satisfies ``wire.Keeper``. Callers may be many threads."""

    def __init__(
        self,
        store: KeeperStore,
        *,
        logs: LogKeys,
        institution: str,
        root_key: bytes,
        mark_key: bytes,
        clock: Clock,
        random: Random,
        derive: DeriveMark,
        ceilings: CeilingTable = DEFAULT_CEILINGS,
        quorum: Quorum | None = None,
    ) -> None:
        """Open the store's keys.

        Args:
            store: The keeper's own.
            logs: Whose heads are believed; set by the keeper's operator.
            institution: ``i_`` + 26.
            root_key: 32 bytes; not kept.
            mark_key: 32 bytes, K_inst of ``mark``.
            clock: Time.
            random: Randomness.
            derive: How mark keys are derived.
            ceilings: The operator's.
            quorum: The operator's; without one, no cosignature is asked for.

        Raises:
            NoteError: A key of ``logs`` is none of an Ed25519 log.
            KeyFileBrokenError: A key has the wrong size, or the root key is another keeper's.
            UnsupportedError: The installed OpenSSL lacks the cipher.
        """
        aead.self_test()
        if len(mark_key) != MARK_KEY_BYTES:
            raise KeyFileBrokenError(name="mark.key")
        self._store = store
        self._org = institution
        self._institution = decode_id(institution.removeprefix("i_"))
        self._clock = clock
        self._random = random
        self._mark_key = mark_key
        self._derive = derive
        self._keyring = Keyring(store, self._institution, root_key, random)
        self._logs = logs
        self._quorum = quorum
        self._run = new_id(random)
        number, keys = current_log(logs.vkeys())
        progress = store.progress(number)
        self._log = number
        self._lock = threading.Lock()  # heads, receipts, ceilings, counts
        self._heads = Heads(keys, progress.size, progress.root, quorum)
        self._receipts = Receipts(progress.size, progress.honored, progress.lo, progress.hi)
        self._derived = progress.derived
        self._latest = clock.now()
        day = Ceilings(ceilings, ()).day(self._latest)
        self._ceilings = Ceilings(ceilings, store.uses(day))
        self._lot_tags: Counter[tuple[str, int]] = Counter()

    # -- the log ---------------------------------------------------------------------------------------------------

    def size(self) -> int:
        """Entries of the log that were seen."""
        with self._lock:
            return self._heads.size

    def standing(self) -> Standing:
        """This run, and where it stands."""
        with self._lock:
            return Standing(self._run, self._heads.origin, self._heads.size)

    def advance(self, old_size: int, proof: Sequence[bytes], head_text: str) -> None:
        """Take a new head; counts are saved with it."""
        with self._lock:
            head = self._heads.examine(old_size, proof, head_text)
            self._save(head.size, head.root)
            self._heads.take(head_text, head)

    def follow_log(self, receipt: Receipt, vkey: str) -> None:
        """Believe the key that an entry names: another one of this log, or that of the next log."""
        with self._lock:
            vkeys = self._logs.vkeys()
            if vkey in vkeys:
                return
            entry = self._allowed(receipt, KEY_KINDS)
            if entry.fields["digest"] != digest_text(sha256(vkey.encode())):
                raise KeyChangeError(why="the digest is of another key")
            try:
                _, keys = current_log([*vkeys, vkey])
            except NoteError as error:
                raise KeyChangeError(why="it is no key of a log") from error
            follows = keys[0].name == self._heads.origin
            if follows is not (entry.kind is Kind.LOG_KEY_ROTATED):
                raise KeyChangeError(
                    why="the key is of another log" if not follows else "the next log has its own name"
                )
            if follows:
                self._logs.keep([*vkeys, vkey])
                self._heads.keys = keys
                return
            if receipt.index != self._heads.size - 1:
                raise KeyChangeError(why="the log goes on after it was closed")
            self._save(self._heads.size, self._heads.root)
            fresh = Progress(log=self._log + 1, derived=self._derived)
            self._store.save(fresh, [])
            self._logs.keep([*vkeys, vkey])
            self._log = fresh.log
            self._heads = Heads(keys, 0, b"", self._quorum)
            self._receipts = Receipts(0, 0, -1, -1)

    def counted(self) -> tuple[int, int, int]:
        """Honored receipts since the last call."""
        with self._lock:
            counted = self._receipts.reset_count()
            self._save(self._heads.size, self._heads.root)
        return counted

    def derivations(self) -> int:
        """Mark keys derived so far."""
        with self._lock:
            return self._derived

    def close(self) -> None:
        """Save counts and close the store."""
        with self._lock:
            self._save(self._heads.size, self._heads.root)
        self._store.close()

    # -- names and new records -------------------------------------------------------------------------------------

    def issue(self, asks: Sequence[Sequence[PartId]]) -> list[Issued]:
        """New records with their version-1 part keys."""
        if not asks:
            return []
        if len(asks) > MAX_ISSUE:
            raise BadFrameError(detail=f"at most {MAX_ISSUE} records")
        gate.check_part_lists(set(map(tuple, asks)))
        records = [self._random.token_bytes(ID_BYTES) for _ in asks]
        span = quarter(self._now())
        rows: list[PersonRow] = []
        issued: list[Issued] = []
        kek, version = self._keyring.kek, self._keyring.kek_version
        for record, parts in zip(records, asks, strict=True):
            keys = PersonKeys.draw(record, self._random)
            wrapped = wrap_person(kek, version, self._institution, record, keys, self._random)
            rows.append(PersonRow(record, RecordState.HELD, FIRST_VERSION, -1, wrapped))
            part_keys = {part: keys.part_key(part, FIRST_VERSION) for part in parts}
            issued.append(Issued(record_token(record), part_keys, keys.alias_of(self._institution, span)))
        if not self._store.add_persons(rows):
            raise KeeperRandomError
        return issued

    def aliases(
        self, tokens: Sequence[RecordToken], quarters: Sequence[Quarter]
    ) -> dict[RecordToken, dict[Quarter, str]]:
        """Aliases of the records that exist."""
        if not tokens:
            return {}
        gate.check_tokens(list(dict.fromkeys(tokens)), MAX_ALIASES)
        if len(quarters) > MAX_QUARTERS:
            raise BadFrameError(detail=f"at most {MAX_QUARTERS} quarters")
        _, people = self._people(tokens)
        return {
            token: {span: keys.alias_of(self._institution, span) for span in quarters} for token, keys in people.items()
        }

    # -- indexes and labels ----------------------------------------------------------------------------------------

    def index(self, asks: Sequence[tuple[int, str]], ground: Ground) -> list[bytes]:
        """Tags under the key that the ground allows, within its bounds."""
        if not 1 <= len(asks) <= MAX_INDEX:
            raise BadFrameError(detail=f"1 to {MAX_INDEX} tags")
        for number, _ in asks:
            try:
                indexed_field(number)
            except InvalidFieldError as error:
                raise BadFrameError(detail="no such index") from error
        key = self._index_key(asks, ground)
        return [blind_index(key, self._institution, number, text) for number, text in asks]

    def _index_key(self, asks: Sequence[tuple[int, str]], ground: Ground) -> bytes:
        match ground:
            case LookupGround(actor):
                if not _ACTOR.fullmatch(actor):
                    raise BadFrameError(detail="no actor")
                with self._lock:
                    now = self._tick()
                    self._ceilings.check(actor, MISS, 1, now)
                    self._ceilings.check(actor, LOOKUP, len({text for _, text in asks}), now)
                    self._ceilings.take_index(len(asks), now)
                    self._ceilings.count(actor, LOOKUP, len({text for _, text in asks}), now)
                return self._keyring.index_key()
            case ListGround(receipt):
                with self._lock:
                    self._grant(receipt, {Kind.LIST_LINKED}).take_tags(len(asks))
                return self._keyring.index_key()
            case PlantGround(receipt):
                with self._lock:
                    self._grant(receipt, {Kind.RELEASE_MOVED, Kind.RELEASE_REQUESTED})
                    self._ceilings.charge(_MARKER, PLANT, len(asks), self._tick())
                return self._keyring.index_key()
            case LotGround(receipt, lot):
                return self._lot_index_key(receipt, lot, asks)

    def _lot_index_key(self, receipt: Receipt, lot: str, asks: Sequence[tuple[int, str]]) -> bytes:
        """The lot's own key; its first use needs a fresh receipt, later ones the same entry."""
        with self._lock:
            row = self._keyring.lot(lot)
            if row is None:
                entry = self._allowed(receipt, {Kind.LOT_RECEIVED})
                gate.check_time(entry, receipt.index, self._receipts.moment(self._tick()))
                if entry.fields.get("ref") != lot:
                    raise WrongSubjectError
                self._receipts.spend(entry, receipt.index)
                row = self._keyring.open_lot(lot, receipt.entry, gate.number(entry, "n"))
        if row.entry_digest != sha256(receipt.entry):
            raise WrongSubjectError
        wanted = Counter(number for number, _ in asks)
        with self._lock:
            for number, n in wanted.items():
                limit = row.rows * indexed_field(number).slots
                if self._lot_tags[lot, number] + n > limit:
                    raise CeilingError(what="lot index", limit=limit)
            self._lot_tags.update({(lot, number): n for number, n in wanted.items()})
        return self._keyring.lot_key(row)

    def count_miss(self, actor: str) -> None:
        """A look-up found nobody."""
        with self._lock:
            self._ceilings.count(actor, MISS, 1, self._tick())

    def label_tag(self, kind: str, text: str) -> bytes:
        """Keyed equality within a kind."""
        return hmac_sha256(self._keyring.label_key(kind), _LABEL + self._institution + text.encode())[:TAG_BYTES]

    def seal_note(self, kind: str, ref: str, plaintext: bytes) -> bytes:
        """Seal a note of the institution, padded to 16 bytes."""
        key = self._keyring.note_seal_key(kind)
        return aead.seal_hedged(key, pad(plaintext, PAD_VALUE), _NOTE + self._institution + ref.encode(), self._random)

    def open_note(self, kind: str, ref: str, sealed: bytes) -> bytes:
        """Open a note."""
        key = self._keyring.note_seal_key(kind)
        return unpad(aead.unseal(key, sealed, _NOTE + self._institution + ref.encode()), PAD_VALUE)

    def seal_detail(self, token: RecordToken, entry_id: str, plaintext: bytes) -> SealedDetail:
        """Seal details of an entry under a person's key."""
        opening = self._random.token_bytes(_OPENING_BYTES)
        key = self._person(token).detail_key(entry_id)
        associated = _DETAIL + self._institution + record_bytes(token)
        sealed = aead.seal_hedged(key, pad(opening + plaintext, PAD_VALUE), associated, self._random)
        return SealedDetail(sealed, hmac_sha256(opening, plaintext))

    def open_detail(self, token: RecordToken, entry_id: str, sealed: bytes) -> OpenedDetail:
        """Open details of an entry."""
        key = self._person(token).detail_key(entry_id)
        plain = unpad(aead.unseal(key, sealed, _DETAIL + self._institution + record_bytes(token)), PAD_VALUE)
        return OpenedDetail(plain[_OPENING_BYTES:], plain[:_OPENING_BYTES])

    # -- against a receipt -----------------------------------------------------------------------------------------

    def open(
        self, receipt: Receipt, asks: Sequence[tuple[RecordToken, Sequence[PartId]]]
    ) -> dict[RecordToken, dict[PartId, bytes]]:
        """Part keys that the entry names, once. The numbers are those of ``gate``."""
        gate.check_frame(asks, MAX_OPEN)  # 2
        with self._lock:
            entry = self._entry(receipt)  # 3
        rows, people = self._people([token for token, _ in asks])
        subjects = [self._subject(entry, token, rows, people, parts) for token, parts in asks]
        with self._lock:
            now = self._tick()
            gate.decide_open(entry, receipt.index, self._org, self._receipts.moment(now), subjects)  # 4 to 8
            self._check_quorum(entry, receipt)  # 7
            charge = gate.charge_of(entry, subjects)
            if charge is not None:
                self._ceilings.charge(str(entry.fields["actor"]), *charge, now)  # 9
            self._receipts.spend(entry, receipt.index)  # 10
        return {
            token: {part: people[token].part_key(part, rows[token].version) for part in parts} for token, parts in asks
        }

    def reindex(
        self, receipt: Receipt, records: Sequence[tuple[RecordToken, bytes]]
    ) -> dict[RecordToken, list[tuple[int, bytes]]]:
        """Tags under the institution's index; held records too, that is what it is for. Each record once."""
        tokens = [token for token, _ in records]
        gate.check_tokens(tokens, MAX_OPEN)  # 2
        rows, people = self._people(tokens)
        with self._lock:
            entry, grant = self._granted(receipt, {Kind.KEY_REINDEXED})  # 3 to 5, 7
            gate.check_subjects(entry, [self._subject(entry, token, rows, people) for token in tokens])  # 6
            grant = grant or self._receipts.grant(entry, receipt.index, self._tick())  # 10
            grant.take_records(tokens)
        key = self._keyring.index_key()
        return {token: tags_of(token, blob, people[token], self._institution, key) for token, blob in records}

    def set_state(self, receipt: Receipt, tokens: Sequence[RecordToken]) -> None:
        """Follow the log: open what was admitted, destroy what was erased."""
        gate.check_tokens(tokens, MAX_OPEN)  # 2
        with self._lock:
            entry = self._allowed(receipt, STATE_KINDS)  # 3, 4, 7
        rows, people = self._people(tokens)
        erased = entry.kind is Kind.RECORD_ERASED
        known = [token for token in tokens if token in rows] if erased else tokens
        gate.check_subjects(entry, [self._subject(entry, token, rows, people) for token in known])  # 6
        self._follow(entry, receipt.index, known)

    def replay(self, receipts: Sequence[Receipt]) -> None:
        """Follow entries that this keeper has not seen: it was killed, or restored from a backup.

        Nobody names the records here, so that an old backup of the vault cannot hide one: they are found by their
        aliases, which costs one unwrapping of every key.
        """
        with self._lock:
            entries = [(self._allowed(receipt, STATE_KINDS), receipt.index) for receipt in receipts]
        named = self._named({quarter(entry.t) for entry, _ in entries})
        for entry, index in entries:
            found = [named[alias] for alias in gate.listed(entry, "subj") if alias in named]
            if found:
                self._follow(entry, index, found)

    def _named(self, spans: Collection[Quarter]) -> dict[str, RecordToken]:
        """All records by their aliases in some quarters."""
        tokens = [record_token(record) for record in self._store.records()]
        found: dict[str, RecordToken] = {}
        for start in range(0, len(tokens), MAX_ALIASES):
            _, people = self._people(tokens[start : start + MAX_ALIASES])
            for token, keys in people.items():
                found |= {keys.alias_of(self._institution, span): token for span in spans}
        return found

    def _follow(self, entry: Entry, index: int, tokens: Sequence[RecordToken]) -> None:
        records = [record_bytes(token) for token in tokens]
        if entry.kind is Kind.RECORD_ERASED:
            self._store.destroy(records)
        else:
            self._store.set_state(records, RecordState.OPEN, (self._log - 1) * LOG_STRIDE + index)

    def link(
        self,
        receipt: Receipt,
        probes: Sequence[LinkProbe],
        candidates: Mapping[int, Sequence[tuple[RecordToken, bytes]]],
    ) -> dict[int, RecordToken]:
        """Rows that agree with exactly one open candidate."""
        check_probes(probes, candidates)
        with self._lock:
            self._grant(receipt, {Kind.LIST_LINKED}).take_rows({probe.row for probe in probes})
        tokens = dict.fromkeys(token for some in candidates.values() for token, _ in some)
        rows, people = self._people(list(tokens))
        is_open = {token: keys for token, keys in people.items() if rows[token].state is RecordState.OPEN}
        return link_rows(probes, candidates, is_open, self._institution)

    def commitments(self, copy: str, epoch: str) -> tuple[bytes, bytes]:
        """Hashes of the keys of a copy; the keys stay."""
        copy_key, bias_key = self._mark_keys(copy, epoch)
        return sha256(copy_key), sha256(bias_key)

    def derive(self, receipt: Receipt, copies: Sequence[str], epoch: str) -> list[tuple[bytes, bytes]]:
        """Keys of copies, for embedding the committed one or for reading a list."""
        if not 1 <= len(copies) <= MAX_COPIES:
            raise BadFrameError(detail=f"1 to {MAX_COPIES} copies")
        with self._lock:
            entry = self._grant(receipt, {Kind.KEY_COMMITTED, Kind.LIST_LINKED}).entry
            if entry.kind is Kind.KEY_COMMITTED and list(copies) != [entry.fields["ref"]]:
                raise WrongSubjectError
            self._derived += len(copies)
        return [self._mark_keys(copy, epoch) for copy in copies]

    # -- inside ----------------------------------------------------------------------------------------------------

    def _mark_keys(self, copy: str, epoch: str) -> tuple[bytes, bytes]:
        try:
            return self._derive(self._mark_key, decode_id(copy), decode_id(epoch))
        except ValueError as error:
            raise BadFrameError(detail="the id of a copy or epoch") from error

    def _entry(self, receipt: Receipt) -> Entry:
        """Check 3, and the schema of check 4. Call with the lock."""
        if not isinstance(receipt, Receipt):
            raise NoReceiptError
        self._heads.check_inclusion(receipt)
        try:
            return parse_entry(receipt.entry)
        except DyepackError as error:
            raise NoReceiptError from error

    def _allowed(self, receipt: Receipt, kinds: Collection[Kind]) -> Entry:
        """Checks 3 and 4, and the quorum of check 7. Call with the lock."""
        entry = self._entry(receipt)
        gate.check_entry(entry, self._org, kinds)
        self._check_quorum(entry, receipt)
        return entry

    def _check_quorum(self, entry: Entry, receipt: Receipt) -> None:
        if entry.kind.level is Level.WITNESSED:
            self._heads.check_quorum(receipt)

    def _granted(self, receipt: Receipt, kinds: Collection[Kind]) -> tuple[Entry, Grant | None]:
        """The entry of a receipt, and its grant if it was shown before; else checks 3 to 5. Call with the lock."""
        if not isinstance(receipt, Receipt):
            raise NoReceiptError
        moment = self._receipts.moment(self._tick())
        known = self._receipts.granted(receipt.entry, receipt.index)
        if known is not None:
            gate.check_entry(known.entry, self._org, kinds)
            return known.entry, known
        entry = self._allowed(receipt, kinds)
        gate.check_time(entry, receipt.index, moment)
        return entry, None

    def _grant(self, receipt: Receipt, kinds: Collection[Kind]) -> Grant:
        """The grant of a receipt, made if it is shown for the first time. Call with the lock."""
        entry, grant = self._granted(receipt, kinds)
        return grant or self._receipts.grant(entry, receipt.index, self._tick())

    def _subject(
        self,
        entry: Entry,
        token: RecordToken,
        rows: Mapping[RecordToken, PersonRow],
        people: Mapping[RecordToken, PersonKeys],
        parts: Sequence[PartId] = (),
    ) -> Subject:
        if token not in rows:
            return Subject(token, None, None, parts)
        return Subject(token, people[token].alias_of(self._institution, quarter(entry.t)), rows[token].state, parts)

    def _people(
        self, tokens: Sequence[RecordToken]
    ) -> tuple[dict[RecordToken, PersonRow], dict[RecordToken, PersonKeys]]:
        """Rows and keys of the records that exist."""
        found = self._store.persons([record_bytes(token) for token in tokens]) if tokens else {}
        rows = {record_token(record): row for record, row in found.items()}
        keks, institution = self._keyring.keks, self._institution
        return rows, {token: unwrap_person(keks, institution, row.record, row.wrapped) for token, row in rows.items()}

    def _person(self, token: RecordToken) -> PersonKeys:
        _, people = self._people([token])
        if token not in people:
            raise KeeperStateError
        return people[token]

    def _now(self) -> int:
        with self._lock:
            return self._tick()

    def _tick(self) -> int:
        """Time that never runs backwards while the keeper runs. Call with the lock."""
        self._latest = max(self._latest, self._clock.now())
        return self._latest

    def _save(self, size: int, root: bytes) -> None:
        receipts = self._receipts
        progress = Progress(self._log, size, root, receipts.honored, receipts.lo, receipts.hi, self._derived)
        self._store.save(progress, self._ceilings.unsaved())
        self._ceilings.saved()


def current_log(vkeys: Sequence[str]) -> tuple[int, tuple[NoteKey, ...]]:
    """The number of the log that is followed, from 1, and its keys: the last of one name.

    Raises:
        NoteError: A text is no Ed25519 key of a log, or there is none.
    """
    keys = [parse_vkey(vkey) for vkey in vkeys]
    if not keys or any(key.kind is not KeyKind.ED25519 for key in keys):
        raise NoteError(why="not the Ed25519 key of a log")
    changes = [place for place in range(1, len(keys)) if keys[place].name != keys[place - 1].name]
    return 1 + len(changes), tuple(keys[changes[-1] if changes else 0 :])
