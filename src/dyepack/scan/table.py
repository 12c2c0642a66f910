"""What a file is once read: text in rows under a header, with the row numbers a spreadsheet shows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know about a reading, without any content.

    Attributes:
        code: ``no-header``, ``title-rows-skipped``, ``empty-rows-skipped``, ``header-repeated``, ``merged-cells``,
            ``hidden-columns``, ``hidden-sheet``, ``other-sheets``, ``encoding-gb18030`` or ``encoding-utf-16``.
        count: How many; 1 where there is nothing to count.
    """

    code: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet as it lies in the file: every row, the empty ones too, before anybody asks what it means.

    Attributes:
        sheet: Its name; empty for delimited text.
        rows: Cells as text, rows of any length; index 0 is row 1.
        hidden: Indexes of columns that the program does not show.
        notes: What was met while reading.
        visible: Whether the program shows the sheet.
    """

    sheet: str
    rows: list[list[str]]
    hidden: frozenset[int] = frozenset()
    notes: tuple[Note, ...] = ()
    visible: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    """One sheet, understood.

    Attributes:
        sheet: Its name; empty for delimited text.
        header: One name per column; ``column 1``, ``column 2``, ... where the file has none.
        rows: Rows of data, each as long as the header, trimmed; empty rows are not among them.
        first_row: Row number of the first row of data, counted from 1 as a spreadsheet shows it.
        numbers: The same for each row.
        hidden: Indexes of hidden columns; they are read like the others.
        notes: What a person should know.
        named: Whether the header stands in the file.
    """

    sheet: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    first_row: int
    numbers: tuple[int, ...]
    hidden: frozenset[int] = frozenset()
    notes: tuple[Note, ...] = ()
    named: bool = True

    def column(self, index: int) -> tuple[str, ...]:
        """The cells of one column, from top to bottom."""
        return tuple(row[index] for row in self.rows)
