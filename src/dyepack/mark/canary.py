"""Canary people (蜜标人): invented, with a number that is the institution's own or nobody's.

Names come from frequency tables, everything else from the copy's own habits (value counts with cells of at least ten),
so that a canary looks like its neighbors in the list. In this version canaries live in the sealed register and in
copies only, not as records of the vault.

Invariants:

* a full name is expected at most once in ``1 / RAREST_NAME`` people; nobody in the vault bears it or has the number;
* the cells of a canary are a function of the canary and of what the copy commonly holds: two copies of one list show
  the same person, so that comparing copies does not give a pool canary away;
* canaries are adults (19 to 24 years), have no guardian, and no document numbers.
"""

import functools
import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from typing import Any, Final, TypeVar

from dyepack.crypto.digest import hmac_sha256, sha256
from dyepack.identifiers.name_tables import NameTables
from dyepack.mark.errors import LinesExhaustedError, NamesExhaustedError
from dyepack.mark.ports import CanaryLines, InUse
from dyepack.terms.canonical import canonical_json
from dyepack.terms.chance import Random, below, new_id
from dyepack.terms.ids import decode_id

RAREST_NAME: Final = 1e-5
"""Highest expected frequency of a canary's full name among people."""

COUNTED_CELL: Final = 10
"""A value is imitated only if at least so many rows of the copy hold it: below, it may tell of one person."""

COUNTED_FIELDS: Final = ("grade", "target_country", "intake_season", "budget_band", "gender")
TEMPLATE_FIELDS: Final = ("remark", "study_plan", "target_program")
_TRIES = 1000
_LINE_TRIES = 50
_CARD_DOMAIN = b"dyepack/mark/canary/v1\0"
_CELL_DOMAIN = b"dyepack/mark/cells/v1\0"
_Item = TypeVar("_Item")


class CanaryKind(StrEnum):
    """Who holds a canary."""

    EXCLUSIVE = "exclusive"
    POOL = "pool"


@dataclass(frozen=True, slots=True)
class Canary:
    """An invented person. Only the sealed register and the marks may know that it is one: nothing of it is printed.

    Attributes:
        id: 26 characters; sorts among record tokens as ``r1_`` + id.
        kind: Exclusive to one copy, or of an epoch's pool.
        name: Chinese full name.
        latin_name: The same person in Latin letters.
        phone: E.164.
    """

    id: str
    kind: CanaryKind
    name: str = field(repr=False)
    latin_name: str = field(repr=False)
    phone: str = field(repr=False)

    @property
    def raw(self) -> bytes:
        """The 16 bytes of the id: the record of a pool canary's position."""
        return decode_id(self.id)

    @property
    def card(self) -> bytes:
        """SHA-256 over everything that makes this canary: what a plan commits to."""
        card = {
            "id": self.id,
            "kind": self.kind.value,
            "latin_name": self.latin_name,
            "name": self.name,
            "phone": self.phone,
        }
        return sha256(_CARD_DOMAIN + canonical_json(card))


@dataclass(frozen=True, slots=True)
class Neighbors:
    """What the rows of a copy commonly look like.

    Attributes:
        rows: Number of rows counted.
        values: For each field of ``COUNTED_FIELDS``: value (empty included) to number of rows.
        filled: For each released field: rows whose cell is not empty.
        latin_names: Whether most names are written in Latin letters.
        phone_prefix: What stands before the national number in most phone cells: ``""``, ``"86"`` or ``"+86"``.
    """

    rows: int
    values: Mapping[str, Mapping[str, int]]
    filled: Mapping[str, int]
    latin_names: bool
    phone_prefix: str


def invent(
    random: Random, *, kind: CanaryKind, count: int, names: NameTables, lines: CanaryLines, in_use: InUse
) -> tuple[Canary, ...]:
    """Invent ``count`` people; deterministic in ``random`` and the lines.

    Raises:
        NamesExhaustedError: No rare and free name was found.
        LinesExhaustedError: No free number is left.
    """
    return tuple(_invent_one(random, kind, names, lines, in_use) for _ in range(count))


def observe(rows: Sequence[Mapping[str, str]], columns: Sequence[str]) -> Neighbors:
    """Count what the rows of a copy look like; only counts leave this function."""
    values = {name: Counter(row.get(name, "") for row in rows) for name in COUNTED_FIELDS if name in columns}
    filled = {name: sum(1 for row in rows if row.get(name)) for name in columns}
    named = [row["name"] for row in rows if row.get("name")]
    latin = sum(1 for name in named if name.isascii())
    phones = [row["phone"] for row in rows if row.get("phone")]
    international = sum(1 for phone in phones if phone.startswith("+86"))
    bare = sum(1 for phone in phones if phone.startswith("86") and len(phone) == 13)
    prefix = "+86" if 2 * international > len(phones) else "86" if 2 * bare > len(phones) else ""
    return Neighbors(len(rows), values, filled, 2 * latin > len(named), prefix)


def cells(
    canary: Canary, columns: Sequence[str], neighbors: Neighbors, *, year: int, mail_domain: str
) -> dict[str, str]:
    """What the canary's row shows in each released field; empty where a believable value would be a claim."""
    row: dict[str, str] = {}
    for name in columns:
        draw = _Stream(_CELL_DOMAIN + canary.raw + name.encode("utf-8"))
        if name in ("name", "latin_name", "phone", "email", "wechat", "birth_date"):
            sparse = name != "phone" and name != "name" and not _is_filled(draw, name, neighbors)
            row[name] = "" if sparse else _identity(canary, name, draw, neighbors, year, mail_domain)
        elif name in COUNTED_FIELDS:
            row[name] = _counted(draw, name, neighbors)
        elif name in TEMPLATE_FIELDS:
            row[name] = _templated(draw, name) if _is_filled(draw, name, neighbors) else ""
        else:
            row[name] = ""
    return row


def _invent_one(random: Random, kind: CanaryKind, names: NameTables, lines: CanaryLines, in_use: InUse) -> Canary:
    known = _known_surnames()
    surnames = [(surname, share) for surname, share in sorted(names.surnames.items()) if surname in known]
    given = sorted(names.given.items())
    total = sum(share for _, share in given)
    if not surnames or not given:
        raise NamesExhaustedError(tries=0)
    for _ in range(_TRIES):
        surname, share = _weighted(random, surnames)
        size = 2 if below(random, 10) < 9 else 1
        picks = [_weighted(random, given) for _ in range(size)]
        frequency = share / 100 * (0.9 if size == 2 else 0.1)
        for _, weight in picks:
            frequency *= weight / total
        name = surname + "".join(character for character, _ in picks)
        if frequency <= RAREST_NAME and name not in names.not_names and not in_use.name_in_use(name):
            latin = _latin_name(random, surname, [character for character, _ in picks])
            return Canary(new_id(random), kind, name, latin, _free_line(lines, in_use))
    raise NamesExhaustedError(tries=_TRIES)


def _free_line(lines: CanaryLines, in_use: InUse) -> str:
    for _ in range(_LINE_TRIES):
        number = lines.take()
        if not in_use.phone_in_use(number):
            return number
    raise LinesExhaustedError


def _latin_name(random: Random, surname: str, given: Sequence[str]) -> str:
    pinyin = _pinyin("given")
    syllables = [pinyin.get(character) for character in given]
    known = [syllable for syllable in syllables if syllable]
    first = "".join(known).capitalize() if len(known) == len(given) else _pick(random, _materials()["latin"]["given"])
    return f"{first} {_known_surnames()[surname].capitalize()}"


def _identity(canary: Canary, name: str, draw: Random, neighbors: Neighbors, year: int, mail_domain: str) -> str:
    local = "".join(reversed(canary.latin_name.lower().split()))
    if name == "name":
        return canary.latin_name if neighbors.latin_names else canary.name
    if name == "latin_name":
        return canary.latin_name
    if name == "phone":
        return neighbors.phone_prefix + canary.phone.removeprefix("+86")
    if name == "email":
        return f"{local}{below(draw, 10_000):04d}@{mail_domain}"
    if name == "wechat":
        return f"{local[:10]}_{below(draw, 10_000):04d}"
    return f"{year - 19 - below(draw, 5) - 1:04d}-{1 + below(draw, 12):02d}-{1 + below(draw, 28):02d}"


def _is_filled(draw: Random, name: str, neighbors: Neighbors) -> bool:
    return neighbors.rows > 0 and below(draw, neighbors.rows) < neighbors.filled.get(name, 0)


def _counted(draw: Random, name: str, neighbors: Neighbors) -> str:
    common = {value: count for value, count in neighbors.values.get(name, {}).items() if count >= COUNTED_CELL}
    if common:
        return _weighted(draw, sorted(common.items()))[0]
    builtin = _materials()["values"].get(name, [""])
    return _pick(draw, builtin) if _is_filled(draw, name, neighbors) else ""


def _templated(draw: Random, name: str) -> str:
    template, *lists = _pick(draw, _materials()["templates"][name])
    return str(template.format(*(_pick(draw, _materials()["words"][words]) for words in lists)))


def _weighted(random: Random, choices: Sequence[tuple[_Item, float]]) -> tuple[_Item, float]:
    """One of the choices by weight; uniform in 2^48 steps."""
    total = sum(weight for _, weight in choices)
    point = int.from_bytes(random.token_bytes(6), "big") / 2**48 * total
    for item, weight in choices:
        point -= weight
        if point < 0:
            return item, weight
    return choices[-1]


def _pick(random: Random, choices: Sequence[Any]) -> Any:
    return choices[below(random, len(choices))]


class _Stream:
    """A ``Random`` that a seed determines: HMAC-SHA256 in counter mode."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed
        self._counter = 0
        self._rest = b""

    def token_bytes(self, size: int) -> bytes:
        while len(self._rest) < size:
            self._rest += hmac_sha256(self._seed, self._counter.to_bytes(8, "big"))
            self._counter += 1
        taken, self._rest = self._rest[:size], self._rest[size:]
        return taken


@functools.cache
def _materials() -> dict[str, Any]:
    return tomllib.loads(resources.files("dyepack.mark").joinpath("canary.toml").read_text("utf-8"))


@functools.cache
def _pinyin(table: str) -> dict[str, str]:
    return {character: syllable for syllable, characters in _materials()[table].items() for character in characters}


def _known_surnames() -> dict[str, str]:
    return _pinyin("surnames")
