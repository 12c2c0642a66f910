import io
import json
import re
import shutil
import subprocess
import sys
import zipfile

import pytest

from dyepack.crypto.digest import sha256, sm3
from dyepack.crypto.signature import Ed25519Signer
from dyepack.ledger import Evidence, build_bundle, verify, zip_bundle
from dyepack.ledger.errors import NoteError
from dyepack.ledger.note import note_key, sign_note
from fakes.bundles import DETAILS, LOG, VERIFIER, bundle, resign, sealed
from fakes.ledger_logs import ORIGIN, SIGNER, START, VKEY

FILES = bundle()


@pytest.fixture
def check(tmp_path, capsys):
    """Writes files as a folder, runs the verifier, gives exit code and what it printed."""

    def check(files, *more):
        root = tmp_path / "bundle"
        shutil.rmtree(root, ignore_errors=True)
        for path, data in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
        code = verify.main([str(root), *more])
        return code, capsys.readouterr().out

    return check


def test_a_bundle_holds(check):
    code, said = check(FILES)

    assert code == 0
    assert "Entry 520 was in the log school.example/ledger/2026 when it held 600 entries" in said
    assert "Not witnessed" in said
    assert [line[:2] for line in said.splitlines() if line[:2].strip().isdigit()] == [f"{n:2}" for n in range(1, 12)]


def test_a_bundle_as_a_zip_holds_and_is_the_same_each_time(tmp_path, capsys):
    packed = zip_bundle(FILES)
    (tmp_path / "bundle.zip").write_bytes(packed)

    assert verify.main([str(tmp_path / "bundle.zip")]) == 0
    assert packed == zip_bundle(dict(reversed(FILES.items())))
    assert "HOLDS" in capsys.readouterr().out


def test_every_file_is_in_the_manifest_with_both_digests():
    files = json.loads(FILES["manifest.json"])["files"]

    assert set(files) == set(FILES) - {"manifest.json", "manifest.note", "custody.txt"}
    assert all(
        entry == {"sha256": sha256(FILES[path]).hex(), "sm3": sm3(FILES[path]).hex(), "size": len(FILES[path])}
        for path, entry in files.items()
    )


def test_a_bundle_is_not_built_around_a_checkpoint_of_another_log():
    with pytest.raises(NoteError):
        build_bundle(
            Evidence([], [LOG.note(6)], [], VERIFIER, "dyepack 0", made=START, maker="p_vault"),
            ORIGIN,
            Ed25519Signer(bytes([9]) * 32),
        )


def test_the_key_given_by_hand_is_compared(check):
    assert check(FILES, "--key", VKEY)[0] == 0

    other = note_key(ORIGIN, Ed25519Signer(bytes([9]) * 32).public_key).vkey

    assert check(FILES, "--key", other) == (1, "REFUTED: keys.txt: without the key given with --key.\n")
    assert check(FILES, "--key", VKEY.replace("A", "B")) == (1, "REFUTED: --key: not a verifier key.\n")


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_changed_file_is_named(check, path):
    changed = FILES[path][:-3] + bytes([FILES[path][-3] ^ 1]) + FILES[path][-2:]

    code, said = check(FILES | {path: changed})

    assert code == 1
    assert f"REFUTED: {path}" in said or path == "keys.txt"


@pytest.mark.parametrize("path", sorted(FILES))
def test_a_missing_file_is_named(check, path):
    code, said = check({name: data for name, data in FILES.items() if name != path})

    assert (code, f"REFUTED: {path}" in said) == (1, True)


def test_a_file_beside_the_manifest_is_named(check):
    code, said = check(FILES | {"entries/note.txt": b"x"})

    assert (code, "entries/note.txt: not in the manifest" in said) == (1, True)


def without(*paths):
    return {name: data for name, data in FILES.items() if name not in paths}


FORGED = {
    "proofs/5.tlog-proof: proves another": {**FILES, "entries/5.json": LOG.entries[6]},
    "proofs/5.tlog-proof: proves": {**FILES, "proofs/5.tlog-proof": FILES["proofs/520.tlog-proof"]},
    "entries/6.json: its id": {**FILES, "entries/6.json": LOG.entries[5]},
    "entries/5.json: not canonical": {**FILES, "entries/5.json": LOG.entries[5] + b"\n"},
    "entries/5.json: not JSON": {**FILES, "entries/5.json": b"\xff"},
    "entries/5.json: not JSON ": {**FILES, "entries/5.json": b"[" * 3000},
    "entries/5.json: larger": {**FILES, "entries/5.json": b" " * 5000},
    "entries/5.json: no id": {**FILES, "entries/5.json": b'{"t":1}'},
    "entries/5.json: no kind": {**FILES, "entries/5.json": b'{"id":"' + b"a" * 26 + b'","t":1}'},
    "entries/5.json: a value": {**FILES, "entries/5.json": b'{"a":null}'},
    "entries/05.json: not named": {**FILES, "entries/05.json": LOG.entries[5]},
    "entries/520.json: entry and proof": without("proofs/520.tlog-proof"),
    "proofs/520.tlog-proof: entry and proof": without("entries/520.json"),
    "entries/: none": without("entries/5.json", "entries/520.json"),
    "checkpoints/: none": without("checkpoints/6.note", "checkpoints/256.note", "checkpoints/600.note"),
    "checkpoints/7.note: named": {**FILES, "checkpoints/7.note": FILES["checkpoints/6.note"]},
    "checkpoints/6.note: not a checkpoint": {
        **FILES,
        "checkpoints/6.note": sign_note("school.example/other\n6\nAAAA\n", ORIGIN, SIGNER).encode(),
    },
    "checkpoints/6.note: size or root": {
        **FILES,
        "checkpoints/6.note": sign_note(f"{ORIGIN}\n06\nAAAA\n", ORIGIN, SIGNER).encode(),
    },
    "proofs/5.tlog-proof: ends in": without("checkpoints/600.note", "consistency/256-600.txt"),
    "consistency/6-256.txt: missing": without("consistency/6-256.txt"),
    "consistency/6-256.txt: the": {**FILES, "consistency/6-256.txt": FILES["consistency/256-600.txt"]},
    "consistency/6-256.txt: the ": {**FILES, "consistency/6-256.txt": FILES["consistency/6-256.txt"][:-1]},
    "consistency/6-256.txt: base64": {**FILES, "consistency/6-256.txt": b"?\n"},
    "proofs/5.tlog-proof: the inclusion": {
        **FILES,
        "proofs/5.tlog-proof": FILES["proofs/5.tlog-proof"].replace(
            FILES["proofs/5.tlog-proof"].split(b"\n")[3], b"A" * 43 + b"="
        ),
    },
    "proofs/5.tlog-proof: not a tlog": {**FILES, "proofs/5.tlog-proof": b"c2sp.org/tlog-proof@v1\n"},
    "proofs/5.tlog-proof: its index": {
        **FILES,
        "proofs/5.tlog-proof": FILES["proofs/5.tlog-proof"].replace(b"index 5", b"index five"),
    },
    "proofs/5.tlog-proof: not UTF-8": {**FILES, "proofs/5.tlog-proof": b"\xff"},
    "details/520.json: not the details": {**FILES, "details/520.json": DETAILS + b" "},
    "details/520.json: no opening": {**FILES, "details/520.r": b"00\n"},
    "details/520.json: missing": without("details/520.json"),
    "details/520.r: missing": without("details/520.r"),
    "details/7.json: no opening": {**FILES, "details/7.json": DETAILS, "details/7.r": FILES["details/520.r"]},
    "policy.txt: line 2: the quorum `none`": {**FILES, "policy.txt": f"log {VKEY}\nquorum none\n".encode()},
    "policy.txt: one quorum": {**FILES, "policy.txt": f"log {VKEY}\n".encode()},
    "policy.txt: line 2: not a log": {**FILES, "policy.txt": f"log {VKEY}\nquorum x\n".encode()},
    "keys.txt: one key a line": {**FILES, "keys.txt": FILES["keys.txt"] * 2},
    "keys.txt: not a verifier": {**FILES, "keys.txt": b"x+00000000+AAAA\n"},
    "keys.txt: the key id": {**FILES, "keys.txt": re.sub(rb"\+[0-9a-f]{8}\+", b"+00000000+", FILES["keys.txt"])},
}


@pytest.mark.parametrize("said", sorted(FORGED))
def test_a_forger_with_the_key_for_the_manifest_is_still_refuted(check, said):
    code, printed = check(resign(FORGED[said]))

    assert code == 1
    assert f"REFUTED: {said.strip()}" in printed


@pytest.mark.parametrize(
    "manifest",
    [
        b"\xff",
        b"[]",
        b'{"files":{},"version":2}',
        b'{"files":{"a":1},"version":1}',
        b'{"version":1,"version":1}',
        b"[" * 9999,
    ],
)
def test_a_manifest_of_another_form_is_refused(check, manifest):
    code, said = check(sealed(FILES, manifest))

    assert (code, "REFUTED: manifest.json" in said) == (1, True)


def test_a_manifest_that_lies_about_a_size_is_refused(check):
    table = json.loads(FILES["manifest.json"])["files"]
    table["VERSION"]["size"] += 1

    code, said = check(resign(FILES, table=table))

    assert (code, "VERSION: another size" in said) == (1, True)


def test_a_bundle_signed_with_another_key_is_refused(check):
    code, said = check(resign(FILES, Ed25519Signer(bytes([9]) * 32)))

    assert (code, "REFUTED: manifest.note: not signed by the log's key" in said) == (1, True)


def test_sm3_is_said_to_be_unchecked_where_python_lacks_it(check, monkeypatch):
    new = verify.hashlib.new

    def without_sm3(name, *more):
        if name == "sm3":
            raise ValueError(name)
        return new(name, *more)

    monkeypatch.setattr(verify.hashlib, "new", without_sm3)

    code, said = check(FILES)

    assert (code, "SM3 (this Python has none" in said) == (0, True)


def test_a_path_that_is_nothing_is_unusable(capsys, tmp_path):
    (tmp_path / "file").write_bytes(b"no zip")

    assert verify.main([str(tmp_path / "nothing")]) == 2
    assert verify.main([str(tmp_path / "file")]) == 2
    assert "UNUSABLE" in capsys.readouterr().out


def test_a_link_in_a_folder_is_unusable(check, tmp_path):
    check(FILES)
    (tmp_path / "bundle" / "entries" / "9.json").symlink_to("/etc/hostname")

    assert verify.main([str(tmp_path / "bundle")]) == 2

    (tmp_path / "bundle" / "entries" / "9.json").unlink()
    (tmp_path / "bundle" / "link").symlink_to(tmp_path)

    assert verify.main([str(tmp_path / "bundle")]) == 2


def packed(tmp_path, members):
    path = tmp_path / "made.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, mode in members:
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            archive.writestr(member, b"x")
    return str(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "members",
    [
        [("../up.txt", 0o100600)],
        [("/etc/passwd", 0o100600)],
        [("a/../b", 0o100600)],
        [("a//b", 0o100600)],
        [("C:\\x", 0o100600)],
        [("link", 0o120777)],
        [("twice", 0o100600), ("twice", 0o100600)],
    ],
)
def test_a_zip_that_leaves_its_folder_or_plays_tricks_is_unusable(tmp_path, members, capsys):
    assert verify.main([packed(tmp_path, members)]) == 2


def test_folders_in_a_zip_are_passed_over(tmp_path, capsys):
    assert verify.main([packed(tmp_path, [("entries/", 0o40700)])]) == 1
    assert "keys.txt: missing" in capsys.readouterr().out


def test_an_encrypted_zip_is_unusable(tmp_path, capsys):
    path = tmp_path / "made.zip"
    data = bytearray(zip_bundle({"keys.txt": b"x"}))
    data[data.index(b"PK\1\2") + 8] |= 1
    path.write_bytes(data)

    assert verify.main([str(path)]) == 2


def test_a_damaged_zip_names_the_file(tmp_path, capsys):
    path = tmp_path / "made.zip"
    data = zip_bundle(FILES)
    at = data.index(b"VERSION") + 10
    path.write_bytes(data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :])

    assert verify.main([str(path)]) == 1
    assert "REFUTED: VERSION" in capsys.readouterr().out


def test_a_file_over_a_gigabyte_and_too_many_files_are_unusable(check, monkeypatch):
    monkeypatch.setattr(verify, "MAX_FILE", 1000)
    assert check(FILES)[0] == 2

    monkeypatch.setattr(verify, "MAX_FILE", 1 << 30)
    monkeypatch.setattr(verify, "MAX_FILES", 3)
    assert check(FILES)[0] == 2


def test_a_file_that_grows_while_it_is_read_is_unusable(check, monkeypatch):
    check(FILES)
    real = verify.Folder.__init__

    def small(self, path):
        real(self, path)
        self.sizes = dict.fromkeys(self.sizes, 1)

    monkeypatch.setattr(verify.Folder, "__init__", small)
    monkeypatch.setattr(verify, "MAX_FILE", 100)

    assert check(FILES)[0] == 2


def test_malformed_notes_and_entries_are_refused_by_the_script():
    key = verify.parse_vkey(VKEY)
    text, _, line = LOG.note().rpartition("\n\n")

    with pytest.raises(verify.Refuted, match="32"):
        verify.open_note(f"{text}\n\n{line * 33}".encode(), [key])
    with pytest.raises(verify.Refuted, match="line"):
        verify.open_note(f"{text}\n\n- {line[2:]}".encode(), [key])
    with pytest.raises(verify.Refuted, match="4096"):
        verify.parse_entry(b" " * 4097)


def test_a_console_of_another_encoding_does_not_end_the_check(monkeypatch):
    console = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", console)

    verify.say("留痕")
    console.flush()

    assert console.buffer.getvalue() == b"??\n"


def test_a_strange_name_reaches_the_terminal_without_its_controls(check):
    code, said = check(FILES | {"bad\x1b[31m.txt": b"x"})

    assert (code, "\x1b" in said) == (1, False)


def test_the_script_runs_alone_from_a_folder_of_its_own(tmp_path):
    (tmp_path / "verify.py").write_bytes(VERIFIER)
    (tmp_path / "bundle.zip").write_bytes(zip_bundle(FILES))
    command = [sys.executable, "-I", "-S", "verify.py", "bundle.zip"]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, env={"LC_ALL": "C"}, timeout=60)

    assert done.returncode == 0, done.stdout + done.stderr
    assert b"HOLDS: " in done.stdout


@pytest.mark.parametrize("version", ["3.9", "3.10", "3.12", "3.13"])
def test_the_script_runs_under_other_pythons(tmp_path, version):
    python = shutil.which(f"python{version}")
    if python is None or subprocess.run([python, "-c", ""], capture_output=True).returncode:
        pytest.skip(f"no python{version} on the path")
    (tmp_path / "verify.py").write_bytes(VERIFIER)
    (tmp_path / "bundle.zip").write_bytes(zip_bundle(FILES))
    (tmp_path / "broken.zip").write_bytes(zip_bundle(FILES | {"VERSION": b"?"}))

    codes = [
        subprocess.run(
            [python, "-I", "-S", "verify.py", name], cwd=tmp_path, capture_output=True, timeout=60
        ).returncode
        for name in ("bundle.zip", "broken.zip", "nothing.zip")
    ]

    assert codes == [0, 1, 2]
