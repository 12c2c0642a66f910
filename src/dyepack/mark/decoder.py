"""The decoder: counted symbols of a copy become an e-value (证据值). Pure; numpy.

For an attack model (c, θ) with noise ε, θ(w) is the probability that c colluders of whom w hold symbol 1 output 1,
blurred to θ' = (1-ε)θ + ε(1-θ). With p the bias of a position, x the symbol of the copy under test and y what the file
shows::

    P1 = Σ_{w=0..c-1} C(c-1,w) p^w (1-p)^(c-1-w) θ'(w+1)        the copy shows 1
    P0 = Σ_{w=0..c-1} C(c-1,w) p^w (1-p)^(c-1-w) θ'(w)          the copy shows 0
    log-likelihood ratio of one position = ln P(y|x,p) - ln P(y|p),   P(1|p) = p·P1 + (1-p)·P0
    E = mean over the bank of exp(sum of the log-likelihood ratios)

For presence carriers P(y=1|·) is multiplied by a survival rate.

Invariants:

* for every model, bias and y the ratio has mean 1 over x: the e-value of a copy whose symbols are unknown to the leaker
  has mean 1 whatever the leaker did. Models decide power, never soundness (``docs/proofs/mark-false-accusation.md``);
* sums run in a fixed order and without BLAS, so that a second analyst gets the same figures.

Whether a position may be used (read once, not spent) is ``recover``'s business.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dyepack.mark.profiles import BANK_52, NUIDA_2009_C6, PRESENCE_5, AttackBank

CELLS: Final = 12
"""Cells of a count: bias index x 4 + symbol of the copy x 2 + symbol of the file."""

DECIMALS: Final = 4

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


class Attack(StrEnum):
    """What a coalition does where its copies differ."""

    INTERLEAVE = "interleave"
    MAJORITY = "majority"
    MINORITY = "minority"
    COIN = "coin"
    UNION = "union"
    INTERSECTION = "intersection"


@dataclass(frozen=True, slots=True)
class Model:
    """One attack model. ``theta`` has ``coalition`` + 1 entries, 0 first and 1 last."""

    coalition: int
    attack: Attack
    theta: tuple[float, ...]
    epsilon: float
    survival: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """The e-value of one carrier of one copy.

    Attributes:
        log_e: Natural logarithm.
        model: The model that fits best: for the reader, no inference rests on it. None if nothing was counted.
    """

    log_e: float
    model: Model | None


def attack_theta(attack: Attack, coalition: int) -> tuple[float, ...]:
    """θ(0..c) of an attack; ties of majority and minority are a fair coin."""
    inner = range(1, coalition)
    if attack is Attack.INTERLEAVE:
        middle = [w / coalition for w in inner]
    elif attack is Attack.COIN:
        middle = [0.5 for _ in inner]
    elif attack is Attack.UNION:
        middle = [1.0 for _ in inner]
    elif attack is Attack.INTERSECTION:
        middle = [0.0 for _ in inner]
    else:
        ones_win = attack is Attack.MAJORITY
        middle = [0.5 if 2 * w == coalition else float((2 * w > coalition) is ones_win) for w in inner]
    return (0.0, *middle, 1.0)


def models(bank: AttackBank) -> tuple[Model, ...]:
    """The bank's models in their fixed order, equal ones merged."""
    found: dict[tuple[tuple[float, ...], float, float], Model] = {}
    for survival in bank.survivals:
        for epsilon in bank.epsilons:
            for coalition in bank.coalitions:
                for attack in Attack:
                    theta = attack_theta(attack, coalition)
                    found.setdefault((theta, epsilon, survival), Model(coalition, attack, theta, epsilon, survival))
    return tuple(found.values())


def output_probabilities(model: Model, bias: float) -> tuple[float, float, float]:
    """P(y=1) if the copy shows 1, if it shows 0, and if its symbol is not known."""
    blurred = [(1 - model.epsilon) * theta + model.epsilon * (1 - theta) for theta in model.theta]
    others = model.coalition - 1
    shown = [0.0, 0.0]
    for ones in range(others + 1):
        chance = math.comb(others, ones) * bias**ones * (1 - bias) ** (others - ones)
        shown[0] += chance * blurred[ones]
        shown[1] += chance * blurred[ones + 1]
    if_one, if_zero = shown[1] * model.survival, shown[0] * model.survival
    return if_one, if_zero, bias * if_one + (1 - bias) * if_zero


def ratio_table(bank: tuple[Model, ...]) -> Floats:
    """Natural log-likelihood ratios, ``CELLS`` x models."""
    table = np.zeros((CELLS, len(bank)))
    for column, model in enumerate(bank):
        for b, bias in enumerate(NUIDA_2009_C6.probabilities):
            if_one, if_zero, unknown = output_probabilities(model, bias)
            for x, shown in ((0, if_zero), (1, if_one)):
                table[4 * b + 2 * x, column] = math.log(1 - shown) - math.log(1 - unknown)
                table[4 * b + 2 * x + 1, column] = math.log(shown) - math.log(unknown)
    return table


def count(biases: bytes, copy_symbols: bytes, file_symbols: bytes) -> Counts:
    """The twelve counts of one copy; three strings of one byte a position, in one order."""
    cells = (
        np.frombuffer(biases, np.uint8).astype(np.int64) * 4
        + np.frombuffer(copy_symbols, np.uint8) * 2
        + np.frombuffer(file_symbols, np.uint8)
    )
    return np.bincount(cells, minlength=CELLS).astype(np.int64)


class Decoder:
    """A bank with its table: counts in, evidence out."""

    def __init__(self, bank: AttackBank) -> None:
        """Compute the table once; a decoder keeps no data."""
        self.models = models(bank)
        self.table = ratio_table(self.models)

    def decide(self, counts: Counts) -> tuple[Evidence, ...]:
        """The evidence of each copy.

        Args:
            counts: copies x ``CELLS``.
        """
        sums = np.zeros((len(counts), len(self.models)))
        for cell in range(CELLS):
            sums += counts[:, cell : cell + 1] * self.table[cell]
        best = np.argmax(sums, axis=1)
        highest = np.max(sums, axis=1)
        total = np.zeros(len(counts))
        for column in range(len(self.models)):
            total += np.exp(sums[:, column] - highest)
        log_e = highest + np.log(total) - math.log(len(self.models))
        used = counts.sum(axis=1) > 0
        return tuple(
            Evidence(float(value), self.models[int(k)]) if some else Evidence(0.0, None)
            for value, k, some in zip(log_e, best, used, strict=True)
        )


TEXT_DECODER: Final = Decoder(BANK_52)
PRESENCE_DECODER: Final = Decoder(PRESENCE_5)


def log10_rounded(log_e: float) -> float:
    """The decimal logarithm that is printed and stored, four decimals; never a negative zero."""
    return round(log_e / math.log(10), DECIMALS) + 0.0
