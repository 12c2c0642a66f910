"""Heads and checkpoints (C2SP tlog-checkpoint): the size and root of the log, signed by the log.

::

    <origin>                     key name of the log
    <size>                       decimal without leading zeros, below 2^63
    <root hash>                  standard base64 of 32 bytes; never an extension line

A *head* is signed for a commit; the *checkpoint* is the head that is published.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from dyepack.crypto.digest import DIGEST_BYTES
from dyepack.ledger.errors import NoteError
from dyepack.ledger.note import (
    KeyKind,
    LogSigner,
    NoteKey,
    decode_base64,
    encode_base64,
    open_note,
    parse_vkey,
    sign_note,
)

MAX_SIZE = 2**63 - 1
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Head:
    """What a head or checkpoint says.

    Attributes:
        origin: The log's name.
        size: Number of entries.
        root: 32 bytes.
    """

    origin: str
    size: int
    root: bytes


def head_text(head: Head) -> str:
    """The three lines that are signed."""
    return f"{head.origin}\n{head.size}\n{encode_base64(head.root)}\n"


def parse_head(text: str) -> Head:
    """Read the three lines.

    Raises:
        NoteError: Anything else, extension lines included.
    """
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise NoteError(why="a checkpoint has three lines")
    origin, size, encoded = lines[:3]
    if not origin:
        raise NoteError(why="no origin")
    root = decode_base64(encoded)
    if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
        raise NoteError(why="the size")
    if len(root) != DIGEST_BYTES:
        raise NoteError(why="the root hash")
    return Head(origin, int(size), root)


def sign_head(head: Head, *signers: LogSigner) -> str:
    """The signed note of a head; the name of the keys is the origin."""
    return sign_note(head_text(head), head.origin, *signers)


def open_head(note: str, log_vkey: str) -> Head:
    """Read a head or checkpoint signed by this log.

    Raises:
        NoteError: Malformed, or of another origin.
        NoteSignatureError: Not signed by this log.
    """
    key = _key(log_vkey)
    if key.kind is not KeyKind.ED25519:
        raise NoteError(why="not the Ed25519 key of a log")
    head = parse_head(open_note(note, (key,)))
    if head.origin != key.name:
        raise NoteError(why="another origin")
    return head


@lru_cache(maxsize=64)
def _key(vkey: str) -> NoteKey:
    return parse_vkey(vkey)
