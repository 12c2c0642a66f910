r"""Write-ahead log: the bytes whose sync acknowledges an entry.

::

    segment wal/<first index, 16 hex>.wal, 65,536 entries each; all integers big-endian
    header  "dyepack-wal\0" 12 ‖ version u16 = 1 ‖ 0 u16 ‖ first index u64 ‖ crc32 of the 24 bytes before u32 ‖ 0 u32
    record  length u32 ‖ crc32(entry) u32 ‖ entry

A record at the end that is incomplete, fails its sum, or is all zeros (a hole after a power cut) was never
acknowledged and is cut off. A bad record with anything behind it is fatal: what follows may have been acknowledged.
"""

import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from dyepack.ledger.entry import MAX_ENTRY_BYTES
from dyepack.ledger.errors import WalError

SEGMENT_ENTRIES = 65_536
_MAGIC = b"dyepack-wal\0"
_HEADER = struct.Struct(">12sHHQ")
_SUM = struct.Struct(">II")
_RECORD = struct.Struct(">II")
HEADER_BYTES = _HEADER.size + _SUM.size


@dataclass(frozen=True, slots=True)
class Segment:
    """What a segment holds.

    Attributes:
        entries: The whole records.
        length: Bytes up to the end of the last whole record.
    """

    entries: tuple[bytes, ...]
    length: int


def segment_name(first: int) -> str:
    """The file name of the segment that begins with this index."""
    return f"{first:016x}.wal"


def segment_header(first: int) -> bytes:
    """32 bytes."""
    head = _HEADER.pack(_MAGIC, 1, 0, first)
    return head + _SUM.pack(zlib.crc32(head), 0)


def records(entries: Iterable[bytes]) -> bytes:
    """The records of entries, ready to be written in one piece."""
    return b"".join(_RECORD.pack(len(entry), zlib.crc32(entry)) + entry for entry in entries)


def read_segment(data: bytes, first: int, *, last: bool) -> Segment:
    """Read a segment; a torn end is left out if this is the last segment.

    Raises:
        WalError: A broken header, a broken record before the end, too many or (unless ``last``) too few entries.
    """
    name = segment_name(first)
    if data[:HEADER_BYTES] != segment_header(first):
        raise WalError(segment=name, why="header")
    entries: list[bytes] = []
    at = HEADER_BYTES
    while at < len(data):
        start = at + _RECORD.size
        length, check = _RECORD.unpack(data[at:start]) if start <= len(data) else (0, 0)
        entry = data[start : start + length]
        if 1 <= length <= MAX_ENTRY_BYTES and len(entry) == length and zlib.crc32(entry) == check:
            entries.append(entry)
            at = start + length
            continue
        runs_out = start > len(data) or (1 <= length <= MAX_ENTRY_BYTES and start + length >= len(data))
        if not last or not (runs_out or not any(data[at:])):
            raise WalError(segment=name, why=f"record {len(entries)}")
        break
    if len(entries) > SEGMENT_ENTRIES or (not last and len(entries) < SEGMENT_ENTRIES):
        raise WalError(segment=name, why="number of entries")
    return Segment(tuple(entries), at)
