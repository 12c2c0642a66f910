"""The system's clock: the one place of the product that asks the operating system for the time."""

import time


class SystemClock:
    """Satisfies ``terms.time.Clock``."""

    def now(self) -> int:
        """Microseconds since 1970 UTC."""
        return time.time_ns() // 1_000


class ShiftedClock:
    """The system's clock, moved by a fixed span: the demo tells yesterday's day of work with it."""

    def __init__(self, micros: int) -> None:
        """``micros`` is added to the system's time; negative is the past."""
        self.micros = micros

    def now(self) -> int:
        """Microseconds since 1970 UTC, shifted."""
        return time.time_ns() // 1_000 + self.micros
