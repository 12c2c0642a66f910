"""One flipped bit anywhere in a log of 600 entries is found; each flip is checked against its own leaf or note."""

import random
from importlib import resources

import pytest

from dyepack.ledger import (
    Evidence,
    audit_log,
    build_bundle,
    decode_bundle,
    format_proof,
    leaf_hash,
    open_head,
    parse_proof,
    tiles_between,
    verify,
    verify_proof,
)
from dyepack.ledger.errors import LedgerError, NoteError, TileError
from dyepack.ledger.tiles import bundle_content
from fakes.ledger_logs import ORIGIN, SIGNER, START, VKEY, MemoryLog, started


def make_log():
    log = MemoryLog()
    facts = [started(log.chance) for _ in range(600)]
    log.entries += log.log.commit(facts, START).entries
    return log


LOG = make_log()
FILES = LOG.publish()
LEAVES = [leaf_hash(raw) for raw in LOG.entries]


def flips(data):
    """Every copy of ``data`` with one bit changed."""
    changed = bytearray(data)
    for at in range(len(data)):
        for bit in range(8):
            changed[at] ^= 1 << bit
            yield at, bytes(changed)
            changed[at] ^= 1 << bit


def test_every_flip_in_an_entry_changes_its_leaf():
    count = 0
    for raw, leaf in zip(LOG.entries, LEAVES, strict=True):
        for _, changed in flips(raw):
            assert leaf_hash(changed) != leaf
            count += 1

    assert count > 600_000


def test_every_flip_in_the_lengths_of_a_bundle_breaks_it():
    for tile in [tile for tile in tiles_between(0, 600) if tile.level == 0]:
        plain = bundle_content(FILES[tile.bundle_path], "x")
        first, at = tile.number * 256, 0
        expected = LEAVES[first : first + tile.width]
        for raw in LOG.entries[first : first + tile.width]:
            for bit in range(16):
                changed = bytearray(plain)
                changed[at + bit // 8] ^= 1 << bit % 8
                try:
                    entries = decode_bundle(bytes(changed), tile.width, "x")
                except TileError:
                    continue
                assert [leaf_hash(entry) for entry in entries] != expected
            at += 2 + len(raw)


def test_a_flip_anywhere_in_a_stored_file_is_found_by_the_audit():
    chance = random.Random(1)
    for path, data in FILES.items():
        if "entries" in path and data[:2] == b"\x1f\x8b":
            continue  # what gzip holds is checked above; a flip that leaves its content alone is harmless
        for _ in range(60):
            at = chance.randrange(len(data))
            changed = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
            assert not audit_log((FILES | {path: changed}).get, VKEY, parse=False).whole


def test_a_flip_in_a_compressed_bundle_is_found_or_leaves_its_content_as_it_was():
    chance = random.Random(2)
    path = "tile/entries/000"
    stored = FILES[path]
    for _ in range(300):
        at = chance.randrange(len(stored))
        changed = stored[:at] + bytes([stored[at] ^ 1 << chance.randrange(8)]) + stored[at + 1 :]
        try:
            assert decode_bundle(changed, 256, path) == LOG.entries[:256]
        except TileError:
            continue


def test_every_flip_in_a_tile_differs_from_what_the_entries_give():
    for tile in tiles_between(0, 600):
        expected = LOG.log.tree.tile(tile)
        assert all(changed != expected for _, changed in flips(FILES[tile.path]))


def test_every_flip_in_signed_text_and_signature_is_found():
    for _, changed in flips(FILES["checkpoint"]):
        with pytest.raises((NoteError, UnicodeDecodeError)):
            open_head(changed.decode(), VKEY)


def test_the_script_finds_flips_in_a_checkpoint_too():
    key = verify.parse_vkey(VKEY)
    for number, (_, changed) in enumerate(flips(FILES["checkpoint"])):
        if number % 7 == 0:
            with pytest.raises(verify.Refuted):
                verify.open_checkpoint(changed, [key])


def test_every_flip_in_a_proof_is_found():
    proof = format_proof(LOG.receipt(523)).encode()

    for _, changed in flips(proof):
        with pytest.raises((LedgerError, UnicodeDecodeError)):
            verify_proof(parse_proof(changed.decode()), VKEY)


def test_a_flip_in_any_file_of_a_bundle_is_found(tmp_path, capsys):
    chance = random.Random(3)
    log = MemoryLog(seed=9).grow(30)
    script = resources.files("dyepack.ledger").joinpath("verify.py").read_bytes()
    evidence = Evidence(
        [log.receipt(4)],
        [log.note(5), log.note(30)],
        [log.log.tree.edge(30).consistency(5)],
        script,
        "dyepack 0",
        made=START,
        maker="p_vault",
    )
    files = build_bundle(evidence, ORIGIN, SIGNER)
    for path, data in files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)
    assert verify.main([str(tmp_path)]) == 0

    for path, data in files.items():
        for _ in range(8):
            at = chance.randrange(len(data))
            (tmp_path / path).write_bytes(data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :])
            assert verify.main([str(tmp_path)]) == 1
        (tmp_path / path).write_bytes(data)
