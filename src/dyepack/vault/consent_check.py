"""Whether a purpose is covered for a record now, and whether its data subject counts as a minor.

In this version the legal basis of consult, follow_up and application is the relation that an admitted lot of kind
``relation`` proves. An unknown birth date counts as a minor; a birth date in an admitted ``relation`` lot is proof.
"""

from dyepack.terms.purpose import Purpose
from dyepack.terms.time import to_datetime
from dyepack.vault.ports import Lot, RecordRow

RELATION = "relation"
_COVERED = frozenset({Purpose.CONSULT, Purpose.FOLLOW_UP, Purpose.APPLICATION})


def has_basis(lot: Lot | None, purpose: Purpose) -> bool:
    """Whether the record of this lot may be used for the purpose now."""
    if purpose not in _COVERED:
        return True
    return lot is not None and lot.provenance == RELATION and lot.state == "open"


def is_minor(record: RecordRow, lot: Lot | None, now: int) -> bool:
    """Whether the data subject is not proven to be 18."""
    if record.minor_until is None or lot is None or lot.provenance != RELATION or lot.state != "open":
        return True
    return to_datetime(now).strftime("%Y-%m") <= record.minor_until
