"""Authenticated encryption: AES-256-GCM-SIV (RFC 8452), which survives a repeated nonce.

Sealed form: ``nonce 12 ‖ ciphertext ‖ tag 16``. Which bytes are authenticated beside it is the caller's business.
"""

from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from dyepack.crypto.digest import hmac_sha256
from dyepack.crypto.errors import UnsealError, UnsupportedError
from dyepack.terms.chance import Random

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
OVERHEAD = NONCE_BYTES + TAG_BYTES
_HEDGE = b"dyepack/nonce/v1\0"


def seal(key: bytes, plaintext: bytes, associated: bytes, random: Random) -> bytes:
    """Encrypt and authenticate under a fresh nonce."""
    return _seal_from_parts(key, random.token_bytes(NONCE_BYTES), plaintext, associated)


def seal_hedged(key: bytes, plaintext: bytes, associated: bytes, random: Random) -> bytes:
    """Seal under a key that seals many values: the nonce depends on randomness *and* on what is sealed.

    With a source of randomness that repeats itself, a nonce still repeats only for the same value in the same place.
    """
    length = len(associated).to_bytes(8, "big")
    drawn = hmac_sha256(key, _HEDGE + random.token_bytes(NONCE_BYTES) + length + associated + plaintext)
    return _seal_from_parts(key, drawn[:NONCE_BYTES], plaintext, associated)


def unseal(key: bytes, sealed: bytes, associated: bytes) -> bytes:
    """Check and decrypt.

    Raises:
        UnsealError: Not sealed under this key and associated data.
    """
    if len(sealed) < OVERHEAD:
        raise UnsealError
    try:
        return AESGCMSIV(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], associated)
    except InvalidTag as error:
        raise UnsealError from error


def self_test() -> None:
    """Refuse a library that lacks the cipher, at start rather than at the first record.

    Raises:
        UnsupportedError: OpenSSL before 3.2.
    """
    try:
        AESGCMSIV(bytes(KEY_BYTES))
    except UnsupportedAlgorithm as error:
        raise UnsupportedError from error


def _seal_from_parts(key: bytes, nonce: bytes, plaintext: bytes, associated: bytes) -> bytes:
    """With a chosen nonce, so that published vectors can be checked."""
    return nonce + AESGCMSIV(key).encrypt(nonce, plaintext, associated)
