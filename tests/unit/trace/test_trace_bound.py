import math
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import combinations

import pytest

from dyepack.trace import bound
from dyepack.trace.profiles import Q_2026

PI = Decimal("3.14159265358979323846264338327950288419716939937510582097494459")


def gamma_half(hits: int) -> Decimal:
    value = PI.sqrt()
    for i in range(hits):
        value *= Decimal(2 * i + 1) / 2
    return value


def upper_gamma_by_series(hits: int, x: Decimal) -> Decimal:
    """1 - P(a, x), P from the everywhere convergent series DLMF 8.11.4: another road than the recurrence."""
    term = x ** Decimal(hits) * x.sqrt() * (-x).exp() / gamma_half(hits + 1)
    total = Decimal(0)
    n = 0
    while abs(term) > Decimal(10) ** -70 or n < 4:
        total += term
        n += 1
        term *= x / (Decimal(2 * (hits + n) + 1) / 2)
    return 1 - total


@pytest.mark.parametrize("hits", [0, 1, 2, 7, 30])
@pytest.mark.parametrize("x", ["1e-9", "3e-7", "0.01", "0.5", "1", "4.25", "20", "60"])
def test_the_upper_gamma_function_agrees_with_high_precision_series(hits: int, x: str) -> None:
    with localcontext() as context:
        context.prec = 120
        expected = float(upper_gamma_by_series(hits, Decimal(x)).ln())

    assert bound.log_upper_gamma(hits, float(x)) == pytest.approx(expected, rel=1e-12, abs=1e-13)


def test_the_upper_gamma_function_is_one_at_zero() -> None:
    assert bound.log_upper_gamma(4, 0.0) == 0.0


@pytest.mark.parametrize("y", [25.0, 25.5, 26.3])
def test_the_tail_of_erfc_agrees_with_the_library_where_both_exist(y: float) -> None:
    assert bound.log_erfc(y) == pytest.approx(math.log(math.erfc(y)), rel=1e-13)


def test_the_tail_of_erfc_goes_on_where_the_library_underflows() -> None:
    assert math.erfc(40.0) == 0.0
    assert bound.log_erfc(40.0) == pytest.approx(-1600 - math.log(40 * math.sqrt(math.pi)) - 1 / 3200, abs=1e-6)


@pytest.mark.parametrize(
    ("hits", "background", "beta"), [(0, 0.3, 0.3), (1, 1e-3, 1e-3), (3, 0.05, 0.02), (5, 2.0, 1.0)]
)
def test_c_is_the_mean_likelihood_ratio_over_rates_at_or_above_the_background(
    hits: int, background: float, beta: float
) -> None:
    def prior(theta: float) -> float:
        return math.sqrt(beta / theta / math.pi) * math.exp(-beta * theta)

    def ratio(theta: float) -> float:
        return theta**hits * math.exp(-(theta - 1.0) * background)

    steps, top = 20_000, math.log(60.0 / beta + 60.0)
    points = [math.exp(top * i / steps) for i in range(steps + 1)]
    simpson = [1 if i in (0, steps) else 4 if i % 2 else 2 for i in range(steps + 1)]
    mass = math.fsum(w * prior(t) * t for w, t in zip(simpson, points, strict=True))
    mean = math.fsum(w * prior(t) * ratio(t) * t for w, t in zip(simpson, points, strict=True)) / mass

    assert math.exp(bound.log_c(hits, background, beta)) == pytest.approx(mean, rel=1e-6)


def test_without_canaries_there_is_no_evidence_of_canaries() -> None:
    assert bound.log_c(0, 0.0, 0.0) == 0.0


@pytest.mark.parametrize(
    ("suspects", "needed"),
    [(50, (5, 3, 2, 2, 1, 1)), (500, (6, 4, 3, 2, 1, 1)), (5_000, (7, 4, 3, 2, 2, 1))],
)
def test_hits_needed_to_name_a_person_follow_the_background(suspects: int, needed: tuple[int, ...]) -> None:
    found = []
    for background in (0.1, 0.01, 0.001, 1e-5, 1e-7, 1e-9):
        crossing = (
            hits
            for hits in range(20)
            if bound.crosses(bound.log_e([bound.log_c(hits, background, background)], suspects, Q_2026), 0.001)
        )
        found.append(next(crossing))

    assert tuple(found) == needed


def test_one_canary_of_three_names_its_holder_among_five() -> None:
    background = 3e-8

    assert bound.crosses(bound.log_e([bound.log_c(1, background, background)], 5, Q_2026), 0.001)
    assert not bound.crosses(bound.log_e([bound.log_c(0, background, background)], 5, Q_2026), 0.001)


def test_m_is_the_mean_over_all_copies_held_and_an_unread_copy_counts_one() -> None:
    assert math.exp(bound.log_m([math.log(7.0)], 3)) == pytest.approx((7 + 1 + 1) / 3)


def test_m_of_nothing_held_is_one() -> None:
    assert bound.log_m([], 0) == 0.0


@pytest.mark.parametrize("n", [2, 3, 4, 9])
def test_e_of_a_group_is_the_sum_over_all_singles_and_pairs(n: int) -> None:
    d = [Fraction(i * i + 1, 3) for i in range(n)]
    group = set(range(0, n, 2))
    single, pair = Fraction(4, 10) / n, Fraction(3, 10) / Fraction(n * (n - 1), 2)
    sets = [((i,), single) for i in range(n)] + [(chosen, pair) for chosen in combinations(range(n), 2)]
    expected = sum((w / len(s) * sum((d[j] for j in s if j in group), Fraction(0)) for s, w in sets), Fraction(0))

    found = math.exp(bound.log_e([math.log(d[j]) for j in sorted(group)], n, Q_2026))

    assert found == pytest.approx(float(expected), rel=1e-13)


def test_with_one_suspect_the_mass_of_pairs_is_his() -> None:
    assert math.exp(bound.log_e([0.0], 1, Q_2026)) == pytest.approx(0.7)


def test_e_of_nobody_is_zero() -> None:
    assert bound.log_e([], 5, Q_2026) == -math.inf


def test_evidence_crosses_exactly_at_one_over_alpha() -> None:
    assert bound.crosses(-math.log(0.001), 0.001)
    assert not bound.crosses(math.nextafter(-math.log(0.001), 0.0), 0.001)


def test_more_holders_hit_than_may_conspire_is_a_breach() -> None:
    assert bound.is_breach(3, 2)
    assert not bound.is_breach(2, 2)


@pytest.mark.parametrize("share", [3e-7, 0.01, 0.2])
@pytest.mark.parametrize("numbers", [1, 5, 40])
@pytest.mark.parametrize("true_share", [1.0, 0.5, 0.0])
def test_guessing_has_mean_at_most_one_however_many_numbers_are_guessed(
    share: float, numbers: int, true_share: float
) -> None:
    probability = share * true_share
    mean = math.fsum(
        math.comb(numbers, hits)
        * probability**hits
        * (1 - probability) ** (numbers - hits)
        * math.exp(bound.log_guess(hits, numbers - hits, share, Q_2026.guess_grid))
        for hits in range(numbers + 1)
    )

    assert mean <= 1 + 1e-9


def test_one_hit_among_a_hundred_thousand_guesses_says_little() -> None:
    assert bound.log_guess(1, 180_000, 200 / 1e8, Q_2026.guess_grid) < math.log(20)


def test_hits_without_guesses_say_as_much_as_chance_allows() -> None:
    assert bound.log_guess(8, 0, 20 / 1e8, Q_2026.guess_grid) > 100


def test_a_holder_who_owns_the_whole_range_cannot_be_guessed_and_is_not_accused_by_it() -> None:
    assert bound.log_guess(5, 0, 1.0, Q_2026.guess_grid) == 0.0
