"""Files that nobody can use: one clear sentence, exit code 2, and a home that is as it was."""

import io
import random
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import msoffcrypto
import pytest
from msoffcrypto.format.ooxml import OOXMLFile
from sqlalchemy import select, text

from dyepack.app.forward import ForwardServer
from dyepack.storage.tables import metadata
from fakes.sheets import xlsx
from fakes.whole import WholeHouse, dyepack, strangers_list

PEOPLE = strangers_list(50, 30)


def locked_workbook() -> bytes:
    target = io.BytesIO()
    OOXMLFile(io.BytesIO(PEOPLE.xlsx())).encrypt("secret", target)
    target.seek(0)
    assert msoffcrypto.OfficeFile(target).is_encrypted()
    return target.getvalue()


def bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"\0" * (64 << 20))
    return target.getvalue()


BAD: dict[str, tuple[str, Callable[[], bytes], str]] = {
    "empty": ("a.csv", lambda: b"", "scan.empty-file"),
    "only blanks": ("a.csv", lambda: b" \r\n\r\n\t", "scan.empty-file"),
    "only a header": ("a.csv", lambda: "姓名,手机\r\n".encode(), "scan.empty-file"),
    "a password": ("a.xlsx", locked_workbook, "scan.encrypted"),
    "a bomb": ("a.xlsx", bomb, "scan.bomb"),
    "no encoding of ours": ("a.csv", lambda: b"name,phone\n\x81\x00\xff\xfe\xfd,1\n" * 30, "scan.encoding"),
    "no column of ours": ("a.csv", lambda: "颜色,尺寸\n红,12\n蓝,13\n".encode(), "scan.no-column"),
    "a million rows of one cell": ("a.csv", lambda: b"1\n" * 1_000_000, "scan.too-many-rows"),
    "a picture": ("a.xlsx", lambda: b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(4000), "scan."),
    "a torn workbook": ("a.xlsx", lambda: PEOPLE.xlsx()[:3000], "scan.unreadable"),
    "a text that calls itself a workbook": ("a.xlsx", lambda: b"hello, this is no table", "scan."),
}


@dataclass
class Served:
    """A home with people in it, whose commands are taken by this process."""

    home: Path
    house: WholeHouse

    def state(self) -> tuple:
        """Digest of all that the database holds, size of the log, and the files."""
        self.house.house.log.publish()  # which happens every second anyway
        rows = self.house.house.database.read(
            lambda connection: [
                (table.name, sorted(map(repr, connection.execute(select(table))))) for table in metadata.sorted_tables
            ]
        )
        names = sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*") if "wal" not in path.name)
        return sha256(repr(rows).encode()).hexdigest(), self.house.house.log.size(), names


@pytest.fixture(scope="module")
def served(tmp_path_factory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("bad") / "home"
    house = WholeHouse(home)
    house.admit(house.take(PEOPLE.csv("utf-8"))["lot"])
    house.house.log.publish()
    with closing(ForwardServer(home, house.acts.run)):
        yield Served(home, house)
    house.close()


def intake(home: Path, file: Path, *more: str):
    words = ("--provenance", "relation", "--evidence", "台账", "--actor", "陈前台", *more)
    return dyepack("intake", file, *words, home=home)


def check_refused(said, code: str) -> None:
    lines = said.err.strip().splitlines()
    assert said.code == 2, said.err
    assert said.out == ""
    assert len(lines) == 1
    assert f"[{code}" in lines[0]
    assert "Traceback" not in said.err


@pytest.mark.parametrize("what", sorted(BAD))
def test_a_file_that_nobody_can_use_changes_nothing(what, served, tmp_path):
    name, make, code = BAD[what]
    file = tmp_path / name
    file.write_bytes(make())
    before = served.state()

    said = intake(served.home, file)

    check_refused(said, code)
    assert served.state() == before


def test_a_refused_file_leaves_a_home_that_nobody_serves_as_it_was(tmp_path):
    house = WholeHouse(tmp_path / "home")
    alone = Served(tmp_path / "home", house)
    house.house.log.publish()
    before = alone.state()
    house.close()
    file = tmp_path / "a.xlsx"
    file.write_bytes(locked_workbook())

    check_refused(intake(tmp_path / "home", file), "scan.encrypted")

    house.open()
    assert alone.state() == before
    house.close()


def test_a_good_file_would_have_changed_the_state_that_is_compared(served, tmp_path):
    file = tmp_path / "good.csv"
    file.write_bytes(strangers_list(51, 12, dirt=0).csv("utf-8"))
    before = served.state()

    assert intake(served.home, file).code == 0

    after = served.state()
    assert after[0] != before[0]
    assert after[1] > before[1]


@pytest.mark.parametrize("kind", ["a folder", "a missing file"])
def test_what_is_no_file_is_said_to_be_none(kind, served, tmp_path):
    before = served.state()

    said = intake(served.home, tmp_path if kind == "a folder" else tmp_path / "nowhere.csv")

    check_refused(said, "cli.file")
    assert served.state() == before


def test_a_sheet_that_is_not_there_is_said_so(served, tmp_path):
    file = tmp_path / "list.xlsx"
    file.write_bytes(PEOPLE.xlsx())

    check_refused(intake(served.home, file, "--sheet", "第九页"), "scan.no-sheet")


def test_an_unknown_provenance_is_refused_before_the_file_is_read(served, tmp_path):
    file = tmp_path / "list.xlsx"
    file.write_bytes(b"")
    said = dyepack("intake", file, "--provenance", "stolen", "--evidence", "x", "--actor", "陈前台", home=served.home)

    check_refused(said, "app.command")


@pytest.mark.parametrize("what", ["empty", "a password", "a bomb", "a torn workbook"])
def test_a_leaked_file_that_nobody_can_read_opens_no_case(what, served, tmp_path):
    name, make, code = BAD[what]
    file = tmp_path / name
    file.write_bytes(make())
    before = served.state()

    said = dyepack("trace", "list", file, home=served.home)

    check_refused(said, code)
    assert served.state() == before


def test_a_row_that_is_hostile_text_is_data_and_nothing_else(served, tmp_path):
    """Formulas, markup, SQL and control signs in cells: taken or refused, never run, and whole afterwards."""
    rows = [
        ["姓名", "手机", "备注"],
        ["=HYPERLINK(1)", "13100009001", "=1+1"],
        ["<script>", "13100009002", "'; DROP TABLE record; --"],
        ["王\u202e小明", "13100009003", "\u0000\u0007"],
        ["李{token}%s", "13100009004", "x" * 5_000],
    ]
    file = tmp_path / "hostile.xlsx"
    file.write_bytes(xlsx(rows))

    answer = dyepack(
        "intake", file, "--provenance", "relation", "--evidence", "台账", "--actor", "陈前台", "--json",
        home=served.home,
    )  # fmt: skip

    assert answer.code == 0, answer.err
    document = answer.document
    assert document["taken"] + document["duplicates"] + document["invalid"] == document["rows"] == 4
    tables = served.house.house.database.read(
        lambda connection: connection.execute(text("SELECT count(*) FROM record")).scalar_one()
    )
    assert tables > 30 - PEOPLE.bad - PEOPLE.doubles
