"""Randomness is an argument: who needs it takes a ``Random``; ``crypto.chance.SystemRandom`` is the real one."""

from typing import Protocol

from dyepack.terms.ids import encode_id


class Random(Protocol):
    """A source of unpredictable bytes."""

    def token_bytes(self, size: int) -> bytes:
        """``size`` bytes."""
        ...


def new_id(random: Random) -> str:
    """A fresh id of 26 characters."""
    return encode_id(random.token_bytes(16))


def below(random: Random, limit: int) -> int:
    """A uniform integer in ``[0, limit)``, by rejection (no modulo bias). ``limit`` in 1..2^62."""
    if not 1 <= limit <= 1 << 62:
        msg = "limit out of range"
        raise ValueError(msg)
    span = 1 << 64
    ceiling = span - span % limit
    while True:
        value = int.from_bytes(random.token_bytes(8), "big")
        if value < ceiling:
            return value % limit
