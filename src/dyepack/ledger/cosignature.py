r"""Cosignatures (联署; C2SP tlog-cosignature): that a witness saw this checkpoint continue the last one, and when.

::

    kind  bytes after the key id            signed message
    0x04  time u64 ‖ Ed25519 signature 64   "cosignature/v1\ntime <time>\n" ‖ text of the checkpoint
    0x06  time u64 ‖ ML-DSA-44 2,420        "subtree/v1\n\0" 12 ‖ length u8 ‖ name ‖ time u64 ‖ length u8 ‖ origin
                                            ‖ start u64 = 0 ‖ end u64 = size ‖ root 32

Integers are big-endian, times are seconds since 1970 UTC. A log signs its published checkpoints with a key of kind
0x06 too. The ML-DSA message does not cover extension lines; there are none here.

Invariants:

* one line of a known key that fails rejects the whole checkpoint, lines of unknown keys are ignored;
* a cosignature has a time above 0.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dyepack.crypto.errors import SignatureError
from dyepack.crypto.signature import verify_ed25519, verify_mldsa
from dyepack.ledger.checkpoint import Head, head_text, parse_head
from dyepack.ledger.errors import NoteError, NoteSignatureError
from dyepack.ledger.note import (
    KeyKind,
    NoteKey,
    SignatureLine,
    Signer,
    encode_base64,
    note_key,
    parse_note,
)

_TIME_BYTES = 8
_MAX_TIME = 2**63 - 1
_MAX_NAME_BYTES = 255


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint whose signatures were checked.

    Attributes:
        head: What it says.
        note: Its whole text.
        times: For each known key that signed, the time it states in seconds; 0 for Ed25519 keys of logs, which
            state none.
    """

    head: Head
    note: str
    times: Mapping[NoteKey, int]

    def signed_by(self, keys: Collection[NoteKey]) -> frozenset[NoteKey]:
        """Those of ``keys`` that signed."""
        return frozenset(self.times.keys() & set(keys))


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A key that signs checkpoints with a time: of a witness, or the ML-DSA key of a log."""

    key: NoteKey
    signer: Signer

    @classmethod
    def make(cls, name: str, kind: KeyKind, signer: Signer) -> "Cosigner":
        """Under a checked name.

        Raises:
            NoteError: No name of a key, or not a key of this kind.
        """
        if kind is KeyKind.ED25519 or len(name.encode()) > _MAX_NAME_BYTES:
            raise NoteError(why="key name or key")
        return cls(note_key(name, signer.public_key, kind), signer)

    def line(self, head: Head, seconds: int) -> str:
        """The signature line over a head at a time, with its newline.

        Raises:
            NoteError: The time is not above 0.
        """
        if not 0 < seconds <= _MAX_TIME:
            raise NoteError(why="the time of a cosignature")
        signature = self.signer.sign(_message(self.key, head, seconds))
        blob = self.key.id + seconds.to_bytes(_TIME_BYTES, "big") + signature
        return f"— {self.key.name} {encode_base64(blob)}\n"


def open_checkpoint(note: str, log_keys: Iterable[NoteKey], cosigners: Iterable[NoteKey] = ()) -> Checkpoint:
    """Read a checkpoint that at least one Ed25519 key of its log signed, and check every line of a known key.

    Args:
        note: The signed note.
        log_keys: Keys of the log, of both kinds.
        cosigners: Keys of witnesses.

    Raises:
        NoteError: Malformed, or of another origin than the log's keys are for.
        NoteSignatureError: No Ed25519 key of the log signed, or a line of a known key fails.
    """
    logs = tuple(log_keys)
    known = (*logs, *cosigners)
    parsed = parse_note(note)
    head = parse_head(parsed.text)
    times: dict[NoteKey, int] = {}
    for line in parsed.signatures:
        candidates = [key for key in known if key.name == line.name and key.id == line.key_id]
        if not candidates:
            continue
        found = next(((key, time) for key in candidates if (time := _verified(key, line, head)) is not None), None)
        if found is None:
            raise NoteSignatureError(why=f"a signature of {candidates[0].name} fails")
        times[found[0]] = max(found[1], times.get(found[0], 0))
    if not any(key.kind is KeyKind.ED25519 and key in times for key in logs):
        raise NoteSignatureError(why="no signature of a known key")
    if all(key.name != head.origin for key in logs):
        raise NoteError(why="another origin")
    return Checkpoint(head, note, MappingProxyType(times))


def parse_cosignatures(text: str, head: Head, keys: Collection[NoteKey]) -> dict[NoteKey, str]:
    """The lines of a witness's answer that known keys made over this head, by key; other lines are ignored.

    Raises:
        NoteError: Not signature lines.
        NoteSignatureError: A line of a known key fails.
    """
    parsed = parse_note(f"{head_text(head)}\n{text}")
    found: dict[NoteKey, str] = {}
    for line in parsed.signatures:
        for key in keys:
            if key.name == line.name and key.id == line.key_id:
                if _verified(key, line, head) is None:
                    raise NoteSignatureError(why=f"a signature of {key.name} fails")
                found[key] = f"— {line.name} {encode_base64(line.key_id + line.blob)}\n"
    return found


def _verified(key: NoteKey, line: SignatureLine, head: Head) -> int | None:
    """The time that a line states, 0 if its kind has none; None if it fails."""
    try:
        if key.kind is KeyKind.ED25519:
            verify_ed25519(key.public_key, line.blob, head_text(head).encode())
            return 0
        seconds = int.from_bytes(line.blob[:_TIME_BYTES], "big")
        if not 0 < seconds <= _MAX_TIME:
            return None
        verify = verify_mldsa if key.kind is KeyKind.ML_DSA else verify_ed25519
        verify(key.public_key, line.blob[_TIME_BYTES:], _message(key, head, seconds))
    except SignatureError:
        return None
    return seconds


def _message(key: NoteKey, head: Head, seconds: int) -> bytes:
    if key.kind is KeyKind.COSIGNATURE:
        return f"cosignature/v1\ntime {seconds}\n{head_text(head)}".encode()
    return b"".join(
        (
            b"subtree/v1\n\0",
            _short(key.name),
            seconds.to_bytes(8, "big"),
            _short(head.origin),
            (0).to_bytes(8, "big"),
            head.size.to_bytes(8, "big"),
            head.root,
        )
    )


def _short(text: str) -> bytes:
    data = text.encode()
    if len(data) > _MAX_NAME_BYTES:
        raise NoteError(why="a name over 255 bytes")
    return bytes([len(data)]) + data
