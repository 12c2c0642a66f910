"""What a log publishes: every width of a tile up to the checkpoint, one spelling of a path, nothing beyond."""

import pytest

from dyepack.ledger import Part, decode_bundle, part_of, published
from dyepack.ledger.published import tile_name
from dyepack.ledger.tiles import tile_path
from fakes.ledger_logs import MemoryLog


class Shelf:
    """A log in memory with the two methods of the port."""

    def __init__(self, log: MemoryLog) -> None:
        self.log = log
        self.asked: list[str] = []

    def checkpoint(self) -> str:
        return self.log.files["checkpoint"].decode()

    def read(self, path: str) -> bytes | None:
        self.asked.append(path)
        return self.log.files.get(path)


@pytest.fixture(scope="module")
def log() -> MemoryLog:
    log = MemoryLog().grow(600)
    log.publish()
    return log


@pytest.fixture
def shelf(log) -> Shelf:
    return Shelf(log)


@pytest.mark.parametrize("width", [1, 87, 88])
def test_a_partial_tile_of_any_width_is_cut_from_the_stored_one(shelf, log, width):
    hashes = published(shelf, f"tile/0/002.p/{width}")
    bundle = published(shelf, f"tile/entries/002.p/{width}")

    assert hashes.content == log.files["tile/0/002.p/88"][: width * 32]
    assert decode_bundle(bundle.content, width, "") == log.entries[512 : 512 + width]
    assert (hashes.part, bundle.part) == (Part.HASHES, Part.ENTRIES)


@pytest.mark.parametrize("width", [1, 200, 255])
def test_a_partial_tile_that_became_full_is_still_served(shelf, log, width):
    bundle = published(shelf, f"tile/entries/001.p/{width}")

    assert published(shelf, f"tile/0/001.p/{width}").content == log.files["tile/0/001"][: width * 32]
    assert decode_bundle(bundle.content, width, "") == log.entries[256 : 256 + width]
    assert not bundle.packed


def test_a_full_bundle_is_served_as_stored_and_can_be_unpacked(shelf, log):
    found = published(shelf, "tile/entries/000")

    assert found.packed
    assert found.content == log.files["tile/entries/000"]
    assert decode_bundle(found.unpacked(), 256, "") == log.entries[:256]


def test_the_tile_above_holds_only_full_ones(shelf, log):
    assert published(shelf, "tile/1/000.p/2").content == log.files["tile/1/000.p/2"]
    assert published(shelf, "tile/1/000.p/3") is None


@pytest.mark.parametrize(
    "path",
    [
        "tile/0/002", "tile/0/002.p/89", "tile/entries/002.p/255", "tile/0/003.p/1", "tile/2/000.p/1",
        "tile/0/x999/x999/x999/x999/x999/999", "tile/entries/x999/x999/x999/x999/x999/999.p/1",
    ],
)  # fmt: skip
def test_what_the_checkpoint_does_not_cover_is_not_even_read(shelf, path):
    assert published(shelf, path) is None
    assert shelf.asked == []


def test_entries_on_the_disk_beyond_the_checkpoint_are_not_served(shelf, log):
    late = MemoryLog().grow(600)
    late.publish()
    old = late.files["checkpoint"]
    late.grow(100).publish()
    late.files["checkpoint"] = old
    shelf = Shelf(late)

    assert published(shelf, "tile/entries/002.p/89") is None


def test_a_tile_that_the_sequencer_replaces_meanwhile_is_looked_for_again():
    log = MemoryLog().grow(10)
    log.publish()

    class Growing(Shelf):
        def read(self, path: str) -> bytes | None:
            found = super().read(path)
            if len(self.asked) == 1:
                log.grow(10).publish()
                return None
            return found

    shelf = Growing(log)

    assert published(shelf, "tile/0/000.p/7").content == log.files["tile/0/000.p/20"][:224]
    assert shelf.asked == ["tile/0/000.p/10", "tile/0/000.p/20"]


BAD = [
    "", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/0/x001", "tile/0/x000/001",
    "tile/00/000", "tile/6/000", "tile/63/000", "tile/-1/000", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/0",
    "tile/0/000.p/01", "tile/0/000.p/256", "tile/0/000.p/999", "tile/0/000.p/1/", "tile/0/000.p/-1", "tile/0/000/",
    "tile/0/../../log.key", "tile/../log.key", "../keeper/root.key", "/etc/passwd", "log.key", "wal/0.wal",
    "tile/entries/../0/000", "tile/0/000\n", "tile/0/٠٠٠", "tile/0/000.p/٣", "tile//000", "TILE/0/000", "checkpoint/",
    "checkpoint ", "./checkpoint", "tile/0/x001/x001/x001/x001/x001/x001/001", "tile/0/" + "9" * 4000,
]  # fmt: skip


@pytest.mark.parametrize("path", BAD)
def test_a_path_in_another_spelling_leads_nowhere(shelf, path):
    assert published(shelf, path) is None
    assert shelf.asked == []


@pytest.mark.parametrize("number", [0, 1, 999, 1000, 1234067, 10**15])
@pytest.mark.parametrize("width", [1, 255, 256])
def test_the_spelling_that_we_write_is_read(number, width):
    name = tile_name(tile_path("entries", number, width))

    assert (name.level, name.number, name.width) == ("entries", number, width)


def test_notes_are_served_and_a_missing_one_is_not(shelf, log):
    assert published(shelf, "checkpoint").content == log.files["checkpoint"]
    assert published(shelf, "checkpoint.witnessed") is None
    shelf.log = MemoryLog().grow(3)
    shelf.log.publish()["checkpoint.witnessed"] = b"note"
    assert published(shelf, "checkpoint.witnessed").content == b"note"


@pytest.mark.parametrize("path", [path for path in BAD if not path.startswith("tile/0")])
def test_a_path_that_means_nothing_asks_for_the_right_to_entries(path):
    assert part_of(path) in {Part.ENTRIES, Part.HASHES}
    assert part_of("tile/entries/" + path) is Part.ENTRIES
