"""Passwords of local accounts: Argon2id (RFC 9106)."""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)


def hash_password(password: str) -> str:
    """An encoded hash with its own salt and parameters."""
    return _HASHER.hash(password)


def password_matches(encoded: str, password: str) -> bool:
    """Whether ``password`` made ``encoded``; an empty or broken hash never matches."""
    try:
        return _HASHER.verify(encoded, password)
    except (VerificationError, InvalidHashError):
        return False
