"""Exact tiny worlds: the posterior against enumeration by rational arithmetic."""

import math
from fractions import Fraction
from itertools import combinations

import pytest

from dyepack.trace.posterior import posterior
from dyepack.trace.profiles import Q_2026
from fakes.trace_worlds import record, records

SUSPECTS = ("ann", "bob", "cat")
SEEN = {"ann": records(1, 2, 3, 4), "bob": records(3, 4, 5), "cat": records(6)}
D = {"ann": Fraction(3, 2), "bob": Fraction(1, 4), "cat": Fraction(2)}
UNIVERSE = 8


def exactly(value: float) -> Fraction:
    return Fraction(str(value))


def enumerate_exactly(suspects, seen, segments, d):
    """P(S | data) for every set, straight from the definition."""
    n = len(suspects)
    sets = {(): exactly(0.3)}
    sets |= {(s,): exactly(0.4) / n for s in suspects}
    sets |= {pair: exactly(0.3) / Fraction(n * (n - 1), 2) for pair in combinations(suspects, 2)}
    weighed = {}
    for members, prior in sets.items():
        if not members:
            weighed[members] = prior
            continue
        if len(members) == 1:
            grid = [(exactly(w),) for w in Q_2026.single_weights]
        else:
            totals, splits = Q_2026.pair_totals, Q_2026.pair_splits
            grid = [(exactly(t) * exactly(s), exactly(t) * (1 - exactly(s))) for t in totals for s in splits]
        likelihood, used = Fraction(1), set()
        for segment in segments:
            before, total = set(used), Fraction(0)
            for shares in grid:
                used, product = set(before), Fraction(1)
                for item in segment:
                    b = Fraction(1, UNIVERSE - len(used))
                    p = (1 - sum(shares)) * b
                    for member, share in zip(members, shares, strict=True):
                        left = seen.get(member, frozenset()) - used
                        p += share * (Fraction(1, len(left)) if item in left else 0)
                    product *= p / b
                    used.add(item)
                total += product
            likelihood *= total / len(grid)
        weighed[members] = prior * likelihood * sum((d[m] for m in members), Fraction(0)) / len(members)
    whole = sum(weighed.values())
    return {members: value / whole for members, value in weighed.items()}


@pytest.mark.parametrize(
    "segments",
    [
        (),
        ((record(1),),),
        ((record(3), record(1), record(7)),),
        ((record(3), record(6)), (record(4), record(5), record(2))),
    ],
)
def test_the_posterior_of_a_tiny_world_is_that_of_exact_enumeration(segments) -> None:
    expected = enumerate_exactly(SUSPECTS, SEEN, segments, D)

    found = posterior(SUSPECTS, SEEN, segments, UNIVERSE, {s: math.log(D[s]) for s in SUSPECTS}, Q_2026)

    assert found.none == pytest.approx(float(expected[()]), rel=1e-10)
    assert dict(found.sets) == pytest.approx({k: float(v) for k, v in expected.items()}, rel=1e-10)
    for suspect in SUSPECTS:
        mass = sum(value for members, value in expected.items() if suspect in members)
        assert found.persons[suspect] == pytest.approx(float(mass), rel=1e-10)


def test_all_sets_are_weighed_in_a_small_world() -> None:
    found = posterior(SUSPECTS, SEEN, (), UNIVERSE, dict.fromkeys(SUSPECTS, 0.0), Q_2026)

    assert found.evaluated == 1 + 3 + 3
    assert found.prior_mass == pytest.approx(1.0, abs=1e-15)


def test_the_mass_that_was_not_weighed_is_reported_in_a_large_world() -> None:
    many = tuple(f"s{i:03d}" for i in range(60))

    found = posterior(many, {}, (), UNIVERSE, dict.fromkeys(many, 0.0), Q_2026)

    assert found.evaluated == 1 + 60 + 40 * 39 // 2
    assert found.prior_mass == pytest.approx(0.7 + 0.3 * (40 * 39) / (60 * 59))


def test_without_suspects_nobody_has_all_the_mass() -> None:
    found = posterior((), {}, ((record(1),),), UNIVERSE, {}, Q_2026)

    assert found.none == 1.0


def test_one_suspect_takes_the_mass_of_pairs() -> None:
    found = posterior(("ann",), {}, (), UNIVERSE, {"ann": 0.0}, Q_2026)

    assert found.persons["ann"] == pytest.approx(0.7)


def test_shares_of_an_item_stay_below_one_and_go_to_who_was_exposed() -> None:
    found = posterior(SUSPECTS, SEEN, ((record(3), record(1)),), UNIVERSE, dict.fromkeys(SUSPECTS, 0.0), Q_2026)

    assert found.shares["cat"].tolist() == [0.0, 0.0]
    assert found.shares["bob"][1] == 0.0
    assert 0.0 < found.shares["ann"][0] + found.shares["bob"][0] < 1.0


def test_a_group_is_as_likely_as_the_sets_that_touch_it() -> None:
    found = posterior(SUSPECTS, SEEN, ((record(3),),), UNIVERSE, dict.fromkeys(SUSPECTS, 0.0), Q_2026)

    assert found.of(frozenset(SUSPECTS)) == pytest.approx(1.0 - found.none)
    assert found.of(frozenset({"ann"})) == pytest.approx(found.persons["ann"])


def test_a_universe_smaller_than_what_was_seen_is_taken_as_large_as_that() -> None:
    nothing = dict.fromkeys(SUSPECTS, 0.0)

    small = posterior(SUSPECTS, SEEN, (), 3, nothing, Q_2026)

    assert (small.none, small.persons) == (0.3, dict.fromkeys(SUSPECTS, pytest.approx(1 / 3)))
