"""How Chinese names look: surnames with their shares, characters of given names, and words that are no names.

The tables are package data (``tables/SOURCES.md`` says from where); they are read once per process.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

_UNLISTED_PER_MILLION = 6.0
NOMINAL_SHARE = 0.005
"""Percent given to surnames without a count; they are often ordinary words."""


@dataclass(frozen=True, slots=True)
class NameTables:
    """What is known about the look of names.

    Attributes:
        surnames: Surname (one or two characters) to its share of the population in percent.
        given: Character to its occurrences per million characters of given names.
        not_names: Words that begin with a surname and name a place, a grade, a state, ...
    """

    surnames: Mapping[str, float]
    given: Mapping[str, float]
    not_names: frozenset[str]

    def likelihood(self, given_name: str) -> float:
        """Mean natural logarithm of the characters' shares: about -7 for usual names, -12 for unlisted characters."""
        shares = (self.given.get(character, _UNLISTED_PER_MILLION) for character in given_name)
        return sum(math.log(share / 1e6) for share in shares) / len(given_name)


@cache
def name_tables() -> NameTables:
    """The tables, read from the package at the first call."""
    return NameTables(
        surnames={row[0]: float(row[1]) for row in _rows("surnames.tsv")},
        given={row[0]: float(row[1]) for row in _rows("given-name-characters.tsv")},
        not_names=frozenset(row[0] for row in _rows("not-names.tsv")),
    )


@cache
def mobile_prefixes() -> Mapping[str, str]:
    """Prefix of 3-4 digits to operator. For information only: prefixes in use are missing."""
    return {row[0]: row[1] for row in _rows("mobile-prefixes.tsv")}


def _rows(table: str) -> Iterator[list[str]]:
    text = files("dyepack.identifiers").joinpath("tables", table).read_text(encoding="utf-8")
    return (line.split("\t") for line in text.splitlines()[1:] if line)
