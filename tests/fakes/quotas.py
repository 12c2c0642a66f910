"""Quota counters in memory."""

from collections import Counter
from threading import Lock


class MemoryQuotas:
    """Satisfies ``vault.quota.Quotas``."""

    def __init__(self) -> None:
        self._used: Counter[tuple[str, str, str]] = Counter()
        self._lock = Lock()

    def reserve(self, actor: str, day: str, act: str, cap: int, units: int = 1) -> bool:
        with self._lock:
            if self._used[actor, day, act] + units > cap:
                return False
            self._used[actor, day, act] += units
            return True

    def used(self, actor: str, day: str, act: str) -> int:
        with self._lock:
            return self._used[actor, day, act]
