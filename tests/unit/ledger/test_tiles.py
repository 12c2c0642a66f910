import gzip

import pytest

from dyepack.ledger import Tree, decode_bundle, encode_bundle, leaf_hash, tiles_between
from dyepack.ledger.errors import TileError
from dyepack.ledger.tiles import MAX_BUNDLE_BYTES, Tile, decode_tile, tile_path
from dyepack.ledger.tree import CACHED_TILES

ENTRIES = [f"entry {number}".encode() for number in range(256)]


def test_numbers_are_written_in_groups_of_three():
    assert tile_path("0", 1234067) == "tile/0/x001/x234/067"
    assert tile_path("entries", 0) == "tile/entries/000"
    assert tile_path("1", 1000, 17) == "tile/1/x001/000.p/17"


def test_size_256_has_a_full_tile_and_a_first_hash_above_it():
    assert list(tiles_between(0, 256)) == [Tile(0, 0, 256), Tile(1, 0, 1)]


def test_size_70000_has_the_tiles_of_the_standard():
    tiles = list(tiles_between(0, 70_000))

    assert sum(tile.level == 0 and tile.width == 256 for tile in tiles) == 273
    assert [tile for tile in tiles if tile.width < 256] == [Tile(0, 273, 112), Tile(1, 1, 17), Tile(2, 0, 1)]
    assert Tile(1, 0, 256) in tiles


def test_growing_writes_only_what_is_new():
    assert list(tiles_between(600, 601)) == [Tile(0, 2, 89)]
    assert list(tiles_between(600, 600)) == []
    assert list(tiles_between(511, 513)) == [Tile(0, 1, 256), Tile(0, 2, 1), Tile(1, 0, 2)]


def test_a_full_bundle_is_gzip_that_any_software_reads():
    stored = encode_bundle(ENTRIES)

    assert gzip.decompress(stored) == b"".join(len(entry).to_bytes(2, "big") + entry for entry in ENTRIES)
    assert decode_bundle(stored, 256, "x") == ENTRIES
    assert stored == encode_bundle(ENTRIES)


def test_a_partial_bundle_is_plain():
    assert decode_bundle(encode_bundle(ENTRIES[:3]), 3, "x") == ENTRIES[:3]
    assert encode_bundle([b"ab"]) == b"\x00\x02ab"


@pytest.mark.parametrize(
    "change",
    [
        lambda stored: stored[:-1],
        lambda stored: stored + b"\0",
        lambda stored: stored[:4] + b"\x01" + stored[5:],
        lambda stored: stored[:30] + b"\xff\xff" + stored[32:],
        lambda stored: stored[:-5] + bytes([stored[-5] ^ 1]) + stored[-4:],
        lambda stored: stored[:100],
    ],
)
def test_a_damaged_bundle_is_refused(change):
    with pytest.raises(TileError):
        decode_bundle(change(encode_bundle(ENTRIES)), 256, "tile/entries/000")


def test_a_bundle_of_another_width_is_refused():
    with pytest.raises(TileError):
        decode_bundle(encode_bundle(ENTRIES[:3]), 4, "x")
    with pytest.raises(TileError):
        decode_bundle(encode_bundle(ENTRIES[:3])[:-1], 3, "x")


def test_a_bundle_that_unpacks_to_more_than_it_can_hold_is_refused():
    with pytest.raises(TileError):
        decode_bundle(gzip.compress(bytes(MAX_BUNDLE_BYTES + 1), mtime=0), 256, "x")


@pytest.mark.parametrize("stored", [None, bytes(63), bytes(96)])
def test_a_tile_of_another_length_is_refused(stored):
    with pytest.raises(TileError):
        decode_tile(stored, 2, "tile/0/000.p/2")


class Shelf:
    """A tree whose tiles are stored as it grows, and how often one is read back."""

    def __init__(self, size):
        self.files = {}
        self.reads = []
        self.tree = Tree(self.read)
        self.tree.append(leaf_hash(b"%d" % number) for number in range(size))
        self.files = {tile.path: self.tree.tile(tile) for tile in tiles_between(0, size)}

    def read(self, path):
        self.reads.append(path)
        return self.files.get(path)


def test_stored_tiles_beyond_the_cache_are_dropped_and_read_again():
    shelf = Shelf(256 * (CACHED_TILES + 2) + 5)
    before = shelf.tree.edge().inclusion(3)

    shelf.tree.stored(shelf.tree.size)

    assert shelf.reads == []
    assert shelf.tree.edge().inclusion(3) == before
    assert shelf.reads == ["tile/0/000"]


def test_a_tile_that_is_not_stored_is_never_dropped():
    shelf = Shelf(256 * (CACHED_TILES + 2))

    shelf.tree.stored(256)
    shelf.tree.edge().inclusion(300)

    assert shelf.reads == []


def test_a_tile_that_was_changed_on_disk_is_refused():
    shelf = Shelf(256 * (CACHED_TILES + 2))
    shelf.tree.stored(shelf.tree.size)
    shelf.files["tile/0/000"] = bytes(32) + shelf.files["tile/0/000"][32:]

    with pytest.raises(TileError, match="another root"):
        shelf.tree.edge().inclusion(3)


def test_a_tree_is_loaded_from_its_level_one_tiles():
    shelf = Shelf(256 * 3)

    loaded = Tree.load(768, shelf.read)

    assert shelf.reads == ["tile/1/000.p/3"]
    assert loaded.edge().root == shelf.tree.edge().root
    assert loaded.edge().inclusion(300) == shelf.tree.edge().inclusion(300)


def test_a_tree_without_its_level_one_tile_is_not_loaded():
    with pytest.raises(TileError, match="missing"):
        Tree.load(256, lambda _path: None)
