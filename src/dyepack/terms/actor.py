"""Who acts: a person with a role, on a device. Names of staff live in ``govern``; elsewhere there are pseudonyms."""

from dataclasses import dataclass
from enum import StrEnum

CLI_DEVICE = "d_" + "cli".ljust(26, "a")
"""The device of an act done from the command line by the operating-system owner, who may act as any actor."""


class Role(StrEnum):
    """Roles of staff that the shipped policies know."""

    FRONT_DESK = "front_desk"
    CONSULTANT = "consultant"
    MARKETING = "marketing"
    PRIVACY_OFFICER = "privacy_officer"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Actor:
    """An authenticated actor at the moment of one act.

    Attributes:
        id: ``a_`` + 26 characters, a pseudonym; or ``p_`` + name for a process.
        role: The role held now.
        device: ``d_`` + 26 characters.
    """

    id: str
    role: Role
    device: str
