"""The field catalog (字段目录): which fields a record may have, and what each one is.

Read once from ``catalog.toml`` beside this file. Invariants, checked when it is read:

* ids and names are unique, ids fit ``u16`` below ``0x4000``; id 0 is the display part (展示件) and no field;
* class, search words and normal forms are from closed lists; every field has a tier.

A field *shows in the display part* if its class is name or plan; all others are *protected*: each slot is sealed as
a part of its own, and the display part holds only its mask.

Index fields: number of an ``eq`` index = field id; of a ``last4`` index = ``0x4000 | field id``.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Final

from dyepack.vault.errors import InvalidFieldError

DISPLAY_ID: Final = 0
MULTI_SLOTS: Final = 4
LAST4: Final = 0x4000
_NORMALS = frozenset(
    ("name", "date", "text", "phone", "landline", "email", "wechat", "qq", "number", "citizen_id", "passport")
)


class FieldClass(IntEnum):
    """What a field tells about a person; the value stands in the envelope, so it is a wire constant."""

    DISPLAY = 0
    NAME = 1
    IDENTITY = 2
    CONTACT = 3
    GUARDIAN = 4
    PLAN = 5

    @property
    def word(self) -> str:
        """Its name in policies and in the catalog."""
        return self.name.lower()


class Search(StrEnum):
    """How a field can be searched. Each has its leak, said in the catalog."""

    EQ = "eq"
    LAST4 = "last4"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the catalog.

    Attributes:
        id: Wire constant, 1..16383.
        name: Catalog name, as in ledger entries.
        kind: Its class (the word ``class`` is taken).
        tier: Number of records at which selling is a crime.
        sensitive: PIPL art. 28.
        slots: 4 for a field that may have several values, else 1.
        unique: Two open records share no value of it without an approval.
        search: Its indexes.
        codes: Its value is also a clear attribute that lists filter by.
        normal: Name of its normal form (``vault.forms``).
        label_zh: For people.
        label_en: For people.
    """

    id: int
    name: str
    kind: FieldClass
    tier: int
    sensitive: bool
    slots: int
    unique: bool
    search: frozenset[Search]
    codes: bool
    normal: str
    label_zh: str
    label_en: str

    @property
    def multi(self) -> bool:
        """Whether it may have several values."""
        return self.slots > 1

    @property
    def displayed(self) -> bool:
        """Whether it stands in full in the display part."""
        return self.kind in {FieldClass.NAME, FieldClass.PLAN}

    def index_fields(self) -> tuple[int, ...]:
        """The numbers of its indexes."""
        eq = (self.id,) if Search.EQ in self.search else ()
        last4 = (LAST4 | self.id,) if Search.LAST4 in self.search else ()
        return eq + last4

    def label(self, language: str) -> str:
        """Its label in ``"zh"`` or ``"en"``."""
        return self.label_zh if language == "zh" else self.label_en


def load_catalog(text: str) -> Mapping[str, Field]:
    """Read a catalog, in the order of ids.

    Raises:
        ValueError: It breaks an invariant above.
    """
    try:
        fields = [_field(name, row) for name, row in tomllib.loads(text).items()]
    except KeyError as error:
        msg = f"a field lacks, or has an unknown, {error}"
        raise ValueError(msg) from error
    if len({field.id for field in fields}) != len(fields):
        msg = "two fields share an id"
        raise ValueError(msg)
    return MappingProxyType({field.name: field for field in sorted(fields, key=lambda field: field.id)})


def _field(name: str, row: Mapping[str, Any]) -> Field:
    number = row["id"]
    if not 0 < number < LAST4:
        msg = f"{name}: the id is not in 1..16383"
        raise ValueError(msg)
    if row["normal"] not in _NORMALS:
        msg = f"{name}: unknown normal form"
        raise ValueError(msg)
    kind = FieldClass[row["class"].upper()]
    field = Field(
        id=number,
        name=name,
        kind=kind,
        tier=row["tier"],
        sensitive=row.get("sensitive", False),
        slots=MULTI_SLOTS if row.get("multi", False) else 1,
        unique=row.get("unique", False),
        search=frozenset(Search(word) for word in row.get("search", ())),
        codes=row.get("codes", False),
        normal=row["normal"],
        label_zh=row["label_zh"],
        label_en=row["label_en"],
    )
    if field.displayed and field.multi:
        msg = f"{name}: a field of the display part has one value"
        raise ValueError(msg)
    return field


CATALOG: Final = load_catalog(files("dyepack.vault").joinpath("catalog.toml").read_text(encoding="utf-8"))
_BY_ID: Final = MappingProxyType({one.id: one for one in CATALOG.values()})
_DISPLAYED: Final = tuple(one for one in CATALOG.values() if one.displayed)
_PROTECTED: Final = tuple(one for one in CATALOG.values() if not one.displayed)


def field(name: str) -> Field:
    """The field of a name.

    Raises:
        InvalidFieldError: There is none. What was asked is not repeated in the sentence: it came from outside.
    """
    try:
        return CATALOG[name]
    except KeyError as error:
        raise InvalidFieldError(field="?") from error


def field_by_id(number: int) -> Field:
    """The field of an id.

    Raises:
        InvalidFieldError: There is none.
    """
    try:
        return _BY_ID[number]
    except KeyError as error:
        raise InvalidFieldError(field=number) from error


def display_fields() -> tuple[Field, ...]:
    """Fields that stand in full in the display part."""
    return _DISPLAYED


def protected_fields() -> tuple[Field, ...]:
    """Fields that are sealed as parts of their own."""
    return _PROTECTED


def index_number(name: str, search: Search = Search.EQ) -> int:
    """The number of one index of a field.

    Raises:
        InvalidFieldError: The field has no such index.
    """
    one = field(name)
    if search not in one.search:
        raise InvalidFieldError(field=name)
    return one.id if search is Search.EQ else LAST4 | one.id


def indexed_field(number: int) -> Field:
    """The field that an index number belongs to.

    Raises:
        InvalidFieldError: No such index.
    """
    one = field_by_id(number & (LAST4 - 1))
    if number not in one.index_fields():
        raise InvalidFieldError(field=number)
    return one
