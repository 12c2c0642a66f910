"""Digests and keyed digests: SHA-256, SM3, HMAC-SHA256, HKDF-Expand (RFC 5869)."""

import hashlib
import hmac
from collections.abc import Iterable

from cryptography.hazmat.primitives.hashes import SM3, Hash

DIGEST_BYTES = 32


def sha256(data: bytes) -> bytes:
    """32 bytes."""
    return hashlib.sha256(data).digest()


def sha256_each(prefix: bytes, items: Iterable[bytes]) -> list[bytes]:
    """The digest of ``prefix ‖ item`` for each item."""
    digest = hashlib.sha256
    return [digest(prefix + item).digest() for item in items]


def sm3(data: bytes) -> bytes:
    """32 bytes of the Chinese national standard GB/T 32905."""
    digest = Hash(SM3())
    digest.update(data)
    return digest.finalize()


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """32 bytes (RFC 2104)."""
    return hmac.digest(key, message, "sha256")


def equal(left: bytes, right: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(left, right)


def hkdf_expand(key: bytes, info: bytes, size: int) -> bytes:
    """HKDF-Expand with SHA-256 of a uniformly random ``key``.

    Args:
        key: 32 uniformly random bytes; there is no extract step.
        info: Domain and parameters, prefix-free by construction of the callers.
        size: 1..8160 bytes.
    """
    if not 1 <= size <= 255 * DIGEST_BYTES:
        msg = "HKDF-Expand gives 1 to 8160 bytes"
        raise ValueError(msg)
    block = b""
    out = b""
    counter = 1
    while len(out) < size:
        block = hmac.digest(key, block + info + bytes([counter]), "sha256")
        out += block
        counter += 1
    return out[:size]
