"""A log of 600 entries of other software's making, with signatures of all four kinds."""

import base64
import sys
from pathlib import Path

import pytest

from dyepack.crypto.signature import Ed25519Signer
from dyepack.ledger import (
    Tree,
    audit_log,
    decode_bundle,
    encode_bundle,
    format_proof,
    leaf_hash,
    note_key,
    open_checkpoint,
    open_head,
    parse_proof,
    parse_quorum,
    parse_vkey,
    tiles_between,
    verify,
    verify_proof,
)
from dyepack.ledger.errors import BadEntryError, NoteError, NoteSignatureError
from dyepack.ledger.note import parse_note

LOG = Path(__file__).parent / "vectors" / "log600"
KEYS = (LOG / "keys.txt").read_text().splitlines()
VKEY = KEYS[0]
CHECKPOINT = (LOG / "checkpoint").read_text()
PROOF = (LOG / "entry523.tlog-proof").read_text()


def read(path):
    return (LOG / path).read_bytes() if (LOG / path).exists() else None


def all_entries():
    bundles = [tile for tile in tiles_between(0, 600) if tile.level == 0]
    return [raw for tile in bundles for raw in decode_bundle(read(tile.bundle_path), tile.width, tile.bundle_path)]


def test_our_key_text_is_theirs():
    assert note_key("ledger.example/dyepack", Ed25519Signer(bytes([1]) * 32).public_key).vkey == VKEY


def test_the_checkpoint_is_opened_with_the_log_key_alone():
    head = open_head(CHECKPOINT, VKEY)

    assert (head.origin, head.size) == ("ledger.example/dyepack", 600)
    assert len(parse_note(CHECKPOINT).signatures) == 4


@pytest.mark.parametrize("vkey", KEYS[1:])
def test_a_key_of_another_kind_is_read_and_never_taken_for_the_log_key(vkey):
    assert parse_vkey(vkey).vkey == vkey
    with pytest.raises(NoteError):
        open_head(CHECKPOINT, vkey)


def test_all_four_signatures_of_the_checkpoint_hold_and_satisfy_its_quorum_file():
    quorum = parse_quorum((LOG / "policy.txt").read_text())
    quorum.check_strength()
    log_keys = [parse_vkey(vkey) for vkey in KEYS[:2]]

    opened = open_checkpoint(CHECKPOINT, log_keys, quorum.keys)

    assert len(opened.times) == 4
    assert quorum.satisfied(opened.signed_by(quorum.keys))


def test_a_changed_bit_in_any_of_the_four_signatures_rejects_the_checkpoint():
    quorum = parse_quorum((LOG / "policy.txt").read_text())
    log_keys = [parse_vkey(vkey) for vkey in KEYS[:2]]
    text, _, lines = CHECKPOINT.rpartition("\n\n")
    for place, line in enumerate(lines.splitlines()):
        name, blob = line[2:].split(" ")
        for at in (9, 40, 70):
            data = bytearray(base64.b64decode(blob))
            data[at % len(data)] ^= 1
            changed = f"— {name} {base64.b64encode(data).decode()}"
            others = [*lines.splitlines()[:place], changed, *lines.splitlines()[place + 1 :]]
            with pytest.raises(NoteSignatureError):
                open_checkpoint(f"{text}\n\n" + "\n".join(others) + "\n", log_keys, quorum.keys)


def test_the_whole_log_passes_the_audit():
    result = audit_log(read, VKEY, parse=False)

    assert (result.whole, result.size, result.checked) == (True, 600, 600)


def test_our_tree_gives_exactly_their_tiles():
    entries = all_entries()
    tree = Tree(lambda _path: None)
    tree.append(map(leaf_hash, entries))

    tiles = list(tiles_between(0, 600))
    assert {tile.path for tile in tiles} == {
        str(path.relative_to(LOG))
        for path in (LOG / "tile").rglob("*")
        if path.is_file() and "entries" not in path.parts
    }
    assert all(tree.tile(tile) == read(tile.path) for tile in tiles)
    assert tree.edge().root == open_head(CHECKPOINT, VKEY).root


def test_our_partial_bundle_is_theirs():
    assert encode_bundle(all_entries()[512:]) == read("tile/entries/002.p/88")


def test_the_proof_of_entry_523_holds():
    receipt = parse_proof(PROOF)

    assert verify_proof(receipt, VKEY).size == 600
    assert receipt.index == 523
    assert receipt.entry == all_entries()[523]
    assert format_proof(receipt) == PROOF


def test_our_tree_gives_exactly_their_proof():
    tree = Tree(lambda _path: None)
    tree.append(map(leaf_hash, all_entries()))

    assert tree.edge().inclusion(523) == parse_proof(PROOF).proof


def test_their_entries_are_not_taken_for_ours():
    with pytest.raises(BadEntryError):
        _ = parse_proof(PROOF).parsed


def test_the_script_agrees():
    keys = [verify.parse_vkey(vkey) for vkey in KEYS]
    checkpoint = verify.open_checkpoint(CHECKPOINT.encode(), keys[:1])
    entry, index, hashes, note = verify.parse_proof(PROOF.encode())

    assert (checkpoint.size, checkpoint.root) == (600, open_head(CHECKPOINT, VKEY).root)
    assert verify.open_checkpoint(note, keys[:1])[:2] == checkpoint[:2]
    assert verify.inclusion_holds(verify.leaf_hash(entry), index, checkpoint.size, hashes, checkpoint.root)
    assert [(key.name, key.kind, key.id) for key in keys] == [
        (key.name, key.kind, key.id) for key in map(parse_vkey, KEYS)
    ]


def test_the_script_finds_the_same_four_signatures_the_same_times_and_the_quorum():
    policy = verify.parse_policy((LOG / "policy.txt").read_bytes())
    keys = [verify.parse_vkey(vkey) for vkey in KEYS[:2]]
    quorum = parse_quorum((LOG / "policy.txt").read_text())
    ours = open_checkpoint(CHECKPOINT, [parse_vkey(vkey) for vkey in KEYS[:2]], quorum.keys)

    theirs = verify.open_checkpoint(CHECKPOINT.encode(), keys, list(policy.witnesses.values()))

    assert {(key.name, int(key.kind)): time for key, time in ours.times.items()} == {
        (key.name, key.kind): time for key, time in theirs.times.items()
    }
    assert not theirs.unchecked
    assert verify.quorum_time(policy, theirs) == (1795338001, "reg and fin")


def test_without_a_package_for_ml_dsa_the_script_counts_those_lines_as_not_checked(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    policy = verify.parse_policy((LOG / "policy.txt").read_bytes())
    keys = [verify.parse_vkey(vkey) for vkey in KEYS[:2]]

    found = verify.open_checkpoint(CHECKPOINT.encode(), keys, list(policy.witnesses.values()))

    assert {key.name for key in found.unchecked} == {"ledger.example/dyepack", "finance-dept.example/w2"}
    assert verify.quorum_time(policy, found) is None


def test_a_changed_bit_in_any_of_the_four_signatures_refutes_the_checkpoint_for_the_script():
    policy = verify.parse_policy((LOG / "policy.txt").read_bytes())
    keys = [verify.parse_vkey(vkey) for vkey in KEYS[:2]]
    text, _, lines = CHECKPOINT.rpartition("\n\n")
    for place, line in enumerate(lines.splitlines()):
        name, blob = line[2:].split(" ")
        for at in (9, 40, 70):
            data = bytearray(base64.b64decode(blob))
            data[at % len(data)] ^= 1
            changed = f"— {name} {base64.b64encode(data).decode()}"
            others = [*lines.splitlines()[:place], changed, *lines.splitlines()[place + 1 :]]
            with pytest.raises(verify.Refuted):
                verify.open_checkpoint(
                    f"{text}\n\n{chr(10).join(others)}\n".encode(), keys, list(policy.witnesses.values())
                )
