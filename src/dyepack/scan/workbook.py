"""Workbooks (xlsx, xls, ods) as grids of text, through calamine, from memory and never from a file.

* A formula is its cached value; nothing is evaluated. A text that starts with ``=`` is text.
* Whole numbers are written without ``.0`` and with all digits; days as ISO 8601; booleans as ``TRUE``/``FALSE``.
* A value that is merged downwards belongs to every row it covers; merged sideways it stays where it is.
* The reader is foreign code: its errors and its panics (which are no ``Exception``) become ``UnreadableError``.
"""

import datetime as dt
import io
import re
from collections.abc import Mapping
from decimal import Decimal

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

from dyepack.scan.archive import pack, unpack
from dyepack.scan.errors import EncryptedError, ScanError, TooLargeError, UnreadableError
from dyepack.scan.extent import judge_extent, judge_ods_content, judge_xlsx_part
from dyepack.scan.legacy_workbook import MAGIC as LEGACY_MAGIC
from dyepack.scan.legacy_workbook import judge_legacy_workbook
from dyepack.scan.limits import LIMITS
from dyepack.scan.table import Grid, Note

ZIP_MAGIC = b"PK\x03\x04"
_Cell = int | float | str | bool | dt.time | dt.date | dt.datetime | dt.timedelta
_SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^>]*)>")
_RELATION_ID = re.compile(rb"""\w+:id\s*=\s*["']([^"']*)["']""")
_RELATION = re.compile(rb"<(?:\w+:)?Relationship\s([^>]*)>")
_ID = re.compile(rb"""\bId\s*=\s*["']([^"']*)["']""")
_TARGET = re.compile(rb"""\bTarget\s*=\s*["']([^"']*)["']""")
_COLUMN = re.compile(rb"<(?:\w+:)?col\s([^>]*)>")
_SPAN = re.compile(rb"""\b(min|max)\s*=\s*["']([0-9]{1,6})["']""")
_HIDDEN = re.compile(rb"""\bhidden\s*=\s*["'](?:1|true)["']""")


def is_workbook(content: bytes) -> bool:
    """Whether the first bytes are those of a zip archive or of an old Office container."""
    return content.startswith((ZIP_MAGIC, LEGACY_MAGIC))


def read_workbook(content: bytes) -> list[Grid]:
    """All worksheets in the order of the workbook, hidden ones marked.

    Raises:
        ScanError: Any reason of ``scan.errors`` not to read it.
    """
    hidden: Mapping[int, frozenset[int]] = {}
    if content.startswith(ZIP_MAGIC):
        parts = unpack(content)
        hidden = _judge_parts(parts)
        content = pack(parts)
    else:
        judge_legacy_workbook(content)
    try:
        return _read(content, hidden)
    except ScanError:
        raise
    except PasswordError:
        raise EncryptedError from None
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException:  # noqa: BLE001 - a panic of the reader derives from BaseException
        raise UnreadableError from None  # its message may quote a cell


def _judge_parts(parts: Mapping[str, bytes]) -> Mapping[int, frozenset[int]]:
    """Check the parts of an xlsx or ods; hidden columns by position of the sheet."""
    if "content.xml" in parts:
        if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
            raise EncryptedError
        judge_ods_content(parts["content.xml"])
        return {}
    if "xl/workbook.xml" not in parts:  # xlsb and other archives: no guard of ours knows their parts
        raise UnreadableError
    for data in parts.values():
        judge_xlsx_part(data)
    return _hidden_columns(parts)


def _read(content: bytes, hidden: Mapping[int, frozenset[int]]) -> list[Grid]:
    grids: list[Grid] = []
    with CalamineWorkbook.from_filelike(io.BytesIO(content)) as workbook:
        for position, about in enumerate(workbook.sheets_metadata):
            sheet = workbook.get_sheet_by_index(position)
            rows, merged = _rows(sheet)
            notes = (Note("merged-cells", merged),) if merged else ()
            visible = about.visible == SheetVisibleEnum.Visible
            grids.append(Grid(about.name, rows, hidden.get(position, frozenset()), notes, visible))
    return grids


def _rows(sheet: CalamineSheet) -> tuple[list[list[str]], int]:
    end = sheet.end
    if end is None:
        return [], 0
    judge_extent(end[0] + 1, end[1] + 1)
    rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    return rows, _fill_downwards(rows, sheet.merged_cell_ranges or [])


def _fill_downwards(rows: list[list[str]], ranges: list[tuple[tuple[int, int], tuple[int, int]]]) -> int:
    """Repeat the top cell of each range in the rows below it; how many ranges reached down."""
    written = filled = 0
    for (top, left), (bottom, _) in ranges:
        if bottom <= top or top >= len(rows) or left >= len(rows[top]):
            continue
        value = rows[top][left]
        last = min(bottom, len(rows) - 1)
        written += last - top
        if written > LIMITS.cells:
            raise TooLargeError(measure="merged cells", limit=LIMITS.cells)
        filled += 1
        for row in rows[top + 1 : last + 1]:
            row[left] = value
    return filled


def _text(cell: _Cell) -> str:
    if isinstance(cell, str):
        if len(cell) > LIMITS.cell_characters:
            raise TooLargeError(measure="characters of a cell", limit=LIMITS.cell_characters)
        return cell.strip()
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else _decimal(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell)


def _decimal(number: float) -> str:
    exact = Decimal(repr(number))
    return format(exact, "f") if exact.is_finite() else ""


def _hidden_columns(parts: Mapping[str, bytes]) -> Mapping[int, frozenset[int]]:
    """What can be known about hidden columns; a workbook written unusually just has none known."""
    relations: dict[bytes, str] = {}
    for relation in _RELATION.findall(parts.get("xl/_rels/workbook.xml.rels", b"")):
        name, target = _ID.search(relation), _TARGET.search(relation)
        if name and target:
            path = target[1].decode("utf-8", "replace")
            relations[name[1]] = path.lstrip("/") if path.startswith("/") else "xl/" + path
    found: dict[int, frozenset[int]] = {}
    for position, sheet in enumerate(_SHEET.findall(parts["xl/workbook.xml"])):
        relation_id = _RELATION_ID.search(sheet)
        part = parts.get(relations.get(relation_id[1], ""), b"") if relation_id else b""
        columns = part[: max(part.find(b"sheetData"), 0)]
        found[position] = frozenset(index for attributes in _COLUMN.findall(columns) for index in _span(attributes))
    return found


def _span(attributes: bytes) -> range:
    ends = {key: int(value) for key, value in _SPAN.findall(attributes)}
    if not _HIDDEN.search(attributes) or not {b"min", b"max"} <= ends.keys():
        return range(0)
    return range(max(ends[b"min"], 1) - 1, min(ends[b"max"], LIMITS.columns))
