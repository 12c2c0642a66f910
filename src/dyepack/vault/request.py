"""A request to use data: who, for which purpose, under which case. Purpose and case are never optional for a look."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from dyepack.ledger import Fact, Kind, Receipt
from dyepack.terms.actor import Actor
from dyepack.terms.chance import Random, new_id
from dyepack.terms.purpose import Purpose
from dyepack.vault.ports import Ledger

FieldValue = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks, and why.

    Attributes:
        actor: Authenticated by the face.
        purpose: Declared.
        case: ``c_`` + 26, or None for acts that need no case.
        case_open: Whether that case is open and its kind allows the purpose.
        grade: How forgeable the case is, ``E0`` (the customer made it) .. ``E3`` (the actor typed it).
        motive: What the actor typed; goes sealed into the details, never into an entry.
    """

    actor: Actor
    purpose: Purpose
    case: str | None = None
    case_open: bool = False
    grade: str = "E3"
    motive: str = ""

    def who(self) -> dict[str, FieldValue]:
        """The entry fields that name the actor."""
        return {"actor": self.actor.id, "role": self.actor.role.value, "dev": self.actor.device}

    def fields(self) -> dict[str, FieldValue]:
        """The entry fields of the whole request."""
        fields = {**self.who(), "purpose": self.purpose.value}
        if self.case is not None:
            fields |= {"case": self.case, "reason": "typed" if self.grade == "E3" else "event", "grade": self.grade}
        return fields


def fact(random: Random, kind: Kind, fields: dict[str, FieldValue]) -> Fact:
    """A fact with a fresh id; fields that are empty lists are left out."""
    return Fact(new_id(random), kind, {name: value for name, value in fields.items() if value != ()})


def receipts(ledger: Ledger, facts: Sequence[Fact]) -> list[Receipt]:
    """Append facts of level 1 or above; their receipts."""
    found = [receipt for receipt in ledger.append(facts) if receipt is not None]
    assert len(found) == len(facts)
    return found


def digest_bytes(text: str) -> bytes:
    """The 32 bytes that ``digest_text`` wrote."""
    return base64.urlsafe_b64decode(text + "=")


def digest_text(digest: bytes) -> str:
    """32 bytes as the ledger writes them: 43 characters base64url."""
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
