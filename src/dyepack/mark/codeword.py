r"""Codewords (码字): which symbol a copy shows at a position. Pure; Nuida biases over HMAC-SHA256.

::

    A(label, id)  = HMAC-SHA256(institution key, "dyepack/mark/" ‖ label ‖ "/v1\0" ‖ id 16)
    K_bias(epoch) = A("bias", epoch id)
    K_copy        = A("copy", copy id)
    position      = record 16 ‖ carrier u8 (1 pool canary, 2 text variant) ‖ slot u8
    block         = record 16 ‖ carrier u8 ‖ (slot >> 2) u8
    bias word     = word (slot & 3) of HMAC-SHA256(K_bias, 0x01 ‖ block)    4 words of u64, big-endian
    symbol word   = word (slot & 3) of HMAC-SHA256(K_copy, 0x02 ‖ block)
    bias index b  = 0 if bias word < T0, 1 if < T1, else 2
    symbol x      = 1 if symbol word < P[b], else 0

Invariants:

* a position belongs to a record (or canary) and a slot, never to a place in a file, so that deleting, sorting and
  reformatting rows cannot shift the code;
* the bias of a position is the same for all copies of an epoch, the symbol is the copy's own;
* given everything but ``K_copy``, a symbol is 1 with exactly its bias: the whole false-accusation bound
  (``docs/proofs/mark-false-accusation.md``) rests on this and on the secrecy of ``K_copy``.

The keeper calls ``derive_keys`` and ``commitments``; the institution's mark key never leaves it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from dyepack.crypto.digest import hmac_sha256, sha256
from dyepack.mark.profiles import NUIDA_2009_C6

_DOMAIN = b"dyepack/mark/"
_VERSION = b"/v1\0"
_BIAS = b"\x01"
_SYMBOL = b"\x02"
_T0, _T1 = NUIDA_2009_C6.bias_thresholds
_P = NUIDA_2009_C6.symbol_thresholds


class Carrier(IntEnum):
    """What shows a symbol. The values are wire constants."""

    POOL_CANARY = 1
    TEXT_VARIANT = 2


class Position(NamedTuple):
    """A place where a copy shows a symbol (标位).

    Attributes:
        record: 16 bytes of the record token, or of the canary's id.
        carrier: One of ``Carrier``.
        slot: 0..255: the id of the variant rule; 0 for a pool canary.
    """

    record: bytes
    carrier: int
    slot: int


@dataclass(frozen=True, slots=True)
class CopyKeys:
    """The two secrets of a copy, 32 bytes each; never printed."""

    copy_key: bytes = field(repr=False)
    bias_key: bytes = field(repr=False)


def derive_keys(institution_key: bytes, copy: bytes, epoch: bytes) -> CopyKeys:
    """The keys of a copy. Runs inside the keeper.

    Args:
        institution_key: The institution's mark key, 32 random bytes.
        copy: 16 bytes.
        epoch: 16 bytes; the biases are shared by all copies of an epoch.
    """
    return CopyKeys(_derive(institution_key, b"copy", copy), _derive(institution_key, b"bias", epoch))


def commitments(keys: CopyKeys) -> tuple[bytes, bytes]:
    """SHA-256 of the copy key and of the bias key; both are 256 random bits, so no salt is needed."""
    return sha256(keys.copy_key), sha256(keys.bias_key)


def bias_indices(bias_key: bytes, positions: Sequence[Position]) -> bytes:
    """One byte 0..2 a position: which bias it has in the epoch."""
    return bytes(0 if word < _T0 else 1 if word < _T1 else 2 for word in _words(bias_key, _BIAS, positions))


def symbols(keys: CopyKeys, positions: Sequence[Position], biases: bytes | None = None) -> bytes:
    """One byte 0 or 1 a position: what the copy shows there.

    Args:
        keys: The copy's.
        positions: Any order; neighbors of one block cost one HMAC.
        biases: What ``bias_indices`` gives for the same positions, if it is known already.
    """
    known = bias_indices(keys.bias_key, positions) if biases is None else biases
    words = _words(keys.copy_key, _SYMBOL, positions)
    return bytes([word < _P[bias] for word, bias in zip(words, known, strict=True)])


def _derive(institution_key: bytes, label: bytes, name: bytes) -> bytes:
    if len(name) != 16:
        msg = "copy and epoch ids have 16 bytes"
        raise ValueError(msg)
    return hmac_sha256(institution_key, _DOMAIN + label + _VERSION + name)


def _words(key: bytes, kind: bytes, positions: Sequence[Position]) -> list[int]:
    """The 64-bit word of each position under one key."""
    found: list[int] = []
    last: tuple[bytes, int, int] | None = None
    digest = b""
    for record, carrier, slot in positions:
        block = (record, carrier, slot >> 2)
        if block != last:
            digest = hmac_sha256(key, kind + record + bytes((carrier, slot >> 2)))
            last = block
        start = (slot & 3) << 3
        found.append(int.from_bytes(digest[start : start + 8], "big"))
    return found
