from importlib.resources import files

import pytest

from dyepack.terms.time import MICROSECONDS
from dyepack.vault.errors import CeilingError
from dyepack.vault.keeper.ceilings import DEFAULT_CEILINGS, DISPLAY_PARTS, MISS, Ceilings, CeilingTable
from dyepack.vault.keeper.ports import Use

NOON = 1_795_500_000_000_000
DAY = 86_400 * MICROSECONDS
TEXT = files("dyepack.vault.keeper").joinpath("ceilings.toml").read_text(encoding="utf-8")


def test_the_shipped_numbers_are_those_of_the_design() -> None:
    limits = DEFAULT_CEILINGS.per_actor_and_day
    assert (limits["lookup"], limits["miss"], limits["display"], limits["contact"]) == (200, 20, 600, 25)
    assert (DEFAULT_CEILINGS.index_per_second, DEFAULT_CEILINGS.index_burst) == (20, 200)
    assert DEFAULT_CEILINGS.enabled


@pytest.mark.parametrize(
    "broken",
    [
        TEXT.replace("miss = 20", "miss = 0"),
        TEXT.replace("per_second = 20", "per_second = 0"),
        TEXT.replace("display = 600", "showing = 600"),
        TEXT.replace("identity = 40", ""),
    ],
)
def test_a_table_with_a_hole_is_refused(broken: str) -> None:
    assert CeilingTable.parse(TEXT) == DEFAULT_CEILINGS
    with pytest.raises(ValueError):
        CeilingTable.parse(broken)


def test_a_charge_that_does_not_fit_counts_nothing() -> None:
    ceilings = Ceilings(DEFAULT_CEILINGS, ())
    ceilings.charge("a_x", DISPLAY_PARTS, 599, NOON)
    with pytest.raises(CeilingError):
        ceilings.charge("a_x", DISPLAY_PARTS, 2, NOON)
    ceilings.charge("a_x", DISPLAY_PARTS, 1, NOON)
    ceilings.charge("a_y", DISPLAY_PARTS, 600, NOON)


def test_a_day_ends_at_midnight_of_the_institution() -> None:
    ceilings = Ceilings(DEFAULT_CEILINGS, ())
    midnight = (NOON // DAY) * DAY + 16 * 3600 * MICROSECONDS  # 24:00 in China
    ceilings.charge("a_x", DISPLAY_PARTS, 600, midnight - 1)
    with pytest.raises(CeilingError):
        ceilings.charge("a_x", DISPLAY_PARTS, 1, midnight - 1)
    ceilings.charge("a_x", DISPLAY_PARTS, 1, midnight)


def test_saved_uses_count_again() -> None:
    first = Ceilings(DEFAULT_CEILINGS, ())
    first.count("a_x", MISS, 20, NOON)
    second = Ceilings(DEFAULT_CEILINGS, first.unsaved())
    with pytest.raises(CeilingError):
        second.check("a_x", MISS, 1, NOON)
    assert second.unsaved() == []


def test_only_changes_are_saved() -> None:
    ceilings = Ceilings(DEFAULT_CEILINGS, [Use("2026-11-24", "a_y", MISS, 3)])
    ceilings.count("a_x", MISS, 1, NOON)
    assert ceilings.unsaved() == [Use(ceilings.day(NOON), "a_x", MISS, 1)]
    ceilings.saved()
    assert ceilings.unsaved() == []


def test_the_bucket_fills_by_20_a_second_up_to_200() -> None:
    ceilings = Ceilings(DEFAULT_CEILINGS, ())
    ceilings.take_index(200, NOON)
    with pytest.raises(CeilingError):
        ceilings.take_index(1, NOON)
    with pytest.raises(CeilingError):
        ceilings.take_index(21, NOON + MICROSECONDS)
    ceilings.take_index(20, NOON + MICROSECONDS)
    with pytest.raises(CeilingError):
        ceilings.take_index(201, NOON + DAY)
    ceilings.take_index(200, NOON + DAY)


def test_a_clock_that_is_set_back_fills_no_bucket() -> None:
    ceilings = Ceilings(DEFAULT_CEILINGS, ())
    ceilings.take_index(200, NOON)
    for step in (-DAY, 0):
        with pytest.raises(CeilingError):
            ceilings.take_index(1, NOON + step)


def test_switched_off_it_refuses_nothing() -> None:
    ceilings = Ceilings(DEFAULT_CEILINGS.unlimited_for_benchmarks(), ())
    ceilings.charge("a_x", DISPLAY_PARTS, 10_000, NOON)
    ceilings.take_index(10_000, NOON)
