"""What the vault needs from outside: records, lots, releases, the ledger, the keeper's frames, small facts.

Each is satisfied by one class in ``storage`` (or the composition root) and by a fake in ``tests/fakes``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from dyepack.ledger import Fact, Receipt
from dyepack.terms.ids import RecordToken
from dyepack.terms.sensitive import Sensitive

INSTITUTION_SPACE = ""
"""The index space of open records; a lot in quarantine has its own id as space."""


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record as stored: codes and ciphertext, nothing of a person."""

    token: RecordToken
    state: str
    version: int
    lot: str
    minor_until: str | None
    attributes: Mapping[str, str | None]
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Tag:
    """One blind-index tag; ``sole`` tags may stand only once in a space."""

    field: int
    tag: bytes
    sole: bool


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record ready to be stored."""

    token: RecordToken
    minor_until: str | None
    attributes: Mapping[str, str | None]
    sealed: bytes
    tags: tuple[Tag, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one cell; ``column`` is the number as a spreadsheet counts, from 1."""

    row: int
    column: int
    code: str


@dataclass(frozen=True, slots=True)
class RowResult:
    """Outcome of one row of an import: ``taken``, ``duplicate`` or ``invalid``."""

    row: int
    outcome: str
    problems: tuple[Problem, ...] = ()
    token: RecordToken | None = None


@dataclass(frozen=True, slots=True)
class Lot:
    """Records that arrived together. ``state``: ``held``, ``admitting``, ``open``."""

    id: str
    provenance: str
    uploader: str
    state: str
    rows: int
    received: int
    received_entry: str
    finished: bool


@dataclass(frozen=True, slots=True)
class LotCount:
    """How many rows of a lot had which outcome."""

    taken: int = 0
    duplicates: int = 0
    invalid: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """Which open records: equality on coded attributes and on the lot."""

    attributes: Mapping[str, str] = field(default_factory=dict)
    lot: str | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """A list on its way out; ``state``, ``due``, ``ready_at`` and ``version`` are those of its path (``govern``)."""

    id: str
    state: str
    requester: str
    case: str
    purpose: str
    fields: tuple[str, ...]
    holder: str
    rows: int
    left_out: int
    asked: int
    due: int
    ready_at: int
    version: int


class Ledger(Protocol):
    """The log that everything is in before it happens."""

    def append(self, facts: Sequence[Fact]) -> Sequence[Receipt | None]:
        """Block until each fact has the level of its kind; receipts in the same order, None for level 0."""
        ...


class Records(Protocol):
    """Records and their tags."""

    def get(self, tokens: Sequence[RecordToken]) -> list[RecordRow]:
        """Those that exist, in the order asked."""
        ...

    def find(self, space: str, asks: Sequence[tuple[int, bytes]]) -> dict[tuple[int, bytes], list[RecordToken]]:
        """Records by (index field, tag) within one space; absent keys had no hit."""
        ...

    def page(self, query: Query, after: str, limit: int) -> list[RecordRow]:
        """Open records in the order of their tokens, after a token (exclusive; empty = from the start)."""
        ...

    def tokens(self, query: Query) -> list[RecordToken]:
        """Tokens of open records, in order."""
        ...

    def count(self, attribute: str) -> dict[str, int]:
        """Open records by the code of one attribute; records without one under the empty code."""
        ...

    def size(self) -> int:
        """All open records."""
        ...

    def erase(self, token: RecordToken, tombstone: str, entry: str, ground: bytes, at: int) -> None:
        """Delete the row, its tags, details and import rows; leave a tombstone that names nobody."""
        ...


class Lots(Protocol):
    """Lots and the rows of their import."""

    def open(self, file_tag: bytes, lot: Lot, evidence: bytes, facts: Sequence[Fact]) -> Lot:
        """Start a lot, or return the one that this file already has; facts go into the outbox if it is new."""
        ...

    def get(self, lot: str) -> Lot | None:
        """A lot by its id."""
        ...

    def all(self) -> list[tuple[Lot, LotCount]]:
        """All lots with their counts, newest first."""
        ...

    def done_rows(self, lot: str) -> dict[int, RowResult]:
        """Rows that have an outcome already."""
        ...

    def standing(self, lot: str, asks: Sequence[tuple[int, bytes]]) -> set[tuple[int, bytes]]:
        """Which (index field, tag) pairs a record of this held lot has already."""
        ...

    def take(self, lot: str, records: Sequence[NewRecord], rows: Sequence[RowResult], facts: Sequence[Fact]) -> None:
        """Store records, outcomes and facts of one batch, all or nothing."""
        ...

    def finish(self, lot: str) -> None:
        """All rows have an outcome."""
        ...

    def count(self, lot: str) -> LotCount:
        """Outcomes so far."""
        ...

    def evidence(self, lot: str) -> bytes:
        """The sealed text of the evidence."""
        ...

    def move(self, lot: str, state: str) -> None:
        """Set the lot's state."""
        ...

    def members(self, lot: str, state: str) -> list[RecordRow]:
        """Records of the lot in a state, in the order of their tokens."""
        ...

    def admit(self, lot: str, tags: Mapping[RecordToken, Sequence[Tag]], fact_of: "FactOf") -> list[RecordToken]:
        """Open the given records under institution tags; a sole tag that exists leaves its record held.

        The fact that ``fact_of`` makes of the admitted tokens goes into the outbox of the same transaction.
        """
        ...


class FactOf(Protocol):
    """Makes the fact of an admission, once it is known who was admitted."""

    def __call__(self, tokens: Sequence[RecordToken]) -> list[Fact]:
        """Facts, empty for nobody."""
        ...


class Outbox(Protocol):
    """What waits for the ledger."""

    def waiting(self) -> list[Fact]:
        """In order."""
        ...

    def done(self, ids: Iterable[str]) -> None:
        """Acknowledged."""
        ...


class Details(Protocol):
    """Sealed texts of what a person typed, beside entries."""

    def put(self, entry: str, note: bytes, token: str | None) -> None:
        """Keep one."""
        ...


class Releases(Protocol):
    """Releases and their frozen rows."""

    def submit(self, release: Release, tokens: Sequence[RecordToken]) -> None:
        """Keep a request with its frozen set."""
        ...

    def get(self, release: str) -> Release | None:
        """By id."""
        ...

    def all(self) -> list[Release]:
        """Newest first."""
        ...

    def tokens(self, release: str) -> list[RecordToken]:
        """The frozen set, in order."""
        ...

    def move(self, release: Release) -> bool:
        """Keep a step; False if another step was kept since this one was read (its version is not the next)."""
        ...


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One row of a copy in the making; cells by field name."""

    token: RecordToken
    cells: Mapping[str, Sensitive[str]]


class MarkedCopy(Protocol):
    """What the marker gives back."""

    @property
    def rows(self) -> Sequence[ReleaseRow]:
        """Rows in the order of the file, canaries among them."""
        ...


Plan = TypeVar("Plan", bound="MarkPlan")
Copy = TypeVar("Copy", bound=MarkedCopy)


class Marker(Protocol[Plan, Copy]):
    """Stains a copy (``mark``), in two steps: the plan is committed in the ledger before a symbol is derived."""

    def plan(self, ask: "MarkAsk", receipt: Receipt) -> Plan:
        """Choose canaries and the copy's id; nothing secret is derived. ``receipt``: of the collection's beginning."""
        ...

    def embed(self, plan: Plan, receipt: Receipt, rows: Iterable[ReleaseRow]) -> Copy:
        """Write the marks; ``receipt`` is that of the committed plan, and is used before the first row is taken."""
        ...

    def keep(self, plan: Plan, copy: Copy, kind: str, content: bytes) -> bytes:
        """Keep the manifest of the written file, sealed; returns its SHA-256."""
        ...


@dataclass(frozen=True, slots=True)
class MarkAsk:
    """What is to be marked."""

    release: str
    holder: str
    columns: tuple[str, ...]
    tokens: tuple[RecordToken, ...]


class MarkPlan(Protocol):
    """A plan; the vault needs only its name and its commitment."""

    @property
    def copy(self) -> str:
        """26 characters."""
        ...

    @property
    def digest(self) -> bytes:
        """32 bytes: the commitment."""
        ...
