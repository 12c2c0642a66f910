"""Founding: the first opening of a new home makes its databases and its log, and reads the institution's own lines."""

from collections.abc import Mapping
from pathlib import Path

from dyepack.app.errors import CommandError
from dyepack.app.institution import open_institution
from dyepack.app.settings import Value
from dyepack.identifiers import IdentifierError, normalize_phone
from dyepack.terms.time import Clock


def found(home: Path, *, clock: Clock | None = None) -> None:
    """Open a new home for the first time.

    Raises:
        CommandError: The file of ``mark.lines`` cannot be used; names the line, never the number.
    """
    with open_institution(home, clock=clock) as house:
        path = house.settings["mark.lines"]
        if path:
            notes = [house.keeper.seal_note("line", "line", line.encode()) for line in read_lines(Path(path))]
            house.marks.add_lines(notes)


def check_lines(values: Mapping[str, Value]) -> None:
    """Whether the file of ``mark.lines``, if one is named, can be used: asked before anything is made.

    Raises:
        CommandError: It cannot.
    """
    path = values.get("mark.lines")
    if path:
        read_lines(Path(str(path)))


def read_lines(path: Path) -> list[str]:
    """Own telephone numbers, one a line; empty lines and lines that begin with ``#`` are skipped.

    Raises:
        CommandError: The file cannot be read, a line is no number, or a number stands twice.
    """
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(what="mark.lines", remedy="a UTF-8 file that can be read / 须为可读的 UTF-8 文件") from error
    numbers: dict[str, None] = {}
    for place, line in enumerate(text.splitlines(), start=1):
        entry = line.split(",")[0].strip()
        if not entry or entry.startswith("#") or (place == 1 and not any(map(str.isdigit, entry))):
            continue
        try:
            number = normalize_phone(entry)
        except IdentifierError as error:
            raise CommandError(
                what="mark.lines", remedy=f"line {place} is no number / 第 {place} 行不是号码"
            ) from error
        if number in numbers:
            raise CommandError(what="mark.lines", remedy=f"line {place} repeats a number / 第 {place} 行号码重复")
        numbers[number] = None
    return list(numbers)
