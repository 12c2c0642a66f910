"""Approvals in memory."""

from threading import Lock


class MemoryApprovals:
    """Satisfies ``govern.ports.Approvals``; ``add`` stands for keeping a granted one."""

    def __init__(self) -> None:
        self._used_by: dict[str, str | None] = {}
        self._lock = Lock()

    def add(self, approval_id: str) -> None:
        self._used_by[approval_id] = None

    def spend(self, approval_id: str, used_by: str) -> bool:
        with self._lock:
            if approval_id not in self._used_by or self._used_by[approval_id] is not None:
                return False
            self._used_by[approval_id] = used_by
            return True
