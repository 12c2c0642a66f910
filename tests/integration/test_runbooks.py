"""The runbooks of the log's operator run as they stand: real witnesses, a real keeper, real commands."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from dyepack.app.institution import open_institution
from dyepack.crypto.digest import sha256
from dyepack.ledger import Kind, digest_text, head_text, open_checkpoint, parse_entry, parse_vkey
from dyepack.storage.private_file import VkeyFile
from fakes.keeper_process import short_folder

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if name != "DYEPACK_HOME"},
    "DYEPACK_LANG": "en",
    "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
}


def commands(guide: str) -> dict[int, list[str]]:
    """The commands of each numbered section."""
    text = (GUIDES / guide).read_text("utf-8")
    sections = re.split(r"^## (\d) .*$", text, flags=re.MULTILINE)[1:]
    return {
        int(number): [
            line.strip()
            for block in re.findall(r"```sh\n(.*?)```", body, re.DOTALL)
            for line in block.splitlines()
            if line.strip()
        ]
        for number, body in zip(sections[::2], sections[1::2], strict=True)
    }


BOOK = commands("operations.md")


class Operator:
    """Types what the guide says, in one folder; only values that an earlier step printed are filled in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.values: dict[str, str] = {}
        self.running: dict[str, subprocess.Popen[str]] = {}

    def types(self, line: str) -> subprocess.CompletedProcess[str] | None:
        for name, value in self.values.items():
            line = re.sub(rf"(?<![A-Z-]){name}(?![A-Z-])", value, line)
        if " serve " in line:
            self.serve(line.split())
            return None
        if line.startswith("dyepack keeper trust"):
            self.stop("keeper-home")
        return subprocess.run(
            ["bash", "-euo", "pipefail", "-c", line],
            cwd=self.folder,
            env=ENVIRONMENT,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def does(self, *lines: str) -> str:
        """All of them succeed; what the last one said."""
        out = ""
        for line in lines:
            done = self.types(line)
            if done is not None:
                assert done.returncode == 0, (line, done.stderr)
                out = done.stdout
        return out

    def is_refused(self, line: str, code: str) -> str:
        done = self.types(line)
        assert done is not None
        assert done.returncode in {1, 2}, (line, done.stdout)
        assert f"[{code}]" in done.stderr
        return done.stderr

    def serve(self, words: list[str]) -> None:
        who = words[words.index("--folder") + 1]
        self.stop(who)
        if "--port" in words:
            words[words.index("--port") + 1] = "0"
        process = subprocess.Popen(
            words, cwd=self.folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.running[who] = process
        assert process.stdout is not None
        said = process.stdout.readline().strip()
        assert said, process.communicate(timeout=30)[1]
        self.values[f"{who.upper()}-URL"] = said

    def stop(self, who: str) -> None:
        process = self.running.pop(who, None)
        if process is not None:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=30)

    def reads(self, name: str, text: str) -> str:
        """Note the first Ed25519 key that a command printed."""
        self.values[name] = next(
            word.strip("'") for word in text.split() if re.fullmatch(r"'?\S+\+[0-9a-f]{8}\+\S+", word)
        )
        return self.values[name]

    def home(self, name: str = "my-home") -> Path:
        return self.folder / name

    def believes(self) -> list[str]:
        return list(VkeyFile(self.folder / "keeper-home" / "log.vkey").vkeys())


@pytest.fixture
def operator() -> Iterator[Operator]:
    with short_folder() as folder:
        who = Operator(folder)
        try:
            yield who
        finally:
            for name in list(who.running):
                who.stop(name)


def without_witnesses(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith("dyepack witness")]


def ceremony(operator: Operator) -> None:
    init, status, *rest = BOOK[1]
    operator.does(init)
    operator.reads("LOG-VKEY", operator.does(status))
    assert operator.values["LOG-VKEY"].startswith("school.example/ledger/i_")
    operator.does(*rest)
    assert not (operator.home() / "keeper").exists()


def drill(operator: Operator) -> None:
    pack, write, status, keep, make, unpack, look = BOOK[5]
    operator.does(pack, write, status, keep, make, unpack)
    assert "an old copy was restored" in operator.is_refused(look, "ledger.rolled-back")
    operator.does(status)  # the newest home opens as before


def successor(operator: Operator, *, witnessed: bool) -> None:
    succeed, *rest, status = BOOK[6] if witnessed else without_witnesses(BOOK[6])
    key = operator.reads("SUCCESSOR-VKEY", operator.does(succeed))
    assert "keeper trust" in operator.is_refused(status, "app.shard")  # the keeper believes the lost log
    operator.does(*rest)
    assert parse_vkey(key).name in operator.does(status)
    with open_institution(operator.home("old-home")) as house:
        kept = (operator.folder / "kept.note").read_text()
        lost = house.log._keys(kept.split("\n")[0].rpartition("/")[2])
        entry = parse_entry(house.log.current.entry(0))
        assert entry.kind is Kind.LOG_OPENED
        assert entry.fields["digest"] == digest_text(sha256(head_text(open_checkpoint(kept, lost.known).head).encode()))
        assert house.keeper.standing().origin == house.log.origin == parse_vkey(key).name


def test_both_languages_hold_the_same_commands() -> None:
    assert sorted(BOOK) == [1, 2, 3, 4, 5, 6, 7]
    assert commands("operations.zh-CN.md") == BOOK


@pytest.mark.proof
def test_rotation(operator: Operator) -> None:
    ceremony(operator)
    new = operator.reads("ROTATED-VKEY", operator.does(*without_witnesses(BOOK[3])))

    assert operator.believes() == [operator.values["LOG-VKEY"], new]


@pytest.mark.proof
def test_an_old_copy_is_refused_and_a_successor_goes_on_after_a_loss(operator: Operator) -> None:
    ceremony(operator)
    drill(operator)
    successor(operator, witnessed=False)


@pytest.mark.proof
def test_the_whole_book_with_three_witnesses(operator: Operator) -> None:
    ceremony(operator)
    *before, produce, status = BOOK[2]
    assert "may be away" in operator.does(*before[: before.index("dyepack ledger policy check quorum.txt") + 1])
    operator.does(*before[before.index("dyepack ledger policy check quorum.txt") + 1 :])
    settings = (operator.home() / "settings.toml").read_text()
    operator.does(produce)
    assert "under the account of the vault" in operator.is_refused(status, "app.production")  # this is one account
    (operator.home() / "settings.toml").write_text(settings)

    rotate, *tell = BOOK[3]
    operator.reads("ROTATED-VKEY", operator.does(rotate))
    operator.does(*tell)
    assert operator.believes() == [operator.values["LOG-VKEY"], operator.values["ROTATED-VKEY"]]

    prepare, *tell, roll = BOOK[4]
    following = operator.reads("NEXT-VKEY", operator.does(prepare))
    operator.does(*tell)
    assert following in operator.does(roll)
    with open_institution(operator.home()) as house:
        house.log.current.await_quorum()  # of the new log, at once
        witnessed = house.log.current.witnessed()
        assert witnessed is not None
        assert witnessed.head.origin == parse_vkey(following).name

    (prune,) = BOOK[7]
    operator.values["YEAR"] = parse_vkey(operator.values["LOG-VKEY"]).name.rpartition("/")[2]
    assert "3 years old" in operator.is_refused(prune, "app.shard")

    drill(operator)
    successor(operator, witnessed=True)
    with open_institution(operator.home("old-home")) as house:
        house.log.current.await_quorum()
