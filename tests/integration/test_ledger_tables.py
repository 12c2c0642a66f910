"""``dyepack ledger tables`` and the counts of ``ledger status``, on a home that is being served."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dyepack.app.forward import ForwardServer
from dyepack.ledger import Kind
from fakes.whole import WholeHouse, dyepack


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("tables") / "home"
    house = WholeHouse(folder)
    house.house.log.append([house.house.fact(Kind.PROCESS_STARTED, actor="p_log") for _ in range(300)])
    with closing(ForwardServer(folder, house.acts.run)):
        yield folder
    house.close()


def test_tables_are_refreshed_audited_and_rebuilt_in_both_languages(home):
    made = dyepack("ledger", "tables", "--json", home=home).document
    [path] = (home / "ledger").rglob("*.parquet")

    assert (made["covered"], made["entries"], made["files"], made["bytes"]) == (256, 256, 1, path.stat().st_size)
    assert made["size"] > 300
    assert "1 个文件，256 行" in dyepack("ledger", "tables", "--audit", home=home, DYEPACK_LANG="zh").out
    rebuilt = dyepack("ledger", "tables", "--rebuild", home=home, DYEPACK_LANG="en")
    assert (rebuilt.code, "(256 new)" in rebuilt.out) == (0, True)


def test_changed_tables_are_refused_with_the_place(home):
    dyepack("ledger", "tables", home=home)
    [path] = (home / "ledger").rglob("*.parquet")
    whole = path.read_bytes()
    path.write_bytes(whole[:-4])

    said = dyepack("ledger", "tables", "--audit", home=home, DYEPACK_LANG="en")
    code = dyepack("ledger", "tables", "--audit", "--json", home=home)
    path.write_bytes(whole)

    assert said.code == code.code == 1
    assert "000000000000-000000000255.parquet: not a readable table" in said.out
    assert not code.document["whole"]
    assert "分析表" in code.document["finding"]["zh"]


def test_status_counts_the_day_by_kind(home):
    today = dyepack("ledger", "status", "--json", home=home).document["today"]

    assert today["app:process:started"] >= 300
    assert "app:process:started 3" in dyepack("ledger", "status", home=home, DYEPACK_LANG="en").out
