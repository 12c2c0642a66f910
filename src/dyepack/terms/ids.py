"""Opaque names: 16 random bytes, as base32 in lower case without padding (26 characters of ``[a-z2-7]``).

A prefix says what the id names: ``i_`` institution, ``a_`` actor, ``s_`` data subject's session, ``d_`` device,
``c_`` case, ``b_`` legal basis, ``r1_`` record token. Everything else (entry, lot, copy, approval …) is bare.
"""

import re
from typing import NewType

RecordToken = NewType("RecordToken", str)
"""``r1_`` + 26 characters: the opaque name of a record. Not a secret and not a right."""

ID_BYTES = 16
TOKEN_PREFIX = "r1_"  # noqa: S105 - a prefix, not a password
_DIGITS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [first + second for first in _DIGITS for second in _DIGITS]  # two characters are 10 bits: 4 times as fast as
_VALUES = {pair: value for value, pair in enumerate(_PAIRS)}  # the base64 module, and every look has many ids
_SHIFTS = range(120, -1, -10)
_TEXT = re.compile(r"[a-z2-7]{25}[aeimquy4]")  # 130 bits hold 128: the last two are zero


def encode_id(raw: bytes) -> str:
    """26 characters for exactly 16 bytes."""
    if len(raw) != ID_BYTES:
        msg = "an id has 16 bytes"
        raise ValueError(msg)
    number = int.from_bytes(raw, "big") << 2
    return "".join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])


def decode_id(text: str) -> bytes:
    """The 16 bytes of 26 characters; refuses every other spelling of the same bytes.

    Raises:
        ValueError: Not the canonical text of 16 bytes.
    """
    if not _TEXT.fullmatch(text):
        msg = "not an id"
        raise ValueError(msg)
    number = 0
    for start in range(0, 26, 2):
        number = number << 10 | _VALUES[text[start : start + 2]]
    return (number >> 2).to_bytes(ID_BYTES, "big")


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
