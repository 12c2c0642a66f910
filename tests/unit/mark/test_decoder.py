"""The decoder: three models by hand, the banks, and what counts mean."""

import math

import numpy as np
import pytest

from dyepack.mark.decoder import (
    CELLS,
    PRESENCE_DECODER,
    TEXT_DECODER,
    Attack,
    Model,
    attack_theta,
    count,
    log10_rounded,
    output_probabilities,
    ratio_table,
)
from dyepack.mark.profiles import NUIDA_2009_C6

P = NUIDA_2009_C6.probabilities


def model(coalition, attack, epsilon=0.01, survival=1.0):
    return Model(coalition, attack, attack_theta(attack, coalition), epsilon, survival)


def by_hand(if_one, if_zero, bias):
    unknown = bias * if_one + (1 - bias) * if_zero
    return [
        math.log((1 - if_zero) / (1 - unknown)),
        math.log(if_zero / unknown),
        math.log((1 - if_one) / (1 - unknown)),
        math.log(if_one / unknown),
    ]


def test_the_text_bank_has_fifty_two_attacks_at_three_noises():
    assert len(TEXT_DECODER.models) == 52 * 3
    assert {m.survival for m in TEXT_DECODER.models} == {1.0}


def test_the_presence_bank_has_fifty_two_attacks_at_five_survivals():
    assert len(PRESENCE_DECODER.models) == 52 * 5
    assert {m.epsilon for m in PRESENCE_DECODER.models} == {0.001}


def test_a_single_seller_by_hand():
    table = ratio_table((model(1, Attack.INTERLEAVE),))
    expected = [entry for bias in P for entry in by_hand(0.99, 0.01, bias)]

    assert table[:, 0] == pytest.approx(expected, abs=1e-12)


def test_two_sellers_who_toss_a_coin_by_hand():
    table = ratio_table((model(2, Attack.COIN),))
    expected = []
    for bias in P:
        if_one = (1 - bias) * 0.5 + bias * 0.99
        if_zero = (1 - bias) * 0.01 + bias * 0.5
        expected += by_hand(if_one, if_zero, bias)

    assert table[:, 0] == pytest.approx(expected, abs=1e-12)


def test_three_sellers_who_take_the_minority_by_hand():
    table = ratio_table((model(3, Attack.MINORITY),))
    expected = []
    for bias in P:
        none, one, both = (1 - bias) ** 2, 2 * bias * (1 - bias), bias**2
        if_one = none * 0.99 + one * 0.01 + both * 0.99
        if_zero = none * 0.01 + one * 0.99 + both * 0.01
        expected += by_hand(if_one, if_zero, bias)

    assert table[:, 0] == pytest.approx(expected, abs=1e-12)


def test_survival_scales_the_chance_that_a_row_is_there():
    whole = output_probabilities(model(3, Attack.UNION), P[0])
    half = output_probabilities(model(3, Attack.UNION, survival=0.5), P[0])

    assert half == pytest.approx([value / 2 for value in whole], abs=1e-15)


@pytest.mark.parametrize("attack", list(Attack))
@pytest.mark.parametrize("coalition", range(1, 11))
def test_no_attack_invents_a_symbol_that_no_colluder_holds(attack, coalition):
    theta = attack_theta(attack, coalition)

    assert len(theta) == coalition + 1
    assert (theta[0], theta[-1]) == (0.0, 1.0)


def test_counts_are_sorted_into_cells_by_bias_copy_and_file():
    counts = count(bytes([0, 0, 1, 2, 2]), bytes([0, 1, 1, 0, 1]), bytes([1, 1, 0, 0, 1]))

    assert [int(k) for k in np.flatnonzero(counts)] == [1, 3, 6, 8, 11]
    assert counts.sum() == 5


def test_no_reading_is_no_evidence():
    (evidence,) = TEXT_DECODER.decide(np.zeros((1, CELLS), dtype=np.int64))

    assert (evidence.log_e, evidence.model) == (0.0, None)


def test_agreement_everywhere_is_evidence_and_agreement_by_halves_is_against():
    agree = count(bytes([0, 1, 2] * 40), bytes([0, 1, 1] * 40), bytes([0, 1, 1] * 40))
    by_halves = count(bytes([1] * 120), bytes([0, 1] * 60), bytes([0, 0, 1, 1] * 30))
    for_copy, against = TEXT_DECODER.decide(np.array([agree, by_halves]))

    assert for_copy.log_e > math.log(1e6)
    assert for_copy.model.coalition == 1
    assert against.log_e < 0


def test_a_copy_is_judged_alone_however_many_stand_beside_it():
    rows = np.array([count(bytes([0, 1, 2, 1]), bytes([0, 1, 1, x]), bytes([0, 1, 1, 1])) for x in (0, 1)])

    assert TEXT_DECODER.decide(rows)[0] == TEXT_DECODER.decide(rows[:1])[0]
    assert TEXT_DECODER.decide(rows[::-1]) == TEXT_DECODER.decide(rows)[::-1]


def test_the_printed_logarithm_has_four_decimals_and_no_negative_zero():
    assert log10_rounded(math.log(2)) == 0.301
    assert math.copysign(1, log10_rounded(-1e-9)) == 1.0
