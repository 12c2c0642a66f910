"""What a log publishes, by path: the read side of C2SP tlog-tiles.

::

    checkpoint                        the newest checkpoint
    checkpoint.witnessed              the newest one with a quorum of cosignatures
    tile/<L>/<N>[.p/<W>]              hashes, L = 0..5
    tile/entries/<N>[.p/<W>]          entries; a full bundle is stored as gzip

A partial tile or bundle of *any* width up to what the checkpoint covers is cut out of the wider one that is stored: a
head is signed at every commit, and whoever holds one may ask for the tiles of exactly its size.

Invariants:

* a path is served only in the one spelling that ``tiles.tile_path`` writes: no other group, zero, sign or dot;
* nothing beyond the published checkpoint is served, although it may be on the disk already;
* a path costs at most three reads of one small file, whatever number it holds.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from dyepack.ledger.checkpoint import parse_head
from dyepack.ledger.note import parse_note
from dyepack.ledger.tiles import LEVEL_BITS, WIDTH, bundle_content, tile_path

CHECKPOINT = "checkpoint"
WITNESSED = "checkpoint.witnessed"
_HASH_BYTES = 32
_TRIES = 3
_PATH = re.compile(r"tile/(entries|[0-5])/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII)


class PublishedLog(Protocol):
    """The files of one log, as its sequencer keeps them."""

    def checkpoint(self) -> str:
        """The published checkpoint."""
        ...

    def read(self, path: str) -> bytes | None:
        """A file by its path; None if there is none."""
        ...


class Part(StrEnum):
    """What a path leads to; who may read it is decided by ``app``."""

    NOTE = "note"  # a checkpoint
    HASHES = "hashes"
    ENTRIES = "entries"  # pseudonymous personal data


@dataclass(frozen=True, slots=True)
class Published:
    """One file.

    Attributes:
        content: Its bytes.
        part: What it is.
        packed: Whether ``content`` is a gzip stream.
    """

    content: bytes
    part: Part
    packed: bool = False

    def unpacked(self) -> bytes:
        """The bytes without gzip."""
        return bundle_content(self.content, "tile/entries") if self.packed else self.content


@dataclass(frozen=True, slots=True)
class TileName:
    """A parsed path of a tile or bundle; ``width`` 256 means the full one."""

    level: str
    number: int
    width: int

    def available(self, size: int) -> int:
        """How wide it is in the tree of ``size`` entries: 0..256."""
        bits = 0 if self.level == Part.ENTRIES else LEVEL_BITS * int(self.level)
        return max(0, min(WIDTH, (size >> bits) - self.number * WIDTH))


def part_of(path: str) -> Part:
    """What a path would lead to, whether there is such a file or not."""
    if path in (CHECKPOINT, WITNESSED):
        return Part.NOTE
    return Part.HASHES if re.match(r"tile/[0-9]", path) else Part.ENTRIES


def tile_name(path: str) -> TileName | None:
    """The tile that a path names; None if it is not spelled as tlog-tiles does."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    level, groups, partial = match.groups()
    name = TileName(level, int(groups.replace("/", "").replace("x", "")), int(partial or WIDTH))
    if name.width > WIDTH or (partial and name.width == WIDTH) or tile_path(level, name.number, name.width) != path:
        return None
    return name


def published(log: PublishedLog, path: str) -> Published | None:
    """The file at a path; None if the log does not publish it (yet)."""
    if path == CHECKPOINT:
        return Published(log.checkpoint().encode(), Part.NOTE)
    if path == WITNESSED:
        note = log.read(WITNESSED)
        return None if note is None else Published(note, Part.NOTE)
    name = tile_name(path)
    if name is None:
        return None
    for _ in range(_TRIES):  # the sequencer may put a wider tile in the place of the stored one meanwhile
        width = name.available(parse_head(parse_note(log.checkpoint()).text).size)
        if name.width > width:
            return None
        stored = log.read(tile_path(name.level, name.number, width))
        if stored is not None:
            return _cut(name, stored, full=width == WIDTH)
    return None


def _cut(name: TileName, stored: bytes, *, full: bool) -> Published:
    if name.level != Part.ENTRIES:
        return Published(stored[: name.width * _HASH_BYTES], Part.HASHES)
    if full and name.width == WIDTH:
        return Published(stored, Part.ENTRIES, packed=True)
    plain = bundle_content(stored, "tile/entries")
    end = 0
    for _ in range(name.width):
        end += 2 + int.from_bytes(plain[end : end + 2], "big")
    return Published(plain[:end], Part.ENTRIES)
