"""Entries checked by one pattern per kind, many at once: what ``parse_entry`` accepts, several times as fast.

An entry is flat, its keys are sorted and its values hold neither quote nor newline, so its canonical bytes are a
regular language but for three rules: at most 4,096 bytes, items of a list each once, names in order. For each kind
one pattern says the rest: the fields that it must have, those that it may have, their forms and their order. Who
checks millions of entries compares only who wrote them, which they are and when: ``read_stamps``.

Invariants:

* a pattern accepts nothing that ``parse_entry`` refuses: it is made from the same table of forms;
* what no pattern accepts goes to ``parse_entry``, which decides: words with digits and integers above 9 * 10^15 take
  that way. So both accept exactly the same bytes.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from operator import lt
from typing import NamedTuple

from dyepack.ledger.entry import FORMS, MAX_ENTRY_BYTES, STAMPED, WORD, Form, parse_entry
from dyepack.ledger.kinds import Kind

_PLAIN_WORD = "[a-z][a-z_.-]{0,31}"
_INTEGER = "(?:[1-8][0-9]{15}|[1-9][0-9]{0,14}|0)"
_KIND = b'"kind":"'


class Stamps(NamedTuple):
    """Stamps of several entries; all but ``times`` in any order.

    Attributes:
        ids: As on the wire.
        orgs: The institutions that occur.
        times: Microseconds, in the order of the entries.
    """

    ids: list[bytes]
    orgs: set[bytes]
    times: list[int]

    def add(self, numbers: Iterable[int], ids: Iterable[bytes], orgs: Iterable[bytes], times: Iterable[int]) -> None:
        """Take those of the entries with these numbers."""
        self.ids.extend(ids)
        self.orgs.update(orgs)
        for number, t in zip(numbers, times, strict=True):
            self.times[number] = t


def read_stamps(entries: Sequence[bytes]) -> Stamps:
    """Check the bytes of entries and give their stamps.

    Raises:
        BadEntryError: One of them is not the canonical bytes of an entry; ``parse_entry`` names which and why.
    """
    groups: dict[bytes, list[int]] = {}
    for number, raw in enumerate(entries):
        at = raw.find(_KIND) + len(_KIND)
        groups.setdefault(raw[at : raw.find(b'"', at)], []).append(number)
    stamps = Stamps([], set(), [0] * len(entries))
    for kind, numbers in groups.items():
        if not _read_group(kind, entries, numbers, stamps):
            for number in numbers:
                if not _read_group(kind, entries, [number], stamps):
                    entry = parse_entry(entries[number])
                    stamps.add([number], [entry.id.encode()], [entry.org.encode()], [entry.t])
    return stamps


def _read_group(kind: bytes, entries: Sequence[bytes], numbers: Sequence[int], stamps: Stamps) -> bool:
    """Add the stamps of some entries of one kind if all of them fit its pattern; else nothing.

    A pattern matches at most once a line and only a whole line. So as many matches as lines, and as many lines as
    entries, say that every entry fits.
    """
    if kind not in _KINDS:
        return False
    some = [entries[number] for number in numbers]
    text = b"\n".join(some)
    rows = _pattern(_KINDS[kind]).findall(text)
    if len(rows) != len(some) or text.count(b"\n") != len(some) - 1 or len(max(some, key=len)) > MAX_ENTRY_BYTES:
        return False
    approvers, fields, ids, masks, orgs, rules, subjects, times = zip(*rows, strict=True)
    if not all((*map(_each_once, (approvers, rules, subjects)), *map(_in_order, (fields, masks)))):
        return False
    stamps.add(numbers, ids, orgs, map(int, times))
    return True


def _each_once(column: Sequence[bytes]) -> bool:
    lists = [inner.split(b'","') for inner in set(column)]
    return all(len(set(items)) == len(items) for items in lists)


def _in_order(column: Sequence[bytes]) -> bool:
    lists = [inner.split(b'","') for inner in set(column)]
    return all(all(map(lt, items, items[1:])) for items in lists)


@cache
def _pattern(kind: Kind) -> re.Pattern[bytes]:
    """The pattern of a whole line.

    It captures, in this order, approvers, fields, id, masks, org, rules, subj and t; of a list what stands between
    its outer quotes, and nothing if it has one item. ``v`` is the last of all names.
    """
    parts = []
    for name in sorted(FORMS):
        value = {"v": "1", "kind": f'"{kind.value}"'}.get(name) or _value(name, FORMS[name], single=name in kind.single)
        part = f'"{name}":{value}' + ("}" if name == "v" else ",")
        parts.append(part if name in kind.required or name in STAMPED else f"(?:{part}|)")
    return re.compile((r"^\{" + "".join(parts) + "$").encode(), re.MULTILINE)


def _value(name: str, form: Form, *, single: bool) -> str:
    if form.type is int:
        return f"({_INTEGER})" if name == "t" else _INTEGER
    pattern = f"(?:{_PLAIN_WORD if form.pattern == WORD else form.pattern})"
    if form.type is tuple:
        several = "(?!)" if single else f'{pattern}(?:","{pattern}){{1,{form.limit - 1}}}'
        return rf'\["(?:{pattern}"|({several})")\]'
    return f'"({pattern})"' if name in STAMPED else f'"{pattern}"'


_KINDS = {kind.value.encode(): kind for kind in Kind}
