"""The contract of the port ``govern.ports.Approvals``: one suite for every implementation in ``FACTORIES``.

A factory gives the port and a callable that keeps a granted approval under an id.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from dyepack.govern.ports import Approvals
from dyepack.storage.database import Database
from dyepack.storage.govern_store import ApprovalRow, ApprovalStore
from dyepack.storage.schema import upgrade
from fakes.approvals import MemoryApprovals

Factory = Callable[[Path], tuple[Approvals, Callable[[str], None]]]


def memory(folder: Path) -> tuple[Approvals, Callable[[str], None]]:
    store = MemoryApprovals()
    return store, store.add


def sqlite(folder: Path) -> tuple[Approvals, Callable[[str], None]]:
    upgrade(folder / "vault.db")
    store = ApprovalStore(Database(folder / "vault.db"))

    def keep(approval: str) -> None:
        store.give(ApprovalRow(approval, b"h" * 32, "a_" + "p" * 26, "privacy_officer", "s_" + "d" * 26, 1, 2, None))

    return store, keep


FACTORIES: dict[str, Factory] = {"memory": memory, "sqlite": sqlite}
ONE, TWO = "a" * 26, "b" * 26


@pytest.fixture(params=sorted(FACTORIES))
def approvals(request, tmp_path) -> Iterator[Approvals]:
    port, keep = FACTORIES[request.param](tmp_path)
    keep(ONE)
    keep(TWO)
    yield port
    if isinstance(port, ApprovalStore):
        port._database.close()


def test_an_approval_is_used_up_once(approvals):
    assert [approvals.spend(ONE, "u" * 26) for _ in range(3)] == [True, False, False]


def test_the_same_use_does_not_spend_it_again(approvals):
    assert approvals.spend(ONE, "u" * 26)
    assert not approvals.spend(ONE, "v" * 26)


def test_another_approval_is_another(approvals):
    assert approvals.spend(ONE, "u" * 26)
    assert approvals.spend(TWO, "u" * 26)


def test_what_was_never_given_is_not_used(approvals):
    assert not approvals.spend("c" * 26, "u" * 26)


def test_of_16_racing_uses_exactly_one_succeeds(approvals):
    start = Barrier(16)

    def race(number: int) -> bool:
        start.wait(timeout=30)
        return approvals.spend(ONE, f"{number:026d}")

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(race, range(16))).count(True) == 1
