"""The commands of a witness, as whoever runs one types them."""

import json

import pytest
from typer.testing import CliRunner

from dyepack.app.witness_folder import WitnessFolder
from dyepack.cli.main import app
from dyepack.ledger import open_checkpoint, parse_quorum
from dyepack.ledger.witness import parse_request
from fakes.ledger_logs import ORIGIN, VKEY, HandClock
from fakes.witnesses import KEYS, Growing

LOG = Growing().grow(60)
FORK = Growing(5).grow(60)


def type_in(*words, language="en"):
    return CliRunner().invoke(app, ["witness", *map(str, words)], env={"DYEPACK_LANG": language})


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "w"
    assert type_in("init", "--folder", path, "--name", "audit.example/w1").exit_code == 0
    return path


@pytest.fixture
def ready(folder):
    """A witness that cosigned 40 entries and then saw a fork, a longer fork, and an old checkpoint."""
    assert type_in("log", "add", VKEY, "--folder", folder).exit_code == 0
    witness = WitnessFolder(folder, HandClock())
    witness.answer(LOG.request(0, 40))
    for body in (FORK.request(0, 40), FORK.request(40, 60), LOG.request(0, 9)):
        assert witness.answer(body).status in {409, 422}
    witness.close()
    return folder


def test_init_says_the_keys_and_what_comes_next(tmp_path):
    answer = type_in("init", "--folder", tmp_path / "w", "--name", "audit.example/w1")

    assert answer.exit_code == 0
    assert "audit.example/w1+" in answer.stdout
    assert "dyepack witness log add" in answer.stdout


def test_the_printed_lines_make_a_quorum_file(folder):
    answer = json.loads(type_in("keys", "--folder", folder, "--url", "https://w1.example/", "--json").stdout)
    printed = type_in("keys", "--folder", folder, "--url", "https://w1.example/").stdout

    assert printed.splitlines()[1:] == answer["quorum_lines"]
    quorum = parse_quorum("\n".join([f"log {VKEY}", *answer["quorum_lines"], "quorum audit.example/w1", ""]))
    quorum.check_strength()
    assert [witness.key.vkey for witness in quorum.witnesses.values()] == answer["vkeys"]
    assert {witness.url for witness in quorum.witnesses.values()} == {"https://w1.example/"}


def test_a_log_is_added_once_and_shown_to_be_compared(folder):
    for _ in range(2):
        answer = type_in("log", "add", VKEY, "--folder", folder)
        assert (answer.exit_code, VKEY in answer.stdout) == (0, True)

    assert (folder / "logs.txt").read_text().count(ORIGIN) == 1


@pytest.mark.parametrize(
    ("words", "code", "exit_code"),
    [
        (["log", "add", "nonsense", "--folder", "{folder}"], "ledger.bad-log-key", 2),
        (["init", "--folder", "{folder}", "--name", "other"], "ledger.witness-folder", 4),
        (["keys", "--folder", "{folder}/nowhere"], "ledger.witness-folder", 4),
        (["evidence", "--folder", "{folder}/nowhere"], "ledger.witness-folder", 4),
        (["serve", "--folder", "{folder}/nowhere", "--port", "0"], "ledger.witness-folder", 4),
        (["serve", "--folder", "{folder}", "--host", "192.0.2.1"], "web.address", 4),
    ],
)
def test_a_mistake_is_one_sentence_with_a_code(folder, words, code, exit_code):
    for language in ("en", "zh"):
        answer = type_in(*(word.format(folder=folder) for word in words), language=language)
        assert answer.exit_code == exit_code
        assert f"[{code}]" in answer.stderr
        assert "Traceback" not in answer.output


def test_nothing_kept_is_said_and_exits_0(folder):
    answer = type_in("evidence", "--folder", folder)

    assert (answer.exit_code, answer.stdout) == (0, "Nothing was kept.\n")


def test_evidence_is_listed_with_both_heads_and_exits_1_if_it_proves_a_rewriting(ready):
    answer = type_in("evidence", "--folder", ready, "--json")
    items = json.loads(answer.stdout)["evidence"]

    assert answer.exit_code == 1
    assert [(item["verdict"], item["proves"]) for item in items] == [
        ("fork", True),
        ("inconsistent", False),
        ("shorter", False),
    ]
    assert [(item["cosigned"]["size"], item["signed"]["size"]) for item in items] == [(40, 40), (40, 60), (40, 9)]
    assert items[0]["cosigned"]["root"] != items[0]["signed"]["root"]
    assert {item["origin"] for item in items} == {ORIGIN}


def test_evidence_is_told_in_both_languages(ready):
    english = type_in("evidence", "--folder", ready).stdout
    chinese = type_in("evidence", "--folder", ready, language="zh").stdout

    assert "the log signed two roots of one size" in english
    assert "历史已被改写" in chinese
    for text in (english, chinese):
        assert text.count(ORIGIN) == 3


def test_evidence_that_proves_nothing_by_itself_exits_0(folder):
    type_in("log", "add", VKEY, "--folder", folder)
    witness = WitnessFolder(folder, HandClock())
    for body in (LOG.request(0, 40), LOG.request(0, 9)):
        witness.answer(body)
    witness.close()

    assert type_in("evidence", "--folder", folder).exit_code == 0


def test_written_evidence_can_be_checked_by_whoever_has_the_logs_key(ready, tmp_path):
    answer = type_in("evidence", "--folder", ready, "--out", tmp_path / "out", "--json")
    (fork, *_) = json.loads(answer.stdout)["evidence"]

    folder = tmp_path / "out" / "0001-fork"
    assert sorted(fork["files"]) == sorted(str(path) for path in folder.iterdir())
    signed = open_checkpoint((folder / "signed.note").read_text(), KEYS).head
    cosigned = open_checkpoint((folder / "cosigned.note").read_text(), KEYS).head
    assert (signed.size, signed.origin) == (cosigned.size, cosigned.origin)
    assert signed.root != cosigned.root
    assert parse_request((folder / "request.txt").read_bytes()).head == signed
