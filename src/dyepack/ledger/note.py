"""Signed notes (C2SP signed-note), parsed strictly; signed here with Ed25519 (``cosignature`` adds the other kinds).

::

    <text, ends in a newline>
    <blank line>
    — <key name> <base64( key id 4 ‖ signature )>
    key id = first 4 bytes of SHA-256( name ‖ 0x0A ‖ kind ‖ public key )
    vkey   = name + "+" + hex(key id) + "+" + base64( kind ‖ public key )
    kind     0x01 Ed25519 · 0x04 Ed25519 cosignature/v1 · 0x06 ML-DSA-44

Invariants:

* text and signatures part at the *last* blank line; U+000A is the only control character;
* at most 32 signatures and 64 KiB;
* base64 is encoded again and compared, because decoders take several spellings of the same bytes;
* a line of an unknown key is ignored; one line of a known key that fails rejects the note; key ids are short and
  collide, so a line is checked with every known key that it may mean.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from dyepack.crypto.digest import sha256
from dyepack.crypto.errors import SignatureError
from dyepack.crypto.signature import MLDSA_PUBLIC_BYTES, PUBLIC_BYTES, verify_ed25519
from dyepack.ledger.errors import NoteError, NoteSignatureError

MAX_NOTE_BYTES = 65_536
MAX_SIGNATURES = 32
_KEY_ID_BYTES = 4
_DASH = "— "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_HEX_ID = re.compile(r"[0-9a-f]{8}")


class KeyKind(IntEnum):
    """What a key signs, by its byte on the wire."""

    ED25519 = 0x01  # the text of a note
    COSIGNATURE = 0x04  # a time and the text of a checkpoint, Ed25519
    ML_DSA = 0x06  # a time and the tree of a checkpoint, ML-DSA-44


_KINDS = {bytes([kind]): kind for kind in KeyKind}
_PUBLIC_BYTES = {
    KeyKind.ED25519: PUBLIC_BYTES,
    KeyKind.COSIGNATURE: PUBLIC_BYTES,
    KeyKind.ML_DSA: MLDSA_PUBLIC_BYTES,
}


class Signer(Protocol):
    """A private key, wherever it lives."""

    public_key: bytes

    def sign(self, message: bytes) -> bytes:
        """64 bytes of Ed25519, or 2,420 of ML-DSA-44."""
        ...


LogSigner = Signer
"""The log's Ed25519 key."""


@dataclass(frozen=True, slots=True)
class NoteKey:
    """A public key with its name and kind."""

    name: str
    public_key: bytes
    kind: KeyKind = KeyKind.ED25519

    @property
    def id(self) -> bytes:
        """4 bytes."""
        return _key_id(self.name, bytes([self.kind]) + self.public_key)

    @property
    def vkey(self) -> str:
        """The text form."""
        return f"{self.name}+{self.id.hex()}+{encode_base64(bytes([self.kind]) + self.public_key)}"


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """One line below a note; ``blob`` is what follows the key id."""

    name: str
    key_id: bytes
    blob: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note; nothing about its signatures is checked yet."""

    text: str
    signatures: tuple[SignatureLine, ...]


def note_key(name: str, public_key: bytes, kind: KeyKind = KeyKind.ED25519) -> NoteKey:
    """A key under a checked name.

    Raises:
        NoteError: The name is empty or holds a space, plus sign or control character; or the key has another length.
    """
    if not _is_name(name) or len(public_key) != _PUBLIC_BYTES[kind]:
        raise NoteError(why="key name or key")
    return NoteKey(name, public_key, kind)


def parse_vkey(text: str) -> NoteKey:
    """Read a verifier key of any kind.

    Raises:
        NoteError: Not the canonical text of a key of a known kind.
    """
    name, _, rest = text.partition("+")
    key_id, _, encoded = rest.partition("+")
    data = decode_base64(encoded)
    kind = _KINDS.get(data[:1])
    if kind is None:
        raise NoteError(why="not a verifier key of a known kind")
    key = note_key(name, data[1:], kind)
    if not _HEX_ID.fullmatch(key_id) or key.id.hex() != key_id:
        raise NoteError(why="key id")
    return key


def sign_note(text: str, name: str, *signers: Signer) -> str:
    """The note with one Ed25519 signature of each signer, in order.

    Raises:
        NoteError: A text or name that no reader would accept.
    """
    _check_text(text)
    message = text.encode()
    lines = [
        f"{_DASH}{name} {encode_base64(note_key(name, signer.public_key).id + signer.sign(message))}\n"
        for signer in signers
    ]
    return f"{text}\n{''.join(lines)}"


def parse_note(note: str) -> Note:
    """Read a note strictly; checks no signature.

    Raises:
        NoteError: Any deviation from the format.
    """
    try:
        size = len(note.encode())
    except UnicodeEncodeError as error:
        raise NoteError(why="not UTF-8") from error
    if size > MAX_NOTE_BYTES:
        raise NoteError(why="over 64 KiB")
    if _CONTROL.search(note):
        raise NoteError(why="a control character")
    head, blank, tail = note.rpartition("\n\n")
    if not blank or not tail.endswith("\n"):
        raise NoteError(why="no signatures after a blank line")
    lines = tail[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise NoteError(why="over 32 signatures")
    text = head + "\n"
    _check_text(text)
    return Note(text, tuple(map(_parse_line, lines)))


def open_note(note: str, keys: Sequence[NoteKey]) -> str:
    """The text of a note that at least one of ``keys`` (Ed25519) signed.

    Raises:
        NoteError: The note is malformed.
        NoteSignatureError: No known key signed, or a signature of a known key fails.
    """
    parsed = parse_note(note)
    message = parsed.text.encode()
    signed = False
    for line in parsed.signatures:
        candidates = [key for key in keys if key.name == line.name and key.id == line.key_id]
        if candidates:
            if not any(_verifies(key, line.blob, message) for key in candidates):
                raise NoteSignatureError(why="the signature fails")
            signed = True
    if not signed:
        raise NoteSignatureError(why="no signature of a known key")
    return parsed.text


def encode_base64(data: bytes) -> str:
    """Standard base64 with padding."""
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str) -> bytes:
    """The bytes of the one canonical spelling.

    Raises:
        NoteError: Any other spelling.
    """
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError(why="base64") from error
    if encode_base64(data) != text:
        raise NoteError(why="base64 is not canonical")
    return data


def _verifies(key: NoteKey, signature: bytes, message: bytes) -> bool:
    try:
        verify_ed25519(key.public_key, signature, message)
    except SignatureError:
        return False
    return True


def _parse_line(line: str) -> SignatureLine:
    if not line.startswith(_DASH):
        raise NoteError(why="a signature line")
    name, _, encoded = line[len(_DASH) :].partition(" ")
    data = decode_base64(encoded)
    if not _is_name(name) or len(data) <= _KEY_ID_BYTES:
        raise NoteError(why="a signature line")
    return SignatureLine(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])


def _key_id(name: str, typed_key: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + typed_key)[:_KEY_ID_BYTES]


def _is_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() or ord(c) < 32 for c in name) and _encodes(name)


def _check_text(text: str) -> None:
    if text in {"", "\n"} or not text.endswith("\n") or _CONTROL.search(text) or not _encodes(text):
        raise NoteError(why="the text")


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
