"""kill -9 of the real command line: what was reported is there, nothing is half there, a rerun finishes the rest."""

import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from dyepack.storage.tables import import_row, index_tag, record
from dyepack.terms.ids import RecordToken, record_bytes
from dyepack.vault.record import parse_sealed
from fakes.whole import WholeHouse, strangers_list

ROWS = 800
FILE_WORDS = ("--provenance", "relation", "--evidence", "台账", "--actor", "陈前台")


@dataclass
class Template:
    """A founded home, empty or with an admitted lot, that is copied for every kill."""

    folder: Path
    people: object
    file: Path
    lot: str = ""
    token: str = ""

    def copy(self, to: Path) -> Path:
        return Path(shutil.copytree(self.folder, to))


@pytest.fixture(scope="module")
def empty(tmp_path_factory) -> Template:
    folder = tmp_path_factory.mktemp("kill")
    people = strangers_list(13, ROWS)
    file = folder / "list.csv"
    file.write_bytes(people.csv("gb18030"))
    WholeHouse(folder / "home").close()
    return Template(folder / "home", people, file)


@pytest.fixture(scope="module")
def taken(empty, tmp_path_factory) -> Template:
    home = empty.copy(tmp_path_factory.mktemp("taken") / "home")
    house = reopened(home)
    lot = house.take(empty.file.read_bytes())["lot"]
    house.close()
    return Template(home, empty.people, empty.file, lot)


def reopened(home: Path) -> WholeHouse:
    house = WholeHouse.__new__(WholeHouse)
    house.home, house.clock = home, None
    house.open()
    return house


def run_and_kill(home: Path, words: tuple, after: str, seconds: float) -> list[tuple[int, int]]:
    """Kill the command ``seconds`` after a line of progress that begins with ``after``; the progress it told."""
    command = [sys.executable, "-m", "dyepack", *map(str, words), "--home", str(home)]
    environment = {"LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, env=environment) as child:
        said = b""
        while after.encode() not in said and (line := child.stderr.readline()):
            said += line
        time.sleep(seconds)
        child.send_signal(signal.SIGKILL)
        said += child.stderr.read()
    return [(int(done), int(total)) for done, total in re.findall(rb"(\d+)/(\d+)\n", said)]


def check_rows(house: WholeHouse, reported: int) -> Counter:
    """Nothing half: every outcome is whole, every record can be opened, every record has its row."""
    database = house.house.database
    rows = database.read(lambda c: c.execute(select(import_row)).all())
    records = {row.token: row for row in database.read(lambda c: c.execute(select(record)).all())}
    tagged = set(database.read(lambda c: c.execute(select(index_tag.c.token)).scalars().all()))
    outcomes = Counter(row.outcome for row in rows)
    owned = {row.token for row in rows if row.outcome == "taken"}
    assert len(rows) >= reported
    assert len(rows) == len({row.row for row in rows})
    assert owned == set(records) == tagged
    for token, row in records.items():
        assert len(parse_sealed(row.sealed)) >= 2
        assert record_bytes(token)
    tokens = [RecordToken(token) for token in records]
    for start in range(0, len(tokens), 100):
        assert len(house.house.viewer.aliases(tokens[start : start + 100])) == len(tokens[start : start + 100])
    return outcomes


def intake_killed(empty: Template, to: Path, seconds: float) -> None:
    home = empty.copy(to)
    words = ("intake", empty.file, *FILE_WORDS)

    progress = run_and_kill(home, words, "taking in 0", seconds)

    reported = max((done for done, total in progress if total == ROWS), default=0)
    house = reopened(home)
    check_rows(house, reported)
    assert house.do("ledger audit")["whole"]
    answer = house.take(empty.file.read_bytes())
    outcomes = check_rows(house, ROWS)
    assert answer["rows"] == answer["taken"] + answer["duplicates"] + answer["invalid"] == ROWS
    assert (answer["duplicates"], answer["invalid"]) == (empty.people.doubles, empty.people.bad)
    assert outcomes["taken"] == answer["taken"]
    assert house.do("ledger audit")["whole"]
    house.close()


@pytest.mark.parametrize("seconds", [0.0, 0.05, 0.15, 0.3, 0.45])
def test_a_killed_intake_lost_nothing_it_reported_and_is_finished_by_a_rerun(seconds, empty, tmp_path):
    intake_killed(empty, tmp_path / "home", seconds)


@pytest.mark.proof
@pytest.mark.parametrize("point", range(50))
def test_an_intake_killed_at_one_of_50_points_is_finished_by_a_rerun(point, empty, tmp_path):
    intake_killed(empty, tmp_path / "home", random.Random(point).random() * 0.7)


def test_a_lot_whose_first_run_ended_before_its_first_batch_is_finished_later(empty, tmp_path):
    """The receipt of the lot's own entry opens nothing after a restart; a fresh one must be had."""

    class Stop(Exception):
        pass

    def stop(step: str, done: int, total: int) -> None:
        if step == "intake":
            raise Stop

    house = reopened(empty.copy(tmp_path / "home"))
    with pytest.raises(Stop):
        house.take(empty.file.read_bytes(), progress=stop)
    house.close()
    house.open()

    answer = house.take(empty.file.read_bytes())

    assert answer["taken"] + answer["duplicates"] + answer["invalid"] == ROWS
    house.close()


@pytest.mark.parametrize("seconds", [pytest.param(0.05, marks=pytest.mark.proof), 0.2])
def test_a_killed_admission_is_finished_by_a_rerun(seconds, taken, tmp_path):
    home = taken.copy(tmp_path / "home")

    run_and_kill(home, ("lot", "admit", taken.lot, "--actor", "周合规"), "admitting 0", seconds)

    house = reopened(home)
    admitted = house.admit(taken.lot)
    assert admitted["admitted"] == len(taken.people.people)
    assert house.do("ledger audit")["whole"]
    person = taken.people.people[-1]
    words = {"purpose": "consult", "case": "核对", "actor": "林顾问"}
    assert len(house.do("lookup", phone=person.phone, **words)["records"]) == 1
    assert len(table_of_release(house)) >= len(taken.people.people)  # every one of them opens
    house.close()


def table_of_release(house: WholeHouse) -> list[str]:
    return house.release("核对", "name,phone").decode("utf-8-sig").splitlines()


@pytest.mark.parametrize("cut", ["before-keys", "after-keys", "after-rows"])
def test_an_erasure_that_was_cut_off_is_finished_by_a_rerun(cut, taken, tmp_path):
    home = taken.copy(tmp_path / "home")
    person = taken.people.people[3]
    script = f"""
import os, sys
from pathlib import Path
from dyepack.app.acts import Acts
from dyepack.app.institution import open_institution

house = open_institution(Path({str(home)!r}))
acts = Acts(house)
acts.run("lot admit", {{"lot": {taken.lot!r}, "actor": "周合规"}}, lambda *step: None)
look = {{"phone": {person.phone!r}, "purpose": "case", "case": "请求", "actor": "周合规"}}
token = acts.run("lookup", look, lambda *step: None)["records"][0]["token"]
print(token, flush=True)
cut = {cut!r}
target, name = (house.records, "erase") if cut != "before-keys" else (house.keeper, "set_state")
done = getattr(target, name)

def die(*arguments):
    if cut == "after-rows":
        done(*arguments)
    os.kill(os.getpid(), 9)

setattr(target, name, die)
acts.run("erase", {{"token": token, "ground": "本人请求", "actor": "周合规"}}, lambda *step: None)
"""
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    token = killed.stdout.strip()

    house = reopened(home)
    if cut != "after-rows":
        house.do("erase", token=token, ground="本人请求", actor="周合规")
    look = {"purpose": "case", "case": "请求", "actor": "周合规"}
    assert house.do("lookup", phone=person.phone, **look)["records"] == []
    assert house.house.records.get([RecordToken(token)]) == []
    assert house.house.viewer.aliases([RecordToken(token)]) == {}
    assert house.do("ledger audit")["whole"]
    house.close()
