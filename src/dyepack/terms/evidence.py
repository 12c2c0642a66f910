"""What the world brings back about a leak, as values that pass between ``mark``, ``trace`` and ``app``.

Tokens and opaque ids only: no value of a person is in any of these.
"""

from dataclasses import dataclass

from dyepack.terms.ids import RecordToken


@dataclass(frozen=True, slots=True)
class Exposure:
    """One account was shown the contact field of a set of records.

    Attributes:
        suspect: Opaque id of the account: an actor (``a_…``) or the holder of copies (26 characters).
        records: The records shown, as tokens.
        copies: Ids of the copies through which, empty for looks at single records.
    """

    suspect: str
    records: frozenset[RecordToken]
    copies: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CanaryHit:
    """An exclusive canary row stands, with its full number, in a leaked list.

    Attributes:
        canary: 26 characters.
        copy: The one copy that held it.
        holder: The only holder of that copy.
    """

    canary: str
    copy: str
    holder: str


@dataclass(frozen=True, slots=True)
class CopyRecovered:
    """What the marks of one copy say about a leaked list.

    Attributes:
        copy: 26 characters.
        holder: The only holder of the copy.
        log_e_text: Natural logarithm of the e-value of the text variants (0 if nothing was read).
        log_e_presence: The same for the presence of pool canaries.
        positions: Symbols that were read and entered.
        lost: Positions of the copy that were not readable.
        agreement: Read symbols equal to the copy's own, 0..positions.
    """

    copy: str
    holder: str
    log_e_text: float
    log_e_presence: float
    positions: int
    lost: int
    agreement: int


@dataclass(frozen=True, slots=True)
class LeakedRow:
    """One row of a leaked list.

    Attributes:
        row: Row number in the file, from 1, header excluded.
        record: The record it was linked to with certainty, or None (foreign, or not decidable).
    """

    row: int
    record: RecordToken | None
