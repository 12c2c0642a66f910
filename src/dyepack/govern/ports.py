"""What governing needs from outside: the atomic step that uses an approval up."""

from typing import Protocol


class Approvals(Protocol):
    """Approvals as kept."""

    def spend(self, approval_id: str, used_by: str) -> bool:
        """Use one up by one atomic step; False if it was used already. Of racing callers exactly one gets True."""
        ...
