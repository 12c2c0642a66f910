"""Frames: what the vault asks of the keeper and what it answers, as bytes. Pure; the same in memory and over a socket.

::

    frame    length u32 big-endian ‖ msgpack, at most 1 MiB of msgpack each way
    request  [operation, argument, ...]
    answer   [0, value]   or   [1, code, facts]   a refusal: the code of its error and what fills its sentence

Invariants:

* ``Dispatcher.answer`` raises nothing and answers every input with one frame;
* an operation that the peer's account may not use is refused before anything of it is done (check 1 of ``gate``);
* a refusal comes back as the error that was raised, if it is one of the vault's or a failed unsealing; whatever else
  goes wrong in the keeper comes back as ``KeeperUnavailableError`` and nothing of its text leaves.
"""

import threading
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec

from dyepack.crypto.errors import UnsealError
from dyepack.ledger import Receipt
from dyepack.terms.errors import DyepackError
from dyepack.terms.ids import RecordToken
from dyepack.terms.time import Quarter
from dyepack.vault.errors import BadFrameError, KeeperRefusedError, KeeperUnavailableError, NoReceiptError, VaultError
from dyepack.vault.keeper.gate import check_peer
from dyepack.vault.keeper.wire import (
    MAX_QUARTERS,
    Ground,
    Issued,
    Keeper,
    LinkProbe,
    OpenedDetail,
    SealedDetail,
    Standing,
)
from dyepack.vault.record import PartId

MAX_FRAME: Final = 1 << 20
LENGTH_BYTES: Final = 4

_Quarter = tuple[Annotated[int, msgspec.Meta(ge=1, le=0xFFFF)], Annotated[int, msgspec.Meta(ge=1, le=4)]]
_T = TypeVar("_T")


class Ask(msgspec.Struct, frozen=True, array_like=True):
    """A request. Its ``repr`` is its name: it may hold what somebody typed."""

    def run(self, keeper: Keeper) -> object:
        """Do it."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class AskStanding(Ask, frozen=True, tag="standing"):
    """``Keeper.standing``."""

    def run(self, keeper: Keeper) -> Standing:
        """Do it."""
        return keeper.standing()


class Advance(Ask, frozen=True, tag="advance"):
    """``Keeper.advance``."""

    old_size: int
    proof: tuple[bytes, ...]
    head: str

    def run(self, keeper: Keeper) -> None:
        """Do it."""
        keeper.advance(self.old_size, self.proof, self.head)


class Issue(Ask, frozen=True, tag="issue"):
    """``Keeper.issue``."""

    asks: list[tuple[PartId, ...]]

    def run(self, keeper: Keeper) -> list[Issued]:
        """Do it."""
        return keeper.issue(self.asks)


class Aliases(Ask, frozen=True, tag="alias"):
    """``Keeper.aliases``."""

    tokens: list[RecordToken]
    quarters: Annotated[list[_Quarter], msgspec.Meta(max_length=MAX_QUARTERS)]

    def run(self, keeper: Keeper) -> dict[RecordToken, dict[Quarter, str]]:
        """Do it."""
        return keeper.aliases(self.tokens, self.quarters)


class Index(Ask, frozen=True, tag="index"):
    """``Keeper.index``."""

    asks: list[tuple[int, str]]
    ground: Ground

    def run(self, keeper: Keeper) -> list[bytes]:
        """Do it."""
        return keeper.index(self.asks, self.ground)


class CountMiss(Ask, frozen=True, tag="miss"):
    """``Keeper.count_miss``."""

    actor: str

    def run(self, keeper: Keeper) -> None:
        """Do it."""
        keeper.count_miss(self.actor)


class LabelTag(Ask, frozen=True, tag="label"):
    """``Keeper.label_tag``."""

    kind: str
    text: str

    def run(self, keeper: Keeper) -> bytes:
        """Do it."""
        return keeper.label_tag(self.kind, self.text)


class SealNote(Ask, frozen=True, tag="seal-note"):
    """``Keeper.seal_note``."""

    kind: str
    ref: str
    plaintext: bytes

    def run(self, keeper: Keeper) -> bytes:
        """Do it."""
        return keeper.seal_note(self.kind, self.ref, self.plaintext)


class OpenNote(Ask, frozen=True, tag="open-note"):
    """``Keeper.open_note``."""

    kind: str
    ref: str
    sealed: bytes

    def run(self, keeper: Keeper) -> bytes:
        """Do it."""
        return keeper.open_note(self.kind, self.ref, self.sealed)


class SealDetail(Ask, frozen=True, tag="seal-detail"):
    """``Keeper.seal_detail``."""

    token: RecordToken
    entry_id: str
    plaintext: bytes

    def run(self, keeper: Keeper) -> SealedDetail:
        """Do it."""
        return keeper.seal_detail(self.token, self.entry_id, self.plaintext)


class OpenDetail(Ask, frozen=True, tag="open-detail"):
    """``Keeper.open_detail``."""

    token: RecordToken
    entry_id: str
    sealed: bytes

    def run(self, keeper: Keeper) -> OpenedDetail:
        """Do it."""
        return keeper.open_detail(self.token, self.entry_id, self.sealed)


class Open(Ask, frozen=True, tag="open"):
    """``Keeper.open``."""

    receipt: Receipt | None
    asks: list[tuple[RecordToken, tuple[PartId, ...]]]

    def run(self, keeper: Keeper) -> dict[RecordToken, dict[PartId, bytes]]:
        """Do it."""
        return keeper.open(_given(self.receipt), self.asks)


class Reindex(Ask, frozen=True, tag="reindex"):
    """``Keeper.reindex``."""

    receipt: Receipt | None
    records: list[tuple[RecordToken, bytes]]

    def run(self, keeper: Keeper) -> dict[RecordToken, list[tuple[int, bytes]]]:
        """Do it."""
        return keeper.reindex(_given(self.receipt), self.records)


class Replay(Ask, frozen=True, tag="replay"):
    """``Keeper.replay``."""

    receipts: list[Receipt]

    def run(self, keeper: Keeper) -> None:
        """Do it."""
        keeper.replay(self.receipts)


class SetState(Ask, frozen=True, tag="state"):
    """``Keeper.set_state``."""

    receipt: Receipt | None
    tokens: list[RecordToken]

    def run(self, keeper: Keeper) -> None:
        """Do it."""
        keeper.set_state(_given(self.receipt), self.tokens)


class FollowLog(Ask, frozen=True, tag="follow-log"):
    """``Keeper.follow_log``."""

    receipt: Receipt | None
    vkey: str

    def run(self, keeper: Keeper) -> None:
        """Do it."""
        keeper.follow_log(_given(self.receipt), self.vkey)


class Link(Ask, frozen=True, tag="link"):
    """``Keeper.link``."""

    receipt: Receipt | None
    probes: list[LinkProbe]
    candidates: dict[int, list[tuple[RecordToken, bytes]]]

    def run(self, keeper: Keeper) -> dict[int, RecordToken]:
        """Do it."""
        return keeper.link(_given(self.receipt), self.probes, self.candidates)


class Commitments(Ask, frozen=True, tag="commitments"):
    """``Keeper.commitments``."""

    copy: str
    epoch: str

    def run(self, keeper: Keeper) -> tuple[bytes, bytes]:
        """Do it."""
        return keeper.commitments(self.copy, self.epoch)


class Derive(Ask, frozen=True, tag="derive"):
    """``Keeper.derive``."""

    receipt: Receipt | None
    copies: list[str]
    epoch: str

    def run(self, keeper: Keeper) -> list[tuple[bytes, bytes]]:
        """Do it."""
        return keeper.derive(_given(self.receipt), self.copies, self.epoch)


class Counted(Ask, frozen=True, tag="counted"):
    """``Keeper.counted``."""

    def run(self, keeper: Keeper) -> tuple[int, int, int]:
        """Do it."""
        return keeper.counted()


class Derivations(Ask, frozen=True, tag="derivations"):
    """``Keeper.derivations``."""

    def run(self, keeper: Keeper) -> int:
        """Do it."""
        return keeper.derivations()


class Refusals(Ask, frozen=True, tag="refusals"):
    """Requests refused since the last call, by code; the dispatcher's own."""


_ANSWERS: Final[Mapping[type[Ask], Any]] = {
    AskStanding: Standing,
    Advance: None,
    Issue: list[Issued],
    Aliases: dict[RecordToken, dict[Quarter, str]],
    Index: list[bytes],
    CountMiss: None,
    LabelTag: bytes,
    SealNote: bytes,
    OpenNote: bytes,
    SealDetail: SealedDetail,
    OpenDetail: OpenedDetail,
    Open: dict[RecordToken, dict[PartId, bytes]],
    Reindex: dict[RecordToken, list[tuple[int, bytes]]],
    Replay: None,
    SetState: None,
    FollowLog: None,
    Link: dict[int, RecordToken],
    Commitments: tuple[bytes, bytes],
    Derive: list[tuple[bytes, bytes]],
    Counted: tuple[int, int, int],
    Derivations: int,
    Refusals: dict[str, int],
}
VAULT_OPERATIONS: Final = frozenset(str(ask.__struct_config__.tag) for ask in _ANSWERS)
"""What the account of ``serve`` may ask; other accounts may ask nothing."""


class _Done(msgspec.Struct, Generic[_T], array_like=True, tag=0):
    value: _T


class _Refused(msgspec.Struct, array_like=True, tag=1):
    code: str
    facts: dict[str, str | int]


def _union(types: Collection[Any]) -> Any:
    union: Any = None
    for one in types:
        union = one if union is None else union | one
    return union


_encoder = msgspec.msgpack.Encoder()
_request: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(_union(_ANSWERS))
_answers: dict[type[Ask], msgspec.msgpack.Decoder[Any]] = {
    ask: msgspec.msgpack.Decoder(_Done[answer] | _Refused)  # type: ignore[valid-type]  # a table of types
    for ask, answer in _ANSWERS.items()
}


def pack(value: object) -> bytes:
    """One frame.

    Raises:
        BadFrameError: Over 1 MiB, or no value of the wire.
    """
    try:
        payload = _encoder.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise BadFrameError(detail="not a value of the wire") from error
    if len(payload) > MAX_FRAME:
        raise BadFrameError(detail="over 1 MiB")
    return len(payload).to_bytes(LENGTH_BYTES, "big") + payload


def unpack_answer(ask: Ask, frame: bytes) -> Any:
    """The value of an answer.

    Raises:
        DyepackError: The refusal that it holds.
        KeeperUnavailableError: No answer to this request.
    """
    try:
        answer = _answers[type(ask)].decode(_payload(frame))
    except (msgspec.MsgspecError, BadFrameError, UnicodeDecodeError) as error:
        raise KeeperUnavailableError from error
    if isinstance(answer, _Refused):
        raise _error_of(answer)
    return answer.value


class Dispatcher:
    """Bytes in, bytes out, over a keeper. Callers may be many threads."""

    def __init__(self, keeper: Keeper) -> None:
        """Over a keeper of this process."""
        self._keeper = keeper
        self._refusals: Counter[str] = Counter()
        self._lock = threading.Lock()

    def answer(self, frame: bytes, allowed: Collection[str] = VAULT_OPERATIONS) -> bytes:
        """Answer one frame with one frame.

        Args:
            frame: Whatever came.
            allowed: Operations that the peer's account may use.
        """
        try:
            return pack(_Done(self._run(frame, allowed)))
        except KeeperRefusedError as error:
            with self._lock:
                self._refusals[error.code] += 1
            return refusal(error)
        except DyepackError as error:
            return refusal(error)
        except ValueError:
            return refusal(BadFrameError(detail="a value that does not exist"))
        except Exception:  # noqa: BLE001 - a keeper that dies of a request would be closed by it; its text stays inside
            return refusal(KeeperUnavailableError())

    def refusals(self) -> dict[str, int]:
        """Requests refused since the last call, by code."""
        with self._lock:
            told, self._refusals = self._refusals, Counter()
        return dict(told)

    def _run(self, frame: bytes, allowed: Collection[str]) -> object:
        try:
            ask: Ask = _request.decode(_payload(frame))
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise BadFrameError(detail="not a request") from error
        check_peer(str(ask.__struct_config__.tag), allowed)  # 1
        if isinstance(ask, Refusals):
            return self.refusals()
        return ask.run(self._keeper)


def refusal(error: DyepackError) -> bytes:
    """The frame of a refusal."""
    return pack(_Refused(error.code, error.facts))


def _payload(frame: bytes) -> memoryview:
    length = int.from_bytes(frame[:LENGTH_BYTES], "big")
    if len(frame) != LENGTH_BYTES + length or not 0 < length <= MAX_FRAME:
        raise BadFrameError(detail="its length")
    return memoryview(frame)[LENGTH_BYTES:]


def _given(receipt: Receipt | None) -> Receipt:
    if receipt is None:
        raise NoReceiptError
    return receipt


def _error_of(refused: _Refused) -> DyepackError:
    kind = next((leaf for leaf in _leaves(VaultError) if leaf.code == refused.code), KeeperUnavailableError)
    if refused.code == UnsealError.code:
        return UnsealError(**refused.facts)
    return kind(**refused.facts)


def _leaves(base: type[DyepackError]) -> list[type[DyepackError]]:
    return [base, *(leaf for child in base.__subclasses__() for leaf in _leaves(child))]
