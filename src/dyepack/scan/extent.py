"""How far a sheet reaches, before anybody allocates it.

The sheet reader builds the smallest rectangle around all cells, so two cells in opposite corners of a sheet of a few
hundred bytes would ask for 17 billion. Here the corners are found in the raw parts. Empty formatted cells do not count:
honest sheets have them down to the last row.

* xlsx: most sheets are cleared by two searches: no far reference, and no cell that fails to say first where it stands.
  Only the others are walked tag by tag.
* ods: repeated rows and columns are multiplied out.

The walk takes comments, sections and quotes as the reader does: a tag that hides from one must not show to the other.
Document types are refused, spreadsheets have none.
"""

import re
from collections.abc import Iterator

from dyepack.scan.errors import TooLargeError, TooManyRowsError, UnreadableError
from dyepack.scan.limits import LIMITS

_LAST_ROW = LIMITS.rows + LIMITS.lead_rows
_FAR = re.compile(
    rb"""\br\s*=\s*["']\s*(?:[A-Za-z]{0,3}(?:[0-9]{7}|[2-9][0-9]{5})|(?:[A-Za-z]{3,}|[D-Zd-z][A-Za-z]|[Cc][W-Zw-z])[0-9])"""
)
_PLACELESS = re.compile(rb"""<c(?=[\s/>])(?!\s+r=["'][A-Za-z])|:c[\s/>]""")
_TAG = re.compile(
    rb"<(?:!--.*?(?:-->|\Z)|!\[CDATA\[.*?(?:\]\]>|\Z)|\?.*?(?:\?>|\Z)"
    rb"""|(?P<closing>/?)(?P<name>[^\s/>"'=<]*+)(?P<attributes>(?:[^>"']|"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z))*+)(?:>|\Z))""",
    re.DOTALL,
)
_REFERENCE = re.compile(rb"""(?:^|\s)r\s*=\s*["']\s*([A-Za-z]*)([0-9]*)""")
_ODS_ROWS = re.compile(rb"""number-rows-repeated\s*=\s*["']\s*([0-9]{1,18})""")
_ODS_COLUMNS = re.compile(rb"""number-columns-repeated\s*=\s*["']\s*([0-9]{1,18})""")
_ODS_CELLS = (b"table:table-cell", b"table:covered-table-cell")


def judge_extent(last_row: int, last_column: int) -> None:
    """Refuse a rectangle that is too long, too wide or too large; both count from 1.

    Raises:
        TooManyRowsError: More rows than allowed.
        TooLargeError: More columns, or more cells.
    """
    if last_row > _LAST_ROW:
        raise TooManyRowsError(limit=LIMITS.rows)
    if last_column > LIMITS.columns:
        raise TooLargeError(measure="columns", limit=LIMITS.columns)
    if last_row * last_column > LIMITS.cells:
        raise TooLargeError(measure="cells", limit=LIMITS.cells)


def judge_xlsx_part(xml: bytes) -> None:
    """Refuse a worksheet part whose cells with content reach too far."""
    if b"sheetData" not in xml:
        return
    _refuse_unusual_markup(xml)
    if not _FAR.search(xml) and not _PLACELESS.search(xml) and xml.count(b"row") <= 2 * LIMITS.rows:
        return
    row = column = last_row = last_column = 0
    for name, attributes in _opening_tags(xml):
        kind = name.rpartition(b":")[2]
        if kind not in (b"row", b"c"):
            continue
        reference = _REFERENCE.search(attributes)
        letters, digits = reference.groups() if reference else (b"", b"")
        if kind == b"row":
            row, column = (int(digits[:9]) if digits else row + 1), 0
            continue
        column = _column_number(letters) if letters else column + 1
        if digits:
            row = int(digits[:9])
        if attributes.endswith(b"/"):
            continue
        last_row, last_column = max(last_row, row), max(last_column, column)
        judge_extent(last_row, last_column)


def judge_ods_content(xml: bytes) -> None:
    """Refuse a document whose repeated rows and cells multiply out too far."""
    _refuse_unusual_markup(xml)
    row = column = last_row = last_column = repeat = 0
    for name, attributes in _opening_tags(xml):
        if name == b"table:table":
            row = column = last_row = last_column = repeat = 0
        elif name == b"table:table-row":
            row, column = row + repeat, 0
            repeat = _repeated(_ODS_ROWS, attributes)
        elif name in _ODS_CELLS:
            column += _repeated(_ODS_COLUMNS, attributes)
            if b"office:" in attributes or b"formula" in attributes:
                last_row, last_column = max(last_row, row + repeat), max(last_column, column)
                judge_extent(last_row, last_column)


def _refuse_unusual_markup(xml: bytes) -> None:
    if b"<!DOCTYPE" in xml or b"\0" in xml[:64]:
        raise UnreadableError


def _opening_tags(xml: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Name and attributes of each opening tag; attributes of an empty element end with ``/``."""
    for tag in _TAG.finditer(xml):
        if tag["name"] and not tag["closing"]:
            yield tag["name"], tag["attributes"]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters[:4].upper():
        number = number * 26 + letter - 64
    return number


def _repeated(attribute: re.Pattern[bytes], attributes: bytes) -> int:
    found = attribute.search(attributes)
    return int(found[1]) if found else 1
