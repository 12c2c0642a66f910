"""Where a grid's data begins: titles above the header are skipped, the header is found or known to be absent.

A row that holds a finding (a phone, masked or not, an e-mail, a resident id) is data, whatever else it says. Above the
first such row, the header is the row with the most known column words; without any, it is the first row that differs in
kind from what lies below it.
"""

from dyepack.identifiers import is_phone, masked_phone, split_phones
from dyepack.scan.column_types import is_citizen_id, is_date, is_email
from dyepack.scan.column_words import field_of_header
from dyepack.scan.limits import LIMITS
from dyepack.scan.table import Grid, Note, Table

_ROWS_LOOKED_AT = 20
_LONGEST_NAME = 60


def understand(grid: Grid) -> Table | None:
    """The table of a grid; None if it has no row of data."""
    used = [number for number, row in enumerate(grid.rows) if any(row)]
    width = max((_width(grid.rows[number]) for number in used), default=0)
    at, titles = _header_row(grid, used, width)
    header = _names(grid.rows[at], width) if at is not None else tuple(f"column {place + 1}" for place in range(width))
    head = (*grid.rows[at], *("",) * (width - len(grid.rows[at]))) if at is not None else None
    start = used.index(at) + 1 if at is not None else titles
    rows: list[tuple[str, ...]] = []
    numbers: list[int] = []
    repeated = 0
    for number in used[start:]:
        row = grid.rows[number]
        cells = (*row[:width], *("",) * (width - len(row)))
        if cells == head:
            repeated += 1
            continue
        rows.append(cells)
        numbers.append(number + 1)
    if not rows:
        return None
    empty = numbers[-1] - numbers[0] + 1 - len(rows) - repeated
    notes = [
        *grid.notes,
        *([Note("no-header")] if at is None else []),
        *(
            Note(code, count)
            for code, count in (("title-rows-skipped", titles), ("header-repeated", repeated))
            if count
        ),
        *([Note("empty-rows-skipped", empty)] if empty > 0 else []),
        *([Note("hidden-columns", len(grid.hidden))] if grid.hidden else []),
        *([] if grid.visible else [Note("hidden-sheet")]),
    ]
    return Table(grid.sheet, header, tuple(rows), numbers[0], tuple(numbers), grid.hidden, tuple(notes), at is not None)


def is_finding(cell: str) -> bool:
    """Whether a cell wholly is a person's number or address, so that its row is data."""
    if len(cell) < 5 or len(cell) > 100:
        return False
    pieces = split_phones(cell)
    return (
        (bool(pieces) and all(map(is_phone, pieces)))
        or masked_phone(cell) is not None
        or is_email(cell)
        or is_citizen_id(cell)
    )


def _header_row(grid: Grid, used: list[int], width: int) -> tuple[int | None, int]:
    """Index of the header, or None, and how many used rows above the data are titles."""
    above: list[int] = []
    for number in used[:_ROWS_LOOKED_AT]:
        if any(is_finding(cell) for cell in grid.rows[number]):
            break
        above.append(number)
    if not above:
        return None, 0
    words = {number: sum(field_of_header(cell) is not None for cell in grid.rows[number] if cell) for number in above}
    best = max(above, key=lambda number: words[number])
    if words[best] >= (2 if width > 2 else 1) or (words[best] == 1 and _filled(grid.rows[best]) >= 2):
        return best, above.index(best)
    titles = 0
    while width > 1 and titles < len(above) and _filled(grid.rows[above[titles]]) == 1:
        titles += 1
    if titles < len(above) and _changes_kind(
        grid, above[titles], used[used.index(above[titles]) + 1 :][:_ROWS_LOOKED_AT]
    ):
        return above[titles], titles
    return None, titles


def _changes_kind(grid: Grid, candidate: int, below: list[int]) -> bool:
    """Whether a row of distinct, short, number-free names stands above cells of a plain kind."""
    row = [cell for cell in grid.rows[candidate] if cell]
    if len(set(row)) != len(row) or any(len(cell) > _LONGEST_NAME or _kind(cell) != "text" for cell in row):
        return False
    for place, name in enumerate(grid.rows[candidate]):
        kinds = [
            _kind(grid.rows[number][place])
            for number in below
            if place < len(grid.rows[number]) and grid.rows[number][place]
        ]
        if name and kinds and sum(kind != "text" for kind in kinds) * 2 > len(kinds):
            return True
    return False


def _kind(cell: str) -> str:
    if is_finding(cell):
        return "finding"
    if is_date(cell) or cell.replace(".", "", 1).replace("-", "").isdigit():
        return "number"
    return "text"


def _names(row: list[str], width: int) -> tuple[str, ...]:
    padded = [*row[:width], *[""] * (width - len(row))]
    return tuple(
        " ".join(cell.split())[: LIMITS.cell_characters] or f"column {place + 1}" for place, cell in enumerate(padded)
    )


def _filled(row: list[str]) -> int:
    return sum(bool(cell) for cell in row)


def _width(row: list[str]) -> int:
    return max((place + 1 for place, cell in enumerate(row) if cell), default=0)
