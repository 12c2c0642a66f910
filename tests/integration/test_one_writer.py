"""One writer per home: a serving process takes everybody's commands, others wait for their turn."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from dyepack.app import channel
from dyepack.app.forward import SOCKET_NAME, ForwardServer
from dyepack.ledger import Kind
from dyepack.storage.errors import HomeBusyError
from dyepack.terms.errors import DyepackError
from dyepack.terms.progress import silent
from fakes.whole import Person, WholeHouse, dyepack, strangers_list

PEOPLE = strangers_list(70, 60)
ADULTS = [person for person in PEOPLE.people if person.born]
CONSULT = ("--purpose", "consult", "--case", "咨询", "--actor", "林顾问")


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("writer") / "home"
    house = WholeHouse(home)
    house.admit(house.take(PEOPLE.csv("utf-8"))["lot"])
    house.close()
    return home


def serve(home: Path) -> subprocess.Popen:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DYEPACK_")}
    child = subprocess.Popen(
        [sys.executable, "-m", "dyepack", "serve", "--home", home, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=inherited | {"PYTHONUNBUFFERED": "1"},
        text=True,
    )
    said = []
    while line := child.stdout.readline():
        said.append(line)
        if re.search(r"http://127\.0\.0\.1:[1-9][0-9]*", line):
            return child
    raise AssertionError("".join(said))


def ended(child: subprocess.Popen) -> int:
    child.stdout.close()
    return child.wait(timeout=30)


def lookup(home: Path, person: Person):
    return dyepack("lookup", "--phone", person.phone, *CONSULT, "--json", home=home)


def test_commands_are_forwarded_while_the_desk_is_served_and_answer_the_same(home, tmp_path):
    alone = lookup(home, ADULTS[0])
    child = serve(home)
    try:
        forwarded = lookup(home, ADULTS[0])
        listed = dyepack("actor", "list", "--json", home=home)
        refused = dyepack("lookup", "--phone", ADULTS[0].phone, *CONSULT[:-1], "孟市场", "--json", home=home)
        bundle = tmp_path / "proof.zip"
        proven = dyepack("ledger", "prove", forwarded.document["entry"], "--out", bundle, home=home)
        modes = (home / SOCKET_NAME).stat().st_mode & 0o777
    finally:
        child.send_signal(signal.SIGTERM)
        code = ended(child)

    assert alone.document["records"] == forwarded.document["records"]
    assert alone.document.keys() == forwarded.document.keys()
    assert len(listed.document["actors"]) == 5
    assert refused.code == 1
    assert refused.document["error"].startswith("vault.")
    assert proven.code == 0
    assert bundle.stat().st_size > 1_000
    assert modes == 0o600
    assert code == 0
    assert not (home / SOCKET_NAME).exists()


def test_a_killed_desk_leaves_nothing_that_blocks(home):
    child = serve(home)
    child.send_signal(signal.SIGKILL)
    ended(child)
    assert (home / SOCKET_NAME).exists()

    said = lookup(home, ADULTS[1])

    assert said.code == 0, said.err
    assert len(said.document["records"]) == 1


def test_two_commands_at_once_both_succeed_in_turn(home):
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda person: lookup(home, person), ADULTS[2:4]))

    assert [said.code for said in both] == [0, 0]
    assert len({said.document["entry"] for said in both}) == 2


@pytest.fixture
def served(home) -> Iterator[WholeHouse]:
    house = WholeHouse.__new__(WholeHouse)
    house.home, house.clock = home, None
    house.open()
    with closing(ForwardServer(home, house.acts.run)):
        yield house
    house.close()


def test_of_64_racing_looks_for_the_last_unit_of_the_day_exactly_one_is_shown(served):
    words = {"purpose": "consult", "case": "赛跑", "actor": "林顾问"}
    token = served.do("lookup", phone=ADULTS[5].phone, **words)["records"][0]["token"]
    for _ in range(2):
        served.do("reveal", token=token, field="phone", **words)
    before = len(served.house.log.find([f'"{Kind.FIELD_REVEALED.value}"']))
    start = Barrier(64)

    def race(_: int) -> str:
        start.wait(timeout=60)
        try:
            return served.do("reveal", token=token, field="phone", **words)["value"]
        except DyepackError as error:
            return error.code

    with ThreadPoolExecutor(64) as pool:
        answers = Counter(pool.map(race, range(64)))

    shown = [raw for _, raw in served.house.log.find([f'"{Kind.FIELD_REVEALED.value}"'])]
    assert answers.pop(ADULTS[5].phone) == 1
    assert sum(answers.values()) == 63
    assert set(answers) <= {"vault.quota", "vault.denied"}
    assert len(shown) == before + 1


def test_one_approval_is_one_look_also_in_a_race(served):
    minor = next(person for person in PEOPLE.people if not person.born)
    words = {"purpose": "case", "case": "未成年", "actor": "周合规"}
    served.do("actor add", name="吴合规", role="privacy_officer")
    token = served.do("lookup", phone=minor.phone, **words)["records"][0]["token"]
    served.do("approve reveal", token=token, field="phone", requester="周合规", case="未成年", actor="吴合规")
    start = Barrier(8)

    def race(_: int) -> str:
        start.wait(timeout=60)
        try:
            return served.do("reveal", token=token, field="phone", **words)["value"]
        except DyepackError as error:
            return error.code

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(race, range(8)))

    assert answers[minor.phone] == 1


def test_the_same_file_twice_at_once_is_one_lot(served):
    people = strangers_list(72, 700)
    content = people.csv("utf-8")

    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda _: served.take(content, "twice.csv"), range(2))

    assert one == other
    assert one["taken"] == len(people.people)


def test_a_client_that_is_killed_during_a_forwarded_intake_is_finished_by_a_rerun(served, tmp_path):
    people = strangers_list(71, 1_600)
    file = tmp_path / "big.csv"
    file.write_bytes(people.csv("utf-8"))
    words = ["intake", file, "--provenance", "relation", "--evidence", "台账", "--actor", "陈前台"]
    with subprocess.Popen(
        [sys.executable, "-m", "dyepack", *words, "--home", served.home],
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"LANG": "C.UTF-8"},
    ) as client:
        while b"500/1600" not in client.stderr.readline():
            assert client.poll() is None
        client.send_signal(signal.SIGKILL)

    answer = served.take(file.read_bytes(), "big.csv")

    assert answer["taken"] + answer["duplicates"] + answer["invalid"] == answer["rows"] == 1_600
    assert answer["duplicates"] == people.doubles
    assert served.do("ledger audit")["whole"]


def test_a_home_that_is_held_without_a_socket_is_said_to_be_busy(home, monkeypatch):
    monkeypatch.setattr(channel, "WAIT_SECONDS", 0.3)
    house = WholeHouse.__new__(WholeHouse)
    house.home, house.clock = home, None
    house.open()
    begun = time.monotonic()
    try:
        with pytest.raises(HomeBusyError) as busy:
            channel.call(home, "actor list", {}, silent)
    finally:
        house.close()

    assert busy.value.outcome.value == "unavailable"
    assert time.monotonic() - begun < 10


def test_nonsense_on_the_socket_stops_nobody(served):
    import socket

    for payload in (b"", b"\xff\xff\xff\xff", b"\0\0\0\1x", b"\0\0\0\3abc", json.dumps({"act": "erase"}).encode()):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            peer.connect(str(served.home / SOCKET_NAME))
            peer.sendall(payload)

    assert dyepack("actor", "list", home=served.home).code == 0
