"""How much of a stranger's file we are ready to read. One object, so that a report can print it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Guards of reading; every one has its error in ``scan.errors``.

    Attributes:
        file_bytes: The file as given.
        unpacked_bytes: All members of an archive together, by its directory and again while unpacking.
        ratio: Unpacked over packed, once more than ``ratio_from_bytes`` are unpacked.
        ratio_from_bytes: Small archives may be dense; nobody is hurt by them.
        members: Members of an archive.
        rows: Rows of data of one sheet.
        lead_rows: Titles and header rows allowed above them.
        columns: Columns of one sheet.
        cells: Cells of the smallest rectangle that holds everything in one sheet; the reader allocates it.
        cell_characters: Characters of one cell.
    """

    file_bytes: int = 100 * 1024 * 1024
    unpacked_bytes: int = 1024 * 1024 * 1024
    ratio: int = 100
    ratio_from_bytes: int = 8 * 1024 * 1024
    members: int = 10_000
    rows: int = 200_000
    lead_rows: int = 100
    columns: int = 1_000
    cells: int = 20_000_000
    cell_characters: int = 100_000


LIMITS = Limits()
"""The limits of intake (``vault`` 7) that every reading keeps."""
