"""Opaque names: 16 random bytes, as base32 in lower case without padding (26 characters of ``[a-z2-7]``).

A prefix says what the id names: ``i_`` institution, ``a_`` actor, ``s_`` data subject's session, ``d_`` device,
``c_`` case, ``b_`` legal basis, ``r1_`` record token. Everything else (entry, lot, copy, approval …) is bare.
"""

import base64
import binascii
import re
from typing import NewType

RecordToken = NewType("RecordToken", str)
"""``r1_`` + 26 characters: the opaque name of a record. Not a secret and not a right."""

ID_BYTES = 16
TOKEN_PREFIX = "r1_"  # noqa: S105 - a prefix, not a password
_TEXT = re.compile(r"[a-z2-7]{26}")


def encode_id(raw: bytes) -> str:
    """26 characters for exactly 16 bytes."""
    if len(raw) != ID_BYTES:
        msg = "an id has 16 bytes"
        raise ValueError(msg)
    return base64.b32encode(raw).decode("ascii").lower().rstrip("=")


def decode_id(text: str) -> bytes:
    """The 16 bytes of 26 characters; refuses every other spelling of the same bytes.

    Raises:
        ValueError: Not the canonical text of 16 bytes.
    """
    if not _TEXT.fullmatch(text):
        msg = "not an id"
        raise ValueError(msg)
    try:
        raw = base64.b32decode(text.upper() + "======")
    except binascii.Error as error:
        msg = "not an id"
        raise ValueError(msg) from error
    if encode_id(raw) != text:
        msg = "not an id"
        raise ValueError(msg)
    return raw


def record_token(raw: bytes) -> RecordToken:
    """The token of a record's 16 bytes."""
    return RecordToken(TOKEN_PREFIX + encode_id(raw))


def record_bytes(token: str) -> bytes:
    """The 16 bytes of a record token.

    Raises:
        ValueError: Not a record token.
    """
    if not token.startswith(TOKEN_PREFIX):
        msg = "not a record token"
        raise ValueError(msg)
    return decode_id(token[len(TOKEN_PREFIX) :])
