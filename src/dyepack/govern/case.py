"""Cases (案件): what a look is for. Every look names one that is open and allows the look's purpose.

A case that exists only as what an actor typed (``typed``) is worth little as evidence (grade E3) and allows every
purpose of the actor's role; an ``investigation`` is for finding a leak. The typed text may hold anything, so it is
kept sealed and found again by a keyed tag of ``case_key``; here a case is an opaque id.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from dyepack.govern.actor import printable_text
from dyepack.govern.errors import CaseClosedError, CaseTextError, UnknownCaseError
from dyepack.terms.chance import Random, new_id
from dyepack.terms.ids import decode_id
from dyepack.terms.purpose import Purpose

CASE_PREFIX: Final = "c_"
TEXT_LENGTH: Final = 200


class CaseKind(StrEnum):
    """What a case is about."""

    TYPED = "typed"
    INVESTIGATION = "investigation"


class Grade(StrEnum):
    """How forgeable the event is that made the case."""

    BY_CUSTOMER = "E0"
    BY_SYSTEM = "E1"
    BY_SECOND_PERSON = "E2"
    BY_ACTOR = "E3"


PURPOSES_OF: Final[Mapping[CaseKind, frozenset[Purpose]]] = MappingProxyType(
    {
        CaseKind.TYPED: frozenset(Purpose),
        CaseKind.INVESTIGATION: frozenset({Purpose.CASE, Purpose.LEAK_TRACE, Purpose.SUPERVISE, Purpose.APPROVE}),
    }
)


@dataclass(frozen=True, slots=True)
class Case:
    """One case.

    Attributes:
        id: ``c_`` + 26 characters.
        kind: What it is about.
        grade: How forgeable its cause is.
        opened_by: ``a_`` + 26, or a process.
        opened: Microseconds since 1970 UTC.
        closed: The same, or None while open.
    """

    id: str
    kind: CaseKind
    grade: Grade
    opened_by: str
    opened: int
    closed: int | None = None

    @property
    def open(self) -> bool:
        """Not closed yet."""
        return self.closed is None

    def allows(self, purpose: Purpose) -> bool:
        """Whether its kind covers a purpose; if not, the refusal is a purpose mismatch."""
        return purpose in PURPOSES_OF[self.kind]

    def covers(self, purpose: Purpose) -> bool:
        """Open, and of a kind that covers the purpose: the fact ``case_open`` of a request."""
        return self.open and self.allows(purpose)


def case_text(text: str) -> str:
    """The normal form of what was typed.

    Raises:
        CaseTextError: Not 1..200 printing characters.
    """
    normal = printable_text(text, TEXT_LENGTH)
    if normal is None:
        raise CaseTextError(limit=TEXT_LENGTH)
    return normal


def case_key(text: str) -> str:
    """What two spellings of one case share; the input of a keyed tag, never stored. Raises as ``case_text``."""
    return case_text(text).casefold()


def is_case_id(text: str) -> bool:
    """Whether what was typed is the id of a case, which must then exist (``UnknownCaseError`` if not)."""
    try:
        decode_id(text.removeprefix(CASE_PREFIX))
    except ValueError:
        return False
    return text.startswith(CASE_PREFIX)


def known_case(case: Case | None) -> Case:
    """The case that a look-up by id found.

    Raises:
        UnknownCaseError: It found none.
    """
    if case is None:
        raise UnknownCaseError
    return case


def typed_case(actor: str, now: int, random: Random) -> Case:
    """The row that a typed text becomes when it is not known: a random id, grade E3."""
    return _new(CaseKind.TYPED, Grade.BY_ACTOR, actor, now, random)


def investigation(actor: str, grade: Grade, now: int, random: Random) -> Case:
    """A case about a leak."""
    return _new(CaseKind.INVESTIGATION, grade, actor, now, random)


def close(case: Case, now: int) -> Case:
    """The case, closed.

    Raises:
        CaseClosedError: It was closed before.
    """
    if not case.open:
        raise CaseClosedError
    return replace(case, closed=now)


def _new(kind: CaseKind, grade: Grade, actor: str, now: int, random: Random) -> Case:
    return Case(id=CASE_PREFIX + new_id(random), kind=kind, grade=grade, opened_by=actor, opened=now)
