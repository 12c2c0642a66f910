"""The slow statistics of the marks: false accusations with exact intervals, and the code lengths of the design.

Beside ``docs/proofs/mark-false-accusation.md``: the proof says that the bound holds, this says that the code is what
was proved. Seeds are fixed; every run has fresh keys.
"""

import math
from dataclasses import replace

import numpy as np
import pytest

from dyepack.mark.codeword import Carrier, Position, bias_indices, derive_keys, symbols
from dyepack.mark.decoder import CELLS, PRESENCE_DECODER, TEXT_DECODER, Attack, Decoder, attack_theta, count
from dyepack.mark.profiles import BANK_52, NUIDA_2009_C6

pytestmark = pytest.mark.proof

RUNS = 10_000
BIASES = np.array(NUIDA_2009_C6.probabilities)
ALPHAS = (0.05, 0.01, 0.001)


def most_allowed(runs: int, alpha: float, confidence: float = 0.99) -> int:
    """The largest count inside the exact two-sided interval of Binomial(runs, alpha)."""
    tail = (1 - confidence) / 2
    log_term = runs * math.log1p(-alpha)
    total = 0.0
    for k in range(runs + 1):
        total += math.exp(log_term)
        if total >= 1 - tail:
            return k
        log_term += math.log((runs - k) / (k + 1)) + math.log(alpha / (1 - alpha))
    return runs


def file_symbols(words: np.ndarray, attack: Attack, chance: np.random.Generator, altered: float = 0.0) -> np.ndarray:
    """What a coalition shows; ``words`` is runs x colluders x positions."""
    coalition = words.shape[1]
    theta = np.array(attack_theta(attack, coalition))
    shown = chance.random((words.shape[0], words.shape[2])) < theta[words.sum(axis=1)]
    return shown ^ (chance.random(shown.shape) < altered)


def counted(biases: np.ndarray, words: np.ndarray, shown: np.ndarray) -> np.ndarray:
    """Counts of every copy of every run: (runs x copies) x cells."""
    cells = biases[:, None, :] * 4 + words * 2 + shown[:, None, :]
    flat = cells.reshape(-1, cells.shape[-1])
    return np.stack([(flat == cell).sum(axis=1) for cell in range(CELLS)], axis=1)


def log_e(decoder: Decoder, counts: np.ndarray) -> np.ndarray:
    return np.array([evidence.log_e for block in np.array_split(counts, 20) for evidence in decoder.decide(block)])


def test_ten_thousand_leaks_by_one_of_five_name_an_innocent_no_oftener_than_alpha():
    """Real keys, real positions, both carriers, and a leaker who deletes and alters as he likes."""
    chance = np.random.default_rng(20_261_122)
    recipients, text_slots, pool_slots = 5, 60, 24
    highest = np.empty(RUNS)
    guilty_named = 0
    for run in range(RUNS):
        key = chance.bytes(32)
        keys = [derive_keys(key, chance.bytes(16), bytes(16)) for _ in range(recipients)]
        kept = 1 - chance.choice([0.0, 0.5, 0.9])
        altered = chance.choice([0.0, 0.1, 0.5])
        records = [chance.bytes(16) for _ in range(text_slots + pool_slots)]
        text = [Position(record, Carrier.TEXT_VARIANT, 3) for record in records[:text_slots] if chance.random() < kept]
        pool = [Position(record, Carrier.POOL_CANARY, 0) for record in records[text_slots:]]
        total = np.zeros(recipients)
        for positions, decoder, carrier in ((text, TEXT_DECODER, "text"), (pool, PRESENCE_DECODER, "pool")):
            biases = bias_indices(keys[0].bias_key, positions)
            words = [symbols(each, positions, biases) for each in keys]
            own = np.frombuffer(words[0], np.uint8)
            if carrier == "text":
                shown = own ^ (chance.random(len(own)) < altered)
            else:
                shown = own & (chance.random(len(own)) < kept)
            counts = np.array([count(biases, word, shown.astype(np.uint8).tobytes()) for word in words])
            total += [evidence.log_e for evidence in decoder.decide(counts)]
        highest[run] = total[1:].max()
        guilty_named += total[0] >= math.log(recipients / 0.001)

    for alpha in ALPHAS:
        named = int((highest >= math.log(recipients / alpha)).sum())
        assert named <= most_allowed(RUNS, alpha), alpha
    assert guilty_named > 0.1 * RUNS


@pytest.mark.parametrize("carrier", ["text", "presence"])
@pytest.mark.parametrize("attack", list(Attack))
def test_no_attack_of_three_makes_an_innocent_named_oftener_than_alpha(attack, carrier):
    chance = np.random.default_rng([20_261_123, list(Attack).index(attack), carrier == "text"])
    copies, colluders, positions, block = 50, 3, 60, 1000
    decoder = TEXT_DECODER if carrier == "text" else PRESENCE_DECODER
    highest = np.empty((0,))
    for _ in range(RUNS // block):
        biases = chance.choice(3, size=(block, positions), p=NUIDA_2009_C6.weights)
        words = (chance.random((block, copies, positions)) < BIASES[biases][:, None, :]).astype(np.int8)
        shown = file_symbols(words[:, :colluders], attack, chance)
        if carrier == "presence":
            shown &= chance.random(shown.shape) < chance.choice([1.0, 0.5, 0.1], size=(block, 1))
        counts = counted(biases.astype(np.int8), words[:, colluders:], shown)
        innocents = log_e(decoder, counts).reshape(block, copies - colluders)
        highest = np.concatenate([highest, innocents.max(axis=1)])

    for alpha in ALPHAS:
        named = int((highest >= math.log(copies / alpha)).sum())
        assert named <= most_allowed(RUNS, alpha), alpha


def needed_positions(coalition: int, threshold: float, lengths: list[int], runs: int) -> int:
    """The shortest length at which a colluder is named in 95 % of runs under the worst attack, 1 % altered."""
    quiet = Decoder(replace(BANK_52, epsilons=(0.01,)))
    worst = 0
    for attack in dict.fromkeys(attack_theta(attack, coalition) for attack in Attack):
        chance = np.random.default_rng([20_261_124, coalition, round(1000 * sum(attack))])
        biases = chance.choice(3, size=(runs, lengths[-1]), p=NUIDA_2009_C6.weights).astype(np.int8)
        words = (chance.random((runs, coalition, lengths[-1])) < BIASES[biases][:, None, :]).astype(np.int8)
        shown = chance.random(biases.shape) < np.array(attack)[words.sum(axis=1)]
        shown ^= chance.random(shown.shape) < 0.01
        for length in lengths:
            counts = counted(biases[:, :length], words[:, :, :length], shown[:, :length])
            best = log_e(quiet, counts).reshape(runs, coalition).max(axis=1)
            if (best >= threshold).mean() >= 0.95:
                worst = max(worst, length)
                break
        else:
            worst = max(worst, 2 * lengths[-1])
    return worst


@pytest.mark.parametrize(
    ("copies", "alpha", "coalition", "expected"),
    [
        (1000, 1e-6, 1, 88),
        (1000, 1e-3, 1, 59),
        (50, 1e-3, 1, 53),
        (1000, 1e-6, 2, 336),
        (1000, 1e-3, 2, 234),
        (50, 1e-3, 2, 192),
    ],
)
def test_the_code_lengths_are_those_of_the_design(copies, alpha, coalition, expected):
    lengths = sorted({round(expected * factor) for factor in np.arange(0.7, 1.42, 0.02)})

    found = needed_positions(coalition, math.log(copies / alpha), lengths, runs=1000)

    assert abs(found - expected) <= 0.15 * expected
