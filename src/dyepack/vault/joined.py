"""What the doors of one house share: the ports that the composition root joined, given to each door as one value."""

from dataclasses import dataclass

from dyepack.terms.chance import Random
from dyepack.terms.time import Clock
from dyepack.vault.keeper.wire import Keeper
from dyepack.vault.permission import Permission
from dyepack.vault.ports import Details, Ledger, Lots, Outbox, Records, Releases


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """The ports of the vault, satisfied.

    Attributes:
        records: Sealed records and their tags.
        lots: Lots and the rows of their import.
        releases: Lists on their way out.
        details: Sealed texts beside entries.
        outbox: What waits for the ledger.
        keeper: Holds the keys, gives one against a receipt.
        ledger: Everything is in it before it happens.
        permission: Asks the policy and writes refusals down.
        institution: 16 bytes.
        clock: Time.
        random: Randomness.
    """

    records: Records
    lots: Lots
    releases: Releases
    details: Details
    outbox: Outbox
    keeper: Keeper
    ledger: Ledger
    permission: Permission
    institution: bytes
    clock: Clock
    random: Random
