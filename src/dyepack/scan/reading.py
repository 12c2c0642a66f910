"""A file of anybody's making to tables of text: the front of this room.

1. Size. 2. Kind by magic bytes, never by the name alone. 3. Guards of that kind. 4. Grid of text. 5. Header and data.

The bytes stay in memory; no temporary file is made. Only ``ScanError`` comes out.
"""

from dataclasses import replace

from dyepack.scan.delimited import read_delimited
from dyepack.scan.errors import EmptyFileError, NoSheetError, TooLargeError, TooManyRowsError
from dyepack.scan.header import understand
from dyepack.scan.limits import LIMITS
from dyepack.scan.table import Grid, Note, Table
from dyepack.scan.workbook import is_workbook, read_workbook


def read_tables(content: bytes, *, name: str) -> list[Table]:
    """Every sheet with data, hidden ones too; delimited text is one sheet.

    Args:
        content: The whole file.
        name: Its name; only breaks a tie between delimiters and is never kept.

    Raises:
        ScanError: The reason why it cannot be read.
    """
    tables = [table for grid in _grids(content, name) if (table := _understood(grid)) is not None]
    if not tables:
        raise EmptyFileError
    return tables


def read_table(content: bytes, *, name: str, sheet: str | None = None) -> Table:
    """One table: the sheet asked for, else the first visible one with data.

    Args:
        content: The whole file.
        name: As for ``read_tables``.
        sheet: Exact name of a sheet, or its position from 1. Delimited text has the one sheet 1.

    Raises:
        NoSheetError: There is no such sheet, or no row in it.
        ScanError: The reason why the file cannot be read.
    """
    grids = _grids(content, name)
    if sheet is not None:
        chosen = next((grid for grid in grids if grid.sheet == sheet and sheet), None) or _at_position(grids, sheet)
        table = _understood(chosen) if chosen else None
        if table is None:
            raise NoSheetError(count=len(grids))
        return table
    tables = [
        table for grid in sorted(grids, key=lambda grid: not grid.visible) if (table := _understood(grid)) is not None
    ]
    if not tables:
        raise EmptyFileError
    others = len(tables) - 1
    return replace(tables[0], notes=(*tables[0].notes, Note("other-sheets", others))) if others else tables[0]


def _grids(content: bytes, name: str) -> list[Grid]:
    if not content.strip():
        raise EmptyFileError
    if len(content) > LIMITS.file_bytes:
        raise TooLargeError(measure="bytes", limit=LIMITS.file_bytes)
    if is_workbook(content):
        return read_workbook(content)
    return [read_delimited(content, tab_first=name.lower().endswith((".tsv", ".tab")))]


def _understood(grid: Grid) -> Table | None:
    table = understand(grid)
    if table is not None and len(table.rows) > LIMITS.rows:
        raise TooManyRowsError(limit=LIMITS.rows)
    return table


def _at_position(grids: list[Grid], sheet: str) -> Grid | None:
    if not (sheet.isascii() and sheet.isdigit() and len(sheet) < 6):
        return None
    position = int(sheet)
    return grids[position - 1] if 1 <= position <= len(grids) else None
