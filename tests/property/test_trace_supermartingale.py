"""For every law in the null, the evidence against an innocent has mean at most 1: exact sums, no simulation."""

import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dyepack.trace import bound

BACKGROUND = st.floats(1e-9, 20.0)
PART = st.floats(0.0, 1.0)


def log_poisson(mean: float, hits: int) -> float:
    if mean == 0.0:
        return 0.0 if hits == 0 else -math.inf
    return hits * math.log(mean) - mean - math.lgamma(hits + 1)


def log_binomial(trials: int, p: float, hits: int) -> float:
    if p == 0.0:
        return 0.0 if hits == 0 else -math.inf
    return math.log(math.comb(trials, hits)) + hits * math.log(p) + (trials - hits) * math.log1p(-p)


def mean_of_c(rate: float, background: float, beta: float, top: int = 160) -> float:
    return math.fsum(math.exp(log_poisson(rate, hits) + bound.log_c(hits, background, beta)) for hits in range(top))


@settings(max_examples=60)
@given(BACKGROUND, st.floats(1e-9, 20.0), PART)
def test_c_has_mean_at_most_one_for_every_rate_up_to_the_background(
    background: float, beta: float, part: float
) -> None:
    assert mean_of_c(part * background, background, beta) <= 1.0 + 1e-9


@settings(max_examples=40)
@given(BACKGROUND, st.floats(1e-9, 20.0))
def test_c_has_mean_one_at_the_background(background: float, beta: float) -> None:
    # heavy tails of tiny priors are cut by the sum: it may only fall short
    assert mean_of_c(background, background, beta) <= 1.0 + 1e-9
    if beta >= 1.0 and background <= 5.0:
        assert mean_of_c(background, background, beta) == pytest.approx(1.0, abs=1e-6)


@settings(max_examples=60)
@given(st.integers(1, 60), st.floats(1e-6, 0.9), PART, st.floats(1e-9, 5.0))
def test_c_has_mean_at_most_one_for_distinct_canaries_that_cannot_be_hit_twice(
    canaries: int, chance: float, part: float, beta: float
) -> None:
    p = part * chance
    mean = math.fsum(
        math.exp(log_binomial(canaries, p, hits) + bound.log_c(hits, canaries * chance, beta))
        for hits in range(canaries + 1)
    )

    assert mean <= 1.0 + 1e-9


@settings(max_examples=60)
@given(st.integers(0, 6), st.floats(1e-6, 3.0), st.floats(1e-6, 3.0), st.floats(1e-4, 3.0))
def test_c_after_one_more_list_has_conditional_mean_at_most_one(
    hits: int, before: float, more: float, beta: float
) -> None:
    now = bound.log_c(hits, before, beta)
    later = math.fsum(
        math.exp(log_poisson(more, extra) + bound.log_c(hits + extra, before + more, beta) - now)
        for extra in range(100)
    )

    assert later <= 1.0 + 1e-9


@settings(max_examples=40)
@given(st.integers(0, 30), BACKGROUND)
def test_one_more_hit_never_weighs_less(hits: int, background: float) -> None:
    assert bound.log_c(hits + 1, background, background) > bound.log_c(hits, background, background)


@settings(max_examples=40)
@given(st.lists(st.fractions(0, 50), min_size=1, max_size=6), st.integers(0, 5))
def test_m_is_the_exact_mean_and_so_keeps_a_mean_of_one(values: list[Fraction], unread: int) -> None:
    read = [value for value in values if value > 0]
    held = len(read) + unread
    expected = (sum(read, Fraction(0)) + unread) / held if held else Fraction(1)

    found = math.exp(bound.log_m([math.log(value) for value in read], held))

    assert found == pytest.approx(float(expected), rel=1e-12)


def test_without_the_truncation_silence_would_speak_against_an_innocent() -> None:
    """Removal check: the untruncated mixture, 20 hits expected at most, half of them true."""
    background = beta = 20.0

    def untruncated(hits: int) -> float:
        shape = 0.5 + hits
        plain = 0.5 * math.log(beta) + math.lgamma(shape) - 0.5 * math.log(math.pi) + background
        return plain - shape * math.log(beta + background)

    wrong = math.fsum(math.exp(log_poisson(background / 2, hits) + untruncated(hits)) for hits in range(160))

    assert wrong > 100.0
    assert mean_of_c(background / 2, background, beta) <= 1.0


def test_with_a_prior_that_grew_with_every_list_looking_again_would_not_be_free() -> None:
    """Removal check of the fixed beta: with beta = background the conditional mean exceeds 1."""
    before = after = 0.5
    now = bound.log_c(0, before, before)

    later = math.fsum(
        math.exp(log_poisson(after, extra) + bound.log_c(extra, before + after, before + after) - now)
        for extra in range(160)
    )

    assert later > 1.0 + 1e-3
