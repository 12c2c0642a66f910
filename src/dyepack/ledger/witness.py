r"""What a witness (见证人; C2SP tlog-witness) decides about one request, and what it says to the log. Pure.

::

    POST <prefix>/add-checkpoint
    old <size>                   the size that the sender believes this witness cosigned last
    <base64 hash>                up to 63: the consistency proof from there
    <blank line>
    <checkpoint>

Conditions, in this order; 1 to 3 need nothing remembered (``admit``), 4 to 6 are decided while nothing else is
(``decide``):

1. unreadable, over 64 KiB, or old above the checkpoint's size: 400;
2. unknown origin: 404;
3. no signature of a known log key, or one that fails: 403;
4. old is not the size cosigned last: 409 with that size;
5. the new tree does not continue the old one (also: a proof from size 0, one size with two roots, an empty tree with
   a root): 422;
6. else the checkpoint is stored and then cosigned with every key of the witness: 200.

Invariants:

* for one origin, cosigned trees only grow, each proved from the one before;
* the time of a cosignature is never 0 and never below an earlier one of this witness, whatever its clock says;
* what is stored and handed on holds signatures of known log keys and of the witness, no line of anyone else.

*Evidence* is kept of signed checkpoints that do not fit what was cosigned (``Verdict``); only ``Verdict.proves`` are a
contradiction by themselves, because anybody may send a signed checkpoint with a proof that he made up.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from dyepack.crypto.digest import DIGEST_BYTES
from dyepack.ledger.checkpoint import Head, head_text, parse_head
from dyepack.ledger.cosignature import Cosigner, open_checkpoint
from dyepack.ledger.errors import ConsistencyError, KnownLogError, NoteError, WitnessRequestError
from dyepack.ledger.merkle import EMPTY_ROOT, verify_consistency
from dyepack.ledger.note import KeyKind, NoteKey, decode_base64, encode_base64, parse_note, parse_vkey

MAX_REQUEST_BYTES = 65_536
MAX_PROOF_LINES = 63
SIZE_TYPE = "text/x.tlog.size"
_TEXT_TYPE = "text/plain; charset=utf-8"
_MAX_ORIGIN_BYTES = 255
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})", re.ASCII)
Logs = Mapping[str, tuple[NoteKey, ...]]
"""The keys of known logs by origin."""


class Verdict(StrEnum):
    """Why a request is kept as evidence."""

    FORK = "fork"  # two signed heads of one size with different roots
    EMPTY = "empty"  # a signed head of no entries with the root of some
    INCONSISTENT = "inconsistent"  # signed, and the proof that came along does not lead to it
    SHORTER = "shorter"  # signed, and smaller than what was cosigned before: rolled back, or an old one sent again

    @property
    def proves(self) -> bool:
        """Whether the signed heads contradict each other by themselves; else the log can be asked for a proof."""
        return self in {Verdict.FORK, Verdict.EMPTY}


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request that can be read.

    Attributes:
        old: What the sender believes was cosigned last.
        proof: Consistency proof from there.
        head: What the checkpoint says.
        note: The checkpoint as sent.
    """

    old: int
    proof: tuple[bytes, ...]
    head: Head
    note: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What was cosigned last for one origin.

    Attributes:
        head: Size and root.
        note: The checkpoint with the log's signatures and ours.
        seconds: The time that ours state.
    """

    head: Head
    note: str
    seconds: int


@dataclass(frozen=True, slots=True)
class Decision:
    """What to answer and, before that, what to write.

    Attributes:
        status: HTTP status.
        body: Text of the answer.
        content_type: Of the body.
        store: Replaces what was cosigned last.
        keep: The request is evidence of this.
    """

    status: int
    body: str
    content_type: str = _TEXT_TYPE
    store: Seen | None = None
    keep: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A request that was kept.

    Attributes:
        number: Of this witness, from 1.
        received: Microseconds since 1970 UTC.
        verdict: Why.
        request: The bytes as received.
        seen: The checkpoint that this witness had cosigned last at that moment, with all signatures; empty for none.
    """

    number: int
    received: int
    verdict: Verdict
    request: bytes
    seen: str

    @property
    def signed(self) -> Head:
        """The head of the checkpoint that came with the request."""
        return parse_request(self.request).head

    @property
    def cosigned(self) -> Head | None:
        """The head that this witness had cosigned last."""
        return parse_head(parse_note(self.seen).text) if self.seen else None


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness's answer 200: signature lines that nobody has checked yet."""

    lines: str


@dataclass(frozen=True, slots=True)
class Behind:
    """A witness's answer 409: the size that it says it cosigned last."""

    size: int


@dataclass(frozen=True, slots=True)
class Refused:
    """Any other answer of a witness."""

    status: int


WitnessAnswer = Cosigned | Behind | Refused


class WitnessPort(Protocol):
    """A witness as its log sees it; one request at a time."""

    def add_checkpoint(self, old: int, proof: Sequence[bytes], note: str) -> WitnessAnswer:
        """Ask for cosignatures.

        Raises:
            WitnessUnreachableError: No answer in time.
            WitnessAnswerError: An answer that cannot be read.
        """
        ...

    def checkpoint(self, origin: str) -> str | None:
        """The checkpoint that it cosigned last, unchecked; None if it has none or does not say.

        Raises:
            WitnessUnreachableError: No answer in time.
            WitnessAnswerError: An answer that cannot be read.
        """
        ...

    def close(self) -> None:
        """Let go of the connection."""
        ...


def parse_request(body: bytes) -> AddCheckpoint:
    """Read a request; checks no signature (condition 1).

    Raises:
        WitnessRequestError: Any deviation from the format.
    """
    if len(body) > MAX_REQUEST_BYTES:
        raise WitnessRequestError(why="over 64 KiB")
    try:
        before, _, note = body.decode().partition("\n\n")
        first, *encoded = before.split("\n")
        proof = tuple(map(decode_base64, encoded))
        head = parse_head(parse_note(note).text)
    except UnicodeDecodeError as error:
        raise WitnessRequestError(why="not UTF-8") from error
    except NoteError as error:
        raise WitnessRequestError(why=error.facts["why"]) from error
    old = _OLD.fullmatch(first)
    if not old:
        raise WitnessRequestError(why="the line of the old size")
    if len(proof) > MAX_PROOF_LINES or any(len(item) != DIGEST_BYTES for item in proof):
        raise WitnessRequestError(why="the proof")
    if int(old[1]) > head.size:
        raise WitnessRequestError(why="the old size is larger")
    return AddCheckpoint(int(old[1]), proof, head, note)


def format_request(old: int, proof: Sequence[bytes], note: str) -> bytes:
    """The body of a request."""
    hashes = "".join(encode_base64(item) + "\n" for item in proof)
    return f"old {old}\n{hashes}\n{note}".encode()


def parse_logs(text: str) -> dict[str, tuple[NoteKey, ...]]:
    """Read a list of known logs: a verifier key a line; empty lines and lines that begin with ``#`` are skipped.

    Raises:
        KnownLogError: A line is no key of a log; names it.
    """
    logs: dict[str, tuple[NoteKey, ...]] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip() and not line.startswith("#"):
            try:
                key = parse_vkey(line.strip())
            except NoteError as error:
                raise KnownLogError(line=number, why=error.facts["why"]) from error
            if key.kind is KeyKind.COSIGNATURE or len(key.name.encode()) > _MAX_ORIGIN_BYTES:
                raise KnownLogError(line=number, why="a key of a witness, or a name over 255 bytes")
            if key not in logs.get(key.name, ()):
                logs[key.name] = (*logs.get(key.name, ()), key)
    return logs


def admit(body: bytes, logs: Logs) -> AddCheckpoint | Decision:
    """What can be said about a request without knowing what was cosigned: conditions 1 to 3."""
    try:
        request = parse_request(body)
    except WitnessRequestError as error:
        return Decision(400, f"bad request: {error.facts['why']}\n")
    keys = logs.get(request.head.origin)
    if keys is None:
        return Decision(404, "unknown log\n")
    try:
        open_checkpoint(request.note, keys)
    except NoteError as error:
        return Decision(403, f"{error.facts['why']}\n")
    return request


def decide(
    request: AddCheckpoint, keys: Sequence[NoteKey], cosigners: Sequence[Cosigner], seen: Seen | None, seconds: int
) -> Decision:
    """Whether to cosign an admitted request: conditions 4 to 6.

    The caller stores what the decision says in the transaction in which he read ``seen``, and answers afterwards.

    Args:
        request: What ``admit`` let through.
        keys: Of its log; lines of others are not kept.
        cosigners: The keys of this witness.
        seen: What was cosigned last for the origin.
        seconds: The time to state: not 0 and not below any that this witness stated.
    """
    head = request.head
    last = seen.head.size if seen else 0
    if request.old != last:  # 4
        return Decision(409, f"{last}\n", SIZE_TYPE, keep=_out_of_step(head, seen))
    verdict = _flaw(request, seen)  # 5
    if verdict is not None:
        return Decision(422, _SAID[verdict], keep=verdict)
    lines = "".join(cosigner.line(head, seconds) for cosigner in cosigners)  # 6
    note = f"{head_text(head)}\n{_lines_of(request.note, keys)}{lines}"
    return Decision(200, lines, store=Seen(head, note, seconds))


def stated_time(line: str) -> int:
    """The time, in seconds, that a cosignature line states."""
    return int.from_bytes(decode_base64(line.rstrip("\n").rpartition(" ")[2])[4:12], "big")


_SAID = {
    Verdict.FORK: "another root at the size cosigned last\n",
    Verdict.EMPTY: "a root that is not of an empty tree\n",
    Verdict.INCONSISTENT: "the consistency proof does not hold\n",
}


def _flaw(request: AddCheckpoint, seen: Seen | None) -> Verdict | None:
    head = request.head
    if head.size == 0 and head.root != EMPTY_ROOT:
        return Verdict.EMPTY
    if seen and head.size == seen.head.size and head.root != seen.head.root:
        return Verdict.FORK
    if request.old == 0:  # nothing can be proved from an empty tree
        return Verdict.INCONSISTENT if request.proof else None
    assert seen is not None  # its size is ``old``
    try:
        verify_consistency(request.old, head.size, request.proof, seen.head.root, head.root)
    except ConsistencyError:
        return Verdict.INCONSISTENT
    return None


def _out_of_step(head: Head, seen: Seen | None) -> Verdict | None:
    """What a signed head says about its log although the sender was out of step."""
    if head.size == 0 and head.root != EMPTY_ROOT:
        return Verdict.EMPTY
    if seen is None or head.size > seen.head.size or head == seen.head:
        return None
    return Verdict.FORK if head.size == seen.head.size else Verdict.SHORTER


def _lines_of(note: str, keys: Sequence[NoteKey]) -> str:
    """The signature lines of known keys, one a key."""
    found = {
        (line.name, line.key_id): f"— {line.name} {encode_base64(line.key_id + line.blob)}\n"
        for line in parse_note(note).signatures
        if any(key.name == line.name and key.id == line.key_id for key in keys)
    }
    return "".join(found.values())
