"""One flipped bit anywhere in a witnessed bundle is found, with the log's key and quorum file at hand."""

import base64
import random

import pytest

from dyepack.ledger import Head, StoredToken, open_checkpoint, parse_quorum, parse_vkey, verify
from dyepack.ledger.errors import LedgerError
from fakes.bundles import COMP, LOG, LOG_PQ, PEER_A, PEER_B, POLICY, WITNESSES, bundle, cosigned, policy, witnessed
from fakes.ledger_logs import VKEY

TOKEN = StoredToken(256, "fixture", LOG.note(256).encode(), b"token", b"chain")
FILES = witnessed(tokens=[TOKEN])
NOTE = FILES["checkpoints/600.note"]
SCRIPT_KEYS = [verify.parse_vkey(line) for line in FILES["keys.txt"].decode().splitlines()]
SCRIPT_WITNESSES = list(verify.parse_policy(POLICY.encode()).witnesses.values())
KEYS = [parse_vkey(line) for line in FILES["keys.txt"].decode().splitlines()]
QUORUM = parse_quorum(POLICY)


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "bundle"
    for path, data in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    (tmp_path / "policy.txt").write_text(POLICY)
    return root


def flipped(data, at, bit):
    return data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :]


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_flip_in_any_file_is_found(folder, path, capsys):
    chance = random.Random(path)
    words = [str(folder), "--key", VKEY, "--policy", str(folder.parent / "policy.txt")]
    assert path != min(FILES) or verify.main(words) == 0
    data = FILES[path]
    for _ in range(12):
        (folder / path).write_bytes(flipped(data, chance.randrange(len(data)), chance.randrange(8)))
        assert verify.main(words) == 1, path


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.proof), 3])
def test_flips_in_the_classical_lines_of_a_checkpoint_are_found_by_the_script_or_name_a_stranger(step):
    note = cosigned(LOG.note(600), COMP, PEER_A).encode()
    quorum = verify.parse_policy(policy("all comp-ed").encode())
    witnesses = list(quorum.witnesses.values())
    chance = random.Random(5)
    start = note.index("— compliance".encode())
    for at in range(start, len(note), step):
        changed = flipped(note, at, chance.randrange(8))
        try:
            found = verify.open_checkpoint(changed, SCRIPT_KEYS, witnesses)
        except verify.Refuted:
            continue
        # a flip in a name or key id makes the line a stranger's: then its witness does not count
        assert len(found.times) == 2, at


@pytest.mark.parametrize("step", [pytest.param(1, marks=pytest.mark.proof), 7])
def test_flips_in_signature_lines_of_all_kinds_are_found_by_the_product_or_name_a_stranger(step):
    """All four kinds; the script is slower and takes a sample of the long lines, with which it must agree."""
    chance = random.Random(6)
    start = NOTE.rindex(b"\n\n") + 2
    strangers = 0
    for at in range(start, len(NOTE), step):
        changed = flipped(NOTE, at, chance.randrange(8))
        try:
            found = open_checkpoint(changed.decode(), KEYS, QUORUM.keys)
        except (LedgerError, UnicodeDecodeError):
            if at % 97 < step:
                with pytest.raises(verify.Refuted):
                    verify.open_checkpoint(changed, SCRIPT_KEYS, SCRIPT_WITNESSES)
            continue
        strangers += 1
        assert len(found.times) == len(WITNESSES) + 1, at
    assert strangers < 300


def test_a_cosignature_is_worth_nothing_over_another_size_root_time_or_under_another_name():
    line = cosigned(LOG.note(600), PEER_A).splitlines()[-1]
    blob = base64.b64decode(line.split(" ")[2])
    later = base64.b64encode(blob[:11] + bytes([blob[11] + 1]) + blob[12:]).decode()
    for note, moved in [
        (LOG.note(599), line),
        (LOG.note(600), f"— north.example/w {later}"),
        (LOG.note(600), f"— south.example/w {base64.b64encode(PEER_B.key.id + blob[4:]).decode()}"),
    ]:
        with pytest.raises(verify.Refuted):
            verify.open_checkpoint(f"{note}{moved}\n".encode(), SCRIPT_KEYS, SCRIPT_WITNESSES)
        with pytest.raises(LedgerError):
            open_checkpoint(f"{note}{moved}\n", KEYS, QUORUM.keys)


def test_an_ml_dsa_cosignature_of_another_log_of_the_same_witness_is_worth_nothing():
    """The message names the origin: a witness of two logs cannot be made to speak for one with the other's line."""
    root = verify.open_checkpoint(NOTE, SCRIPT_KEYS).root
    other = WITNESSES[1].line(Head("school.example/other", 600, root), 1_767_225_660)

    with pytest.raises(verify.Refuted):
        verify.open_checkpoint((LOG.note(600) + other).encode(), SCRIPT_KEYS, SCRIPT_WITNESSES)


def test_product_and_script_agree_on_changed_quorum_files():
    """A thousand clumsy edits of a quorum file: both take it with the same meaning, or both refuse it."""
    chance = random.Random(7)
    lines = POLICY.splitlines()
    words = sorted(
        {word for line in lines for word in line.split() if "+" not in word} | {"any", "1", "2", "4", "none"}
    )
    both = refused = 0
    for _ in range(1000):
        edited = [line.split(" ") for line in lines]
        for _ in range(chance.randrange(1, 3)):
            line = chance.choice(edited)
            at = chance.randrange(len(line))
            if chance.random() < 0.3:
                edited.remove(line)
            elif chance.random() < 0.3 and len(line) > 1:
                line.pop(at)
            else:
                line[at] = chance.choice(words)
            if not edited:
                break
        text = "".join(" ".join(line) + "\n" for line in edited)
        try:
            quorum = parse_quorum(text)
            quorum.check_strength()
        except LedgerError:
            refused += 1
            with pytest.raises(verify.Refuted):
                verify.parse_policy(text.encode())
            continue
        both += 1
        script = verify.parse_policy(text.encode())
        signed = chance.sample(WITNESSES, 3)
        found = {key for key in script.witnesses.values() if key.public in {one.key.public_key for one in signed}}
        assert verify.satisfied(script, script.root, found) == quorum.satisfied([one.key for one in signed])
    assert both > 20
    assert refused > 500


def test_an_unwitnessed_bundle_never_claims_witnesses(tmp_path, capsys):
    root = tmp_path / "bundle"
    for path, data in bundle(keys=(LOG_PQ.key,)).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)

    assert verify.main([str(root)]) == 0
    said = capsys.readouterr().out
    assert "seen by" not in said
    assert "a quorum of its witnesses" not in said
