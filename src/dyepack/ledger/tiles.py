"""Tiles and entry bundles (C2SP tlog-tiles): the files from which anyone can rebuild the tree.

::

    tile/<L>/<N>          256 hashes of 32 bytes; level 0 = leaf hashes, level l+1 = roots of full tiles of level l
    tile/entries/<N>      256 entries, each  length u16 big-endian ‖ bytes;  full bundles are stored as gzip (mtime 0)
    <N>                   groups of three digits, all but the last prefixed x: 1234067 -> x001/x234/067
    <N>.p/<W>             a partial tile or bundle of width W = floor(size / 256^l) mod 256, absent when that is 0

Invariants:

* a partial tile is a prefix of the wider one and is never hashed into the level above;
* ``decode_bundle`` accepts one gzip header, the one that ``encode_bundle`` writes, and no byte after the stream.
"""

import zlib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dyepack.crypto.digest import DIGEST_BYTES
from dyepack.ledger.errors import TileError

WIDTH = 256
LEVEL_BITS = 8
MAX_BUNDLE_BYTES = WIDTH * (2 + 0xFFFF)
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # deflate, no name, mtime 0, unknown system


class Tile(NamedTuple):
    """One tile of a tree: level, number, width 1..256."""

    level: int
    number: int
    width: int

    @property
    def path(self) -> str:
        """Where it stands below the log's folder."""
        return tile_path(str(self.level), self.number, self.width)

    @property
    def bundle_path(self) -> str:
        """Where the entries of a level-0 tile stand."""
        return tile_path("entries", self.number, self.width)


def tile_path(level: str, number: int, width: int = WIDTH) -> str:
    """``tile/<level>/<N>[.p/<W>]``; ``level`` is a decimal or ``entries``."""
    groups = [f"{number % 1000:03d}"]
    while number := number // 1000:
        groups.insert(0, f"x{number % 1000:03d}")
    return "/".join(("tile", level, *groups)) + ("" if width == WIDTH else f".p/{width}")


def tiles_between(old: int, new: int) -> Iterable[Tile]:
    """All tiles of the tree of ``new`` leaves that the tree of ``old`` leaves did not have, level 0 first."""
    level = 0
    while new:
        for number in range(old // WIDTH, -(-new // WIDTH)):
            width = min(WIDTH, new - number * WIDTH)
            if number * WIDTH + width > old:
                yield Tile(level, number, width)
        level, old, new = level + 1, old >> LEVEL_BITS, new >> LEVEL_BITS


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """The bytes to store for 1..256 entries: gzip when full."""
    plain = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
    if len(entries) < WIDTH:
        return plain
    packer = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = packer.compress(plain) + packer.flush()
    return _GZIP_HEADER + body + zlib.crc32(plain).to_bytes(4, "little") + len(plain).to_bytes(4, "little")


def decode_bundle(stored: bytes, width: int, path: str) -> list[bytes]:
    """The entries of a bundle of this width.

    Raises:
        TileError: Not such a bundle; names ``path``.
    """
    plain = bundle_content(stored, path)
    entries = []
    at = 0
    whole = len(plain) - 1  # where a length can not begin any more
    while at < whole:
        start = at + 2
        at = start + (plain[at] << 8 | plain[at + 1])
        entries.append(plain[start:at])
    if at != len(plain) or len(entries) != width:
        raise TileError(path=path, why="not the expected number of entries")
    return entries


def bundle_content(stored: bytes, path: str) -> bytes:
    """The bytes of a bundle as hashed, gzip removed.

    Raises:
        TileError: A broken gzip stream, or more than 256 entries can hold.
    """
    if stored[:2] != _GZIP_HEADER[:2]:
        return stored
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    try:
        plain = unpacker.decompress(stored[len(_GZIP_HEADER) :], MAX_BUNDLE_BYTES)
    except zlib.error as error:
        raise TileError(path=path, why="not a gzip stream") from error
    trailer = zlib.crc32(plain).to_bytes(4, "little") + len(plain).to_bytes(4, "little")
    if not unpacker.eof or stored[: len(_GZIP_HEADER)] != _GZIP_HEADER or unpacker.unused_data != trailer:
        raise TileError(path=path, why="not a gzip stream")
    return plain


def decode_tile(stored: bytes | None, width: int, path: str) -> list[bytes]:
    """The hashes of a tile of this width.

    Raises:
        TileError: Missing or of another length.
    """
    if stored is None:
        raise TileError(path=path, why="missing")
    if len(stored) != width * DIGEST_BYTES:
        raise TileError(path=path, why="wrong length")
    return [stored[at : at + DIGEST_BYTES] for at in range(0, len(stored), DIGEST_BYTES)]
