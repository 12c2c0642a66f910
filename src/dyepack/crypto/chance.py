"""The real source of randomness: the operating system's."""

import secrets


class SystemRandom:
    """Satisfies ``terms.chance.Random``."""

    def token_bytes(self, size: int) -> bytes:
        """``size`` bytes from the operating system."""
        return secrets.token_bytes(size)
