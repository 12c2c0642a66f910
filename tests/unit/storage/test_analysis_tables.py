import shutil
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dyepack.ledger import Kind, parse_entry
from dyepack.ledger.errors import BadEntryError, TileError
from dyepack.storage import analysis_query, analysis_tables
from dyepack.storage.analysis_tables import MAX_PARTS, AnalysisTables
from dyepack.storage.errors import BrokenTableError, TableUnwritableError
from fakes.dated_logs import ALIASES, DAY, DatedLog
from fakes.ledger_logs import ORIGIN, START

LOG = DatedLog().grow_days(40, 20)  # 800 entries; the last 32 are in no full bundle
FULL = 768


def tables(folder, log=LOG, origin=ORIGIN):
    return AnalysisTables(folder / "parquet" / "2026", log.files.get, origin)


def content(some):
    return {str(path.relative_to(some.folder)): path.read_bytes() for path in some.folder.rglob("*") if path.is_file()}


@pytest.fixture
def written(tmp_path):
    some = tables(tmp_path)
    some.refresh(len(LOG.entries))
    return some


def change(file, edit):
    """Write a table file again with an edited table."""
    edited = edit(pq.read_table(file.path))
    pq.write_table(edited, file.path, compression="zstd")


def cell(name, row, value):
    def edit(table):
        values = table.column(name).to_pylist()
        values[row] = value
        place = table.schema.get_field_index(name)
        return table.set_column(place, table.schema.field(name), pa.array(values, table.schema.field(name).type))

    return edit


# -- writing ---------------------------------------------------------------------------------------------------------


def test_tables_hold_what_full_bundles_hold_one_file_a_month(written):
    assert [str(file.path.relative_to(written.folder)) for file in written.files()] == [
        "2026-01/000000000000-000000000619.parquet",
        "2026-02/000000000620-000000000767.parquet",
    ]
    assert written.covered() == FULL


def test_rows_are_the_fields_of_the_entries(written):
    rows = pq.read_table(written.files()[0].path).to_pylist()

    for row in rows:
        entry = parse_entry(LOG.entries[row.pop("idx")])
        found = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}
        stamps = {"v": 1, "id": entry.id, "t": entry.t, "org": entry.org, "kind": entry.kind.value}
        assert {name: value for name, value in found.items() if value is not None} == {**entry.fields, **stamps}


def test_files_are_private_and_a_second_refresh_changes_nothing(written):
    before = content(written)

    done = written.refresh(len(LOG.entries))

    assert (done.covered, done.entries, done.files) == (FULL, 0, 2)
    assert done.bytes == sum(map(len, before.values()))
    assert content(written) == before
    assert all(file.path.stat().st_mode & 0o777 == 0o600 for file in written.files())


def test_a_rebuild_gives_the_same_bytes(written):
    before = content(written)

    assert written.rebuild(len(LOG.entries)).entries == FULL
    assert content(written) == before


def test_growing_by_parts_ends_in_the_same_files_once_a_month_is_over(written, tmp_path):
    slow = tables(tmp_path / "slow")
    for size in range(256, 800, 256):
        slow.refresh(size)

    assert len(slow.files()) == 2
    assert content(slow) == content(written)


def test_a_month_that_is_not_over_is_folded_when_it_has_many_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(analysis_tables, "MAX_PARTS", 2)
    log = DatedLog(seed=2).grow_days(4, 256)
    some = tables(tmp_path, log)
    parts = [some.refresh(size).files for size in (256, 512, 768, 1024)]

    assert MAX_PARTS == 24
    assert parts == [1, 2, 1, 2]
    assert some.audit(1024).whole


def test_what_a_crash_left_is_cleared_and_is_never_read_twice(written):
    before = content(written)
    first = written.files()[0].path
    shutil.copy(first, first.with_name("000000000000-000000000255.parquet"))
    first.with_name(".writing").write_bytes(b"half")

    assert written.covered() == FULL
    assert len(analysis_query.of_kind(written, Kind.FIELD_REVEALED)) == len(_of_kind(Kind.FIELD_REVEALED))
    written.refresh(len(LOG.entries))
    assert content(written) == before


def test_a_lost_file_is_written_again(written):
    before = content(written)
    written.files()[0].path.unlink()

    assert written.covered() == 0
    written.refresh(len(LOG.entries))
    assert content(written) == before


def test_tables_longer_than_the_log_are_dropped(written):
    written.refresh(512)

    assert written.covered() == 512


def test_a_broken_bundle_or_entry_is_not_written(tmp_path):
    lost = DatedLog(files=dict(LOG.files))
    del lost.files["tile/entries/001"]
    foreign = DatedLog(files=LOG.files | {"tile/entries/000": b"\x00\x02{}" * 256})

    with pytest.raises(TileError):
        tables(tmp_path, lost).refresh(800)
    with pytest.raises(BadEntryError):
        tables(tmp_path / "other", foreign).refresh(800)


def test_a_disk_that_refuses_is_one_sentence(tmp_path):
    (tmp_path / "parquet").write_bytes(b"in the way")

    with pytest.raises(TableUnwritableError):
        tables(tmp_path).refresh(800)


def test_a_file_that_cannot_be_dropped_is_one_sentence(written, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "no")

    monkeypatch.setattr(Path, "unlink", refuse)

    with pytest.raises(TableUnwritableError):
        written.rebuild(800)


def test_row_groups_have_one_size_but_for_the_last_of_a_file(tmp_path, monkeypatch):
    monkeypatch.setattr(analysis_tables, "ROW_GROUP", 256)
    monkeypatch.setattr(analysis_tables, "_PIECE", 100)
    some = tables(tmp_path)
    some.refresh(800)
    meta = pq.read_metadata(some.files()[0].path)

    assert [meta.row_group(group).num_rows for group in range(meta.num_row_groups)] == [256, 256, 108]
    assert meta.row_group(0).column(0).compression == "ZSTD"
    assert some.audit(800).checked == FULL


# -- the audit -------------------------------------------------------------------------------------------------------


def test_whole_tables_pass_and_progress_is_told(written):
    steps = []

    result = written.audit(800, lambda *step: steps.append(step))

    assert (result.whole, result.files, result.checked, result.finding) == (True, 2, FULL, None)
    assert steps == [("tables-audit", 620, 800), ("tables-audit", 768, 800)]


@pytest.mark.parametrize(
    ("name", "value"),
    [("actor", "p_log"), ("t", START), ("subj", ["a" * 26]), ("n", 3), ("idx", 5), ("commit", ""), ("masks", [])],
)
def test_a_changed_cell_is_named(written, name, value):
    change(written.files()[0], cell(name, 300, value))

    finding = written.audit(800).finding

    assert finding.facts["place"] == "000000000000-000000000619.parquet, row 300"
    assert finding.facts["why"] == "not entry 300 of the log"


def test_a_dropped_row_is_named(written):
    file = written.files()[1]
    change(file, lambda table: pa.concat_tables([table.slice(0, 9), table.slice(10)]))

    assert written.audit(800).finding.facts["why"] == "not entry 629 of the log"


def test_a_dropped_last_row_is_named(written):
    change(written.files()[0], lambda table: table.slice(0, 619))

    assert written.audit(800).finding.facts["why"] == "619 rows where its name says 620"


def test_a_file_of_another_log_is_named(written, tmp_path):
    other = tables(tmp_path / "other", DatedLog(seed=9).grow_days(40, 20), "other.example/2026")
    other.refresh(800)
    shutil.copy(other.files()[1].path, written.files()[1].path)

    assert written.audit(800).finding.facts["why"] == "a table of another log"


def test_a_file_of_another_log_under_this_name_is_named_by_its_first_row(written, tmp_path):
    other = tables(tmp_path / "other", DatedLog(seed=9).grow_days(40, 20))
    other.refresh(800)
    shutil.copy(other.files()[1].path, written.files()[1].path)

    assert written.audit(800).finding.facts["why"] == "not entry 620 of the log"


def test_a_gap_an_overlap_and_a_missing_end_are_named(written):
    first, second = (file.path for file in written.files())
    twice = first.with_name("000000000000-000000000255.parquet")
    twice.write_bytes(first.read_bytes())
    assert written.audit(800).finding.facts["why"] == "620 rows where its name says 256"
    pq.write_table(pq.read_table(first).slice(0, 256), twice)
    assert written.audit(800).finding.facts["why"] == "entries from 0 on are in another file too"
    twice.unlink()
    kept = second.read_bytes()
    second.unlink()
    assert written.audit(800).finding.facts == {"place": "the end", "why": "entries from 620 on are missing"}
    second.write_bytes(kept)
    first.unlink()
    assert written.audit(800).finding.facts["why"] == "entries 0 to 619 are missing before it"


def test_rows_that_the_log_does_not_have_are_named(written):
    short = AnalysisTables(written.folder, DatedLog().grow_days(20, 20).files.get, ORIGIN)

    assert short.audit(400).finding.facts["why"] == "the log has no full tile with entry 256"


def test_a_file_in_the_wrong_month_is_named(written):
    second = written.files()[1].path
    moved = written.folder / "2026-03" / second.name
    moved.parent.mkdir()
    second.rename(moved)

    assert written.audit(800).finding.facts["why"] == "entry 620 is of another month"


@pytest.mark.parametrize("damage", [b"", b"PAR1 no", None])
def test_a_file_that_is_no_table_is_named(written, damage):
    path = written.files()[0].path
    data = path.read_bytes()
    path.write_bytes(data[:900] + bytes(64) + data[964:] if damage is None else damage)

    finding = written.audit(800).finding
    assert finding.facts["place"].startswith(path.name)


def test_a_column_more_is_named(written):
    change(written.files()[0], lambda table: table.append_column("note", pa.array(["x"] * 620)))

    assert written.audit(800).finding.facts["why"] == "other columns than an entry has"


def test_a_broken_tile_is_named_as_such(written):
    some = AnalysisTables(written.folder, (LOG.files | {"tile/0/001": b"short"}).get, ORIGIN)

    assert some.audit(800).finding.facts["place"] == "tile/0/001"


# -- questions -------------------------------------------------------------------------------------------------------


def _of_kind(kind, log=LOG, size=FULL):
    return [(index, raw) for index, raw in enumerate(log.entries[:size]) if parse_entry(raw).kind is kind]


def test_who_looked_gives_the_entries_themselves(written):
    for wanted in (ALIASES[:1], ALIASES[:3], ["b" * 26]):
        found = [
            (index, raw)
            for index, raw in enumerate(LOG.entries[:FULL])
            if set(parse_entry(raw).fields.get("subj", ())) & set(wanted)
        ]
        assert analysis_query.looks(written, wanted) == found


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(3, 60), a_day=st.sampled_from([64, 90, 130]))
def test_every_question_is_answered_as_from_the_entries(tmp_path_factory, seed, a_day):
    log = DatedLog(seed=seed).grow_days(3, a_day)
    some = tables(tmp_path_factory.mktemp("tables"), log)
    size = some.refresh(len(log.entries)).covered
    entries = [parse_entry(raw) for raw in log.entries[:size]]

    for kind in (Kind.FIELD_REVEALED, Kind.COPY_MARKED, Kind.LOG_OPENED):
        assert analysis_query.of_kind(some, kind.value) == _of_kind(kind, log, size)
    offset = 8 * 3600 * 1_000_000
    counts = Counter(
        (entry.t - (entry.t + offset) % DAY, entry.kind.value) for entry in entries if entry.t >= START + DAY
    )
    assert analysis_query.daily(some, START + DAY, 480) == sorted((*key, count) for key, count in counts.items())


def test_no_tables_no_answer(tmp_path):
    assert analysis_query.of_kind(tables(tmp_path), "vault:field:revealed") == []


def test_tables_that_cannot_be_read_are_one_sentence(written):
    written.files()[0].path.write_bytes(b"nothing")

    with pytest.raises(BrokenTableError):
        analysis_query.looks(written, ALIASES)


def test_a_connection_reads_the_tables_and_nothing_else(written, tmp_path):
    outside = tmp_path / "outside.parquet"
    pq.write_table(pa.table({"a": [1]}), outside)
    attacks = [
        f"SELECT * FROM read_parquet('{outside}')",
        f"SELECT * FROM read_parquet('{written.folder}/../../outside.parquet')",
        f"COPY (SELECT 1) TO '{tmp_path}/out.csv'",
        f"ATTACH '{tmp_path}/other.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '64GB'",
        "SET autoload_known_extensions = true",
    ]

    with analysis_query.open_tables(written) as connection:
        assert connection.execute("SELECT count(*) FROM entries").fetchall() == [(FULL,)]
        for attack in attacks:
            with pytest.raises(duckdb.Error):
                connection.execute(attack)
