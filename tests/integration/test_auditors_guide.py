"""Every command of the auditor's guide runs as it stands there, on a witnessed bundle and a whole log."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dyepack.crypto.timestamp import timestamp_request
from dyepack.ledger import StoredToken, zip_bundle
from fakes.authority import Authority, needs_openssl
from fakes.bundles import LOG, LOG_PQ, POLICY, VERIFIER, WITNESSES, bundle, cosigned
from fakes.ledger_logs import VKEY

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
    (desk / "kept").mkdir()
    (desk / "kept" / "visit.note").write_text(LOG.note(300))
    for path, data in LOG.publish().items():
        (desk / "ledger" / path).parent.mkdir(parents=True, exist_ok=True)
        (desk / "ledger" / path).write_bytes(data)
    (desk / "bin").mkdir()
    for name in ("python3", "dyepack"):
        words = f'"{sys.executable}"' + (" -m dyepack" if name == "dyepack" else "")
        (desk / "bin" / name).write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        (desk / "bin" / name).chmod(0o755)
    return desk


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
    assert blocks(PAGES[0], "python") == blocks(PAGES[1], "python")
    assert len(commands(PAGES[0])) > 10


@needs_openssl
@pytest.mark.parametrize(
    ("number", "says"),
    [
        (0, ["Entry 523 was in the log", "seen by compliance and 2 of 3 peers", "HOLDS: "]),
        (1, ["HOLDS: ", "signature and chain hold", "Entry 523 stood in the log no later than"]),
        (2, ["manifest.note:", "custody.txt:", "entry 523 is listed", "Signature Verified Successfully"]),
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
def test_the_python_of_the_guide_audits_the_whole_log_against_what_was_kept(desk):
    [script] = blocks(PAGES[0], "python")
    words = [sys.executable, "-c", script]

    whole = subprocess.run(words, cwd=desk, capture_output=True, text=True, timeout=60)
    (desk / "kept" / "visit.note").write_text(LOG.note(300).replace("\n300\n", "\n301\n"))
    broken = subprocess.run(words, cwd=desk, capture_output=True, text=True, timeout=60)

    assert whole.stdout.startswith("whole 600"), whole.stderr
    assert broken.stdout.startswith("broken: "), broken.stderr
