"""The contract of the port ``Quotas``: one suite for every implementation in ``FACTORIES``."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from dyepack.storage.database import Database
from dyepack.storage.govern_store import QuotaStore
from dyepack.storage.schema import upgrade
from dyepack.vault.quota import Act, Quotas
from fakes.quotas import MemoryQuotas


def sqlite(folder: Path) -> Quotas:
    upgrade(folder / "vault.db")
    return QuotaStore(Database(folder / "vault.db"))


FACTORIES: dict[str, Callable[[Path], Quotas]] = {"memory": lambda folder: MemoryQuotas(), "sqlite": sqlite}
ACTOR = "a_" + "b" * 26
OTHER = "a_" + "c" * 26
DAY = "2026-11-22"


@pytest.fixture(params=sorted(FACTORIES))
def quotas(request, tmp_path) -> Iterator[Quotas]:
    port = FACTORIES[request.param](tmp_path)
    yield port
    if isinstance(port, QuotaStore):
        port._database.close()


def test_units_are_there_up_to_the_cap_and_no_further(quotas):
    assert [quotas.reserve(ACTOR, DAY, Act.REVEAL, 3) for _ in range(5)] == [True, True, True, False, False]
    assert quotas.used(ACTOR, DAY, Act.REVEAL) == 3


def test_a_cap_of_zero_gives_nothing(quotas):
    assert not quotas.reserve(ACTOR, DAY, Act.REVEAL, 0)


@pytest.mark.parametrize(
    ("actor", "day", "act"),
    [(OTHER, DAY, Act.REVEAL), (ACTOR, "2026-11-23", Act.REVEAL), (ACTOR, DAY, Act.OPEN)],
)
def test_another_actor_day_or_act_is_counted_apart(quotas, actor, day, act):
    assert quotas.reserve(ACTOR, DAY, Act.REVEAL, 1)
    assert quotas.used(actor, day, act) == 0
    assert quotas.reserve(actor, day, act, 1)


def test_several_units_are_taken_together_or_not_at_all(quotas):
    assert quotas.reserve(ACTOR, DAY, Act.LISTED, 100, 60)
    assert not quotas.reserve(ACTOR, DAY, Act.LISTED, 100, 41)
    assert quotas.used(ACTOR, DAY, Act.LISTED) == 60
    assert quotas.reserve(ACTOR, DAY, Act.LISTED, 100, 40)


def test_more_units_than_the_cap_are_never_there(quotas):
    assert not quotas.reserve(ACTOR, DAY, Act.LISTED, 10, 11)
    assert quotas.used(ACTOR, DAY, Act.LISTED) == 0


def test_a_lowered_cap_counts_what_was_used_before(quotas):
    assert quotas.reserve(ACTOR, DAY, Act.LISTED, 10, 8)
    assert not quotas.reserve(ACTOR, DAY, Act.LISTED, 5)


def test_of_64_racing_requests_for_the_last_unit_exactly_one_gets_it(quotas):
    assert quotas.reserve(ACTOR, DAY, Act.REVEAL, 3, 2)
    start = Barrier(64)

    def race(_: int) -> bool:
        start.wait(timeout=30)
        return quotas.reserve(ACTOR, DAY, Act.REVEAL, 3)

    with ThreadPoolExecutor(64) as pool:
        got = list(pool.map(race, range(64)))

    assert got.count(True) == 1
    assert quotas.used(ACTOR, DAY, Act.REVEAL) == 3
