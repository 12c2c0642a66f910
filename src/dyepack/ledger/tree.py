"""The growing tree in memory: every node of level 8 and above, and the nodes below only of recent tiles.

A level-0 tile has 256 leaves and 8 levels of nodes; its root is a node of level 8. Tiles that are stored may be
dropped and are read again when an old entry must be proved, and are then checked against their root, so memory
stays at about a quarter byte an entry plus a fixed cache.

Invariants:

* a tile that is not stored yet is never dropped (``stored``);
* a tile that was read back gives the level-8 node that the tree already holds.
"""

from collections.abc import Callable, Iterable

from dyepack.ledger.errors import TileError
from dyepack.ledger.merkle import Edge, node_hash, parents
from dyepack.ledger.tiles import LEVEL_BITS, WIDTH, Tile, decode_tile, tile_path

CACHED_TILES = 64
ReadTile = Callable[[str], bytes | None]
"""Reads a file of the log by its path; None if there is none."""


class Tree:
    """Append leaves, read nodes."""

    def __init__(self, read: ReadTile) -> None:
        """An empty tree; ``read`` fetches stored tiles."""
        self.size = 0
        self._read = read
        self._stored = 0  # leaves of full tiles that are on disk
        self._tiles: dict[int, list[list[bytes]]] = {}  # by number of a level-0 tile: its levels 0..7
        self._upper: list[list[bytes]] = [[]]  # levels 8, 9, ...

    @classmethod
    def load(cls, size: int, read: ReadTile) -> "Tree":
        """The tree of ``size`` leaves, a multiple of 256, from the stored level-1 tiles.

        Raises:
            TileError: A level-1 tile is missing or has another length.
        """
        tree = cls(read)
        roots = size // WIDTH
        for number in range(-(-roots // WIDTH)):
            tile = Tile(1, number, min(WIDTH, roots - number * WIDTH))
            for root in decode_tile(read(tile.path), tile.width, tile.path):
                tree._push_upper(root)
        tree.size = tree._stored = size
        return tree

    def append(self, leaves: Iterable[bytes]) -> None:
        """Push leaf hashes on the right edge."""
        waiting = list(leaves)
        at = 0
        while at < len(waiting):
            if self.size % WIDTH == 0 and len(waiting) - at >= WIDTH:
                self._push_tile(waiting[at : at + WIDTH])
                at += WIDTH
            else:
                self._push_leaf(waiting[at])
                at += 1

    def _push_tile(self, leaves: list[bytes]) -> None:
        levels = _levels(leaves)
        self._push_upper(levels.pop()[0])
        self._tiles[self.size // WIDTH] = levels
        self.size += WIDTH

    def _push_leaf(self, leaf: bytes) -> None:
        number, place = divmod(self.size, WIDTH)
        levels = self._tiles.get(number)
        if levels is None:
            levels = self._tiles[number] = [[] for _ in range(LEVEL_BITS)]
        running = leaf
        height = 0
        levels[0].append(running)
        while place & 1:
            running = node_hash(levels[height][-2], running)
            height += 1
            place >>= 1
            if height == LEVEL_BITS:
                self._push_upper(running)
                break
            levels[height].append(running)
        self.size += 1

    def node(self, level: int, index: int) -> bytes:
        """The hash of a complete subtree within ``size``.

        Raises:
            TileError: A stored tile is missing or broken.
        """
        if level >= LEVEL_BITS:
            return self._upper[level - LEVEL_BITS][index]
        number, place = divmod(index << level, WIDTH)
        levels = self._tiles.get(number) or self._fetch(number)
        return levels[level][place >> level]

    def edge(self, size: int | None = None) -> Edge:
        """Root and proofs at ``size`` (default: now)."""
        return Edge(self.size if size is None else size, self.node)

    def tile(self, tile: Tile) -> bytes:
        """The bytes of a tile."""
        if tile.level == 0:
            levels = self._tiles.get(tile.number) or self._fetch(tile.number)
            return b"".join(levels[0][: tile.width])
        first = tile.number * WIDTH
        return b"".join(self._upper[(tile.level - 1) * LEVEL_BITS][first : first + tile.width])

    def stored(self, size: int) -> None:
        """The tiles of the first ``size`` leaves are on disk: full ones beyond the cache may be dropped."""
        self._stored = size // WIDTH * WIDTH
        self._trim()

    def _trim(self) -> None:
        droppable = [number for number in self._tiles if (number + 1) * WIDTH <= self._stored]
        for number in droppable[: max(0, len(droppable) - CACHED_TILES)]:
            del self._tiles[number]

    def _fetch(self, number: int) -> list[list[bytes]]:
        path = tile_path("0", number)
        levels = _levels(decode_tile(self._read(path), WIDTH, path))
        if levels.pop()[0] != self.node(LEVEL_BITS, number):
            raise TileError(path=path, why="another root")
        self._tiles[number] = levels
        self._trim()
        return levels

    def _push_upper(self, root: bytes) -> None:
        height, running = 0, root
        self._upper[0].append(running)
        while not len(self._upper[height]) & 1:
            running = node_hash(*self._upper[height][-2:])
            height += 1
            if height == len(self._upper):
                self._upper.append([])
            self._upper[height].append(running)


def _levels(leaves: list[bytes]) -> list[list[bytes]]:
    """All levels of a full tile, its root last."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        levels.append(parents(levels[-1]))
    return levels
