"""Named parameters of the marks, each with its source. Nothing here is tuned; what is measured says where.

``NUIDA_2009_C6`` is the bias distribution, ``BANK_52`` the attack models that the text decoder averages over,
``PRESENCE_5`` the same models seen through the survival of rows. The integer thresholds are floors of 2^64 times
the exact values; ``tests/unit/mark`` recomputes them with fifty decimals.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BiasProfile:
    """A discrete distribution of biases.

    Attributes:
        name: Stands in plans and manifests.
        source: The publication.
        probabilities: The biases p, the probability of symbol 1.
        weights: Their probabilities; they sum to 1.
        bias_thresholds: A 64-bit word below the first is bias 0, below the second bias 1, else bias 2.
        symbol_thresholds: A 64-bit word below the bias's entry is symbol 1.
    """

    name: str
    source: str
    probabilities: tuple[float, float, float]
    weights: tuple[float, float, float]
    bias_thresholds: tuple[int, int]
    symbol_thresholds: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class AttackBank:
    """Attack models that are mixed with equal weights.

    Attributes:
        name: For reports.
        source: Where the models come from.
        coalitions: Sizes c of coalitions.
        epsilons: Noise on the output of a coalition.
        survivals: Probabilities that a present row is still there; ``(1.0,)`` for symbols that are read or lost.
    """

    name: str
    source: str
    coalitions: tuple[int, ...]
    epsilons: tuple[float, ...]
    survivals: tuple[float, ...]


NUIDA_2009_C6 = BiasProfile(
    name="NUIDA_2009_C6",
    source="Nuida et al., An improvement of discrete Tardos fingerprinting codes, DCC 52 (2009), c0 = 6",
    probabilities=(0.1127016653792583, 0.5, 0.8872983346207417),
    weights=(0.3320131548206044, 0.33597369035879127, 0.3320131548206044),
    bias_thresholds=(0x54FED069CBD90A6C, 0xAB012F963426F593),
    symbol_thresholds=(0x1CDA042F0236E0FB, 0x8000000000000000, 0xE325FBD0FDC91F04),
)

BANK_52 = AttackBank(
    name="BANK_52",
    source="c = 1..10 x {interleave, majority, minority, coin, union, intersection}, equal models merged = 52",
    coalitions=tuple(range(1, 11)),
    epsilons=(0.01, 0.1, 0.25),
    survivals=(1.0,),
)

PRESENCE_5 = AttackBank(
    name="PRESENCE_5",
    source="BANK_52's 52 attacks seen through five rates of row survival, noise .001",
    coalitions=tuple(range(1, 11)),
    epsilons=(0.001,),
    survivals=(1.0, 0.7, 0.5, 0.3, 0.1),
)

ALPHA_OF_THE_HOUSE = 0.001
"""Probability that any innocent copy is ever named, per case."""

POSITIONS_FOR_ONE_SELLER = ((50, 53), (1000, 59))
"""(live copies n, read positions) that name a single seller in 95 % of runs at ``ALPHA_OF_THE_HOUSE``, 1 % altered."""
