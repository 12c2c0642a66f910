"""The file of a copy, written in memory: csv (UTF-8 with BOM, CRLF, RFC 4180) or xlsx (text cells).

A cell that a spreadsheet would take for a formula gets a leading apostrophe. XlsxWriter runs ``in_memory``: its other
mode writes plaintext to temporary files.
"""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime

import xlsxwriter

from dyepack.vault.errors import BadRequestError
from dyepack.vault.ports import ReleaseRow

KINDS = ("xlsx", "csv")
_FORMULA = ("=", "+", "-", "@", "\t")
_CREATED = datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)  # fixed: the time of a copy is in the ledger


def write_file(kind: str, fields: Sequence[str], rows: Sequence[ReleaseRow]) -> bytes:
    """The bytes of a copy; the header row holds the field names.

    Raises:
        BadRequestError: Neither xlsx nor csv.
    """
    if kind not in KINDS:
        raise BadRequestError(detail="file: .xlsx or .csv")
    table = [list(fields)] + [[_plain(row, name) for name in fields] for row in rows]
    return _csv(table) if kind == "csv" else _xlsx(table)


def _plain(row: ReleaseRow, name: str) -> str:
    cell = row.cells.get(name)
    text = "" if cell is None else cell.disclose()
    return "'" + text if text.startswith(_FORMULA) else text


def _csv(table: Sequence[Sequence[str]]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\r\n").writerows(table)
    return out.getvalue().encode("utf-8-sig")


def _xlsx(table: Sequence[Sequence[str]]) -> bytes:
    out = io.BytesIO()
    options = {
        "in_memory": True,
        "strings_to_numbers": False,
        "strings_to_formulas": False,
        "strings_to_urls": False,
    }
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"created": _CREATED})
        text = book.add_format({"num_format": "@"})
        sheet = book.add_worksheet("list")
        sheet.set_column(0, max(0, len(table[0]) - 1), 16, text)
        for number, row in enumerate(table):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, cell, text)
    return out.getvalue()
