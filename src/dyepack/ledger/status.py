"""Where a log stands: the facts that ``status`` shows and the monitor judges, gathered by ``app``.

A field whose source does not exist in this house (no witnesses, no copies) is None or empty; nothing is made up.
"""

from dataclasses import dataclass
from typing import Any

from dyepack.terms.time import MICROSECONDS, to_iso


@dataclass(frozen=True, slots=True)
class WitnessSeen:
    """What one witness of the quorum file cosigned last.

    Attributes:
        name: The quorum file's name for it.
        size: Entries under its last cosignature; None if it never cosigned this log.
        at: When it cosigned, by its own clock, microseconds.
    """

    name: str
    size: int | None = None
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """Receipts that the keeper honored and did not count in the log yet."""

    n: int
    lo: int
    hi: int


@dataclass(frozen=True, slots=True)
class Predecessor:
    """The shard before this one.

    Attributes:
        checkpoint: Its final checkpoint, or its last known one after a loss.
        last_kind: Kind of its last entry.
        policy: Digest of the policies in force at its end; None if none was said.
    """

    checkpoint: str
    last_kind: str
    policy: str | None = None


@dataclass(frozen=True, slots=True)
class LogStatus:
    """The facts about one log at one moment; times in microseconds since 1970 UTC.

    Attributes:
        now: The moment.
        origin: The log's name.
        vkey: The log's verifier key.
        size: Entries that are written.
        published: Entries under the published checkpoint.
        root: Root hash of the published checkpoint.
        checkpoint: Its text.
        checkpoint_at: When it was published.
        last_t: Time of the newest entry.
        witnessed: Entries under the newest checkpoint with a quorum; None if the house asks for no quorum.
        witnessed_at: When that quorum was complete.
        witnesses: One line for each witness of the quorum file.
        keeper: Entries that the keeper has seen.
        pending: What the keeper honored since its last count.
        served_since: Since when the desk is served; None if it is not.
        wal_segments: Files of the write-ahead log.
        predecessor: The shard before.
    """

    now: int
    origin: str
    vkey: str
    size: int
    published: int
    root: bytes
    checkpoint: str
    checkpoint_at: int | None = None
    last_t: int | None = None
    witnessed: int | None = None
    witnessed_at: int | None = None
    witnesses: tuple[WitnessSeen, ...] = ()
    keeper: int | None = None
    pending: Counted | None = None
    served_since: int | None = None
    wal_segments: int | None = None
    predecessor: Predecessor | None = None

    def to_json(self) -> dict[str, Any]:
        """What ``status --json`` prints; what is not known is absent."""
        document: dict[str, Any] = {
            "origin": self.origin,
            "vkey": self.vkey,
            "size": self.size,
            "published": self.published,
            "root": self.root.hex(),
            "checkpoint": self.checkpoint,
            "checkpoint_age_seconds": _seconds(self.now, self.checkpoint_at),
            "witnessed": self.witnessed is not None and self.witnessed >= self.published,
            "witnessed_size": self.witnessed,
            "witnessed_at": _iso(self.witnessed_at),
            "witnesses": [{"name": one.name, "size": one.size, "at": _iso(one.at)} for one in self.witnesses] or None,
            "keeper": self.keeper,
            "wal_segments": self.wal_segments,
        }
        return {name: value for name, value in document.items() if value is not None}


def _seconds(now: int, at: int | None) -> int | None:
    return None if at is None else max(0, (now - at) // MICROSECONDS)


def _iso(at: int | None) -> str | None:
    return None if at is None else to_iso(at)
