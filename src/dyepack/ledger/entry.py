"""Entry (条目): one fact as one flat JSON object, canonical under RFC 8785 by construction.

ASCII keys; values are strings, integers 0..2^53-1 or non-empty lists of strings; a field without a value is absent.
At most 4,096 bytes. Every string is from a closed list, a random id or a digest: **there is no free text in an
entry**, so nothing that a person typed and nothing about a person that erasure must reach. ``kind`` says what
happened and which fields it must have (``kinds``).

::

    field                    form                               field              form
    v                        1                                  subj               1..100 aliases of 26, each once
    id, of, ref, approval,   26 characters                      fields, masks      catalog names, sorted, each once
    reason_ref                                                  rules              1..16 policy ids
    t                        microseconds since 1970 UTC        approvers          1..16 actors a_+26, each once
    org case basis dev       i_ c_ b_ d_ + 26                   decision           permit, deny, gap
    actor                    a_+26, s_+26, p_name               grade              E0 E1 E2 E3
    role purpose reason      word                               policy digest      43 base64url (32 bytes)
    outcome                                                     commit
    n secs lo hi             integer

A *word* is ``[a-z][a-z0-9_.-]{0,31}`` with at most four digits: a number of a phone or document never fits.

Invariants:

* ``parse_entry`` accepts exactly the bytes that ``encode_entry`` can write;
* the leaf hash is taken over the bytes as stored; no verifier encodes again in order to hash.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import orjson

from dyepack.ledger.errors import BadEntryError
from dyepack.ledger.kinds import Kind
from dyepack.terms.canonical import SAFE_INTEGER

VERSION = 1
MAX_ENTRY_BYTES = 4096
MAX_SUBJECTS = 100

Value = str | int | tuple[str, ...]

_ID = "[a-z2-7]{25}[aeimquy4]"  # the last character of 16 bytes carries 3 bits
WORD = r"(?!(?:[^0-9]*[0-9]){5})[a-z][a-z0-9_.-]{0,31}"
_DIGEST = "[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]"  # the last character of 32 bytes carries 4 bits


@dataclass(frozen=True, slots=True)
class Fact:
    """An entry before the sequencer stamps it.

    Attributes:
        id: 26 characters; the idempotency key of the append.
        kind: What happened.
        fields: By wire name, without ``v``, ``id``, ``t``, ``org`` and ``kind``.
    """

    id: str
    kind: Kind
    fields: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the log.

    Attributes:
        id: 26 characters.
        t: Microseconds since 1970 UTC; the operator's claim.
        org: Institution, ``i_`` + 26.
        kind: What happened.
        fields: The other fields by wire name.
        raw: The bytes as stored.
    """

    id: str
    t: int
    org: str
    kind: Kind
    fields: Mapping[str, Value]
    raw: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """A fact that fits the schema, encoded but for its time: checking and encoding need no lock and no order.

    Attributes:
        id: 26 characters.
        kind: What happened.
        body: The canonical bytes before ``,"t":``; ``t`` and ``v`` are the last two names in sorted order.
    """

    id: str
    kind: Kind
    body: bytes

    def stamped(self, t: int) -> bytes:
        """The canonical bytes of the entry at ``t``, 0 to 2^53-1 microseconds."""
        return b'%b,"t":%d,"v":%d}' % (self.body, t, VERSION)


def draft_entry(fact: Fact, *, org: str) -> Draft:
    """Check and encode a fact.

    Raises:
        BadEntryError: The fact does not fit the schema.
    """
    wire: dict[str, Any] = dict(fact.fields)
    if not wire.keys().isdisjoint(_STAMPED):
        raise BadEntryError(why="a stamped field was given")
    wire["id"] = fact.id
    wire["org"] = org
    wire["kind"] = fact.kind
    for name, value in wire.items():
        if type(value) is list:
            raise BadEntryError(why="lists are tuples in a fact")
        _check_field(name, value)
    _check_kind(fact.kind, fact.fields)
    raw = orjson.dumps(wire, option=orjson.OPT_SORT_KEYS)  # canonical: ASCII strings, safe integers, sorted keys
    if len(raw) > MAX_ENTRY_BYTES - _STAMP_BYTES:
        raise BadEntryError(why="over 4096 bytes")
    return Draft(fact.id, fact.kind, raw[:-1])


def encode_entry(fact: Fact, *, org: str, t: int) -> bytes:
    """The canonical bytes of a stamped fact.

    Raises:
        BadEntryError: The fact does not fit the schema.
    """
    _check_field("t", t)
    return draft_entry(fact, org=org).stamped(t)


def parse_entry(raw: bytes) -> Entry:
    """Read an entry; refuses every spelling but the canonical one.

    Raises:
        BadEntryError: Not the canonical bytes of an entry.
    """
    if len(raw) > MAX_ENTRY_BYTES:
        raise BadEntryError(why="over 4096 bytes")
    try:
        wire = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadEntryError(why="not JSON") from error
    if type(wire) is not dict:
        raise BadEntryError(why="not an object")
    for name in STAMPED:
        if name not in wire:
            raise BadEntryError(why=f"{name} is missing")
    for name, value in wire.items():
        if type(value) is list:
            wire[name] = tuple(value)
        _check_field(name, wire[name])
    if orjson.dumps(wire, option=orjson.OPT_SORT_KEYS) != raw:
        raise BadEntryError(why="not canonical")
    kind = Kind(wire["kind"])
    fields = MappingProxyType({name: value for name, value in wire.items() if name not in _STAMPED})
    _check_kind(kind, fields)
    return Entry(id=wire["id"], t=wire["t"], org=wire["org"], kind=kind, fields=fields, raw=raw)


def stamp_of(raw: bytes) -> tuple[str, int]:
    """The id and ``t`` of bytes that ``Draft.stamped`` wrote; reads nothing else, so it is for a log's own files.

    Raises:
        BadEntryError: There is no id or no time at its place.
    """
    match = _STAMP.search(raw)
    if match is None:
        raise BadEntryError(why="no id or no time")
    return match[1].decode("ascii"), int(match[2])


def _check_kind(kind: Kind, fields: Mapping[str, Value]) -> None:
    missing = kind.required.difference(fields)
    if missing:
        raise BadEntryError(why=f"{kind.value} needs {', '.join(sorted(missing))}")
    for name in kind.single:
        if len(fields[name]) != 1:  # type: ignore[arg-type]  # a list field: its form was checked
            raise BadEntryError(why=f"{kind.value} names exactly one of {name}")


def _check_field(name: str, value: object) -> None:
    check = _CHECKS.get(name)
    if check is None:
        raise BadEntryError(why="an unknown field")
    if not check(value):
        raise BadEntryError(why=f"the form of {name}")


_Check = Callable[[object], bool]


def _text(pattern: str) -> _Check:
    match = re.compile(pattern, re.ASCII).fullmatch
    return lambda value: isinstance(value, str) and match(value) is not None


def _integer(value: object) -> bool:
    return type(value) is int and 0 <= value <= SAFE_INTEGER


def _items(form: "Form") -> _Check:
    fits = _text(form.pattern)

    def check(value: object) -> bool:
        if type(value) is not tuple or not 1 <= len(value) <= form.limit or not all(map(fits, value)):
            return False
        return len(set(value)) == len(value) and (not form.ascending or list(value) == sorted(value))

    return check


@dataclass(frozen=True, slots=True)
class Form:
    """What the values of one field look like.

    Attributes:
        type: ``str``, ``int``, or ``tuple`` for a list of strings, each once.
        pattern: Of the string, or of each item.
        limit: Items of a list.
        ascending: Whether a list is sorted.
    """

    type: type
    pattern: str = ""
    limit: int = 1
    ascending: bool = False

    def check(self) -> _Check:
        """A function that says whether a value has this form."""
        if self.type is int:
            return _integer
        return _items(self) if self.type is tuple else _text(self.pattern)


_NAMES = Form(tuple, "[a-z][a-z_]{0,31}", 64, ascending=True)

FORMS: Mapping[str, Form] = MappingProxyType(
    {
        "v": Form(int),
        "t": Form(int),
        "kind": Form(str, "|".join(Kind)),
        **dict.fromkeys(("id", "of", "ref", "approval", "reason_ref"), Form(str, _ID)),
        "org": Form(str, "i_" + _ID),
        "case": Form(str, "c_" + _ID),
        "basis": Form(str, "b_" + _ID),
        "dev": Form(str, "d_" + _ID),
        "actor": Form(str, f"[as]_{_ID}|p_[a-z]{{1,16}}"),
        **dict.fromkeys(("role", "purpose", "reason", "outcome"), Form(str, WORD)),
        "grade": Form(str, "E[0-3]"),
        "decision": Form(str, "permit|deny|gap"),
        **dict.fromkeys(("policy", "digest", "commit"), Form(str, _DIGEST)),
        **dict.fromkeys(("n", "secs", "lo", "hi"), Form(int)),
        "subj": Form(tuple, _ID, MAX_SUBJECTS),
        "fields": _NAMES,
        "masks": _NAMES,
        "rules": Form(tuple, WORD, 16),
        "approvers": Form(tuple, "a_" + _ID, 16),
    }
)
"""The form of each field by its wire name, the stamped ones included."""

_KINDS = frozenset(kind.value for kind in Kind)
_CHECKS: dict[str, _Check] = {
    **{name: form.check() for name, form in FORMS.items()},
    "v": lambda value: type(value) is int and value == VERSION,
    "kind": lambda value: isinstance(value, str) and value in _KINDS,  # a look-up, not forty alternatives
}
assert sorted(FORMS)[-2:] == ["t", "v"]  # the stamp of a draft ends the object
_STAMP_BYTES = len(f',"t":{SAFE_INTEGER},"v":{VERSION}')
_STAMP = re.compile(rb'"id":"([a-z2-7]{26})".*,"t":([0-9]{1,16}),"v":1}\Z', re.DOTALL)
STAMPED = ("v", "id", "t", "org", "kind")
"""What every entry has and no fact."""
_STAMPED = frozenset(STAMPED)
