"""The frame (冻结框架): what is fixed before anybody looks at a result."""

from dataclasses import dataclass

from dyepack.crypto.digest import sha256
from dyepack.terms.canonical import canonical_json
from dyepack.trace.errors import BadFrameError

FICTIONAL_NUMBERS = 10**8
"""Numbers behind one prefix of three digits."""
_FRAME_SCHEMA = "dyepack.trace-frame/1"


@dataclass(frozen=True, slots=True)
class Frame:
    """What a case fixes before its first result.

    Attributes:
        alpha: Greatest probability of ever naming an innocent in this case, in (0, 1).
        case: Opaque id of the case.
        suspects: All accounts with at least one disclosing exposure, and all holders of copies.
        records: Size of the universe: records that could have stood in the list.
        from_: Start of the window, microseconds.
        to: End of the window, microseconds.
        k: So many other leakers are thought possible; canaries of more holders hit mean a breach below the ledger.
        g: Outside groups thought possible (no part of the design evidence; printed).
        gamma: Selectivity thought possible (no part of the design evidence; printed).
        canary_space: Numbers among which somebody who knows all but the secret must guess exclusive canaries.
    """

    alpha: float
    case: str
    suspects: tuple[str, ...]
    records: int
    from_: int
    to: int
    k: int = 2
    g: int = 1
    gamma: int = 1
    canary_space: int = FICTIONAL_NUMBERS

    def __post_init__(self) -> None:
        """Refuse a frame that bounds nothing."""
        checks = {
            "alpha": 0.0 < self.alpha < 1.0,
            "suspects": len(set(self.suspects)) == len(self.suspects),
            "records": self.records >= 0,
            "to": self.from_ <= self.to,
            "k": self.k >= 0,
            "g": self.g >= 0,
            "gamma": self.gamma >= 1,
            "canary_space": self.canary_space >= 1,
        }
        for field, fine in checks.items():
            if not fine:
                raise BadFrameError(field=field)

    def digest(self, profile: str) -> str:
        """SHA-256 in hex over the canonical JSON of the frame and the name of the profile; alpha goes as text."""
        content = {
            "schema": _FRAME_SCHEMA,
            "profile": profile,
            "alpha": repr(self.alpha),
            "case": self.case,
            "suspects": sorted(self.suspects),
            "records": self.records,
            "from": self.from_,
            "to": self.to,
            "k": self.k,
            "g": self.g,
            "gamma": self.gamma,
            "canary_space": self.canary_space,
        }
        return sha256(canonical_json(content)).hex()
