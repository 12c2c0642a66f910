"""Sighting: which numbers of canaries stand in the cells of a hostile file, in full or masked."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dyepack.identifiers.masked_phone import masked_phone
from dyepack.identifiers.phone import find_phones, is_phone, normalize_phone, split_phones
from dyepack.mark.canary import Canary

LONGEST_CELL: Final = 32_767
"""Characters of a cell that are looked at: no spreadsheet holds more in one."""

HEAD: Final = 3
"""Leading digits that a masked number usually shows."""

LONGEST_NUMBER_CELL: Final = 64
"""Characters of a cell that may be nothing but numbers, in whatever form a spreadsheet left them."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """How numbers are recognized; ``identifiers`` satisfies it.

    Attributes:
        phones_in: The full numbers in a cell, in E.164.
        masked_in: The 11 places of a masked mainland number, each a digit or ``*``, if the cell is one; else None.
    """

    phones_in: Callable[[str], Iterable[str]]
    masked_in: Callable[[str], str | None]


def _full_numbers(cell: str) -> list[str]:
    whole = (piece for piece in split_phones(cell) if is_phone(piece)) if len(cell) <= LONGEST_NUMBER_CELL else ()
    return [*find_phones(cell), *(normalize_phone(piece) for piece in whole)]


def _masked_places(cell: str) -> str | None:
    masked = masked_phone(cell)
    return masked.pattern if masked else None


NUMBERS: Final = Numbers(_full_numbers, _masked_places)
"""As ``identifiers`` recognizes them, damaged forms of spreadsheets included."""


@dataclass(frozen=True, slots=True)
class MaskedMatch:
    """A masked number that a canary's number would fit. Weight 0."""

    row: int
    canary: str


@dataclass(frozen=True, slots=True)
class Sightings:
    """Which canaries the numbers of the file show."""

    full: frozenset[str]
    masked: tuple[MaskedMatch, ...]
    any_number: bool


def sight(rows: Sequence[Sequence[str]], register: Collection[Canary], numbers: Numbers) -> Sightings:
    """Look for the numbers of the register in every cell."""
    by_phone = {canary.phone: canary.id for canary in register}
    by_head: dict[str, list[tuple[str, str]]] = {}
    for canary in register:
        national = canary.phone.removeprefix("+86")
        by_head.setdefault(national[:HEAD], []).append((national, canary.id))
    full: set[str] = set()
    masked: dict[tuple[int, str], None] = {}
    seen = False
    for row, cells in enumerate(rows, start=1):
        for cell in cells:
            if not cell or cell.isalpha():
                continue
            found = list(numbers.phones_in(cell[:LONGEST_CELL]))
            seen = seen or bool(found)
            full.update(by_phone[number] for number in found if number in by_phone)
            places = None if found else numbers.masked_in(cell)
            if places:
                masked.update(((row, canary), None) for canary in _fitting(places, by_head))
    return Sightings(frozenset(full), tuple(MaskedMatch(row, canary) for row, canary in masked), seen)


def _fitting(places: str, by_head: Mapping[str, list[tuple[str, str]]]) -> Iterator[str]:
    heads = by_head.values() if "*" in places[:HEAD] else (by_head.get(places[:HEAD], []),)
    return (canary for head in heads for national, canary in head if _fits(national, places))


def _fits(national: str, places: str) -> bool:
    same_length = len(national) == len(places)
    return same_length and all(place in ("*", digit) for digit, place in zip(national, places, strict=True))
