"""Old ``xls`` files, looked at before the sheet reader opens them: [MS-CFB] container, [MS-XLS] record stream.

Only what a guard needs: the stream ``Workbook`` (or ``Book``) is gathered from its sectors, and its records are walked.
A format that ends at column 256 says so in 16 bits, so a forged cell in column 65,535 would make the reader allocate
a hundred gigabytes; the declared dimensions likewise. A record that announces encryption is met here, too.
"""

import struct
from collections.abc import Iterator

from dyepack.scan.errors import EncryptedError, UnreadableError

MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")
_LAST_SECTOR = 0xFFFFFFFA  # higher values are marks, not sectors
_ENTRY_BYTES = 128
_COLUMNS = 256
_ROWS = 65_536
_FILEPASS = 0x002F
_DIMENSIONS = 0x0200
_MULTIPLE = frozenset({0x00BD, 0x00BE})  # MULRK, MULBLANK: last column at the end
_SINGLE = frozenset(
    {
        0x0001,
        0x0002,
        0x0003,
        0x0004,
        0x0005,
        0x0006,
        0x0201,
        0x0203,
        0x0204,
        0x0205,
        0x0206,
        0x00D6,
        0x00FD,
        0x027E,
        0x0406,
    }
)


def judge_legacy_workbook(content: bytes) -> None:
    """Refuse an old workbook that is encrypted or whose cells lie outside of the format.

    Raises:
        EncryptedError: A password is needed.
        UnreadableError: No workbook stream, broken chains, or cells beyond the format.
    """
    if _ENCRYPTED_STREAM in content:
        raise EncryptedError
    try:
        streams = list(_workbook_streams(content))
    except (struct.error, IndexError, ValueError) as error:
        raise UnreadableError from error
    if not streams:
        raise UnreadableError
    for stream in streams:
        _judge_records(stream)


def _judge_records(stream: bytes) -> None:
    position = 0
    while position + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, position)
        body = stream[position + 4 : position + 4 + size]
        position += 4 + size
        if kind == _FILEPASS:
            raise EncryptedError
        if kind == _DIMENSIONS and not _dimensions_fit(body):
            raise UnreadableError
        if kind in _SINGLE and len(body) >= 4 and struct.unpack_from("<H", body, 2)[0] >= _COLUMNS:
            raise UnreadableError
        if (
            kind in _MULTIPLE
            and len(body) >= 6
            and max(struct.unpack_from("<H", body, 2)[0], struct.unpack_from("<H", body, len(body) - 2)[0]) >= _COLUMNS
        ):
            raise UnreadableError


def _dimensions_fit(body: bytes) -> bool:
    if len(body) >= 14:
        _, last_row, _, last_column = struct.unpack_from("<IIHH", body)
    elif len(body) >= 10:
        _, last_row, _, last_column = struct.unpack_from("<HHHH", body)
    else:
        return False
    return bool(last_row <= _ROWS and last_column <= _COLUMNS)


def _workbook_streams(content: bytes) -> Iterator[bytes]:
    shift, mini_shift = struct.unpack_from("<HH", content, 30)
    if shift not in (9, 12) or mini_shift != 6:
        raise UnreadableError
    directory_start, _, cutoff, mini_start = struct.unpack_from("<IIII", content, 48)
    size = 1 << shift
    sectors = [content[at : at + size] for at in range(size, len(content), size)]
    table = _allocation_table(content, sectors)
    directory = _gather(sectors, table, directory_start)
    entries = [directory[at : at + _ENTRY_BYTES] for at in range(0, len(directory) - _ENTRY_BYTES + 1, _ENTRY_BYTES)]
    if not entries:
        raise UnreadableError
    mini_stream = _gather(sectors, table, _start_of(entries[0]))
    mini_sectors = [mini_stream[at : at + 64] for at in range(0, len(mini_stream), 64)]
    mini_table = _numbers(_gather(sectors, table, mini_start))
    for entry in entries:
        length = struct.unpack_from("<I", entry, 120)[0]
        if _name_of(entry) in ("workbook", "book"):
            chain = (sectors, table) if length >= cutoff else (mini_sectors, mini_table)
            yield _gather(*chain, _start_of(entry))[:length]


def _allocation_table(content: bytes, sectors: list[bytes]) -> list[int]:
    listed = list(struct.unpack_from("<109I", content, 76))
    further = struct.unpack_from("<I", content, 68)[0]
    for _ in range(len(sectors)):
        if further >= _LAST_SECTOR:
            break
        *more, further = _numbers(sectors[further])
        listed.extend(more)
    return [number for sector in listed if sector < _LAST_SECTOR for number in _numbers(sectors[sector])]


def _gather(sectors: list[bytes], table: list[int], start: int) -> bytes:
    pieces: list[bytes] = []
    while start < _LAST_SECTOR:
        if len(pieces) > len(sectors):
            raise UnreadableError  # a chain that bites its tail
        pieces.append(sectors[start])
        start = table[start]
    return b"".join(pieces)


def _numbers(data: bytes) -> list[int]:
    return [number for (number,) in struct.iter_unpack("<I", data[: len(data) // 4 * 4])]


def _start_of(entry: bytes) -> int:
    return int(struct.unpack_from("<I", entry, 116)[0])


def _name_of(entry: bytes) -> str:
    length = min(struct.unpack_from("<H", entry, 64)[0], 64)
    return entry[: max(length - 2, 0)].decode("utf-16-le", "replace").lower()
