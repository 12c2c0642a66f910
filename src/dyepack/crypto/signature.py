"""Signatures: Ed25519 (RFC 8032), and ML-DSA-44 (FIPS 204) for what must outlive it."""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

from dyepack.crypto.errors import SignatureError

PUBLIC_BYTES = 32
SIGNATURE_BYTES = 64
MLDSA_PUBLIC_BYTES = 1312
MLDSA_SIGNATURE_BYTES = 2420


class Ed25519Signer:
    """A private key made from a seed of 32 bytes."""

    def __init__(self, seed: bytes) -> None:
        """Keep the key in memory; ``seed`` is 32 uniformly random bytes."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return self._key.sign(message)


def verify_ed25519(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Return None or raise.

    Raises:
        SignatureError: Wrong length, wrong key, or wrong signature.
    """
    if len(public_key) != PUBLIC_BYTES or len(signature) != SIGNATURE_BYTES:
        raise SignatureError
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise SignatureError from error


class MlDsaSigner:
    """An ML-DSA-44 private key made from a seed of 32 bytes; signs without context."""

    def __init__(self, seed: bytes) -> None:
        """Keep the key in memory; ``seed`` is 32 uniformly random bytes."""
        self._key = MLDSA44PrivateKey.from_seed_bytes(seed)
        self.public_key = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """2,420 bytes; two signatures of one message differ."""
        return self._key.sign(message)


def verify_mldsa(public_key: bytes, signature: bytes, message: bytes) -> None:
    """Return None or raise.

    Raises:
        SignatureError: Wrong length, wrong key, or wrong signature.
    """
    if len(public_key) != MLDSA_PUBLIC_BYTES or len(signature) != MLDSA_SIGNATURE_BYTES:
        raise SignatureError
    try:
        MLDSA44PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise SignatureError from error
