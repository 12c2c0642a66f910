"""Watching the log by commands: a mirror of a served home, its audit, auditors, quorum files, the monitor."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from dyepack.app.acts import Acts
from dyepack.app.errors import CommandError, NoAuditorError
from dyepack.app.founding import found
from dyepack.app.home import create
from dyepack.crypto.chance import SystemRandom
from dyepack.govern.errors import ActorNameError
from dyepack.ledger import KeyKind, Kind, note_key
from dyepack.terms.progress import silent
from dyepack.web import make_app
from fakes.desk_house import GROWN, NAME_OF, cheap_passwords, furnish, opened
from fakes.ledger_logs import ORIGIN, VKEY, MemoryLog


def dyepack(*words: object, language: str = "en", **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dyepack", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={
            **{key: value for key, value in os.environ.items() if key != "DYEPACK_HOME"},
            "DYEPACK_LANG": language,
            **env,
        },
    )


@pytest.fixture(scope="module")
def acts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Acts]:
    home = tmp_path_factory.mktemp("watched") / "home"
    with cheap_passwords():
        furnish(home, limits__enabled=False)
        with opened(home) as found:
            yield found


@pytest.fixture(scope="module")
def address(acts: Acts) -> Iterator[str]:
    """Where the log of the home is served."""
    config = uvicorn.Config(
        make_app(acts), host="127.0.0.1", port=0, access_log=False, log_level="error", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 10
    while not server.started:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/ledger/{acts.house.log.origin.rpartition('/')[2]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def token_file(acts: Acts, tmp_path: Path) -> Path:
    path = tmp_path / "token"
    path.write_text(acts.run("ledger auditor add", {"name": "年审", "days": 1}, silent)["token"] + "\n", "utf-8")
    return path


def beats(acts: Acts, count: int) -> None:
    acts.house.log.append([acts.house.fact(Kind.LOG_BEAT, actor="p_log") for _ in range(count)])
    acts.house.log.publish()


def test_an_auditor_mirrors_a_served_log_brings_it_up_and_audits_it_without_a_home(
    acts: Acts, address: str, token_file: Path, tmp_path: Path
) -> None:
    copy, key = tmp_path / "copy", acts.house.log.vkey
    beats(acts, 300)
    first = dyepack("ledger", "mirror", address, copy, "--key", key, "--token-file", token_file, "--json")
    assert first.returncode == 0, first.stderr
    kept = tmp_path / "kept.note"
    kept.write_bytes((copy / "checkpoint").read_bytes())
    beats(acts, 400)
    second = dyepack("ledger", "mirror", address, copy, "--key", key, "--token-file", token_file, "--json")
    assert second.returncode == 0, second.stderr
    assert json.loads(second.stdout)["size"] >= json.loads(first.stdout)["size"] + 400
    assert len(list(copy.rglob("*.p/*"))) == 3  # of hashes, of entries, of the level above: none of the first run

    audit = dyepack("ledger", "audit", "--folder", copy, "--key", key, "--earlier", kept, "--json")
    assert audit.returncode == 0, audit.stderr
    assert (json.loads(audit.stdout)["whole"], json.loads(audit.stdout)["earlier"]) == (True, 1)


def test_without_a_token_nothing_is_copied(acts: Acts, address: str, tmp_path: Path) -> None:
    done = dyepack("ledger", "mirror", address, tmp_path / "copy", "--key", acts.house.log.vkey)

    assert done.returncode == 1
    assert "[ledger.source-refused]" in done.stderr
    assert not (tmp_path / "copy" / "checkpoint").exists()


@pytest.mark.parametrize(
    "where", ["ftp://127.0.0.1/x", "nonsense", "http://192.0.2.1/ledger/2026", "http://127.0.0.1:9/ledger/1"]
)
def test_an_address_that_will_not_do_is_one_sentence(where: str, token_file: Path, tmp_path: Path) -> None:
    done = dyepack("ledger", "mirror", where, tmp_path / "copy", "--key", VKEY, "--token-file", token_file)

    assert done.returncode == 4
    assert "[ledger.source]" in done.stderr
    assert "Traceback" not in done.stderr


# -- a bare folder -----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a log of 300 entries."""
    path = tmp_path / "log"
    for name, content in MemoryLog().grow(300).publish().items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def test_a_bare_folder_that_was_changed_is_refuted(folder: Path) -> None:
    assert dyepack("ledger", "audit", "--folder", folder, "--key", VKEY).returncode == 0
    bundle = folder / "tile/entries/001.p/44"
    bundle.write_bytes(bundle.read_bytes().replace(b"consultant", b"accountant", 1))
    done = dyepack("ledger", "audit", "--folder", folder, "--key", VKEY)

    assert done.returncode == 1
    assert "tile/0/001.p/44" in done.stdout


def test_a_mistyped_key_is_no_broken_log(folder: Path) -> None:
    done = dyepack("ledger", "audit", "--folder", folder, "--key", VKEY[:-1])

    assert "[ledger.bad-note]" in done.stderr
    assert done.stdout == ""


def test_an_earlier_checkpoint_of_another_history_refutes_a_folder(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.note"
    other.write_text(MemoryLog(1).grow(200).note(), "utf-8")
    done = dyepack("ledger", "audit", "--folder", folder, "--key", VKEY, "--earlier", other, language="zh")

    assert done.returncode == 1
    assert "已被改动" in done.stdout


QUORUM = "group owner-proof 2 comp it peer\nquorum owner-proof\n"


def quorum_file(path: Path, rest: str = QUORUM) -> Path:
    keys = {
        name: note_key(f"{name}.example", bytes([n]) * 32, KeyKind.COSIGNATURE)
        for n, name in enumerate(("comp", "it", "peer"))
    }
    witnesses = "".join(f"witness {name} {key.vkey}\n" for name, key in keys.items())
    path.write_text(f"log {VKEY}\n{witnesses}{rest}", "utf-8")
    return path


def test_a_folder_without_the_quorum_that_a_policy_asks_for_is_refused(folder: Path, tmp_path: Path) -> None:
    policy = quorum_file(tmp_path / "quorum")
    done = dyepack("ledger", "audit", "--folder", folder, "--key", VKEY, "--policy", policy)

    assert done.returncode == 1
    assert "missing: comp, it, peer" in done.stdout


def test_audit_wants_a_home_or_a_folder_with_its_key(folder: Path, tmp_path: Path) -> None:
    for words in ([], ["--folder", folder], ["--folder", tmp_path / "nothing", "--key", VKEY]):
        done = dyepack("ledger", "audit", *words)
        assert (done.returncode, "[app.command]" in done.stderr) == (2, True), words


# -- quorum files ------------------------------------------------------------------------------------------------------


def test_a_quorum_file_is_read_in_words(tmp_path: Path) -> None:
    path = quorum_file(tmp_path / "quorum")
    english = dyepack("ledger", "policy", "check", path)
    chinese = dyepack("ledger", "policy", "check", path, language="zh")

    assert english.returncode == 0
    assert f"log: {ORIGIN}\nneeded: any 2 of comp, it, peer\n" in english.stdout
    assert "3 witness keys; at least 2 must sign; any 1 may be away at once." in english.stdout
    assert "需要：任意 2 个：comp, it, peer" in chinese.stdout
    assert "任意 1 把同时缺席仍可成立" in chinese.stdout


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        ("group weak 1 comp it peer\nquorum weak\n", "ledger.weak-quorum"),
        ("quorum none\n", "ledger.weak-quorum"),
        ("quorum nobody\n", "ledger.bad-quorum-file"),
    ],
)
def test_a_weak_or_broken_quorum_file_is_refused(tmp_path: Path, rest: str, code: str) -> None:
    done = dyepack("ledger", "policy", "check", quorum_file(tmp_path / "quorum", rest))

    assert (done.returncode, f"[{code}]" in done.stderr) == (2, True)


# -- the monitor and auditors of a home ----------------------------------------------------------------------------


def test_a_home_at_work_is_calm_and_says_what_was_not_seen(acts: Acts) -> None:
    look = {"actor": NAME_OF["consultant"], "phone": GROWN[0].phone, "purpose": "consult", "case": "核对"}
    assert acts.run("lookup", look, silent)["records"]
    answer = acts.run("ledger monitor", {}, silent)

    assert answer["calm"], answer["findings"]
    assert answer["openings"] == answer["honored"] >= 1
    assert [one["rule"] for one in answer["findings"]] == ["witness.none"]


def test_a_receipt_that_left_no_entry_is_said_in_the_log_once(tmp_path: Path) -> None:
    with cheap_passwords():
        furnish(tmp_path / "home")
    with opened(tmp_path / "home") as acts:
        house = acts.house
        at = house.log.size()
        house.log.append([house.fact(Kind.KEEPER_COUNTED, actor="p_keeper", n=1, lo=at - 1, hi=at - 1)])
        for _ in range(2):
            assert not acts.log_watch.hourly().calm
        assert len(house.log.find(['"outcome":"keeper.excess"'])) == 1
    done = dyepack("ledger", "monitor", "--home", tmp_path / "home")
    assert done.returncode == 1
    assert "INCIDENT keeper.excess" in done.stdout


def test_auditors_are_added_and_listed_by_command(tmp_path: Path) -> None:
    home = tmp_path / "home"
    create(home, "", {}, SystemRandom())
    found(home)
    made = dyepack("ledger", "auditor", "add", "外部审计", "--days", 7, "--home", home, "--json")
    listed = dyepack("ledger", "auditor", "list", "--home", home)

    assert len(json.loads(made.stdout)["token"]) == len("dyepack-auditor-") + 43
    assert listed.stdout.startswith(f"{json.loads(made.stdout)['auditor']}\t外部审计\tvalid\t")


@pytest.mark.parametrize(
    ("act", "arguments", "error"),
    [
        ("ledger auditor revoke", {"auditor": "a" * 26}, NoAuditorError),
        ("ledger auditor add", {"name": "x", "days": 0}, CommandError),
        ("ledger auditor add", {"name": "x", "days": 367}, CommandError),
        ("ledger auditor add", {"name": "", "days": 1}, ActorNameError),
    ],
)
def test_an_auditor_that_cannot_be_is_refused_and_leaves_no_entry(
    acts: Acts, act: str, arguments: dict[str, Any], error: type[Exception]
) -> None:
    before = acts.house.log.size()

    with pytest.raises(error):
        acts.run(act, arguments, silent)
    assert acts.house.log.size() == before


def test_status_tells_ages_and_leaves_out_what_is_not_there(acts: Acts) -> None:
    answer = acts.run("ledger status", {}, silent)

    assert answer["keeper"] <= answer["size"]
    assert answer["wal_segments"] == 1
    assert answer["checkpoint_age_seconds"] >= 0
    assert not answer["witnessed"]
    assert not {"witnesses", "witnessed_size", "copied", "backed_up_at"} & set(answer)
