"""The whole promise through the real command line: a stranger's list, five recipients, one leak.

Words and JSON keys are those that the README promises; nothing here reaches into the product. Seven hundred rows with
every run, most commands forwarded to a process that serves; five thousand among the proofs, every command alone.
"""

import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from dyepack.app.acts import Acts
from dyepack.app.forward import ForwardServer
from dyepack.app.institution import open_institution
from fakes.sheets import xlsx
from fakes.whole import RECIPIENTS, STAFF, Person, StrangersList, dyepack, leak, strangers_list, table_of

FIELDS = "name,phone,target_country,remark"


@dataclass
class Story:
    home: Path
    people: StrangersList
    intake: dict
    again: dict
    admit: dict
    requests: dict[str, dict]
    copies: dict[str, list[dict[str, str]]]

    def do(self, *words, code=0):
        said = dyepack(*words, "--json", home=self.home)
        assert said.code == code, said.err
        return said.document

    def trace(self, folder, content, *words):
        path = folder / "leak.xlsx"
        path.write_bytes(content)
        return self.do("trace", "list", path, *words)

    def person(self, *, adult: bool) -> Person:
        return next(person for person in self.people.people if bool(person.born) is adult)


@pytest.fixture(scope="module", params=[700, pytest.param(5_000, marks=pytest.mark.proof)])
def story(request, tmp_path_factory) -> Iterator[Story]:
    with ExitStack() as served:
        yield tell(tmp_path_factory.mktemp("acceptance"), request.param, served)


def tell(folder: Path, size: int, served: ExitStack) -> Story:
    home = folder / "home"
    made = dyepack(
        "init", "--home", home, "--institution", "测试机构", "--set", "mark.exclusive_rows=30",
        "--set", "release.cooling_hours=0",
    )  # fmt: skip
    assert made.code == 0, made.err
    for name, role in STAFF.items():
        assert dyepack("actor", "add", name, "--role", role, home=home).code == 0
    people = strangers_list(20261122, size, remarks=0.3 if size > 700 else 0.5)
    file = folder / "报名总表.csv"
    file.write_bytes(people.csv("gb18030"))
    story = Story(home, people, {}, {}, {}, {}, {})
    words = ["intake", file, "--provenance", "relation", "--evidence", "合同台账", "--actor", "陈前台"]
    story.intake = story.do(*words)
    if size == 700:
        house = served.enter_context(open_institution(home))
        served.enter_context(closing(ForwardServer(home, Acts(house).run)))
    story.again = story.do(*words)
    story.admit = story.do("lot", "admit", story.intake["lot"], "--actor", "周合规")
    for place, name in enumerate(RECIPIENTS):
        asked = story.do(
            "release", "request", "--recipient", name, "--fields", FIELDS, "--purpose", "application",
            "--case", f"{name} 名单", "--actor", "林顾问",
        )  # fmt: skip
        story.requests[name] = asked
        for approver in ("周合规", "王老板"):
            story.do("release", "approve", asked["release"], "--actor", approver)
        out = folder / f"{place}.{'csv' if place % 2 else 'xlsx'}"
        story.do("release", "collect", asked["release"], "--out", out, "--actor", "林顾问", "--unsealed")
        story.copies[name] = table_of(out.read_bytes())
    return story


def test_every_row_of_a_strangers_list_has_an_outcome(story):
    answer = story.intake

    assert answer["taken"] + answer["duplicates"] + answer["invalid"] == answer["rows"] == len(story.people.rows)
    assert (answer["duplicates"], answer["invalid"]) == (story.people.doubles, story.people.bad)
    assert answer["state"] == "held"
    assert all(set(problem) == {"row", "column", "code"} for problem in answer["problems"])


def test_the_same_file_again_is_the_same_lot(story):
    assert story.again == story.intake


def test_an_admitted_lot_opens_all_that_was_taken(story):
    assert story.admit == {"lot": story.intake["lot"], "admitted": story.intake["taken"], "duplicates": 0}


def test_a_copy_holds_everybody_and_at_least_thirty_people_that_only_it_holds(story):
    known = {person.phone for person in story.people.people}
    numbers = {name: {row["phone"] for row in copy} for name, copy in story.copies.items()}

    for name in RECIPIENTS:
        others = set().union(*(numbers[other] for other in RECIPIENTS if other != name))
        assert known <= numbers[name]
        assert len(numbers[name] - known - others) >= 30
        assert story.requests[name]["rows"] == len(known)
        assert list(story.copies[name][0]) == FIELDS.split(",")


def test_thirty_percent_of_a_copy_names_its_recipient(story, tmp_path):
    culprit = RECIPIENTS[2]

    document = story.trace(tmp_path, leak(story.copies[culprit], 1, share=0.3), "--output", tmp_path / "report")

    decision = document["decision"]
    assert document["schema"] == "dyepack.trace/1"
    assert (decision["tier"], decision["reason"], decision["accused"]) == ("person", "crossed", [culprit])
    assert decision["group"] is None
    assert {"verdict.json", "report.html"} <= {path.name for path in (tmp_path / "report").iterdir()}


def test_ten_percent_of_a_copy_names_its_recipient_or_nobody(story, tmp_path):
    culprit = RECIPIENTS[4]

    decision = story.trace(tmp_path, leak(story.copies[culprit], 2, share=0.1))["decision"]

    assert (decision["tier"], decision["accused"]) in (("person", [culprit]), ("none", []))


def test_two_halves_together_name_only_those_two(story, tmp_path):
    first, second = RECIPIENTS[0], RECIPIENTS[3]
    half = {row["phone"]: row for row in story.copies[first][::2]} | {
        row["phone"]: row for row in story.copies[second][1::2]
    }

    decision = story.trace(tmp_path, leak(list(half.values()), 3))["decision"]

    named = set(decision["accused"]) | set(decision["group"] or [])
    assert named
    assert named <= {first, second}


def test_without_any_invented_person_the_remarks_alone_name_the_copy(story, tmp_path):
    culprit = RECIPIENTS[1]
    known = {person.phone for person in story.people.people}
    real = [row for row in story.copies[culprit] if row["phone"] in known]

    document = story.trace(tmp_path, leak(real, 4, share=0.3, keep=("remark", "phone", "name")))

    assert document["decision"]["accused"] == [culprit]
    assert sum(sum(person["design"]["hits"].values()) for person in document["persons"]) == 0


def test_a_list_that_is_not_ours_names_nobody(story, tmp_path):
    foreign = [
        {"name": "张三丰", "phone": f"1700000{number:04d}"} for number in range(300)
    ]  # numbers that the list above cannot hold

    document = story.trace(tmp_path, leak(foreign, 5))

    assert (document["decision"]["tier"], document["decision"]["reason"]) == ("none", "not-ours")
    assert document["decision"]["accused"] == []


def test_a_grown_up_is_looked_up_by_number_and_shown_one_field(story):
    person = story.person(adult=True)
    found = story.do("lookup", "--phone", person.phone, "--purpose", "consult", "--case", "来访", "--actor", "林顾问")
    [record] = found["records"]
    masks = " ".join(record["masks"].values())

    shown = story.do("reveal", record["token"], "phone", "--purpose", "consult", "--case", "来访", "--actor", "林顾问")

    assert person.phone not in masks
    assert person.name not in masks
    assert shown["value"] == person.phone
    assert len(shown["entry"]) == len(found["entry"]) == 26


def test_an_unknown_age_needs_a_second_person_for_every_look(story):
    person = story.person(adult=False)
    words = ("--purpose", "consult", "--case", "未成年", "--actor", "林顾问")
    [record] = story.do("lookup", "--phone", f"+86 {person.phone}", *words)["records"]
    look = ("reveal", record["token"], "phone", *words)

    before = story.do(*look, code=1)
    approval = story.do(
        "approve", "reveal", record["token"], "phone", "--for", "林顾问", "--case", "未成年", "--actor", "周合规"
    )
    shown = story.do(*look)
    after = story.do(*look, code=1)

    assert before["error"] == after["error"] == "vault.minor-approval"
    assert approval["approval"]
    assert shown["value"] == person.phone


def test_a_look_is_proven_to_a_stranger_with_a_file_that_runs_alone(story, tmp_path):
    words = ("--phone", story.people.people[7].phone, "--purpose", "visit", "--case", "来访登记", "--actor", "陈前台")
    entry = story.do("lookup", *words)["entry"]
    bundle = tmp_path / "proof.zip"

    story.do("ledger", "prove", entry, "--out", bundle)

    assert dyepack("verify", bundle).code == 0
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "proof")
    [script] = (tmp_path / "proof").rglob("verify.py")
    alone = subprocess.run(
        [sys.executable, "-I", script, bundle], cwd="/", env={}, capture_output=True, text=True, check=False
    )
    assert alone.returncode == 0, alone.stdout + alone.stderr
    assert "witness" in (alone.stdout + alone.stderr).lower()


def test_the_log_of_all_this_is_whole_and_says_that_it_is_not_witnessed(story):
    audit = story.do("ledger", "audit")
    status = story.do("ledger", "status")

    assert audit["whole"]
    assert not audit["witnessed"]
    assert status["size"] >= audit["size"] > 0


def test_an_erased_person_is_not_found_again(story):
    person = story.people.people[42]
    words = ("--phone", person.phone, "--purpose", "supervise", "--case", "删除请求", "--actor", "周合规")
    [record] = story.do("lookup", *words)["records"]

    story.do("erase", record["token"], "--ground", "本人请求", "--actor", "周合规")

    assert story.do("lookup", *words)["records"] == []
    assert story.do("erase", record["token"], "--ground", "本人请求", "--actor", "周合规", code=2)


def test_a_dry_run_of_a_workbook_changes_nothing(story, tmp_path):
    fresh = strangers_list(9, 60)
    path = tmp_path / "new.xlsx"
    path.write_bytes(fresh.xlsx())
    before = story.do("ledger", "status")["size"]

    answer = story.do("intake", path, "--provenance", "relation", "--evidence", "x", "--actor", "陈前台", "--dry-run")

    assert (answer["rows"], answer["duplicates"], answer["invalid"]) == (60, fresh.doubles, fresh.bad)
    # a command of its own ends with one entry about what the keeper honored, nothing else
    assert story.do("ledger", "status")["size"] <= before + 2


def test_a_workbook_that_is_no_list_of_people_is_refused(story, tmp_path):
    path = tmp_path / "prices.xlsx"
    path.write_bytes(xlsx([["商品", "价格"], ["笔", "3"], ["本", "5"]]))
    said = dyepack("intake", path, "--provenance", "relation", "--evidence", "x", "--actor", "陈前台", home=story.home)

    assert said.code == 2
    assert "[scan.no-column]" in said.err
