"""One flipped bit anywhere in a log of 600 entries is found; each flip is checked against its own leaf or note.

Every single bit is flipped, under ``make proofs`` where that takes more than two seconds (and one in many otherwise):
of entries and bundles, tiles, the checkpoint's text and its four signatures, a proof, a quorum file. Not found, on
purpose: a flip in the line of a key that the policy does not name (the line counts for nobody), in a URL of a quorum
file (its digest still tells), and in the padding after a deflate stream (the entries are the same).
"""

import random
from dataclasses import replace
from functools import lru_cache
from importlib import resources

import pytest

from dyepack.crypto.signature import Ed25519Signer
from dyepack.ledger import (
    Evidence,
    KeyKind,
    audit_log,
    build_bundle,
    cosignature,
    decode_bundle,
    format_proof,
    leaf_hash,
    note_key,
    open_checkpoint,
    open_head,
    parse_proof,
    parse_quorum,
    tiles_between,
    verify,
    verify_proof,
)
from dyepack.ledger.errors import LedgerError, NoteError, TileError
from dyepack.ledger.tiles import bundle_content
from fakes.cosigned import ALL_KEYS, COMPLIANCE, LOG_KEYS, LOG_PQ, PEER, POLICY, QUORUM, STRANGER, cosigned
from fakes.ledger_logs import ORIGIN, SIGNER, START, VKEY, MemoryLog, commit, started


def make_log():
    log = MemoryLog()
    facts = [started(log.chance) for _ in range(600)]
    log.entries += commit(log.log, facts, START).entries
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


def sampled(many):
    """A test of one flip in ``many``, and under ``make proofs`` of each."""
    return pytest.mark.parametrize("step", [many, pytest.param(1, marks=pytest.mark.proof)])


@sampled(37)
@pytest.mark.parametrize("number", [0, 1])
def test_a_flip_in_a_compressed_bundle_is_found_but_for_the_padding_of_its_stream(step, number):
    path = f"tile/entries/00{number}"
    stored = FILES[path]
    padding = len(stored) - 9  # the last byte of deflate, before the sum and the length
    harmless = 0
    for count, (at, changed) in enumerate(flips(stored)):
        if count % step == 0:
            try:
                assert decode_bundle(changed, 256, path) == LOG.entries[number * 256 :][:256]
            except TileError:
                continue
            assert at == padding
            harmless += 1

    assert harmless <= 7


def test_every_flip_in_a_tile_differs_from_what_the_entries_give():
    for tile in tiles_between(0, 600):
        expected = LOG.log.tree.tile(tile)
        assert all(changed != expected for _, changed in flips(FILES[tile.path]))


def test_every_flip_in_signed_text_and_signature_is_found():
    for _, changed in flips(FILES["checkpoint"]):
        with pytest.raises((NoteError, UnicodeDecodeError)):
            open_head(changed.decode(), VKEY)


@pytest.fixture
def remembering(monkeypatch):
    """What was verified is not verified again: a flip in one line leaves the others as they are."""
    for name in ("verify_ed25519", "verify_mldsa"):
        monkeypatch.setattr(cosignature, name, lru_cache(maxsize=64)(getattr(cosignature, name)))


def signers(note):
    return open_checkpoint(note, LOG_KEYS, QUORUM.keys).times.keys()


@sampled(61)
@pytest.mark.usefixtures("remembering")
def test_every_flip_in_a_checkpoint_with_four_signatures_is_found(step):
    note = cosigned(FILES["checkpoint"].decode())
    assert signers(note) == set(ALL_KEYS)
    refused = unsigned = 0

    for count, (_, changed) in enumerate(flips(note.encode())):
        if count % step == 0:
            try:
                left = signers(changed.decode())
            except (NoteError, UnicodeDecodeError):
                refused += 1
            else:
                assert len(left) == 3, "its line became one of an unknown key: the quorum or the second key is missing"
                unsigned += 1

    assert refused > unsigned > 0


@pytest.mark.usefixtures("remembering")
def test_a_flip_in_the_line_of_a_key_outside_the_policy_refuses_the_note_or_changes_nothing():
    note = cosigned(FILES["checkpoint"].decode(), LOG_PQ, COMPLIANCE, PEER, STRANGER)
    whole = open_checkpoint(note, LOG_KEYS, QUORUM.keys)
    start = len(note.encode()) - len(note.splitlines()[-1].encode()) - 1
    ignored = 0
    assert whole.times.keys() == set(ALL_KEYS)

    for at, changed in flips(note.encode()):
        if at >= start:
            try:
                found = open_checkpoint(changed.decode(), LOG_KEYS, QUORUM.keys)
            except (NoteError, UnicodeDecodeError):
                continue
            assert (found.head, found.times) == (whole.head, whole.times)
            ignored += 1

    assert ignored > 100


PEERS = [
    note_key(f"{name}.example/w", Ed25519Signer(name.encode() * 32).public_key, KeyKind.COSIGNATURE) for name in "abcd"
]
THREE_OF_FOUR = (
    f"log {VKEY}\n"
    + "".join(f"witness {key.name[0]} {key.vkey} https://{key.name}/\n" for key in PEERS)
    + "group peers 3 a b c d\nquorum peers\n"
)


def demands(quorum):
    """What a quorum file demands: all of it but where the witnesses listen."""
    return quorum.logs, [replace(one, url="") for one in quorum.witnesses.values()], quorum.groups, quorum.root


@pytest.mark.parametrize(
    ("text", "step"),
    [
        pytest.param(THREE_OF_FOUR, 1, id="3 of 4"),
        pytest.param(POLICY, 17, id="both kinds, one flip in 17"),
        pytest.param(POLICY, 1, id="both kinds", marks=pytest.mark.proof),
    ],
)
def test_a_flip_in_a_quorum_file_is_refused_or_moves_only_a_url(text, step):
    trusted = parse_quorum(text)
    trusted.check_strength()
    moved = 0
    for count, (_, changed) in enumerate(flips(text.encode())):
        if count % step == 0:
            try:
                found = parse_quorum(changed.decode())
                found.check_strength()
            except (LedgerError, UnicodeDecodeError):
                continue
            assert demands(found) == demands(trusted)
            assert found.witnesses != trusted.witnesses
            moved += 1

    assert moved > 0


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


def test_every_flip_in_a_proof_under_a_cosigned_checkpoint_is_found():
    """Its end is the checkpoint, whose flips are tried above."""
    checkpoint = cosigned(FILES["checkpoint"].decode())
    proof = format_proof(replace(LOG.receipt(523), head=checkpoint)).encode()
    assert verify_proof(parse_proof(proof.decode()), VKEY).size == 600

    for at, changed in flips(proof):
        if at >= len(proof) - len(checkpoint.encode()):
            break
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
