"""What the keeper needs from outside: one store of its own, which is not the vault's.

One Protocol, because all of it lives in one file that is backed up, restored and rolled back as a whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from dyepack.vault.record import RecordState


class Ring(StrEnum):
    """Kinds of wrapped keys beside those of people."""

    KEK = "kek"
    INDEX = "index"  # "" = institution, else a lot's id
    NOTE = "note"  # by kind of note


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A key of the keeper's own, wrapped.

    Attributes:
        ref: What it is for, within its ring.
        version: From 1.
        wrapped: Nonce, ciphertext, tag.
        entry_digest: SHA-256 of the entry that allowed it (lots), else empty.
        rows: Rows that the entry promised (lots), else 0.
    """

    ref: str
    version: int
    wrapped: bytes
    entry_digest: bytes = b""
    rows: int = 0


@dataclass(frozen=True, slots=True)
class PersonRow:
    """The key row of one record.

    Attributes:
        record: 16 bytes.
        state: Held or open.
        version: Version of the record, from 1.
        state_index: Place of the entry that set the state, -1 at first: its index, plus 2^48 for each log before.
        wrapped: Person key v1, 100 bytes.
    """

    record: bytes
    state: RecordState
    version: int
    state_index: int
    wrapped: bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the keeper is with one log.

    Attributes:
        log: Number of the log among those it has followed, from 1.
        size: Size of the newest head.
        root: Its root; empty before the first head.
        honored: Receipts honored since the last count.
        lo: Their smallest index, -1 for none.
        hi: Their largest index, -1 for none.
        derived: Mark keys derived so far.
    """

    log: int = 1
    size: int = 0
    root: bytes = b""
    honored: int = 0
    lo: int = -1
    hi: int = -1
    derived: int = 0


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a ceiling an actor has used on a day.

    Attributes:
        day: ISO date.
        actor: ``a_…`` or ``p_…``.
        what: Name of the ceiling.
        used: Count.
    """

    day: str
    actor: str
    what: str
    used: int


class LogKeys(Protocol):
    """The verifier keys of logs that the keeper believes, set by its operator.

    A change of key and the next year's log are appended. Keys of one name at the end are of the log that is followed.
    """

    def vkeys(self) -> list[str]:
        """All, oldest first; at least one."""
        ...

    def keep(self, vkeys: Sequence[str]) -> None:
        """Replace them, durably and at once."""
        ...


class KeeperStore(Protocol):
    """The keeper's database."""

    def keys(self, ring: Ring, ref: str) -> list[WrappedKey]:
        """All versions of a key, oldest first."""
        ...

    def add_key(self, ring: Ring, key: WrappedKey) -> bool:
        """Keep a key durably; False, and nothing changed, if this ref and version exist."""
        ...

    def add_persons(self, rows: Sequence[PersonRow]) -> bool:
        """Keep all rows durably in one transaction; False, and nothing kept, if one of the records exists."""
        ...

    def persons(self, records: Sequence[bytes]) -> dict[bytes, PersonRow]:
        """Rows by record; absent ones are absent."""
        ...

    def records(self) -> list[bytes]:
        """All records that have a row."""
        ...

    def set_state(self, records: Sequence[bytes], state: RecordState, index: int) -> None:
        """Set the state of rows whose ``state_index`` is below ``index``, durably."""
        ...

    def destroy(self, records: Sequence[bytes]) -> None:
        """Delete rows so that no byte of them stays in any file of the store when this returns."""
        ...

    def progress(self, log: int) -> Progress:
        """As last saved for a log; at its beginning for one that is new."""
        ...

    def save(self, progress: Progress, uses: Sequence[Use]) -> None:
        """Keep progress and uses; survives a killed process, need not survive a power loss (``service``)."""
        ...

    def uses(self, day: str) -> list[Use]:
        """Uses of a day; older days may be dropped."""
        ...

    def close(self) -> None:
        """Let go of the file."""
        ...
