import re
from random import Random

import pytest

from dyepack.app import analysis as module
from dyepack.app.analysis import Analysis
from dyepack.app.sequencer import Sequencer
from dyepack.ledger import Kind, parse_entry
from fakes.dated_logs import ALIASES, DAY, DatedLog
from fakes.ledger_logs import ORIGIN, SIGNER, START, HandClock, look, org

HOUR = DAY // 24
MADE = DatedLog(seed=4)


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def log(tmp_path, clock):
    running = Sequencer(tmp_path / "ledger", SIGNER, ORIGIN, org(), clock, lambda *_: None)
    yield running
    running.close()


@pytest.fixture
def asked(log, tmp_path, monkeypatch):
    """Tables are asked however small they are."""
    monkeypatch.setattr(module, "WORTH_ASKING", 1)
    return Analysis(log, tmp_path / "ledger", ORIGIN)


def grow(log, clock, count):
    draw = Random(count)
    for _ in range(4):
        clock.time += 9 * HOUR
        log.append([MADE.fact(draw) for _ in range(count // 4)])


def test_tables_stand_where_a_shard_has_them(asked, log, clock, tmp_path):
    grow(log, clock, 400)

    done = asked.refresh()

    assert (done.covered, done.entries, done.files) == (256, 256, 1)
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.parquet")] == [
        "ledger/parquet/2026/2026-01/000000000000-000000000255.parquet"
    ]
    assert asked.audit().whole


def test_an_entry_of_this_second_is_in_every_answer(asked, log, clock):
    grow(log, clock, 400)
    asked.refresh()
    newest = look(MADE.chance, subj=(ALIASES[0],))
    log.append([newest])

    for found in (asked.looks(ALIASES[:2]), asked.of_kind(Kind.FIELD_REVEALED)):
        assert parse_entry(found[-1][1]).id == newest.id
        assert found[-1][0] == 400
        assert found[0][0] < 256


@pytest.mark.parametrize("refreshed", [0, 400, 900])
def test_answers_are_those_of_find_however_far_the_tables_are(asked, log, clock, refreshed):
    grow(log, clock, 400)
    if refreshed == 400:
        asked.refresh()
    grow(log, clock, 500)
    if refreshed == 900:
        asked.refresh()

    assert asked.looks(ALIASES[:3]) == log.find(ALIASES[:3])
    assert asked.looks([]) == log.find([])
    assert asked.of_kind(Kind.FIELD_REVEALED) == log.find([Kind.FIELD_REVEALED.value])
    assert asked.of_kind(Kind.COPY_MARKED) == log.find([Kind.COPY_MARKED.value])
    counts = {}
    for _, raw in log.entries():
        entry = parse_entry(raw)
        if entry.t >= START + DAY:
            day = entry.t - (entry.t + 8 * HOUR) % DAY
            counts[day, entry.kind.value] = counts.get((day, entry.kind.value), 0) + 1
    assert asked.daily(START + DAY, 480) == sorted((*key, count) for key, count in counts.items())


def test_few_entries_are_read_from_the_log_alone(asked, log, clock, monkeypatch):
    grow(log, clock, 400)
    asked.refresh()
    monkeypatch.setattr(module, "WORTH_ASKING", 257)
    monkeypatch.setattr(module, "analysis_query", None)

    assert asked.looks(ALIASES) == log.find(ALIASES)


def test_tables_of_a_longer_log_are_not_believed(asked, log, clock, tmp_path):
    grow(log, clock, 400)
    asked.refresh()
    [path] = tmp_path.rglob("*.parquet")
    path.rename(path.with_name("000000000000-000000999999.parquet"))

    assert asked.of_kind(Kind.FIELD_REVEALED) == log.find([Kind.FIELD_REVEALED.value])


def test_a_rebuild_repairs_what_the_audit_found(asked, log, clock, tmp_path):
    grow(log, clock, 400)
    asked.refresh()
    [path] = tmp_path.rglob("*.parquet")
    path.write_bytes(path.read_bytes()[:-9])

    finding = asked.audit().finding
    assert finding is not None
    assert re.search(r"000000000255\.parquet.*--rebuild", str(finding))
    asked.refresh(rebuild=True)
    assert asked.audit().whole
