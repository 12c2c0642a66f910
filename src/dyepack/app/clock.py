"""The system's clock: the one place of the product that asks the operating system for the time."""

import time


class SystemClock:
    """Satisfies ``terms.time.Clock``."""

    def now(self) -> int:
        """Microseconds since 1970 UTC."""
        return time.time_ns() // 1_000
