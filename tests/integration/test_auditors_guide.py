"""Every command of the auditor's guide runs as it stands there, on a witnessed bundle and a whole log."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dyepack.app.clock import SystemClock
from dyepack.app.witness_folder import WitnessFolder
from dyepack.crypto.chance import SystemRandom
from dyepack.crypto.timestamp import timestamp_request
from dyepack.ledger import Kind, StoredToken, note_key, zip_bundle
from dyepack.web.witness import witness_app
from fakes.authority import Authority, needs_openssl
from fakes.bundles import LOG, LOG_PQ, POLICY, VERIFIER, WITNESSES, bundle, cosigned
from fakes.ledger_logs import VKEY, MemoryLog
from fakes.whole import WholeHouse
from fakes.witnesses import serving

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
PAGES = ("check-the-log.md", "check-the-log.zh-CN.md")


def blocks(page, language):
    return re.findall(rf"```{language}\n(.*?)```", (GUIDES / page).read_text(encoding="utf-8"), re.DOTALL)


def commands(page):
    return [line for block in blocks(page, "sh") for line in block.splitlines() if not line.startswith("#")]


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """What the guide tells the auditor to ask for."""
    desk = tmp_path_factory.mktemp("auditor")
    note = cosigned(LOG.note(600), LOG_PQ, *WITNESSES)
    issuer = Authority(desk / "authority")
    answer = issuer.answer(timestamp_request(note.encode()).der)
    files = bundle(
        indexes=(523,),
        checkpoints=[LOG.note(524), note],
        consistency=[LOG.log.tree.edge(600).consistency(524)],
        policy=POLICY,
        keys=(LOG_PQ.key,),
        tokens=[StoredToken(600, "first", note.encode(), answer, issuer.chain)],
    )
    (desk / "bundle.zip").write_bytes(zip_bundle(files))
    (desk / "verify.py").write_bytes(VERIFIER)
    (desk / "log.vkey").write_text(VKEY + "\n")
    (desk / "quorum.txt").write_text(POLICY)
    (desk / "kept.note").write_text(LOG.note(300))
    for path, data in LOG.publish().items():
        (desk / "ledger" / path).parent.mkdir(parents=True, exist_ok=True)
        (desk / "ledger" / path).write_bytes(data)
    (desk / "ledger" / "checkpoint.witnessed").write_text(note)
    tools(desk)
    return desk


def tools(desk):
    """The auditor's ``python3`` and ``dyepack``."""
    (desk / "bin").mkdir()
    for name in ("python3", "dyepack"):
        words = f'"{sys.executable}"' + (" -m dyepack" if name == "dyepack" else "")
        (desk / "bin" / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        (desk / "bin" / name).chmod(0o755)


def run(desk, script):
    environment = {**os.environ, "PATH": f"{desk / 'bin'}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=desk,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_both_pages_show_the_same_commands():
    assert commands(PAGES[0]) == commands(PAGES[1])
    assert len(commands(PAGES[0])) > 10


@needs_openssl
@pytest.mark.parametrize(
    ("number", "says"),
    [
        (0, ["Entry 523 was in the log", "seen by compliance and 2 of 3 peers", "HOLDS: "]),
        (1, ["HOLDS: ", "signature and chain hold", "Entry 523 stood in the log no later than"]),
        (2, ["manifest.note:", "custody.txt:", "entry 523 is listed", "Signature Verified Successfully"]),
        (3, ["The log is whole: 600 entries", "Witnessed: 600."]),
    ],
)
def test_the_commands_of_the_guide_do_what_it_says(desk, number, says):
    done = run(desk, blocks(PAGES[0], "sh")[number])

    assert done.returncode == 0, done.stderr
    for words in says:
        assert words in done.stdout
    assert (number != 2) or "Verification: OK" in done.stdout + done.stderr


@needs_openssl
def test_the_commands_with_other_software_fail_on_a_changed_bundle(desk):
    script = blocks(PAGES[0], "sh")[2]
    lines = [line for line in script.splitlines() if line and not line.startswith("#")][1:]
    changes = {"entries/523.json": "listed", "checkpoints/600.note": "pkeyutl", "timestamps/600.note": "openssl ts"}
    unpacked = f"rm -rf bundle; {script.splitlines()[0]}"
    for path, command in changes.items():
        spoilt = f"{unpacked}; sed -i 1s/./X/ {path}; "
        chosen = [line for line in lines if command in line or (command == "pkeyutl" and "../" in line)]
        assert run(desk, "; ".join([unpacked, *chosen])).returncode == 0, path
        assert run(desk, spoilt + "; ".join(chosen)).returncode != 0, path


@needs_openssl
@pytest.mark.parametrize("path", ["kept.note", "ledger/tile/entries/001"])
def test_the_audit_of_the_guide_finds_what_was_changed(desk, tmp_path, path):
    shutil.copytree(desk, tmp_path / "desk")
    spoilt = tmp_path / "desk" / path
    content = spoilt.read_bytes()
    other = MemoryLog(seed=4).grow(300).note(300).encode()
    spoilt.write_bytes(other if path == "kept.note" else content[:-3] + b"x" + content[-2:])

    done = run(tmp_path / "desk", blocks(PAGES[0], "sh")[3])

    assert done.returncode == 1, done.stderr
    assert "The log was changed" in done.stdout


@pytest.fixture(scope="module")
def witnessed(tmp_path_factory):
    """An auditor's desk with the files of a home that a witness of its own cosigned over HTTP."""
    desk = tmp_path_factory.mktemp("witnessed")
    house = WholeHouse(desk / "home")
    witness = WitnessFolder.make(desk / "witness", "audit.example/w1", SystemClock(), SystemRandom())
    keys = house.house.log.current.vkeys
    for key in keys:
        witness.add_log(key)
    with serving(witness_app(witness)) as url:
        names = {key.kind.name.lower(): key for key in witness.keys}
        lines = [f"log {key}" for key in keys] + [f"witness {name} {key.vkey} {url}" for name, key in names.items()]
        text = "\n".join(["# the auditor's own copy", *lines, f"group w1 all {' '.join(names)}", "quorum w1", ""])
        house.do("ledger quorum", text=text)
        house.do("actor add", name="审计陪同", role="consultant")
        entry = house.house.log.find([Kind.ACTOR_ADDED.value])[-1][0]
        content = house.do("ledger prove", entries=[str(entry)])["content"]
        house.close()
    witness.close()
    (desk / "bundle.zip").write_bytes(content)
    (desk / "verify.py").write_bytes(VERIFIER)
    (desk / "log.vkey").write_text(keys[0] + "\n")
    last_year = note_key(keys[0].partition("+")[0].rpartition("/")[0] + "/2025", bytes(32)).vkey
    (desk / "quorum.txt").write_text(re.sub(r"(?m)^log .*\n", "", text) + f"log {last_year}\n")
    [shard] = (path for path in (desk / "home" / "ledger").iterdir() if path.is_dir())
    shutil.copytree(shard, desk / "ledger", ignore=shutil.ignore_patterns("keys"))
    shutil.copy(shard / "checkpoint", desk / "kept.note")
    tools(desk)
    return desk


@pytest.mark.parametrize(
    ("number", "says"),
    [
        (0, "HOLDS: the log's signature, a quorum of its witnesses"),
        (1, "HOLDS: both readings agree"),
        (3, "Witnessed: "),
    ],
)
def test_the_guide_works_for_a_home_that_is_really_witnessed(witnessed, number, says):
    done = run(witnessed, blocks(PAGES[0], "sh")[number])

    assert done.returncode == 0, done.stdout + done.stderr
    assert says in done.stdout
