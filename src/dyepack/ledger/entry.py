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
_WORD = r"(?!(?:[^0-9]*[0-9]){5})[a-z][a-z0-9_.-]{0,31}"
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
    for name in _REQUIRED:
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
    form = _FORMS.get(name)
    if form is None:
        raise BadEntryError(why="an unknown field")
    if not form(value):
        raise BadEntryError(why=f"the form of {name}")


_Form = Callable[[object], bool]


def _text(pattern: str) -> _Form:
    match = re.compile(pattern, re.ASCII).fullmatch
    return lambda value: isinstance(value, str) and match(value) is not None


def _integer(value: object) -> bool:
    return type(value) is int and 0 <= value <= SAFE_INTEGER


def _items(pattern: str, limit: int, *, ascending: bool = False) -> _Form:
    fits = _text(pattern)

    def check(value: object) -> bool:
        if type(value) is not tuple or not 1 <= len(value) <= limit or not all(map(fits, value)):
            return False
        return len(set(value)) == len(value) and (not ascending or list(value) == sorted(value))

    return check


_KINDS = frozenset(kind.value for kind in Kind)
_NAMES = _items("[a-z][a-z_]{0,31}", 64, ascending=True)

_FORMS: dict[str, _Form] = {
    "v": lambda value: type(value) is int and value == VERSION,
    "t": _integer,
    "kind": lambda value: isinstance(value, str) and value in _KINDS,
    **dict.fromkeys(("id", "of", "ref", "approval", "reason_ref"), _text(_ID)),
    "org": _text("i_" + _ID),
    "case": _text("c_" + _ID),
    "basis": _text("b_" + _ID),
    "dev": _text("d_" + _ID),
    "actor": _text(f"[as]_{_ID}|p_[a-z]{{1,16}}"),
    **dict.fromkeys(("role", "purpose", "reason", "outcome"), _text(_WORD)),
    "grade": _text("E[0-3]"),
    "decision": _text("permit|deny|gap"),
    **dict.fromkeys(("policy", "digest", "commit"), _text(_DIGEST)),
    **dict.fromkeys(("n", "secs", "lo", "hi"), _integer),
    "subj": _items(_ID, MAX_SUBJECTS),
    "fields": _NAMES,
    "masks": _NAMES,
    "rules": _items(_WORD, 16),
    "approvers": _items("a_" + _ID, 16),
}
assert max(_FORMS) == "v"  # the stamp of a draft ends the object:
assert sorted(_FORMS)[-2] == "t"
_STAMP_BYTES = len(f',"t":{SAFE_INTEGER},"v":{VERSION}')
_STAMP = re.compile(rb'"id":"([a-z2-7]{26})".*,"t":([0-9]{1,16}),"v":1}\Z', re.DOTALL)
_REQUIRED = ("v", "id", "t", "org", "kind")
_STAMPED = frozenset(_REQUIRED)

FIELD_NAMES = frozenset(_FORMS)
"""Wire names of all fields, the stamped ones included."""
