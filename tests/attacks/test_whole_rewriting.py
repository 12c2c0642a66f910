"""Rewriting the log of a closed home, in every way its files allow: an audit finds it, or the home does not start."""

import os
import random
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from dyepack.app.clock import SystemClock
from dyepack.app.institution import open_institution
from dyepack.app.rewriting import rewrite_without
from dyepack.app.sequencer import Sequencer
from dyepack.ledger import Head, Kind, Tree, audit_log, encode_bundle, leaf_hash, parse_entry, tiles_between
from dyepack.ledger.errors import RootMismatchError
from dyepack.ledger.tiles import Tile, bundle_content
from dyepack.ledger.wal import records, segment_header, segment_name
from dyepack.terms.errors import DyepackError
from fakes.whole import WholeHouse, dyepack, log_signer, shard, sign_as_thief, strangers_list


@dataclass
class Closed:
    """A home that nobody holds, with more entries than one full tile; what an auditor kept from before."""

    home: Path
    entries: list[bytes]
    origin: str
    vkeys: tuple[str, ...]
    kept: str
    look: int
    bundle: bytes

    def copy(self, to: Path) -> Path:
        return Path(shutil.copytree(self.home, to / "home"))


@pytest.fixture(scope="module")
def closed(tmp_path_factory) -> Closed:
    folder = tmp_path_factory.mktemp("rewriting")
    house = WholeHouse(folder / "home")
    people = strangers_list(60, 30)
    house.admit(house.take(people.csv("utf-8"))["lot"])
    person = next(person for person in people.people if person.born)
    words = {"purpose": "consult", "case": "来访", "actor": "林顾问"}
    token = house.do("lookup", phone=person.phone, **words)["records"][0]["token"]
    entry = house.do("reveal", token=token, field="phone", **words)["entry"]
    kept = house.house.log.publish()
    quiet = [house.house.fact(Kind.KEEPER_COUNTED, actor="p_keeper", n=0, lo=0, hi=0) for _ in range(300)]
    house.house.log.append(quiet)
    content = house.do("ledger prove", entries=[entry])["content"]
    origin, vkeys = house.house.log.origin, house.house.log.vkeys
    house.close()
    house.open()
    entries = [raw for _, raw in house.house.log.entries()]
    house.close()
    look = next(index for index, raw in enumerate(entries) if parse_entry(raw).id == entry)
    return Closed(folder / "home", entries, origin, vkeys, kept, look, content)


def signed_by_ed25519(home: Path) -> list[str]:
    """Text and first signature of the checkpoint; the second states a time."""
    return (shard(home) / "checkpoint").read_text().split("\n— ")[:2]


def found(home: Path) -> str:
    """The code of what an audit or the start finds; empty if all is well."""
    house = WholeHouse.__new__(WholeHouse)
    house.home, house.clock = home, None
    try:
        house.open()
    except DyepackError as error:
        return error.code
    try:
        audit = house.do("ledger audit")
        return "" if audit["whole"] else "ledger.broken"
    finally:
        house.close()


def change(path: Path, edit: Callable[[bytearray], object]) -> None:
    content = bytearray(path.read_bytes())
    edit(content)
    path.write_bytes(content)


def flip(at: float) -> Callable[[bytearray], None]:
    def edit(content: bytearray) -> None:
        content[int(at * (len(content) - 1))] ^= 1

    return edit


def file_of(home: Path, pattern: str) -> Path:
    return min((shard(home)).glob(pattern))


FILES = {
    "a full bundle": "tile/entries/000",
    "the partial bundle": "tile/entries/*.p/*",
    "a full tile of hashes": "tile/0/000",
    "the partial tile of hashes": "tile/0/*.p/*",
    "a tile of a higher level": "tile/1/*.p/*",
    "the checkpoint": "checkpoint",
    "the write-ahead log": "wal/*.wal",
}


def test_an_untouched_home_is_found_whole(closed, tmp_path):
    assert found(closed.copy(tmp_path)) == ""


def test_the_home_has_every_kind_of_file(closed):
    assert all(file_of(closed.home, pattern).is_file() for pattern in FILES.values())
    assert len(closed.entries) > 256


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("what", sorted(FILES))
def test_a_flipped_bit_is_found(what, place, closed, tmp_path):
    home = closed.copy(tmp_path)
    path = file_of(home, FILES[what])
    name = path.relative_to(shard(home)).as_posix()
    before = path.read_bytes()
    change(path, flip(place))

    assert found(home) or content(name, path.read_bytes()) == content(name, before)


@pytest.mark.parametrize("what", sorted(FILES.keys() - {"the checkpoint"}))
def test_a_missing_file_is_found(what, closed, tmp_path):
    home = closed.copy(tmp_path)
    file_of(home, FILES[what]).unlink()

    assert found(home)


def test_a_missing_checkpoint_is_signed_again_over_the_same_entries_only(closed, tmp_path):
    """It holds nothing that the entries do not give; that they are all there, the keeper knows."""
    home = closed.copy(tmp_path)
    before = signed_by_ed25519(home)
    (shard(home) / "checkpoint").unlink()

    assert found(home) == ""
    assert signed_by_ed25519(home) == before


@pytest.mark.parametrize("what", sorted(FILES))
def test_a_file_that_was_cut_is_found(what, closed, tmp_path):
    home = closed.copy(tmp_path)
    change(file_of(home, FILES[what]), lambda content: content.__delitem__(slice(len(content) * 2 // 3, None)))

    assert found(home)


def moved(closed: Closed) -> list[bytes]:
    """The entries of the log, but one look is somebody else's."""
    actor = str(parse_entry(closed.entries[closed.look]).fields["actor"]).encode()
    entries = list(closed.entries)
    entries[closed.look] = entries[closed.look].replace(actor, b"a_" + actor[:1:-1][:25] + b"a")
    assert entries != closed.entries
    return entries


def write_segment(home: Path, entries: list[bytes]) -> None:
    shutil.rmtree(shard(home) / "wal")
    (shard(home) / "wal").mkdir()
    (shard(home) / "wal" / segment_name(0)).write_bytes(segment_header(0) + records(entries))


@pytest.mark.parametrize("segments_too", [False, True])
def test_a_look_that_is_moved_to_somebody_else_is_found(segments_too, closed, tmp_path):
    """The files are packed as the product packs them, so nothing but the entry is wrong."""
    home = closed.copy(tmp_path)
    (shard(home) / "tile" / "entries" / "000").write_bytes(encode_bundle(moved(closed)[:256]))
    if segments_too:
        write_segment(home, moved(closed))

    assert found(home) == "ledger.broken"


def test_an_entry_moved_in_the_write_ahead_log_alone_changes_no_answer_and_never_becomes_the_log(closed, tmp_path):
    home = closed.copy(tmp_path)
    write_segment(home, moved(closed))
    house = open_institution(home)
    answered = [raw for _, raw in house.log.entries(0, len(closed.entries))]
    house.close()
    assert answered == closed.entries

    shutil.rmtree(shard(home) / "tile")
    assert found(home) == RootMismatchError.code


def test_the_rewriters_of_the_demo_are_found_in_a_log_of_full_bundles_and_leave_it_whole(closed, tmp_path):
    home = closed.copy(tmp_path)
    house = open_institution(home)
    try:
        outcome = rewrite_without(house)
    finally:
        house.close()

    assert outcome.entry == parse_entry(closed.entries[closed.look]).id
    assert outcome.clumsy.code == outcome.skilled.code == "ledger.broken"
    assert outcome.clumsy.facts["place"] == f"entry {closed.look}"
    assert outcome.keeper.code == "vault.keeper-fork"
    assert found(home) == ""


def rewritten(closed: Closed, to: Path, entries: list[bytes]) -> Path:
    """The skilled rewriter, who holds the log's key: every file made anew over other entries, and signed."""
    home = closed.copy(to)
    folder = shard(home)
    for name in ("tile", "wal"):
        shutil.rmtree(folder / name)
    tree = Tree(lambda path: None)
    tree.append([leaf_hash(raw) for raw in entries])
    files = {"wal/" + segment_name(0): segment_header(0) + records(entries)}
    for tile in tiles_between(0, len(entries)):
        files[tile.path] = tree.tile(tile)
        if tile.level == 0:
            start = tile.number * Tile(0, 0, 256).width
            files[tile.bundle_path] = encode_bundle(entries[start : start + tile.width])
    files["checkpoint"] = sign_as_thief(closed.home, Head(closed.origin, len(entries), tree.edge().root)).encode()
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return home


def test_the_skilled_rewriter_can_rebuild_the_true_log(closed, tmp_path):
    """Otherwise the next test would find only his mistakes."""
    assert found(rewritten(closed, tmp_path, closed.entries)) == ""


@pytest.mark.parametrize("what", ["left out", "changed", "cut off", "left out and grown"])
def test_a_log_that_was_made_anew_and_signed_is_refused_by_the_keeper(what, closed, tmp_path):
    at = closed.look
    entries = list(closed.entries)
    if what == "changed":
        entries[at] = entries[at].replace(b'"phone"', b'"email"')
    elif what == "cut off":
        entries = entries[:at]
    else:
        del entries[at]
    if what.endswith("grown"):
        entries += closed.entries[-1:]  # as many as the keeper has seen

    home = rewritten(closed, tmp_path, entries)
    said = dyepack("ledger", "audit", home=home)

    assert said.code == 1
    assert "[ledger.rolled-back]" in said.err or "[vault.keeper-fork]" in said.err
    assert "Traceback" not in said.err


def test_an_auditor_with_an_earlier_checkpoint_finds_the_rewritten_log_without_the_keeper(closed, tmp_path):
    home = rewritten(closed, tmp_path, closed.entries[: closed.look] + closed.entries[closed.look + 1 :])

    def read(path: str) -> bytes | None:
        file = shard(home) / path
        return file.read_bytes() if file.is_file() else None

    assert audit_log(read, closed.vkeys).whole
    finding = audit_log(read, closed.vkeys, earlier=[closed.kept]).finding
    assert finding is not None
    assert "changed" in str(finding)


def test_a_log_with_another_key_is_refused(closed, tmp_path):
    home = closed.copy(tmp_path)
    max((shard(home) / "keys").glob("*.ed25519")).write_bytes(os.urandom(32))

    assert found(home)


def test_the_command_line_says_what_was_found_and_ends_with_one(closed, tmp_path):
    home = closed.copy(tmp_path)
    change(file_of(home, FILES["the partial bundle"]), flip(0.4))

    said = dyepack("ledger", "audit", "--json", home=home)

    assert said.code == 1
    assert said.document["whole"] is False
    assert "broken at" in said.document["finding"]


@pytest.mark.proof
@pytest.mark.parametrize("what", sorted(FILES))
def test_a_flipped_bit_never_ends_the_audit_with_success(what, closed, tmp_path):
    home = closed.copy(tmp_path)
    change(file_of(home, FILES[what]), flip(0.7))
    said = dyepack("ledger", "audit", home=home)

    assert said.code == 1
    assert "Traceback" not in said.err


# -- evidence bundles ------------------------------------------------------------------------------------------------


def test_a_bundle_convinces_the_product_and_the_file_that_runs_alone(closed, tmp_path):
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(closed.bundle)

    assert dyepack("verify", bundle).code == 0
    assert alone(bundle, tmp_path).returncode == 0


def alone(bundle: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    script = folder / "alone" / "verify.py"
    if not script.exists():
        script.parent.mkdir()
        with zipfile.ZipFile(bundle) as archive:
            [name] = [name for name in archive.namelist() if name.endswith("verify.py")]
            script.write_bytes(archive.read(name))
    return subprocess.run(
        [sys.executable, "-I", script, bundle], cwd="/", env={}, capture_output=True, text=True, check=False
    )


def with_member(content: bytes, name: str, edit: Callable[[bytes], bytes | None], to: Path) -> Path:
    to.with_suffix(".in").write_bytes(content)
    with zipfile.ZipFile(to.with_suffix(".in")) as old, zipfile.ZipFile(to, "w") as new:
        for member in old.namelist():
            data = old.read(member) if member != name else edit(old.read(member))
            if data is not None:
                new.writestr(member, data)
    return to


def members(content: bytes, folder: Path) -> list[str]:
    path = folder / "members.zip"
    path.write_bytes(content)
    with zipfile.ZipFile(path) as archive:
        return archive.namelist()


def test_a_changed_bundle_convinces_neither(closed, tmp_path):
    """One bit of each file of the bundle, in turn; the verifier itself is not evidence about the entry."""
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(closed.bundle)
    alone(bundle, tmp_path)
    believed = []
    for name in members(closed.bundle, tmp_path):
        broken = with_member(
            closed.bundle, name, lambda data: bytes([*data[:-2], data[-2] ^ 1, data[-1]]), tmp_path / "broken.zip"
        )
        if alone(broken, tmp_path).returncode == 0:
            believed.append(name)

    assert believed == []


def test_a_bundle_that_lacks_a_file_convinces_nobody(closed, tmp_path):
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes(closed.bundle)
    alone(bundle, tmp_path)
    for name in members(closed.bundle, tmp_path):
        torn = with_member(closed.bundle, name, lambda data: None, tmp_path / "torn.zip")
        assert alone(torn, tmp_path).returncode in (1, 2, 3), name


def test_what_is_no_bundle_is_unusable(tmp_path):
    path = tmp_path / "notes.zip"
    path.write_bytes(b"no archive")

    assert dyepack("verify", path).code == 2
    assert dyepack("verify", tmp_path / "nowhere.zip").code == 2


# -- single bits -----------------------------------------------------------------------------------------------------


def published(closed: Closed) -> dict[str, bytes]:
    folder = shard(closed.home)
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.parent.name != "keys"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths if "wal" not in path.parts}


def content(name: str, stored: bytes) -> bytes:
    """What a stored file says: of a full bundle the entries, as several deflate streams give the same ones."""
    return bundle_content(stored, name) if name.startswith("tile/entries/") else stored


def unnoticed(closed: Closed, flips: int, seed: int) -> list[tuple[str, int, int]]:
    """The flips that change what a file says and that an audit calls whole: file, byte and bit."""
    chance = random.Random(seed)
    files = published(closed)
    weights = [len(content) for content in files.values()]
    missed = []
    for name in chance.choices(list(files), weights, k=flips):
        at, bit = chance.randrange(len(files[name])), chance.randrange(8)
        broken = bytearray(files[name])
        broken[at] ^= 1 << bit
        whole = audit_log((files | {name: bytes(broken)}).get, closed.vkeys).whole
        if whole and content(name, bytes(broken)) != content(name, files[name]):
            missed.append((name, at, bit))
    return missed


def test_a_random_bit_of_the_published_log_does_not_change_unnoticed(closed):
    assert audit_log(published(closed).get, closed.vkeys).whole
    assert unnoticed(closed, 60, 1) == []


@pytest.mark.proof
def test_none_of_many_random_bits_changes_unnoticed(closed):
    assert unnoticed(closed, 20_000, 2) == []


@pytest.mark.proof
def test_no_bit_of_the_checkpoint_changes_unnoticed(closed):
    files = published(closed)
    for at in range(len(files["checkpoint"]) * 8):
        broken = bytearray(files["checkpoint"])
        broken[at // 8] ^= 1 << at % 8
        assert not audit_log((files | {"checkpoint": bytes(broken)}).get, closed.vkeys).whole, at


def test_a_log_without_its_tiles_is_rebuilt_from_the_write_ahead_log(closed, tmp_path):
    """The other way round: what can be moved away without loss, as the folder's contract says."""
    home = closed.copy(tmp_path)
    shutil.rmtree(shard(home) / "tile")
    signer = log_signer(home)
    org = parse_entry(closed.entries[0]).org

    log = Sequencer(shard(home), signer, closed.origin, org, SystemClock(), lambda *step: None)

    assert [raw for _, raw in log.entries()] == closed.entries
    log.close()
