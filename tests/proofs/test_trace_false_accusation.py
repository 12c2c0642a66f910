"""The bound of docs/proofs/trace-false-accusation.md by simulation, with exact binomial limits and fixed seeds.

Five recipients hold two copies each; the first leaks one of his, twice. Canaries of the innocent turn up by chance at
the greatest rate that the profile allows (raised, so that it happens), their symbols are drawn by the law of the code.
The event counted is the widest: at any time, any set of innocents reaches 1/alpha. It holds whenever an innocent is
named, alone or in a group without the leaker, under any policy.
"""

import dataclasses
import math
from collections.abc import Iterator

import numpy as np
import pytest

from dyepack.mark.decoder import CELLS, TEXT_DECODER
from dyepack.mark.profiles import NUIDA_2009_C6
from dyepack.terms.evidence import CanaryHit, CopyRecovered
from dyepack.trace import CopyHeld, ListEvidence, Tier, decide
from dyepack.trace.bound import log_e
from dyepack.trace.profiles import Q_2026
from fakes.trace_worlds import DIGEST, OTHER_DIGEST, frame

pytestmark = pytest.mark.proof

RUNS = 10_000
BLOCK = 2_000
WHO = ("leaker", "bob", "cat", "dan", "eve")
INNOCENT = WHO[1:]
COPIES = tuple(CopyHeld(f"{who}-{c}", who, 15, 100) for who in WHO for c in (0, 1))
POSITIONS = 60
ALTERED = 0.02
RATE = 0.01
LOUD = dataclasses.replace(Q_2026, list_rate_per_canary=RATE)
FRAME = frame(WHO, k=len(WHO))  # no voiding: the bound must hold without its help
LN10 = math.log(10.0)


def upper_limit(alpha: float, runs: int) -> int:
    """Largest count inside the exact 99 % interval of ``runs`` trials at ``alpha``."""
    below = 0.0
    for count in range(runs + 1):
        log_term = math.lgamma(runs + 1) - math.lgamma(count + 1) - math.lgamma(runs - count + 1)
        below += math.exp(log_term + count * math.log(alpha) + (runs - count) * math.log1p(-alpha))
        if below >= 0.995:
            return count
    return runs


def marks(dice: np.random.Generator, runs: int, *, leaks: bool) -> np.ndarray:
    """ln e-values, runs x copies, of one list made from the first copy (or from nobody's)."""
    bias = np.asarray(NUIDA_2009_C6.probabilities)
    weights = np.asarray(NUIDA_2009_C6.weights)
    index = dice.choice(len(bias), size=(runs, POSITIONS), p=weights / weights.sum())
    symbols = dice.random((len(COPIES), runs, POSITIONS)) < bias[index]
    source = symbols[0] if leaks else dice.random((runs, POSITIONS)) < 0.5
    read = source ^ (dice.random((runs, POSITIONS)) < ALTERED)
    found = np.zeros((runs, len(COPIES)))
    for copy in range(len(COPIES)):
        cells = index * 4 + symbols[copy] * 2 + read
        rows = np.arange(runs)[:, None] * CELLS + cells
        counts = np.bincount(rows.ravel(), minlength=runs * CELLS).reshape(runs, CELLS)
        found[:, copy] = [evidence.log_e for evidence in TEXT_DECODER.decide(counts)]
    return found


def lists(dice: np.random.Generator, runs: int, rate: float, *, leaks: bool) -> Iterator[list[ListEvidence]]:
    values = [marks(dice, runs, leaks=leaks) for _ in range(2)]
    chance = [dice.random((runs, len(COPIES), COPIES[0].canaries)) < rate for _ in range(2)]
    for run in range(runs):
        yield [
            ListEvidence(
                sha256=digest,
                name="leak.csv",
                rows=100,
                hits=tuple(
                    CanaryHit(f"{copy.copy}-{i}", copy.copy, copy.holder)
                    for c, copy in enumerate(COPIES)
                    for i in np.flatnonzero(chance[part][run, c])
                ),
                recovered=tuple(
                    CopyRecovered(copy.copy, copy.holder, float(values[part][run, c]), 0.0, POSITIONS, 0, 0)
                    for c, copy in enumerate(COPIES)
                ),
            )
            for part, digest in enumerate((DIGEST, OTHER_DIGEST))
        ]


def greatest_evidence(seed: int, rate: float, runs: int, *, leaks: bool) -> tuple[list[float], int]:
    """Per run the greatest ln E of all innocents together over both looks; and how often the leaker was named."""
    dice = np.random.default_rng(seed)
    innocents = INNOCENT if leaks else WHO
    greatest, named = [], 0
    for _ in range(runs // BLOCK):
        for both in lists(dice, BLOCK, rate, leaks=leaks):
            looks = [decide(FRAME, (), both[:n], COPIES, LOUD) for n in (1, 2)]
            greatest.append(
                max(
                    log_e([p.log10_d * LN10 for p in look.persons if p.actor in innocents], len(WHO), LOUD)
                    for look in looks
                )
            )
            named += looks[-1].decision.tier is Tier.PERSON and "leaker" in looks[-1].decision.accused
    return greatest, named


def false_accusations(greatest: list[float], alpha: float) -> int:
    return sum(value >= -math.log(alpha) for value in greatest)


@pytest.mark.parametrize("leaks", [True, False], ids=["one-leaks", "nobody-leaks"])
def test_innocents_are_named_at_most_as_often_as_the_bound_allows(leaks: bool) -> None:
    greatest, named = greatest_evidence(20_261, RATE, RUNS, leaks=leaks)

    for alpha in (0.05, 0.01, 0.001):
        assert false_accusations(greatest, alpha) <= upper_limit(alpha, RUNS)
    assert (named > 0.95 * RUNS) is leaks


def test_a_rate_that_is_understated_thirty_times_is_found_out() -> None:
    """Removal check: the test can fail. The assumption of the rate is what carries the canaries."""
    greatest, _ = greatest_evidence(20_262, 30 * RATE, BLOCK, leaks=False)

    assert false_accusations(greatest, 0.001) > upper_limit(0.001, BLOCK)
