"""Exit codes and sentences of the command line, each from a real case, in both languages."""

import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from dyepack.app.forward import ForwardServer
from fakes.whole import Person, Said, WholeHouse, dyepack, strangers_list

PEOPLE = strangers_list(80, 40)
ADULT = next(person for person in PEOPLE.people if person.born)
NOBODY = "r1_" + "a" * 26


@dataclass
class Desk:
    home: Path
    token: str
    release: str
    lot: str

    def refused(self, words: str, **environment: str) -> Said:
        filled = words.format(
            token=self.token,
            release=self.release,
            lot=self.lot,
            phone=ADULT.phone,
            nobody=NOBODY,
            home=self.home.parent,
        )
        return dyepack(*filled.split(), home=self.home, **environment)


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> Iterator[Desk]:
    home = tmp_path_factory.mktemp("codes") / "home"
    house = WholeHouse(home)
    house.admit(house.take(PEOPLE.csv("utf-8"))["lot"])
    held = house.take(strangers_list(81, 12).csv("utf-8"), "second.csv")["lot"]
    words = {"purpose": "consult", "case": "咨询", "actor": "林顾问"}
    token = house.do("lookup", phone=ADULT.phone, **words)["records"][0]["token"]
    release = house.do(
        "release request", recipient="北辰", fields="name,phone", purpose="application", case="名单", actor="林顾问"
    )["release"]
    with closing(ForwardServer(home, house.acts.run)):
        yield Desk(home, token, release, held)
    house.close()


REFUSALS = {
    "a role that sees no people": (1, "lookup --phone {phone} --purpose consult --case 咨询 --actor 孟市场"),
    "a purpose that is not the role's": (1, "lookup --phone {phone} --purpose consult --case 咨询 --actor 陈前台"),
    "a field that is not the role's": (1, "reveal {token} email --purpose consult --case 咨询 --actor 林顾问"),
    "a front desk that wants the number": (1, "reveal {token} phone --purpose visit --case 来访 --actor 陈前台"),
    "an uploader who admits": (1, "lot admit {lot} --actor 陈前台"),
    "a release without approval": (
        1,
        "release collect {release} --out {home}/a.csv --actor 林顾问 --unsealed",
    ),
    "a requester who approves": (1, "release approve {release} --actor 林顾问"),
    "a consultant who erases": (1, "erase {token} --ground 请求 --actor 林顾问"),
    "a front desk that traces": (1, "trace list {home}/home/settings.toml --actor 陈前台"),
    "an actor whom nobody knows": (2, "lookup --phone {phone} --purpose consult --case 咨询 --actor 无名氏"),
    "a record that is not there": (2, "reveal {nobody} phone --purpose consult --case 咨询 --actor 林顾问"),
    "a number that is none": (2, "lookup --phone 12345 --purpose consult --case 咨询 --actor 林顾问"),
    "a purpose that is none": (2, "lookup --phone {phone} --purpose curiosity --case 咨询 --actor 林顾问"),
    "a field that is none": (2, "reveal {token} shoe_size --purpose consult --case 咨询 --actor 林顾问"),
    "a role that is none": (2, "actor add 新人 --role emperor"),
    "a name that is taken": (2, "actor add 林顾问 --role consultant"),
    "an entry that is not there": (2, "ledger prove aaaaaaaaaaaaaaaaaaaaaaaaaa --out {home}/a.zip"),
    "a clear file without saying so": (2, "release collect {release} --out {home}/a.csv --actor 林顾问"),
    "an erasure without a ground": (2, "erase {token} --ground= --actor 周合规"),
    "a list in no form of ours": (2, "release collect {release} --out {home}/a.pdf --actor 林顾问 --unsealed"),
}


@pytest.mark.parametrize("what", sorted(REFUSALS))
def test_a_refusal_is_one_sentence_with_a_code_and_its_exit_code(what, desk):
    code, words = REFUSALS[what]

    said = desk.refused(words, DYEPACK_LANG="zh")

    lines = said.err.strip().splitlines()
    assert said.code == code, said.err
    assert said.out == ""
    assert len(lines) == 1
    assert re.search(r"\[[a-z]+\.[a-z-]+\]$", lines[0])
    assert re.search(r"[\u4e00-\u9fff]", lines[0])
    for value in (ADULT.phone, ADULT.name, ADULT.email, "12345", "咨询"):
        assert value not in lines[0]


def test_the_same_refusal_in_english(desk):
    said = desk.refused(REFUSALS["a role that sees no people"][1], DYEPACK_LANG="en")

    assert said.code == 1
    assert re.fullmatch(r"[\x20-\x7e]+\[[a-z.-]+\]", said.err.strip())


def test_zero_is_done(desk):
    said = desk.refused("lookup --phone {phone} --purpose consult --case 咨询 --actor 林顾问")

    assert said.code == 0
    assert ADULT.phone not in said.out + said.err
    assert ADULT.name not in said.out + said.err


def test_three_is_in_part(desk, tmp_path):
    """Every row of a file is unusable; a bundle lacks what would make it whole."""
    file = tmp_path / "damaged.csv"
    file.write_text("姓名,手机\n赵安柏,1.38E+10\n钱恩帆,1.39E+10\n", "utf-8")

    said = dyepack(
        "intake", file, "--provenance", "relation", "--evidence", "x", "--actor", "陈前台", "--json", home=desk.home
    )

    assert said.code == 3
    assert (said.document["rows"], said.document["invalid"]) == (2, 2)
    assert {problem["code"] for problem in said.document["problems"]} >= {"damaged"}


def test_four_is_not_available(desk, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(desk.home, home, ignore=shutil.ignore_patterns("*.sock", "root.key"))

    said = dyepack("actor", "list", home=home, DYEPACK_LANG="zh")

    assert said.code == 4
    assert "[app.keeper-missing]" in said.err


def test_two_is_a_folder_without_a_home(tmp_path):
    said = dyepack("actor", "list", home=tmp_path)

    assert said.code == 2
    assert "[storage.no-home]" in said.err


def test_a_home_is_never_made_over_another(desk):
    said = dyepack("init", "--home", desk.home)

    assert said.code == 2
    assert "[storage.home-exists]" in said.err


@pytest.mark.parametrize(
    "setting", ["mark.exclusive_rows=-1", "mark.exclusive_rows=x", "nonsense=1", "=", "mark.lines"]
)
def test_a_setting_that_is_none_makes_no_home(setting, tmp_path):
    said = dyepack("init", "--home", tmp_path / "home", "--set", setting)

    assert said.code == 2
    assert not (tmp_path / "home").exists()


def test_own_lines_that_cannot_be_used_make_no_home(tmp_path):
    lines = tmp_path / "lines.csv"
    lines.write_text("13100008001\n13100008001\n", "utf-8")

    said = dyepack("init", "--home", tmp_path / "home", "--set", f"mark.lines={lines}")

    assert said.code == 2
    assert "13100008001" not in said.err + said.out
    assert not (tmp_path / "home").exists()
    lines.write_text("13100008001\n13100008002\n", "utf-8")
    again = dyepack("init", "--home", tmp_path / "home", "--set", f"mark.lines={lines}")
    assert again.code == 0, again.err


def test_a_bundle_of_half_an_answer_is_no_success(desk, tmp_path):
    entry = dyepack(
        "lookup", "--phone", ADULT.phone, "--purpose", "visit", "--case", "来访", "--actor", "陈前台", "--json",
        home=desk.home,
    ).document["entry"]  # fmt: skip
    bundle, empty = tmp_path / "bundle.zip", tmp_path / "empty.zip"
    assert dyepack("ledger", "prove", entry, "--out", bundle, home=desk.home).code == 0
    with zipfile.ZipFile(empty, "w"):
        pass

    assert dyepack("verify", bundle).code == 0
    assert dyepack("verify", empty).code in (1, 2)


def test_people_of_the_tests_are_invented(desk):
    assert all(isinstance(person, Person) and person.phone[3:7] == "0000" for person in PEOPLE.people)
