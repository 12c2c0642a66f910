"""The vault's side: ``wire.Keeper`` over frames, whether the keeper is in this process or another.

What is larger than a frame is split here, within the limits of one call of the service (``wire``), and only where
several calls mean the same as one:

* aliases, new records, tags, mark keys: item by item; new records are durable frame by frame;
* a leaked list and an admission: a receipt is worked off over several frames (``grants``), each row and each record
  once. A row whose candidates alone exceed a frame is not asked about: it fits too many records to be linked;
* entries that were missed: in the order of the log;
* a note of the institution over 512 KiB: pieces of 512 KiB, each sealed under its ref, place and number of pieces, so
  none can be dropped or exchanged. A piece has a fixed length, so what is longer than one piece is several.

A request is sent once and never again: whoever asked decides. The one exception is ``advance``: when the connection
broke, the keeper is asked how far it is, and the same head is shown to it again, which changes nothing if it was taken.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

from dyepack.crypto.aead import OVERHEAD
from dyepack.ledger import Receipt
from dyepack.terms.ids import RecordToken
from dyepack.terms.time import Quarter
from dyepack.vault.errors import BadFrameError, KeeperUnreachableError
from dyepack.vault.keeper import frames
from dyepack.vault.keeper.frames import Ask, Dispatcher
from dyepack.vault.keeper.linking import MAX_PROBES, linked_parts
from dyepack.vault.keeper.wire import (
    MAX_ALIASES,
    MAX_CANDIDATES,
    MAX_COPIES,
    MAX_INDEX,
    MAX_ISSUE,
    MAX_OPEN,
    Ground,
    Issued,
    LinkProbe,
    OpenedDetail,
    SealedDetail,
    Standing,
)
from dyepack.vault.record import PAD_VALUE, PartId

FRAME_BYTES: Final = frames.MAX_FRAME * 3 // 4  # of what is split; the rest is room for its wrapping
NOTE_BYTES: Final = 1 << 19
SEALED_NOTE_BYTES: Final = NOTE_BYTES + PAD_VALUE + OVERHEAD
_ID_BYTES: Final = 32
_KEY_BYTES: Final = 48
_T = TypeVar("_T")


class Transport(Protocol):
    """Carries one frame to a keeper and its answer back. Callers may be many threads."""

    def exchange(self, frame: bytes) -> bytes:
        """The answer to a frame.

        Raises:
            KeeperUnreachableError: There is no keeper, or the connection broke; it may have done what was asked.
        """
        ...

    def close(self) -> None:
        """Let go of the keeper."""
        ...


class InMemory:
    """Satisfies ``Transport`` within one process: the same frames, no socket."""

    def __init__(self, dispatcher: Dispatcher, close: Callable[[], None]) -> None:
        """Over a dispatcher; ``close`` closes what is behind it."""
        self.exchange = dispatcher.answer
        self.close = close


class KeeperClient:
    """Satisfies ``wire.Keeper`` over a transport."""

    def __init__(self, transport: Transport) -> None:
        """Nothing is asked yet."""
        self.transport = transport

    def _ask(self, ask: Ask) -> Any:
        return frames.unpack_answer(ask, self.transport.exchange(frames.pack(ask)))

    # -- the log ---------------------------------------------------------------------------------------------------

    def size(self) -> int:
        """Entries of the log that the keeper has seen."""
        return self.standing().size

    def standing(self) -> Standing:
        """Which run of the keeper this is, and where it stands."""
        standing: Standing = self._ask(frames.AskStanding())
        return standing

    def advance(self, old_size: int, proof: Sequence[bytes], head_text: str) -> None:
        """Show a new head; again, if the connection broke while it was shown."""
        ask = frames.Advance(old_size, tuple(proof), head_text)
        try:
            self._ask(ask)
        except KeeperUnreachableError:
            seen = self.size()
            self._ask(ask if seen == old_size else frames.Advance(seen, (), head_text))

    def follow_log(self, receipt: Receipt, vkey: str) -> None:
        """Believe another key, or the next log."""
        self._ask(frames.FollowLog(_shown(receipt), vkey))

    def counted(self) -> tuple[int, int, int]:
        """Honored receipts since the last call."""
        counted: tuple[int, int, int] = self._ask(frames.Counted())
        return counted

    def refusals(self) -> dict[str, int]:
        """Requests that the keeper refused since the last call, by code, as the keeper counts them."""
        refusals: dict[str, int] = self._ask(frames.Refusals())
        return refusals

    def derivations(self) -> int:
        """Mark keys derived so far."""
        derivations: int = self._ask(frames.Derivations())
        return derivations

    def close(self) -> None:
        """Let go of the keeper; one in this process is closed."""
        self.transport.close()

    # -- names, new records, tags ----------------------------------------------------------------------------------

    def issue(self, asks: Sequence[Sequence[PartId]]) -> list[Issued]:
        """New records."""
        issued: list[Issued] = []
        for some in _split(asks, MAX_ISSUE, lambda parts: 2 * _KEY_BYTES + _KEY_BYTES * len(parts)):
            issued += self._ask(frames.Issue([tuple(parts) for parts in some]))
        return issued

    def aliases(
        self, tokens: Sequence[RecordToken], quarters: Sequence[Quarter]
    ) -> dict[RecordToken, dict[Quarter, str]]:
        """Names of people in the log."""
        found: dict[RecordToken, dict[Quarter, str]] = {}
        for some in _split(list(dict.fromkeys(tokens)), MAX_ALIASES, lambda _: _ID_BYTES * (2 + len(quarters))):
            found |= self._ask(frames.Aliases(some, list(quarters)))
        return found

    def index(self, asks: Sequence[tuple[int, str]], ground: Ground) -> list[bytes]:
        """Tags, in order."""
        if len(asks) > MAX_INDEX:
            raise BadFrameError(detail=f"1 to {MAX_INDEX} tags")
        tags: list[bytes] = []
        for some in _split(asks, MAX_INDEX, lambda ask: _ID_BYTES + 4 * len(ask[1])) or [[]]:
            tags += self._ask(frames.Index(some, ground))
        return tags

    def count_miss(self, actor: str) -> None:
        """A look-up found nobody."""
        self._ask(frames.CountMiss(actor))

    def label_tag(self, kind: str, text: str) -> bytes:
        """Keyed equality of a label."""
        tag: bytes = self._ask(frames.LabelTag(kind, text))
        return tag

    # -- notes and details -----------------------------------------------------------------------------------------

    def seal_note(self, kind: str, ref: str, plaintext: bytes) -> bytes:
        """Seal a note; a long one in pieces."""
        pieces = [plaintext[at : at + NOTE_BYTES] for at in range(0, max(1, len(plaintext)), NOTE_BYTES)]
        return b"".join(
            self._ask(frames.SealNote(kind, place, piece))
            for place, piece in zip(_places(ref, len(pieces)), pieces, strict=True)
        )

    def open_note(self, kind: str, ref: str, sealed: bytes) -> bytes:
        """Open a note."""
        size = SEALED_NOTE_BYTES
        pieces = [sealed[at : at + size] for at in range(0, max(1, len(sealed)), size)]
        return b"".join(
            self._ask(frames.OpenNote(kind, place, piece))
            for place, piece in zip(_places(ref, len(pieces)), pieces, strict=True)
        )

    def seal_detail(self, token: RecordToken, entry_id: str, plaintext: bytes) -> SealedDetail:
        """Seal details of an entry under a person's key."""
        sealed: SealedDetail = self._ask(frames.SealDetail(token, entry_id, plaintext))
        return sealed

    def open_detail(self, token: RecordToken, entry_id: str, sealed: bytes) -> OpenedDetail:
        """Open details of an entry."""
        opened: OpenedDetail = self._ask(frames.OpenDetail(token, entry_id, sealed))
        return opened

    # -- against a receipt -----------------------------------------------------------------------------------------

    def open(
        self, receipt: Receipt, asks: Sequence[tuple[RecordToken, Sequence[PartId]]]
    ) -> dict[RecordToken, dict[PartId, bytes]]:
        """Part keys that the receipt's entry names, once."""
        ask = frames.Open(_shown(receipt), [(token, tuple(parts)) for token, parts in asks])
        keys: dict[RecordToken, dict[PartId, bytes]] = self._ask(ask)
        return keys

    def reindex(
        self, receipt: Receipt, records: Sequence[tuple[RecordToken, bytes]]
    ) -> dict[RecordToken, list[tuple[int, bytes]]]:
        """Tags of each record's sealed values."""
        if len(records) > MAX_OPEN:
            raise BadFrameError(detail=f"1 to {MAX_OPEN} records")
        tags: dict[RecordToken, list[tuple[int, bytes]]] = {}
        for some in _split(records, MAX_OPEN, lambda record: _ID_BYTES + len(record[1])) or [[]]:
            tags |= self._ask(frames.Reindex(_shown(receipt), some))
        return tags

    def replay(self, receipts: Sequence[Receipt]) -> None:
        """Follow entries that this keeper has not seen."""
        for some in _split(receipts, len(receipts), _receipt_bytes):
            self._ask(frames.Replay(some))

    def set_state(self, receipt: Receipt, tokens: Sequence[RecordToken]) -> None:
        """Follow an admission or an erasure."""
        self._ask(frames.SetState(_shown(receipt), list(tokens)))

    def link(
        self,
        receipt: Receipt,
        probes: Sequence[LinkProbe],
        candidates: Mapping[int, Sequence[tuple[RecordToken, bytes]]],
    ) -> dict[int, RecordToken]:
        """Rows that agree with exactly one of their candidates. Only what is compared is sent."""
        if sum(map(len, candidates.values())) > MAX_CANDIDATES or not candidates.keys() <= {p.row for p in probes}:
            raise BadFrameError(detail="candidates to link")
        sent = {
            row: [(token, linked_parts(blob)) for token, blob in candidates.get(row, ())]
            for row in dict.fromkeys(probe.row for probe in probes)
        }
        sizes = {row: sum(_ID_BYTES + len(blob) + 8 for _, blob in some) for row, some in sent.items()}
        found: dict[int, RecordToken] = {}
        fitting = [probe for probe in probes if sizes[probe.row] <= FRAME_BYTES]
        for some in _split(fitting, MAX_PROBES, lambda probe: 8 * _ID_BYTES + sizes[probe.row]) or [[]]:
            rows = {probe.row: sent[probe.row] for probe in some if sent[probe.row]}
            found |= self._ask(frames.Link(_shown(receipt), some, rows))
        return found

    def commitments(self, copy: str, epoch: str) -> tuple[bytes, bytes]:
        """SHA-256 of the keys of a copy."""
        pair: tuple[bytes, bytes] = self._ask(frames.Commitments(copy, epoch))
        return pair

    def derive(self, receipt: Receipt, copies: Sequence[str], epoch: str) -> list[tuple[bytes, bytes]]:
        """Keys of copies."""
        if len(copies) > MAX_COPIES:
            raise BadFrameError(detail=f"1 to {MAX_COPIES} copies")
        keys: list[tuple[bytes, bytes]] = self._ask(frames.Derive(_shown(receipt), list(copies), epoch))
        return keys


def _shown(receipt: object) -> Receipt | None:
    """What is no receipt is none on the wire either."""
    return receipt if isinstance(receipt, Receipt) else None


def _receipt_bytes(receipt: Receipt) -> int:
    return 64 + len(receipt.entry) + 34 * len(receipt.proof) + 4 * len(receipt.head)


def _places(ref: str, pieces: int) -> list[str]:
    return [ref] if pieces == 1 else [f"{ref}/{place}/{pieces}" for place in range(pieces)]


def _split(items: Sequence[_T], limit: int, size: Callable[[_T], int]) -> list[list[_T]]:
    """Runs of at most ``limit`` items and ``FRAME_BYTES``; one item always is a run."""
    return list(_runs(items, limit, size))


def _runs(items: Sequence[_T], limit: int, size: Callable[[_T], int]) -> Iterator[list[_T]]:
    run: list[_T] = []
    held = 0
    for item in items:
        weight = size(item)
        if run and (len(run) == limit or held + weight > FRAME_BYTES):
            yield run
            run, held = [], 0
        run.append(item)
        held += weight
    if run:
        yield run
