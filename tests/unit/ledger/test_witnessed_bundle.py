"""Bundles of a witnessed log: what the script says of witnesses and time, and what it refutes."""

import base64
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dyepack.crypto.digest import sha256
from dyepack.crypto.signature import Ed25519Signer
from dyepack.ledger import Cosigner, KeyKind, StoredToken, digest_text, note_key, parse_quorum, verify, zip_bundle
from dyepack.ledger.errors import NoteError, NotWitnessedError, QuorumFileError, WeakQuorumError
from dyepack.ledger.note import parse_note
from fakes.bundles import (
    CLASSICAL,
    COMP,
    COMP_PQ,
    LOG,
    LOG_PQ,
    PEER_A,
    PEER_B,
    POLICY,
    VERIFIER,
    WITNESSES,
    bundle,
    cosigned,
    policy,
    resign,
    stamped,
    witnessed,
)
from fakes.ledger_logs import START, VKEY, MemoryLog, commit

FILES = witnessed()
NOTE = FILES["checkpoints/600.note"].decode()
VECTORS = Path(__file__).parents[2] / "conformance" / "vectors" / "rfc3161"


@pytest.fixture
def check(tmp_path, capsys):
    """Writes files as a folder, runs the verifier, gives exit code and what it printed."""

    def check(files, *more, quorum=None):
        root = tmp_path / "bundle"
        shutil.rmtree(root, ignore_errors=True)
        for path, data in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        if quorum is not None:
            (tmp_path / "trusted.txt").write_text(quorum)
            more = (*more, "--policy", str(tmp_path / "trusted.txt"))
        code = verify.main([str(root), *more])
        return code, capsys.readouterr().out

    return check


def without_ml_dsa(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)


def test_a_witnessed_bundle_holds_and_says_who_saw_what_when(check):
    code, said = check(FILES, "--key", VKEY, quorum=POLICY)

    assert code == 0
    assert (
        "Entry 520 was in the log school.example/ledger/2026 no later than 2026-01-01T00:01:04Z,"
        " seen by compliance and 2 of 3 peers." in said
    )
    assert "comp-pq (compliance.example/w1, ML-DSA-44): cosigned at 2026-01-01T00:01:02Z" in said
    assert "Not witnessed" not in said
    assert "Compare" not in said
    assert said.splitlines()[-1].startswith("HOLDS: the log's signature, a quorum of its witnesses")


def test_the_read_me_says_in_both_languages_whether_it_is_witnessed():
    witnessed_words, alone = FILES["README.txt"].decode(), bundle()["README.txt"].decode()

    assert "cosigned by a quorum" in witnessed_words
    assert "法定数联署" in witnessed_words
    assert "nothing here is witnessed" in alone
    assert "未经见证人联署" in alone
    assert "nothing here is witnessed" not in witnessed_words


def test_without_trusted_copies_it_says_what_must_be_compared(check):
    code, said = check(FILES)

    assert code == 0
    assert said.count("Compare") == 2
    assert VKEY in said


def test_a_bundle_is_not_built_around_a_checkpoint_without_its_quorum():
    with pytest.raises(NotWitnessedError):
        witnessed(cosigned(LOG.note(600), COMP, COMP_PQ, PEER_A))


def test_a_bundle_is_not_built_with_a_weak_or_malformed_quorum_file():
    with pytest.raises(WeakQuorumError):
        witnessed(quorum=policy("any comp-ed comp-pq"))
    with pytest.raises(QuorumFileError):
        witnessed(quorum="quorum x\n")


def test_without_a_package_for_ml_dsa_a_quorum_that_needs_it_holds_in_part(check, monkeypatch):
    without_ml_dsa(monkeypatch)

    code, said = check(FILES)

    assert code == 3
    assert "the newest checkpoint, of 600 entries, may have a quorum" in said
    assert "when it held 600 entries, by the log's own signature" in said
    assert "ML-DSA signatures of compliance.example/w1 and school.example/ledger/2026" in said


def test_without_a_package_for_ml_dsa_a_classical_quorum_has_its_time_and_holds_in_part(check, monkeypatch):
    without_ml_dsa(monkeypatch)

    code, said = check(witnessed(quorum=CLASSICAL))

    assert (code, "seen by compliance and 2 of 3 peers" in said) == (3, True)


def test_without_any_ml_dsa_key_it_holds_whole_even_there(check, monkeypatch):
    without_ml_dsa(monkeypatch)
    newest = cosigned(LOG.note(600), COMP, PEER_A, PEER_B)

    code, _ = check(bundle(checkpoints=[LOG.note(6), LOG.note(256), newest], policy=CLASSICAL))

    assert code == 0


def test_the_script_alone_on_a_bare_python_gives_three_with_ml_dsa_and_nought_without(tmp_path):
    newest = cosigned(LOG.note(600), COMP, PEER_A, PEER_B)
    classical = bundle(checkpoints=[LOG.note(6), LOG.note(256), newest], policy=CLASSICAL)
    (tmp_path / "verify.py").write_bytes(VERIFIER)
    (tmp_path / "mixed.zip").write_bytes(zip_bundle(FILES))
    (tmp_path / "classical.zip").write_bytes(zip_bundle(classical))
    (tmp_path / "broken.zip").write_bytes(zip_bundle(FILES | {"policy.txt": b"quorum none\n"}))

    codes = [
        subprocess.run(
            [sys.executable, "-I", "-S", "verify.py", name], cwd=tmp_path, capture_output=True, timeout=60
        ).returncode
        for name in ("mixed.zip", "classical.zip", "broken.zip")
    ]

    assert codes == [3, 0, 1]


def test_the_bound_is_the_moment_of_the_quorum_over_the_oldest_checkpoint_that_covers_the_entry(check):
    older = cosigned(LOG.note(256), COMP, PEER_A, PEER_B, seconds=START // 1_000_000 + 10)
    newest = cosigned(LOG.note(600), COMP, PEER_A, PEER_B)
    files = bundle(checkpoints=[LOG.note(6), older, newest], policy=CLASSICAL)

    _, said = check(files)

    assert "Entry 5 was in the log school.example/ledger/2026 no later than 2026-01-01T00:00:12Z" in said
    assert "Entry 520 was in the log school.example/ledger/2026 no later than 2026-01-01T00:01:02Z" in said


def test_an_entry_whose_own_time_lies_outside_its_bounds_is_said_to_lie(check):
    early = cosigned(LOG.note(600), COMP, PEER_A, PEER_B, seconds=START // 1_000_000 - 3600)

    _, honest = check(FILES)
    _, said = check(bundle(checkpoints=[LOG.note(6), LOG.note(256), early], policy=CLASSICAL))

    assert "OUTSIDE" not in honest
    assert "Its own time, the operator's claim, is 2026-01-01T00:00:00Z: OUTSIDE these bounds" in said


def test_a_back_dated_entry_is_said_to_lie_by_the_token_that_stands_before_it(check, monkeypatch):
    log = MemoryLog(seed=3).grow(256)
    note = log.note(256).encode()
    said_by = verify.Token(sha256(note), START // 1_000_000 + 86_400)
    monkeypatch.setattr(verify, "parse_token", lambda _data: said_by)
    log.entries += commit(log.log, [stamped(digest_text(sha256(b"token")), 256)], START + 300).entries
    log.grow(343)
    files = bundle(log, (256, 520), checkpoints=[log.note(6), log.note(256), log.note(600)], details={})

    code, said = check(resign(files | token_files(note=note)))

    assert code == 0
    assert "OUTSIDE" not in said.split("Entry 520")[0]
    assert "It was written no earlier than 2026-01-02T00:00:00Z" in said.split("Entry 520")[1]
    assert "is 2026-01-01T00:00:00Z: OUTSIDE these bounds" in said.split("Entry 520")[1]


def test_old_and_new_keys_of_the_log_both_open_its_checkpoints(check):
    code, said = check(FILES, "--key", VKEY, "--key", LOG_PQ.key.vkey)

    assert (code, "HOLDS" in said) == (0, True)


# -- what is refuted ---------------------------------------------------------------------------------------------------


def lines_of(note):
    text, _, lines = note.rpartition("\n\n")
    return text, lines.splitlines()


def with_lines(lines):
    return "\n\n".join((lines_of(NOTE)[0], "\n".join(lines) + "\n")).encode()


def test_a_weakened_quorum_file_is_refuted_with_the_trusted_one_even_when_the_log_signs_it(check):
    forged = resign(FILES | {"policy.txt": CLASSICAL.encode()})

    assert check(forged)[0] == 0
    assert check(forged, quorum=POLICY)[0] == 1
    assert "REFUTED: policy.txt: not the quorum file given with --policy" in check(forged, quorum=POLICY)[1]


def test_the_trusted_quorum_file_may_name_other_keys_of_the_log_and_hold_comments_but_needs_the_same_witnesses(check):
    older = "# from the compliance department\n" + POLICY.replace(
        f"log {VKEY}\n", f"log {LOG_PQ.key.vkey}\nlog {VKEY}\n"
    )

    assert check(FILES, quorum=older)[0] == 0
    assert check(FILES, quorum=older.replace("group peers 2", "group peers 3"))[0] == 1


def test_a_bundle_that_hides_its_quorum_file_is_refuted_with_the_trusted_one(check):
    forged = resign({path: data for path, data in FILES.items() if path != "policy.txt"})

    assert check(forged)[0] == 0
    assert "REFUTED: policy.txt: missing, and --policy asks for witnesses" in check(forged, quorum=POLICY)[1]


def test_a_key_that_was_slipped_into_the_bundle_is_refuted_with_the_trusted_one(check):
    thief = note_key(LOG_PQ.key.name, Ed25519Signer(bytes([99]) * 32).public_key).vkey
    forged = resign(FILES | {"keys.txt": FILES["keys.txt"] + f"{thief}\n".encode()})

    assert check(forged)[0] == 0
    assert "REFUTED: keys.txt: holds an Ed25519 key that is not among those given" in check(forged, "--key", VKEY)[1]
    assert check(forged, quorum=POLICY)[0] == 1


REFUTED = {
    "a cosignature of another checkpoint": with_lines(
        [*lines_of(NOTE)[1][:-1], lines_of(cosigned(LOG.note(256), WITNESSES[-1]))[1][-1]]
    ),
    "the same witness twice in place of another": with_lines([*lines_of(NOTE)[1][:5], lines_of(NOTE)[1][4]]),
    "a witness too few": with_lines(lines_of(NOTE)[1][:5]),
    "a cosignature at time nought": with_lines(
        [
            *lines_of(NOTE)[1][:-1],
            f"— east.example/w {base64.b64encode(WITNESSES[-1].key.id + bytes(72)).decode()}",
        ]
    ),
    "a cosignature cut short": with_lines(
        [
            *lines_of(NOTE)[1][:-1],
            f"— east.example/w {base64.b64encode(WITNESSES[-1].key.id + b'1').decode()}",
        ]
    ),
}


@pytest.mark.parametrize("what", sorted(REFUTED))
def test_a_newest_checkpoint_without_an_honest_quorum_is_refuted(check, what):
    files = FILES | {"checkpoints/600.note": REFUTED[what]}
    if "twice" in what or "too few" in what:  # one peer of the two that are needed
        files["policy.txt"] = policy(peers="3 north south east").encode()

    code, said = check(resign(files))

    assert (code, "REFUTED: checkpoints/600.note" in said) == (1, True)


def test_lines_of_strangers_are_passed_over(check):
    stranger = Cosigner.make("stranger.example/w", KeyKind.COSIGNATURE, Ed25519Signer(bytes([77]) * 32))
    note = cosigned(LOG.note(600), LOG_PQ, *WITNESSES, stranger)

    assert len(parse_note(note).signatures) == 8
    assert check(witnessed(note))[0] == 0


def test_a_quorum_file_for_another_log_is_refuted(check):
    other = note_key("school.example/other", Ed25519Signer(bytes([9]) * 32).public_key).vkey

    code, said = check(resign(FILES | {"policy.txt": POLICY.replace(VKEY, other).encode()}))

    assert (code, "REFUTED: policy.txt: for another log" in said) == (1, True)


QUORUM_FILES = {
    "no newline": POLICY[:-1],
    "a control character": POLICY.replace("quorum both", "quorum both\x0b"),
    "two quorums": POLICY + "quorum both\n",
    "a log's key as witness": POLICY.replace(WITNESSES[-1].key.vkey, VKEY),
    "a witness's key as log": POLICY.replace(VKEY, COMP.key.vkey),
    "a name twice": POLICY.replace("witness south", "witness north"),
    "a member twice": POLICY.replace("2 north south east", "2 north north east"),
    "a member of two groups": POLICY.replace("2 north south east", "2 north comp-ed east"),
    "an unknown member": POLICY.replace("2 north south east", "2 north west east"),
    "a threshold of nought": POLICY.replace("2 north", "0 north"),
    "a threshold over the members": POLICY.replace("2 north", "4 north"),
    "a threshold that is no number": POLICY.replace("2 north", "two north"),
    "an empty group": POLICY.replace("group peers 2 north south east", "group peers all"),
    "weak: any of three": POLICY.replace("2 north", "any north").replace("both all", "both any"),
    "weak: two keys of one operator counted as two": POLICY.replace("all comp-ed", "1 comp-ed"),
    "weak: one key twice": POLICY.replace(
        WITNESSES[4].key.vkey.partition("+")[2], WITNESSES[3].key.vkey.partition("+")[2]
    ).replace("east.example/w+", "south.example/w+"),
    "a word that is none": POLICY + "vote all\n",
    "no log": POLICY.partition("\n")[2],
    "a quorum that nobody named": POLICY.replace("quorum both", "quorum all"),
    "a name that is none": POLICY.replace("group both", "group none").replace("quorum both", "quorum none"),
    "groups within groups without end": "".join(
        [*POLICY.splitlines(keepends=True)[:-1], "group g0 all both\n"]
        + [f"group g{n} all g{n - 1}\n" for n in range(1, 3000)]
        + ["quorum g2999\n"]
    ),
}


@pytest.mark.parametrize("what", sorted(QUORUM_FILES))
def test_the_script_refutes_a_quorum_file_that_the_product_refuses(check, what):
    if "without end" not in what:
        with pytest.raises(QuorumFileError):
            parse_quorum(QUORUM_FILES[what]).check_strength()

    code, said = check(resign(FILES | {"policy.txt": QUORUM_FILES[what].encode()}))

    assert (code, "REFUTED: policy.txt" in said) == (1, True)


def test_comments_blank_lines_and_tabs_in_a_quorum_file_change_nothing(check):
    text = "# of 2026\n\n" + POLICY.replace("quorum both", "quorum\t both ")

    assert check(witnessed(quorum=text), quorum=text)[0] == 0


def test_a_quorum_file_that_cannot_be_read_is_unusable_and_one_that_is_no_text_refuted(check, tmp_path):
    assert check(FILES, "--policy", str(tmp_path / "nowhere"))[0] == 2
    assert check(resign(FILES | {"policy.txt": b"\xff\n"}))[0] == 1


KEYS = {
    "nothing": b"",
    "no newline": FILES["keys.txt"][:-1],
    "two logs": FILES["keys.txt"] + b"x" + FILES["keys.txt"],
    "a witness's key": FILES["keys.txt"] + COMP.key.vkey.replace("compliance.example/w1", "x").encode() + b"\n",
    "ML-DSA alone": f"{LOG_PQ.key.vkey}\n".encode(),
    "a cosigner's kind": FILES["keys.txt"]
    + COMP.make("school.example/ledger/2026", COMP.key.kind, COMP.signer).key.vkey.encode()
    + b"\n",
}


@pytest.mark.parametrize("what", sorted(KEYS))
def test_keys_that_are_not_of_one_log_are_refuted(check, what):
    code, said = check(resign(FILES | {"keys.txt": KEYS[what]}))

    assert (code, "REFUTED: keys.txt" in said) == (1, True)


# -- custody -----------------------------------------------------------------------------------------------------------


def test_hand_overs_are_counted_and_change_no_result(check):
    digest = FILES["custody.txt"][:64]
    more = digest + " 2026-01-02T02:00:00Z 王老板交给李律师\n".encode()

    code, said = check(FILES | {"custody.txt": FILES["custody.txt"] + more})

    assert (code, "custody: 1 hand-overs" in said) == (0, True)
    assert "another bundle" not in said


def test_a_hand_over_of_another_bundle_is_told_apart(check):
    code, said = check(FILES | {"custody.txt": FILES["custody.txt"] + b"0" * 64 + b" given to nobody\n"})

    assert (code, "1 of them do not begin with the SHA-256 of this manifest" in said) == (0, True)


@pytest.mark.parametrize(
    "text", [b"", b"made\n", bundle()["custody.txt"], FILES["custody.txt"].replace(b"p_vault", b"a_x")]
)
def test_a_custody_file_that_does_not_begin_with_the_making_is_refuted(check, text):
    code, said = check(FILES | {"custody.txt": text})

    assert (code, "REFUTED: custody.txt" in said) == (1, True)


# -- timestamps --------------------------------------------------------------------------------------------------------


def token_files(size=256, response=b"token", note=None):
    return StoredToken(size, "fixture", note or LOG.note(size).encode(), response, b"chain").files()


def test_a_token_that_cannot_be_read_is_stored_and_said_so(check):
    code, said = check(resign(FILES | token_files()))

    assert code == 0
    assert "timestamps/256.fixture.tsr stored, not parsed. Not checked here" in said
    assert (
        "openssl ts -verify -data timestamps/256.note -in timestamps/256.fixture.tsr"
        " -CAfile timestamps/256.fixture.pem\n" in said
    )
    assert "signatures of 1 timestamp tokens" in said


def test_a_token_over_something_else_is_refuted(check):
    code, said = check(resign(FILES | token_files(response=vector("r.tsr"))))

    assert (code, "REFUTED: timestamps/256.fixture.tsr: a token over something else" in said) == (1, True)


def vector(name):
    return (VECTORS / name).read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        {"timestamps/256.note": LOG.note(6).encode()},
        {"timestamps/7.note": LOG.note(7).encode()},
        {"timestamps/6.other.tsr": b"token"},
        {"timestamps/256.UPPER.tsr": b"token", "timestamps/256.UPPER.pem": b"chain"},
        {"timestamps/256.lonely.tsr": b"token"},
        {"timestamps/256.note": MemoryLog(seed=4).grow(256).note(256).encode()},
    ],
)
def test_a_token_without_its_checkpoint_or_chain_is_refuted(check, change):
    code, said = check(resign(FILES | token_files() | change))

    assert (code, "REFUTED: timestamps/" in said) == (1, True)


@pytest.mark.parametrize("name", ["r.tsr", "r_two_certs_openssl30.tsr"])
def test_what_a_token_says_bounds_the_entries_around_it(check, monkeypatch, name):
    said_by = verify.parse_token(vector(name))
    note = LOG.note(256).encode()
    monkeypatch.setattr(verify, "parse_token", lambda data: said_by._replace(imprint=sha256(note)))
    log = MemoryLog(seed=3).grow(256)
    log.entries += commit(log.log, [stamped(digest_text(sha256(vector(name))), 256)], START + 300).entries
    log.grow(343)
    note = log.note(256).encode()
    files = bundle(log, (5, 256, 520), checkpoints=[log.note(6), log.note(256), log.note(600)], details={})

    code, said = check(resign(files | token_files(response=vector(name), note=note)))

    moment = verify.iso(said_by.seconds)
    assert code == 0
    assert f"It was there no later than {moment}, if timestamps/256.fixture.tsr verifies." in said.split("Entry 256")[0]
    assert f"It was written no earlier than {moment}, if timestamps/256" in said.split("Entry 520")[1]
    assert f"-attime {said_by.seconds}" in said


BROKEN_TOKENS = [
    bytes.fromhex("300730030201023000"),  # a rejection
    b"\x30\x04\x31\x00\x30\x00",
    b"\x30\x04\x30\x00\x30\x00",
    b"",
    b"\x30",
    b"\x30\x80",
    b"\x30\x85\0\0\0\0\1",
    b"\x3f\x00",
    b"\x30\x02\x30\x00",
    b"\x30\x05\x30\x03\x02\x01\x02",
]


@pytest.mark.parametrize("data", BROKEN_TOKENS)
def test_bytes_that_are_no_token_are_none(data):
    assert verify.parse_token(data) is None


def test_a_token_of_a_log_from_the_vectors_is_read_as_openssl_reads_it():
    token = verify.parse_token(vector("r.tsr"))

    assert token.imprint == sha256(vector("checkpoint.note"))
    assert verify.iso(token.seconds) == "2026-11-22T11:04:55Z"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (bytes.fromhex("608648016503040201"), bytes.fromhex("608648016503040203")),
        (b"20261122110455Z", b"20261322110455Z"),
        (b"20261122110455Z", b"2026112211045.Z"),
        (b"\x18\x0f2026", b"\x17\x0f2026"),
    ],
)
def test_a_token_of_another_digest_or_an_impossible_time_is_not_parsed(old, new):
    assert verify.parse_token(vector("r.tsr").replace(old, new)) is None


# -- policies ----------------------------------------------------------------------------------------------------------


def test_a_set_of_policies_must_be_one_that_an_entry_names(check):
    text = b'{"policies":{}}'
    log = MemoryLog(seed=3).grow(600)
    files = bundle(log, checkpoints=[log.note(6), log.note(256), log.note(600)], details={})
    named = verify.parse_entry(log.entries[5])["policy"]

    assert digest_text(sha256(text)) != named
    code, said = check(resign(files | {f"policies/{sha256(text).hex()}.cedar": text}))
    assert (code, ".cedar: not a set of policies that an entry names" in said) == (1, True)


def test_a_name_too_long_for_a_signature_is_refuted_and_does_not_break_the_script():
    with pytest.raises(verify.Refuted):
        verify.prefixed("x" * 256)
    with pytest.raises(NoteError):
        COMP.make("x" * 256, COMP.key.kind, COMP.signer)


def test_a_time_beyond_the_calendar_is_shown_as_its_end():
    assert verify.iso(2**62) == "9999-12-31T23:59:59Z"
