"""Which catalog field a column holds, by its header and by a sample of its cells.

1. Up to 300 non-empty cells, evenly spaced, are asked for each type (no randomness: same file, same answer).
2. A column is of a type if at least 20 % of the sample wholly are, or 5 % and the header says so.
3. Numbers that name a person (phone, e-mail, resident id) win against a header that says otherwise; else the header
   wins; else a column of names is found by the look of names.
4. One column per field. Fields that may have several values take up to four columns, as slots 0-3 in file order.

What is not recognized has field None: a person maps it or drops it, it is never guessed into a remark.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from dyepack.scan import column_types as types
from dyepack.scan.column_words import field_of_header
from dyepack.scan.errors import NoColumnError
from dyepack.scan.table import Table

SAMPLE = 300
SHARE_ALONE = 0.20
SHARE_WITH_HEADER = 0.05
SLOTS = 4
_NAME_DISTINCT = 0.25  # grades and countries repeat, names hardly do
_FEW_CELLS = 20

MULTI = frozenset({"phone", "landline", "email", "guardian_phone", "guardian_wechat"})
CONTACT = frozenset({"phone", "landline", "email", "wechat", "qq", "guardian_phone", "guardian_wechat"})

_STRONG: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("citizen_id", types.is_citizen_id),
    ("phone", types.is_phones),
    ("email", types.is_email),
)
_WEAK: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("landline", types.is_landline),
    ("passport_no", types.is_passport),
    ("wechat", types.is_wechat),
    ("name", types.is_name),
)
_ANNOUNCED: dict[str, Callable[[str], bool]] = {
    "name": types.is_announced_name,
    "guardian_name": types.is_announced_name,
    "birth_date": types.is_date,
    "qq": types.is_qq,
    "phone": lambda cell: types.is_phones(cell) or types.is_damaged_phone(cell),
    "guardian_phone": lambda cell: types.is_phones(cell) or types.is_damaged_phone(cell),
    "wechat": types.is_announced_wechat,
    "guardian_wechat": types.is_announced_wechat,
    **{field: test for field, test in (*_STRONG, *_WEAK) if field not in ("phone", "name", "wechat")},
}
_MUST_SHOW = frozenset({"phone", "guardian_phone", "email", "citizen_id"})
_SAME_CONTENT = {"phone": frozenset({"phone", "guardian_phone", "wechat", "guardian_wechat"})}


@dataclass(frozen=True, slots=True)
class ColumnClass:
    """What one column holds.

    Attributes:
        index: Position of the column, from 0.
        field: Catalog field, None if unknown.
        share: Part of the sampled cells that wholly are of the field's type, 0..1; 1.0 for free fields.
        header_match: Whether the header names this field.
        slot: 0-3; which of several values of one field.
    """

    index: int
    field: str | None
    share: float
    header_match: bool
    slot: int = 0


def classify_columns(table: Table) -> list[ColumnClass]:
    """One class per column, in the order of the columns."""
    found = [_classify(index, table) for index in range(len(table.header))]
    best: dict[str, ColumnClass] = {}
    for column in found:
        if column.field is not None and column.field not in MULTI:
            rival = best.get(column.field)
            if rival is None or (column.header_match, column.share) > (rival.header_match, rival.share):
                best[column.field] = column
    used: dict[str, int] = {}
    settled: list[ColumnClass] = []
    for column in found:
        field = column.field
        if field is None:
            settled.append(column)
        elif field in MULTI and used.get(field, 0) < SLOTS:
            settled.append(replace(column, slot=used.get(field, 0)))
            used[field] = used.get(field, 0) + 1
        elif best.get(field) is column:
            settled.append(column)
        else:
            settled.append(replace(column, field=None, share=0.0, header_match=False))
    return settled


def require_contact(columns: Sequence[ColumnClass]) -> None:
    """Refuse a table by which nobody could be reached.

    Raises:
        NoColumnError: No column of a contact field.
    """
    if not any(column.field in CONTACT for column in columns):
        raise NoColumnError


def _classify(index: int, table: Table) -> ColumnClass:
    named = field_of_header(table.header[index]) if table.named else None
    cells = _sample([row[index] for row in table.rows if row[index]])
    unknown = ColumnClass(index, None, 0.0, header_match=False)
    if not cells:
        free = named is not None and named not in _MUST_SHOW
        return ColumnClass(index, named, 0.0, header_match=True) if free else unknown
    for field, test in _STRONG:
        share = _share(cells, test)
        if share >= SHARE_ALONE:
            kept = named if named is not None and named in _SAME_CONTENT.get(field, {field}) else field
            return ColumnClass(index, kept, share, header_match=kept == named)
    if named is not None:
        announced = _by_header(index, named, cells)
        return announced or unknown
    for field, test in _WEAK:
        share = _share(cells, test)
        if share >= SHARE_ALONE and (field != "name" or _varies(cells)):
            return ColumnClass(index, field, share, header_match=False)
    return unknown


def _by_header(index: int, named: str, cells: Sequence[str]) -> ColumnClass | None:
    test = _ANNOUNCED.get(named)
    share = _share(cells, test) if test else 1.0
    if named in _MUST_SHOW and share < SHARE_WITH_HEADER:
        landlines = _share(cells, types.is_landline)
        if named == "phone" and landlines >= SHARE_WITH_HEADER:
            return ColumnClass(index, "landline", landlines, header_match=False)
        return None
    return ColumnClass(index, named, share, header_match=True)


def _share(cells: Sequence[str], test: Callable[[str], bool]) -> float:
    return sum(map(test, cells)) / len(cells)


def _varies(cells: Sequence[str]) -> bool:
    return len(cells) < _FEW_CELLS or len(set(cells)) >= _NAME_DISTINCT * len(cells)


def _sample(cells: Sequence[str]) -> list[str]:
    if len(cells) <= SAMPLE:
        return list(cells)
    return [cells[place * len(cells) // SAMPLE] for place in range(SAMPLE)]
