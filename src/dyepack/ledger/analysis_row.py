"""Rows of the analysis tables (分析表): an entry as columns, and back to the very bytes.

::

    column                                            type
    idx                                               integer: the entry's index in the log
    every field of ``entry``, by its wire name        integer, string, or list of strings; null where absent

Invariants:

* ``entry_bytes`` of a row are the bytes of the entry that it was made from, so that its leaf hash can be compared;
* two rows with the same bytes are the same row but for ``idx``.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import orjson

from dyepack.ledger.entry import FORMS, Form

INDEX = "idx"
COLUMNS: Mapping[str, type] = MappingProxyType({INDEX: int, **{name: FORMS[name].type for name in sorted(FORMS)}})
"""Type by name, in the order of the file: ``int``, ``str``, or ``tuple`` for a list of strings."""

_FIELDS = tuple(COLUMNS)[1:]
_TYPES = {int: "integer", str: "string", tuple: "list of strings"}


def columns_of(first: int, entries: Sequence[bytes]) -> dict[str, list[Any]]:
    """Values of entries that stand in the log from ``first`` on, by column; one without values is left out.

    The entries were checked.
    """
    wires = [orjson.loads(raw) for raw in entries]
    present = set().union(*wires)
    columns: dict[str, list[Any]] = {INDEX: list(range(first, first + len(entries)))}
    return columns | {name: [wire.get(name) for wire in wires] for name in _FIELDS if name in present}


def entry_bytes(columns: Mapping[str, Iterable[Any]]) -> Iterator[bytes]:
    """The bytes of each row, columns by name; ``idx`` is no part of them, and a column without values may be left out.

    Raises:
        TypeError: A value that no entry can hold.
    """
    names = [name for name in _FIELDS if name in columns]
    for row in zip(*(columns[name] for name in names), strict=True):
        wire = {name: value for name, value in zip(names, row, strict=True) if value is not None}
        yield orjson.dumps(wire, option=orjson.OPT_SORT_KEYS)


def tables_page() -> str:
    """The page ``docs/reference/analysis-tables.md``."""
    lines = [_HEAD, "| column | type | items | sorted |", "|---|---|---|---|"]
    for name, kind in COLUMNS.items():
        form = FORMS.get(name, Form(int))
        items, ordered = (f"1..{form.limit}", "yes" if form.ascending else "") if kind is tuple else ("", "")
        lines.append(f"| `{name}` | {_TYPES[kind]} | {items} | {ordered} |")
    return "\n".join(lines) + "\n"


_HEAD = """# Analysis tables (generated)

Written by `docs/make_reference.py` from `dyepack.ledger.analysis_row`; a test compares this page. Files
`parquet/<shard>/<month>/<first>-<last>.parquet` below the folder of the log: the shard is the last word of the log's
origin, the month that of `t` in UTC, first and last are indexes of 12 digits, both included. Parquet with zstd, row
groups of 65,536 rows, one row an entry in the order of the log. `idx` is the entry's index, every other column a field
of [entries](kinds.md) under its wire name, null where the entry does not have it. Integers have 64 bits. The file's
metadata `dyepack.origin` names the log.
"""
