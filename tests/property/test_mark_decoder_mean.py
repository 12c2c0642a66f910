"""The theorem behind M1: an innocent copy's factor has mean one, cell by cell and for any counts."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dyepack.mark.decoder import PRESENCE_DECODER, TEXT_DECODER, Attack, Decoder, Model, output_probabilities
from dyepack.mark.profiles import NUIDA_2009_C6

BIASES = NUIDA_2009_C6.probabilities


def mean_over_symbols(decoder: Decoder, b: int, y: int) -> np.ndarray:
    """Σ_x P(x) P(y|x)/P(y) for every model of a bank."""
    zero, one = (np.exp(decoder.table[4 * b + 2 * x + y]) for x in (0, 1))
    return (1 - BIASES[b]) * zero + BIASES[b] * one


@pytest.mark.parametrize("decoder", [TEXT_DECODER, PRESENCE_DECODER], ids=["text", "presence"])
@pytest.mark.parametrize("b", range(3))
@pytest.mark.parametrize("y", range(2))
def test_every_cell_of_the_tables_has_mean_one(decoder, b, y):
    assert np.max(np.abs(mean_over_symbols(decoder, b, y) - 1)) < 1e-12


@given(
    coalition=st.integers(1, 10),
    middle=st.lists(st.floats(0, 1), min_size=9, max_size=9),
    bias=st.floats(0.01, 0.99),
    epsilon=st.floats(0.001, 0.4),
    survival=st.floats(0.05, 1),
)
@settings(max_examples=60)
def test_any_model_whatsoever_has_mean_one(coalition, middle, bias, epsilon, survival):
    model = Model(coalition, Attack.COIN, (0.0, *middle[: coalition - 1], 1.0), epsilon, survival)
    if_one, if_zero, unknown = output_probabilities(model, bias)

    for shown, all_together in (((if_zero, if_one), unknown), ((1 - if_zero, 1 - if_one), 1 - unknown)):
        mean = (1 - bias) * shown[0] / all_together + bias * shown[1] / all_together
        assert mean == pytest.approx(1, abs=1e-12)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 1)), min_size=1, max_size=7))
@settings(max_examples=40)
def test_the_mixture_over_the_bank_has_mean_one_over_all_codewords_of_an_innocent(file):
    """Exact: every codeword that an innocent copy may have, weighted by its probability."""
    total = 0.0
    for word in range(2 ** len(file)):
        own = [(word >> k) & 1 for k in range(len(file))]
        chance = math.prod(BIASES[b] if x else 1 - BIASES[b] for x, (b, _) in zip(own, file, strict=True))
        counts = np.zeros((1, 12), dtype=np.int64)
        for x, (b, y) in zip(own, file, strict=True):
            counts[0, 4 * b + 2 * x + y] += 1
        total += chance * math.exp(TEXT_DECODER.decide(counts)[0].log_e)

    assert total == pytest.approx(1, abs=1e-9)


@given(st.lists(st.integers(0, 60), min_size=12, max_size=12), st.integers(2, 5))
@settings(max_examples=40)
def test_the_same_counts_give_the_same_figure_in_any_company(counts, company):
    alone = TEXT_DECODER.decide(np.array([counts]))[0]
    among = TEXT_DECODER.decide(np.array([counts] * company))

    assert all(evidence == alone for evidence in among)
