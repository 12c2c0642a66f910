"""People inside and what they typed: names of staff, texts of cases, names of recipients.

Typed texts are sealed notes of the keeper, found again by keyed tags; everywhere else there are pseudonyms.
"""

from dataclasses import dataclass

from dyepack.app.institution import Institution
from dyepack.govern import (
    Case,
    CaseKind,
    Grade,
    Staff,
    acting,
    case_key,
    case_text,
    is_case_id,
    name_key,
    new_staff,
    staff_name,
    typed_case,
)
from dyepack.govern.errors import ActorExistsError, UnknownActorError, UnknownCaseError
from dyepack.ledger import Kind
from dyepack.storage.govern_store import CaseRow, StaffRow
from dyepack.terms.actor import Actor, Role
from dyepack.terms.chance import new_id
from dyepack.terms.purpose import Purpose
from dyepack.vault.errors import PurposeMismatchError
from dyepack.vault.request import Request


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff with the name."""

    id: str
    name: str
    role: Role
    active: bool
    can_log_in: bool


class People:
    """Resolves names and texts to pseudonyms, and back for screens."""

    def __init__(self, house: Institution) -> None:
        """Over an open institution."""
        self._house = house
        self._names: dict[str, str] = {}

    # -- staff -----------------------------------------------------------------------------------------------------

    def add(self, name: str, role: Role, password_hash: str | None) -> Member:
        """A new member of staff.

        Raises:
            ActorNameError: Not a name.
            ActorExistsError: The name is taken.
        """
        house = self._house
        staff = new_staff(name, role, house.random, taken=False)
        tag = house.keeper.label_tag("staff", name_key(staff.name))
        note = house.keeper.seal_note("staff", staff.id, staff.name.encode())
        row = StaffRow(staff.id, note, role.value, active=True, password_hash=password_hash)
        if house.staff.by_tag(tag) is not None:
            raise ActorExistsError
        ref = staff.id.removeprefix("a_")
        house.log.append([house.fact(Kind.ACTOR_ADDED, actor="p_cli", ref=ref, role=role.value)])
        if not house.staff.add(row, tag, house.clock.now()):
            raise ActorExistsError
        return Member(staff.id, staff.name, role, active=True, can_log_in=password_hash is not None)

    def all(self) -> list[Member]:
        """All members, in the order in which they were added."""
        return [self._member(row) for row in self._house.staff.all()]

    def named(self, name: str) -> StaffRow:
        """The row of a name.

        Raises:
            UnknownActorError: Nobody has it.
        """
        tag = self._house.keeper.label_tag("staff", name_key(staff_name(name)))
        row = self._house.staff.by_tag(tag)
        if row is None:
            raise UnknownActorError
        return row

    def actor(self, name: str, device: str) -> Actor:
        """A member, by name, as the actor of one act.

        Raises:
            UnknownActorError: Nobody has the name.
            ActorLeftError: The member has left.
        """
        return self.acting(self.named(name), device)

    def acting(self, row: StaffRow, device: str) -> Actor:
        """A member as the actor of one act."""
        return acting(Staff(row.id, "", Role(row.role), row.active), device)

    def name_of(self, actor: str) -> str:
        """The name behind a pseudonym; processes and unknown ones as they are."""
        if actor not in self._names:
            row = self._house.staff.by_id(actor)
            if row is None:
                return actor
            self._names[actor] = self._house.keeper.open_note("staff", row.id, row.name_note).decode()
        return self._names[actor]

    def _member(self, row: StaffRow) -> Member:
        return Member(row.id, self.name_of(row.id), Role(row.role), row.active, row.password_hash is not None)

    # -- cases -----------------------------------------------------------------------------------------------------

    def case(self, text: str, actor: Actor) -> Case:
        """The case of a typed text or of an id; a text that is not known becomes a case of its own, grade E3.

        Raises:
            CaseTextError: Not 1..200 printing characters.
            UnknownCaseError: An id that names no case.
        """
        house = self._house
        if is_case_id(text):
            row = house.cases.by_id(text)
            if row is None:
                raise UnknownCaseError
            return _case(row)
        tag = house.keeper.label_tag("case", case_key(text))
        found = house.cases.by_tag(tag)
        if found is not None:
            return _case(found)
        fresh = typed_case(actor.id, house.clock.now(), house.random)
        note = house.keeper.seal_note("case", fresh.id, case_text(text).encode())
        row, new = house.cases.open(
            CaseRow(fresh.id, note, fresh.kind.value, fresh.grade.value, fresh.opened_by, fresh.opened, None), tag
        )
        if new:
            house.log.append(
                [
                    house.fact(
                        Kind.CASE_OPENED,
                        actor=actor.id,
                        role=actor.role.value,
                        dev=actor.device,
                        case=row.id,
                        grade=row.grade,
                    )
                ]
            )
        return _case(row)

    def case_name(self, case_id: str) -> str:
        """What was typed."""
        row = self._house.cases.by_id(case_id)
        return case_id if row is None else self._house.keeper.open_note("case", row.id, row.text_note).decode()

    def request(self, actor: Actor, purpose: Purpose, case: str, motive: str = "") -> Request:
        """A request under a case.

        Raises:
            PurposeMismatchError: The case is of a kind that does not cover the purpose.
        """
        known = self.case(case, actor)
        if known.open and not known.allows(purpose):
            raise PurposeMismatchError(purpose=purpose.value, rule="case.kind", why_zh="", why_en="")
        return Request(
            actor=actor,
            purpose=purpose,
            case=known.id,
            case_open=known.covers(purpose),
            grade=known.grade.value,
            motive=motive,
        )

    # -- recipients ------------------------------------------------------------------------------------------------

    def holder(self, name: str) -> str:
        """The id of a recipient, made if the name is new.

        Raises:
            CaseTextError: Not 1..200 printing characters.
        """
        house = self._house
        text = case_text(name)
        tag = house.keeper.label_tag("holder", case_key(text))
        fresh = new_id(house.random)
        return house.cases.holder(tag, fresh, house.keeper.seal_note("holder", fresh, text.encode()))

    def holders(self) -> dict[str, str]:
        """Names of recipients, as given at release, by id."""
        return {
            holder: self._house.keeper.open_note("holder", holder, note).decode()
            for holder, note in self._house.cases.holders().items()
        }


def _case(row: CaseRow) -> Case:
    return Case(row.id, CaseKind(row.kind), Grade(row.grade), row.opened_by, row.opened, row.closed)
