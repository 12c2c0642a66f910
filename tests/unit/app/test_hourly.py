import threading
from types import SimpleNamespace

import pytest

from dyepack.app.hourly import Hourly
from dyepack.ledger import Kind
from dyepack.ledger.errors import RolledBackError, UnavailableError
from fakes.ledger_logs import HandClock
from fakes.witnesses import until

STEPS = ["beat", "shard", "timestamp", "monitor", "tables"]


class FakeActs:
    """Acts whose steps are counted, and fail when told to."""

    def __init__(self, *, due=True):
        self.done = []
        self.said = []
        self.faults = {}
        self.hold = threading.Event()
        self.hold.set()
        log = SimpleNamespace(append=self._append, is_due=lambda: due, roll=lambda: self._step("shard"))
        self.house = SimpleNamespace(
            log=log, clock=HandClock(7), served_since=None, fact=lambda kind, **fields: (kind, fields)
        )
        self.proving = SimpleNamespace(stamp=lambda: self._step("timestamp"))
        self.log_watch = SimpleNamespace(hourly=lambda: self._step("monitor"))
        self.analysis = SimpleNamespace(refresh=lambda: self._step("tables"))

    def _append(self, facts):
        ((kind, fields),) = facts
        if kind is Kind.LOG_BEAT:
            self._step("beat")
        else:
            self._fail("said")
            self.said.append((kind, fields["outcome"]))

    def _step(self, name):
        self.done.append(name)
        self.hold.wait(10)
        self._fail(name)

    def _fail(self, name):
        if name in self.faults:
            raise self.faults[name]


def test_a_round_does_each_step_in_order():
    acts = FakeActs()

    Hourly(acts).round()

    assert acts.done == STEPS
    assert acts.said == []


def test_no_shard_is_begun_within_its_year():
    acts = FakeActs(due=False)

    Hourly(acts).round()

    assert acts.done == [step for step in STEPS if step != "shard"]


@pytest.mark.parametrize("fault", [UnavailableError(why="disk"), OSError("disk"), ZeroDivisionError()])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_fails_is_said_and_keeps_no_other(step, fault):
    acts = FakeActs()
    acts.faults[step] = fault

    Hourly(acts).round()

    assert acts.done == STEPS
    assert acts.said == [(Kind.CHECK_FAILED, step)]


@pytest.mark.parametrize("fault", [UnavailableError(why="disk"), RolledBackError(size=1, seen=2)])
def test_a_log_that_takes_nothing_does_not_end_the_loop(fault):
    acts = FakeActs()
    acts.faults = {"beat": fault, "said": fault}

    with Hourly(acts, period_seconds=0.01):
        until(lambda: acts.done.count("beat") >= 3)

    assert acts.said == []


def test_the_loop_says_since_when_the_house_is_served():
    acts = FakeActs()

    with Hourly(acts):
        assert acts.house.served_since == 7
    assert acts.house.served_since is None


def test_the_end_waits_for_the_step_that_runs_and_begins_no_other():
    acts = FakeActs()
    acts.hold.clear()
    loop = Hourly(acts).__enter__()
    until(lambda: acts.done == ["beat"])

    loop._ended.set()
    acts.hold.set()
    loop.__exit__()

    assert acts.done == ["beat"]
