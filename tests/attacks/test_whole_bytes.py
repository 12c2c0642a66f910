"""Byte search: whoever has all files of a home but ``keeper/`` has nobody's number, name or address."""

import json
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from fakes.watched import Patterns, WatchedFolder, files_of
from fakes.whole import Person, WholeHouse, leak, strangers_list, table_of

STATIONS = ("intake", "admit", "look", "reveal", "release", "trace", "erase", "closed")


@dataclass
class Walk:
    """What was found on the way, by station."""

    home: Path
    people: list[Person]
    erased: Person
    patterns: Patterns
    found: dict[str, list[str]] = field(default_factory=dict)
    said: dict[str, bytes] = field(default_factory=dict)
    copy: bytes = b""
    shown: str = ""
    temporary: list[str] = field(default_factory=list)

    def search(self, station: str) -> None:
        self.found[station] = [
            f"{path.relative_to(self.home)}: {what}"
            for path in files_of(self.home, leave_out="keeper")
            for what in self.patterns.seen(path.read_bytes())
        ]


@pytest.fixture(scope="module")
def walk(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bytes")
    temporary = folder / "tmp"
    temporary.mkdir()
    watch = WatchedFolder(temporary)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("TMPDIR", "TEMP", "TMP", "SQLITE_TMPDIR"):
            patch.setenv(name, str(temporary))
        patch.setattr(tempfile, "tempdir", None)
        walk = go(folder / "home")
    walk.temporary = watch.made()
    watch.close()
    return walk


def go(home: Path) -> Walk:
    people = strangers_list(77, 130)
    erased = people.people[5]
    walk = Walk(home, people.people, erased, Patterns(people.people))
    house = WholeHouse(home, mark__exclusive_rows=5)
    progress: list[str] = []

    def note(step: str, done: int, total: int) -> None:
        progress.append(f"{step} {done}/{total}")

    def do(act: str, **arguments):
        answer = house.do(act, note, **arguments)
        walk.said[f"{act} {len(walk.said)}"] = repr(answer).encode() + json.dumps(
            {key: value for key, value in answer.items() if key not in {"content", "files"}}, ensure_ascii=False
        ).encode("utf-16-le")
        return answer

    lot = do("intake", content=people.xlsx(), file="list.xlsx", provenance="relation", evidence="台账", actor="陈前台")[
        "lot"
    ]
    walk.search("intake")
    do("lot admit", lot=lot, actor="周合规")
    walk.search("admit")
    tokens = {}
    for person in (erased, people.people[9]):
        [record] = do("lookup", phone=person.phone, purpose="case", case="查证", actor="周合规")["records"]
        tokens[person.phone] = record["token"]
    walk.search("look")
    for name in ("phone", "name", "email"):
        look = {"token": tokens[erased.phone], "field": name, "purpose": "case", "case": "查证", "actor": "周合规"}
        if not erased.born:
            house.do("approve reveal", requester="周合规", **{**look, "actor": "王老板"})
        walk.shown += house.do("reveal", **look)["value"]
    walk.search("reveal")
    for kind in ("xlsx", "csv"):
        walk.copy = house.release("北辰留学", "name,phone,email,remark", kind=kind)
    walk.search("release")
    do("trace list", content=leak(table_of(walk.copy), 1, share=0.5), file="leak.xlsx")
    walk.search("trace")
    do("erase", token=tokens[erased.phone], ground="本人请求", actor="周合规")
    walk.search("erase")
    do("ledger status")
    do("ledger audit")
    do("actor list")
    house.close()
    walk.search("closed")
    walk.said["progress"] = "\n".join(progress).encode()
    return walk


def test_the_search_finds_what_a_copy_shows(walk):
    """Otherwise silence below would mean nothing."""
    found = Patterns([walk.people[9]]).seen(walk.copy)

    assert len(found) >= 3
    assert walk.erased.phone in walk.shown


def test_the_search_finds_a_number_in_each_encoding():
    person = Person("赵安柏", "13000001234", "a.b@example.com", "")
    for text in ("+8613000001234", "130 0000 1234", "130-0000-1234", person.name, person.email):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be", "gb18030"):
            assert Patterns([person]).seen(b"\0\1" + text.encode(encoding)), (text, encoding)


@pytest.mark.parametrize("station", STATIONS)
def test_no_file_outside_the_keeper_holds_a_number_a_name_or_an_address(walk, station):
    assert walk.found[station] == []


def test_every_station_had_files_to_search(walk):
    assert set(walk.found) == set(STATIONS)
    names = {path.name for path in files_of(walk.home)}
    assert {"vault.db", "settings.toml", "checkpoint", "keeper.db"} <= names


def test_no_temporary_file_was_ever_made(walk):
    assert walk.temporary == []


def test_the_erased_person_is_in_no_file_of_the_keeper_either(walk):
    patterns = Patterns([walk.erased])

    assert [path.name for path in files_of(walk.home) if patterns.seen(path.read_bytes())] == []


def test_nobody_is_in_the_files_of_the_keeper(walk):
    """More than was promised: it holds keys, and texts that are sealed."""
    assert [path.name for path in files_of(walk.home / "keeper") if walk.patterns.seen(path.read_bytes())] == []


def test_no_answer_but_a_reveal_and_a_copy_holds_a_number_a_name_or_an_address(walk):
    found = {act: [what for what in walk.patterns.seen(said) if "****" not in what] for act, said in walk.said.items()}

    assert {act: some for act, some in found.items() if some} == {}  # masks are what an answer may show


def test_the_files_of_a_home_are_for_its_account_alone(walk):
    open_to_others = [path for path in walk.home.rglob("*") if path.stat().st_mode & 0o077]

    assert open_to_others == []
    assert walk.home.stat().st_mode & 0o777 == 0o700
