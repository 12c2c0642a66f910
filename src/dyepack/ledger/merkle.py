"""Merkle tree of RFC 6962 section 2.1 (RFC 9162 section 2.1): hashes, proofs from stored nodes, verification.

A *node* ``(level, index)`` is the root of the complete subtree of ``2^level`` leaves that starts at ``index·2^level``.
Where nodes are stored is the business of the caller (``tree``); here they come from a ``Nodes`` function.

Invariants:

* a proof is checked with its exact length; a surplus or missing hash refuses it;
* a failed check raises; success returns None.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import add

from dyepack.crypto.digest import DIGEST_BYTES, sha256, sha256_each
from dyepack.ledger.errors import ConsistencyError, InclusionError

Nodes = Callable[[int, int], bytes]
"""``nodes(level, index)``: the stored hash of a complete subtree."""

_SHARED_LEVEL = 8
EMPTY_ROOT = sha256(b"")


def leaf_hash(entry: bytes) -> bytes:
    """SHA-256(0x00 ‖ entry)."""
    return sha256(b"\x00" + entry)


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 ‖ left ‖ right)."""
    return sha256(b"\x01" + left + right)


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """The leaf hash of each entry."""
    return sha256_each(b"\x00", entries)


def parents(row: Sequence[bytes]) -> list[bytes]:
    """The level above a row of an even number of nodes."""
    return sha256_each(b"\x01", map(add, row[::2], row[1::2]))


class Edge:
    """The right edge of the tree at one size: what is needed beside stored nodes for its root and its proofs."""

    def __init__(self, size: int, nodes: Nodes) -> None:
        """Read one stored node for each bit of ``size`` (at least 0)."""
        self.size = size
        self._nodes = nodes
        self._shared: dict[int, list[bytes]] = {}  # paths from the nodes of level 8, which 256 leaves share
        self._rest: list[bytes | None] = [None]  # by level: root of the leaves after the last complete subtree
        for level in range(size.bit_length()):
            rest = self._rest[level]
            if size >> level & 1:
                whole = nodes(level, (size >> level) - 1)
                rest = whole if rest is None else node_hash(whole, rest)
            self._rest.append(rest)

    @property
    def root(self) -> bytes:
        """The root hash."""
        return self._rest[-1] or EMPTY_ROOT

    def inclusion(self, index: int) -> tuple[bytes, ...]:
        """The inclusion proof of a leaf, its sibling first.

        Raises:
            InclusionError: No such leaf at this size.
        """
        if not 0 <= index < self.size:
            raise InclusionError(why="index beyond the size")
        above = self._shared.get(index >> _SHARED_LEVEL)
        if above is None:
            above = self._shared[index >> _SHARED_LEVEL] = self._path(_SHARED_LEVEL, index >> _SHARED_LEVEL)
        return (*self._path(0, index, _SHARED_LEVEL), *above)

    def consistency(self, old: int) -> tuple[bytes, ...]:
        """The proof that the tree of ``old`` leaves is a prefix; empty for 0 and for the same size.

        Raises:
            ConsistencyError: ``old`` is larger than this size.
        """
        if not 0 <= old <= self.size:
            raise ConsistencyError(why="the old size is larger")
        if old in {0, self.size}:
            return ()
        level = (old & -old).bit_length() - 1
        index = (old >> level) - 1
        seed = [self._nodes(level, index)] if index else []
        return (*seed, *self._path(level, index))

    def _path(self, level: int, index: int, below: int = 64) -> list[bytes]:
        """The siblings from ``level`` to before ``below`` on the path of a node."""
        path = []
        for height in range(level, min(below, (self.size - 1).bit_length())):
            sibling = (index >> (height - level)) ^ 1
            if (sibling + 1) << height <= self.size:
                path.append(self._nodes(height, sibling))
            elif sibling << height < self.size:
                rest = self._rest[height]
                assert rest is not None  # leaves after the last complete subtree of this height exist
                path.append(rest)
        return path


def root_of(leaf_hashes: Sequence[bytes]) -> bytes:
    """The root over a list of leaf hashes, without stored nodes."""
    if not leaf_hashes:
        return EMPTY_ROOT
    level = list(leaf_hashes)
    while len(level) > 1:
        pairs = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Check that the leaf hash stands at ``index`` in the tree of ``size`` leaves with this root.

    Raises:
        InclusionError: It does not follow.
    """
    if not 0 <= index < size:
        raise InclusionError(why="index beyond the size")
    if _wrong_lengths(leaf, root, *proof):
        raise InclusionError(why="a hash is not 32 bytes long")
    inner, border = _shape(index, size)
    if len(proof) != inner + border:
        raise InclusionError(why="wrong number of hashes")
    running = _climb(leaf, index, proof[:inner])
    for sibling in proof[inner:]:
        running = node_hash(sibling, running)
    if running != root:
        raise InclusionError(why="another root")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of ``old`` leaves with its root is a prefix of the tree of ``new`` leaves.

    Nothing can be proved from an empty tree; callers that start at size 0 treat it before.

    Raises:
        ConsistencyError: It does not follow.
    """
    if not 0 < old <= new:
        raise ConsistencyError(why="sizes out of order")
    if old == new:
        if proof or old_root != new_root:
            raise ConsistencyError(why="one size with two roots")
        return
    if _wrong_lengths(old_root, new_root, *proof):
        raise ConsistencyError(why="a hash is not 32 bytes long")
    level = (old & -old).bit_length() - 1
    inner, border = _shape(old - 1, new)
    inner -= level
    power_of_two = old == 1 << level
    seed, path = (old_root, proof) if power_of_two else (proof[0] if proof else b"", proof[1:])
    if len(path) != inner + border or not seed:
        raise ConsistencyError(why="wrong number of hashes")
    mask = (old - 1) >> level
    older = seed
    for height, sibling in enumerate(path[:inner]):
        if mask >> height & 1:
            older = node_hash(sibling, older)
    newer = _climb(seed, mask, path[:inner])
    for sibling in path[inner:]:
        older = node_hash(sibling, older)
        newer = node_hash(sibling, newer)
    if older != old_root:
        raise ConsistencyError(why="another old root")
    if newer != new_root:
        raise ConsistencyError(why="another new root")


def _shape(index: int, size: int) -> tuple[int, int]:
    """Hashes below and along the right border on the path of a leaf (RFC 9162 section 2.1.3.2, closed form)."""
    inner = (index ^ (size - 1)).bit_length()
    return inner, (index >> inner).bit_count()


def _climb(seed: bytes, index: int, path: Sequence[bytes]) -> bytes:
    running = seed
    for height, sibling in enumerate(path):
        running = node_hash(sibling, running) if index >> height & 1 else node_hash(running, sibling)
    return running


def _wrong_lengths(*hashes: bytes) -> bool:
    return any(len(item) != DIGEST_BYTES for item in hashes)
