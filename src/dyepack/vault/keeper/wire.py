"""What the doors ask of the keeper, and what it answers: the one place where vault and keeper meet.

Values only: ``client.KeeperClient`` satisfies the Protocol over frames (``frames``), in memory or over a socket. Keys
that come back are part keys of one version of one field; person keys, index keys and the mark key never leave.

The limits are those of one call of the service; the client splits what is larger, where that means the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from dyepack.ledger import Receipt
from dyepack.terms.ids import RecordToken
from dyepack.terms.time import Quarter
from dyepack.vault.record import PartId

MAX_ISSUE = 1000
MAX_ALIASES = 500
MAX_QUARTERS = 40
MAX_INDEX = 1000
MAX_OPEN = 100
MAX_COPIES = 1000
MAX_CANDIDATES = 50_000  # of one call of ``link``, over all its rows


@dataclass(frozen=True, slots=True)
class Issued:
    """A new record: its name, its keys, and its alias of this quarter.

    Attributes:
        token: Random.
        keys: 32 bytes for each part that was asked for, version 1.
        alias: 26 characters.
    """

    token: RecordToken
    keys: Mapping[PartId, bytes]
    alias: str

    def __repr__(self) -> str:
        return f"Issued({self.token})"


class LookupGround(msgspec.Struct, frozen=True, tag="lookup"):
    """A look-up by an actor: institution's index, under the ceilings of a day.

    Attributes:
        actor: ``a_…``.
    """

    actor: str


class LotGround(msgspec.Struct, frozen=True, tag="lot"):
    """An import: the lot's own index, bounded by its logged row count.

    Attributes:
        receipt: Of ``vault:lot:received``; needs to be fresh only the first time.
        lot: 26 characters.
    """

    receipt: Receipt
    lot: str


class ListGround(msgspec.Struct, frozen=True, tag="list"):
    """A leaked list under a case: the institution's index, bounded by its logged row count.

    Attributes:
        receipt: Of ``trace:list:linked``.
    """

    receipt: Receipt


class PlantGround(msgspec.Struct, frozen=True, tag="plant"):
    """Canaries of a copy must not be anybody's: the institution's index, under a ceiling of the day.

    Attributes:
        receipt: Of ``vault:release:moved`` or ``vault:release:requested``.
    """

    receipt: Receipt


Ground = LookupGround | LotGround | ListGround | PlantGround


@dataclass(frozen=True, slots=True)
class LinkProbe:
    """One row of a leaked list whose number is partly hidden.

    Attributes:
        row: Its number in the file.
        phone_pattern: 11 places, digits or ``*``; the first 3 and the last 4 are digits.
        name_key: ``identifiers.name_key`` of the name.
    """

    row: int
    phone_pattern: str
    name_key: str

    def __repr__(self) -> str:
        return f"LinkProbe({self.row})"


@dataclass(frozen=True, slots=True)
class SealedDetail:
    """Details of an entry, sealed under a person's key.

    Attributes:
        sealed: To be stored beside the entry's id.
        commit: 32 bytes for the entry's field ``commit``: HMAC-SHA256(r, details).
    """

    sealed: bytes
    commit: bytes


@dataclass(frozen=True, slots=True)
class OpenedDetail:
    """Details of an entry with the opening of their commitment.

    Attributes:
        plaintext: What was sealed.
        opening: r, 32 bytes; who has it can check the entry's ``commit``.
    """

    plaintext: bytes
    opening: bytes

    def __repr__(self) -> str:
        return "OpenedDetail()"


@dataclass(frozen=True, slots=True)
class Standing:
    """Which keeper this is, and how far it has followed which log.

    Attributes:
        run: 26 characters, another at every start of the keeper.
        origin: Name of the log that is followed.
        size: Entries of it that were seen.
    """

    run: str
    origin: str
    size: int


class Keeper(Protocol):
    """The operations. Every refusal is a ``KeeperRefusedError``; the door logs it as ``vault:keeper:refused``."""

    def size(self) -> int:
        """Entries of the log that the keeper has seen; a shorter log was rolled back."""
        ...

    def standing(self) -> Standing:
        """Which run of the keeper this is, and where it stands."""
        ...

    def advance(self, old_size: int, proof: Sequence[bytes], head_text: str) -> None:
        """Take a new head of the log.

        Args:
            old_size: The size that ``proof`` starts from; the keeper's own.
            proof: Consistency proof; empty from size 0 and for the same size.
            head_text: Signed note of the log.

        Raises:
            KeeperForkError: The head does not continue the log that the keeper knows.
            BadProofError: Not a head of this log, or ``old_size`` is not the keeper's.
        """
        ...

    def issue(self, asks: Sequence[Sequence[PartId]]) -> list[Issued]:
        """New records, state held; durable when this returns. One call of the service takes 1,000."""
        ...

    def aliases(
        self, tokens: Sequence[RecordToken], quarters: Sequence[Quarter]
    ) -> dict[RecordToken, dict[Quarter, str]]:
        """Names of people in the log; unknown and erased records are absent."""
        ...

    def index(self, asks: Sequence[tuple[int, str]], ground: Ground) -> list[bytes]:
        """Tags of (index number, search key), at most 1,000, in order."""
        ...

    def count_miss(self, actor: str) -> None:
        """A look-up found nobody."""
        ...

    def label_tag(self, kind: str, text: str) -> bytes:
        """Keyed equality of a label that is not about a customer, 16 bytes; kinds do not meet."""
        ...

    def seal_note(self, kind: str, ref: str, plaintext: bytes) -> bytes:
        """Seal a note of the institution; it opens only under the same kind and ref."""
        ...

    def open_note(self, kind: str, ref: str, sealed: bytes) -> bytes:
        """Open a note.

        Raises:
            UnsealError: Changed, or sealed under another kind or ref.
        """
        ...

    def seal_detail(self, token: RecordToken, entry_id: str, plaintext: bytes) -> SealedDetail:
        """Seal details of one entry under a person's key; they die with it.

        Raises:
            KeeperStateError: Unknown or erased.
        """
        ...

    def open_detail(self, token: RecordToken, entry_id: str, sealed: bytes) -> OpenedDetail:
        """Open details of one entry.

        Raises:
            KeeperStateError: Unknown or erased.
            UnsealError: Changed, or of another entry or person.
        """
        ...

    def open(
        self, receipt: Receipt, asks: Sequence[tuple[RecordToken, Sequence[PartId]]]
    ) -> dict[RecordToken, dict[PartId, bytes]]:
        """Part keys that the receipt's entry names, once. See ``gate``."""
        ...

    def reindex(
        self, receipt: Receipt, records: Sequence[tuple[RecordToken, bytes]]
    ) -> dict[RecordToken, list[tuple[int, bytes]]]:
        """(Index number, tag) of each record's sealed values under the institution's index.

        Args:
            receipt: Of ``vault:key:reindexed``; its entry names the records in ``subj``.
            records: At most 100 tokens with their sealed blobs; each record once per receipt.
        """
        ...

    def replay(self, receipts: Sequence[Receipt]) -> None:
        """Follow entries that this keeper has not seen, before it serves.

        Args:
            receipts: Of every ``vault:record:admitted`` and ``vault:record:erased`` since the size it knew.
        """
        ...

    def set_state(self, receipt: Receipt, tokens: Sequence[RecordToken]) -> None:
        """Follow ``vault:record:admitted`` (held -> open) or ``vault:record:erased`` (keys destroyed)."""
        ...

    def follow_log(self, receipt: Receipt, vkey: str) -> None:
        """Believe another key of the log, or the log that comes next; a key that is known already changes nothing.

        Args:
            receipt: Of ``ledger:key:rotated`` (same name: both keys count from now on) or ``ledger:log:closed``
                (another name: the new log is followed from its beginning, and no receipt of the old one opens
                anything any more, not even one of the last 30 seconds). Its ``digest`` is the SHA-256 of ``vkey``.
            vkey: The Ed25519 verifier key.

        Raises:
            KeyChangeError: Not the key that the entry names, or the log goes on after it was closed.
        """
        ...

    def link(
        self,
        receipt: Receipt,
        probes: Sequence[LinkProbe],
        candidates: Mapping[int, Sequence[tuple[RecordToken, bytes]]],
    ) -> dict[int, RecordToken]:
        """Rows that agree with exactly one of their candidates; values are compared inside the keeper.

        Args:
            receipt: Of ``trace:list:linked``.
            probes: Each row of the list at most once per receipt, at most its ``n`` in all.
            candidates: By row: tokens with their sealed blobs.
        """
        ...

    def commitments(self, copy: str, epoch: str) -> tuple[bytes, bytes]:
        """SHA-256 of K_copy and of K_bias; 26 characters each."""
        ...

    def derive(self, receipt: Receipt, copies: Sequence[str], epoch: str) -> list[tuple[bytes, bytes]]:
        """(K_copy, K_bias) of copies, against ``mark:key:committed`` (that copy) or ``trace:list:linked``."""
        ...

    def counted(self) -> tuple[int, int, int]:
        """(n, lo, hi): receipts honored since the last call, and the range of their indexes."""
        ...

    def derivations(self) -> int:
        """Mark keys derived since the keeper was made."""
        ...

    def close(self) -> None:
        """Write what is counted and let go of the store."""
        ...
