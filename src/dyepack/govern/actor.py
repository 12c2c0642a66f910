"""Staff (操作人): who may act, by which name, in which role.

A name is for people and stays here; everywhere else a member of staff is a pseudonym (``a_`` + 26). One account is
taken for one person: that two accounts are one person's cannot be seen here (``docs/limitations.md``).
"""

import unicodedata
from dataclasses import dataclass, replace
from typing import Final

from dyepack.govern.errors import ActorExistsError, ActorLeftError, ActorNameError, UnknownActorError
from dyepack.terms.actor import Actor, Role
from dyepack.terms.chance import Random, new_id

NAME_LENGTH: Final = 60
ACTOR_PREFIX: Final = "a_"


@dataclass(frozen=True, slots=True)
class Staff:
    """One member of staff.

    Attributes:
        id: ``a_`` + 26 characters, never reused.
        name: As typed, in normal form; personal data.
        role: Held now.
        active: False once left.
    """

    id: str
    name: str
    role: Role
    active: bool = True

    def left(self) -> "Staff":
        """The same member, gone; the pseudonym stays, for the log names it."""
        return replace(self, active=False)


def printable_text(text: str, limit: int) -> str | None:
    """NFKC, outer and repeated blanks removed; None if empty, longer than ``limit`` or holding what does not print."""
    normal = " ".join(part for part in unicodedata.normalize("NFKC", text).split(" ") if part)
    if not 1 <= len(normal) <= limit:
        return None
    kinds = {unicodedata.category(character) for character in normal}
    if any(kind[0] == "C" or kind in {"Zl", "Zp"} for kind in kinds):
        return None
    return normal


def staff_name(text: str) -> str:
    """The normal form of a name.

    Raises:
        ActorNameError: Not 1..60 printing characters.
    """
    name = printable_text(text, NAME_LENGTH)
    if name is None:
        raise ActorNameError(limit=NAME_LENGTH)
    return name


def name_key(name: str) -> str:
    """What must be unique: a name without capital letters; ``name`` is in normal form."""
    return unicodedata.normalize("NFKC", name.casefold())


def new_staff(text: str, role: Role, random: Random, *, taken: bool) -> Staff:
    """A new member.

    Args:
        text: The name as typed.
        role: What the member may do.
        random: For the pseudonym.
        taken: Whether another member, also one who left, has this ``name_key``.

    Raises:
        ActorNameError: Not a name.
        ActorExistsError: The name is taken.
    """
    name = staff_name(text)
    if taken:
        raise ActorExistsError
    return Staff(id=ACTOR_PREFIX + new_id(random), name=name, role=role)


def known(staff: Staff | None) -> Staff:
    """The member that a look-up by ``name_key`` found.

    Raises:
        UnknownActorError: It found nobody.
    """
    if staff is None:
        raise UnknownActorError
    return staff


def acting(staff: Staff, device: str) -> Actor:
    """The member as the actor of one act.

    Raises:
        ActorLeftError: The member has left.
    """
    if not staff.active:
        raise ActorLeftError
    return Actor(id=staff.id, role=staff.role, device=device)
