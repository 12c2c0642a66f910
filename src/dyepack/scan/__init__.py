"""A customer's number is found lying naked: tables of any make are read here, and their columns told apart.

What comes in is hostile until read: types by magic bytes, guards against bombs, nothing written to disk, nothing
evaluated, and no error but ours. What goes out is text in rows, and for each column the catalog field it holds.
"""

from dyepack.scan.columns import ColumnClass, classify_columns, require_contact
from dyepack.scan.errors import ScanError
from dyepack.scan.limits import LIMITS, Limits
from dyepack.scan.reading import read_table, read_tables
from dyepack.scan.table import Note, Table

__all__ = [
    "LIMITS",
    "ColumnClass",
    "Limits",
    "Note",
    "ScanError",
    "Table",
    "classify_columns",
    "read_table",
    "read_tables",
    "require_contact",
]
