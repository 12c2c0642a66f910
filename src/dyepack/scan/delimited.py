"""Delimited text (csv, tsv and their kin) as one grid: encoding, delimiter, quotes after RFC 4180.

Encoding, in this order: byte order mark; strict UTF-8; GB18030, if what comes out reads like Chinese. Library guessers
are not used (they fail on cut GBK). GB18030 gives *some* character for nearly any bytes, so a text of which less than
half of the characters are everyday ones is refused rather than taken in as noise.
"""

import codecs
import csv
import io
from collections.abc import Iterator

from dyepack.scan.errors import EncodingError, TooLargeError, TooManyRowsError, UnreadableError
from dyepack.scan.limits import LIMITS
from dyepack.scan.table import Grid, Note

_DELIMITERS = ",\t;|"
_RECORDS_LOOKED_AT = 200
_EQUAL_SHARE = 0.95
_CHARACTERS_LOOKED_AT = 20_000
_EVERYDAY_SHARE = 0.5
_FOREIGN_MAGIC = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"\x1f\x8b",
    b"Rar!",
    b"7z\xbc\xaf",
    b"BZh",
    b"\xfd7zXZ",
    b"SQLite format 3",
    b"PAR1",
    b"MZ",
    b"\x7fELF",
)
_BEYOND_ASCII = bytes(range(0x80, 0x100))
_ROW_LIMIT = LIMITS.rows + LIMITS.lead_rows


def read_delimited(content: bytes, *, tab_first: bool = False) -> Grid:
    """The grid of a text file.

    Args:
        content: The file.
        tab_first: The name says tab-separated: tabs win where the content leaves a choice.

    Raises:
        EncodingError: No encoding that we read.
        UnreadableError: Not text.
        TooManyRowsError: More records than allowed.
        TooLargeError: Too many columns, or a cell too long (a quote that is never closed is such).
    """
    if content.startswith(_FOREIGN_MAGIC):
        raise UnreadableError
    text, notes = _decode(content)
    text, declared = _declared_delimiter(text)
    delimiter = declared or _detect_delimiter(text, "\t,;|" if tab_first else _DELIMITERS)
    rows: list[list[str]] = []
    used = 0
    for record in _records(text, delimiter):
        if any(record):
            used += 1
            if used > _ROW_LIMIT:
                raise TooManyRowsError(limit=LIMITS.rows)
        if len(record) > LIMITS.columns:
            raise TooLargeError(measure="columns", limit=LIMITS.columns)
        rows.append([cell.strip() for cell in record])
    return Grid("", rows, notes=notes)


def _records(text: str, delimiter: str | None) -> Iterator[list[str]]:
    """Records of cells; a file without a delimiter has one cell a line."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter or "\x1f")
    try:
        for record in reader:
            if any(len(cell) > LIMITS.cell_characters for cell in record):
                raise TooLargeError(measure="characters of a cell", limit=LIMITS.cell_characters)
            yield record
    except csv.Error:  # only a cell beyond the module's own limit, which is above ours
        raise TooLargeError(measure="characters of a cell", limit=LIMITS.cell_characters) from None


def _decode(content: bytes) -> tuple[str, tuple[Note, ...]]:
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return _without_nul(content.decode("utf-16")), (Note("encoding-utf-16"),)
        if content.startswith(codecs.BOM_UTF8):
            return _without_nul(content.decode("utf-8-sig")), ()
    except UnicodeDecodeError:
        raise EncodingError from None  # the cause would carry the whole file
    try:
        return _without_nul(content.decode("utf-8")), ()
    except UnicodeDecodeError:
        pass
    try:
        text = _without_nul(content.decode("gb18030"))
    except UnicodeDecodeError:
        raise EncodingError from None  # the cause would carry the whole file
    if _mostly_utf8(content) or not _reads_like_chinese(text):
        raise EncodingError
    return text, (Note("encoding-gb18030"),)


def _without_nul(text: str) -> str:
    """Text has no NUL: where there is one, these are bytes of something else or UTF-16 without its mark."""
    if "\x00" in text:
        raise EncodingError
    return text


def _mostly_utf8(content: bytes) -> bool:
    """UTF-8 with a few broken places: as GB18030 it would be taken in as noise."""
    ascii_bytes = len(content.translate(None, _BEYOND_ASCII))
    multibyte = len(content.decode("utf-8", "ignore").encode()) - ascii_bytes
    return multibyte * 10 >= (len(content) - ascii_bytes) * 9


def _reads_like_chinese(text: str) -> bool:
    """Whether most characters beyond ASCII are punctuation or of the 3,755 everyday ones (GB 2312, level 1)."""
    foreign = [character for character in text if not character.isascii()][:_CHARACTERS_LOOKED_AT]
    everyday = 0
    for character in foreign:
        code = character.encode("gb2312", "ignore")
        everyday += bool(code) and (0xA1 <= code[0] <= 0xA3 or 0xB0 <= code[0] <= 0xD7)
    return everyday >= _EVERYDAY_SHARE * len(foreign)


def _declared_delimiter(text: str) -> tuple[str, str | None]:
    """Spreadsheets write ``sep=;`` as a first line that is no record."""
    first, newline, rest = text.partition("\n")
    declared = first.strip()
    if newline and len(declared) == 5 and declared[:4].lower() == "sep=" and declared[4] in _DELIMITERS:
        return "\n" + rest, declared[4]
    return text, None


def _detect_delimiter(text: str, candidates: str) -> str | None:
    """The delimiter that gives the most columns in 95 % of the first records; else the one that is most regular."""
    head = _head(text)
    best: tuple[bool, float, int] = (False, 0.0, 1)
    chosen: str | None = None
    for delimiter in candidates:
        widths = [
            len(record)
            for _, record in zip(range(_RECORDS_LOOKED_AT), _records(head, delimiter), strict=False)
            if any(record)
        ]
        if not widths:
            continue
        usual = max(set(widths), key=lambda width: (widths.count(width), width))
        share = widths.count(usual) / len(widths)
        regular = usual > 1 and share >= _EQUAL_SHARE
        score = (regular, 1.0 if regular else share, usual)
        if usual > 1 and score > best:
            best, chosen = score, delimiter
    return chosen


def _head(text: str) -> str:
    """The first lines, enough for the records looked at without walking the whole text per delimiter."""
    position = 0
    for _ in range(_RECORDS_LOOKED_AT * 3):
        position = text.find("\n", position) + 1
        if position == 0:
            return text
    return text[:position]
