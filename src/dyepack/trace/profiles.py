"""Named parameters of tracing, each with its source.

Anything here was fixed before the data. The prior and the grids decide power only: the bound of
``docs/proofs/trace-false-accusation.md`` holds for every choice. The rate of canaries is an assumption of the bound.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """What is fixed before the data.

    Attributes:
        name: Printed in every verdict and hashed into every frame.
        prior_none: Prior mass of "nobody we know".
        prior_single: Mass shared equally by single leakers.
        prior_pair: Mass shared equally by pairs. With one suspect it falls to him; with none, all falls to nobody.
        single_weights: Shares of the list that a single leaker may explain, uniform.
        pair_totals: Shares that a pair may explain together, uniform.
        pair_splits: Parts of it that the first of the pair explains, uniform.
        guess_grid: Parts of the numbers of the canaries' range in a list that a guilty holder's canaries may make up.
        list_rate_per_canary: Upper limit of the probability that one exclusive canary stands, with its full number,
            in one list that was not made from its copy.
        best_singles_for_pairs: Pairs are evaluated among that many best singles.
    """

    name: str
    prior_none: float
    prior_single: float
    prior_pair: float
    single_weights: tuple[float, ...]
    pair_totals: tuple[float, ...]
    pair_splits: tuple[float, ...]
    list_rate_per_canary: float
    guess_grid: tuple[float, ...]
    best_singles_for_pairs: int


Q_2026 = Profile(
    name="Q_2026",
    prior_none=0.30,
    prior_single=0.40,
    prior_pair=0.30,
    single_weights=(0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97),
    pair_totals=(0.1, 0.3, 0.5, 0.7, 0.9),
    pair_splits=(0.2, 0.5, 0.8),
    list_rate_per_canary=1e-8,
    guess_grid=(1e-6, 1e-5, 1e-4, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.6, 0.9, 0.99),
    best_singles_for_pairs=40,
)
"""The house alternative. The rate is an assumption: a canary's number lies in a block that no operator has assigned, so
a stranger's list holds it only by a typing error that lands on just this one of 10^10 numbers. A list that enumerates a
whole block breaks it, and hits the canaries of everybody: then the verdict is void (``bound.is_breach``)."""

PERSON_ALPHA_MAX = 0.001
"""A person is named only at this bound or below: policy, because measures against a person follow."""

PERSON_DESIGN_MIN = 20.0
"""A person is named on design evidence only if his own D reaches this."""

GROUP_SIZE_MAX = 10
"""A larger group is not a finding about persons: then only "inside" is said."""

NOT_OURS_BELOW = 0.05
"""Share of linked rows under which a list without any canary of ours is said not to be ours."""

FEW_ITEMS_BELOW = 10
"""Fewer linked records than this are noted."""

OVERLAP_HIGH = 0.9
"""A rival who shares this part of the records is noted."""

PERSONS_PRINTED = 10
"""At least so many suspects are printed."""

ITEMS_PRINTED = 200
"""At most so many linked rows are printed, in the order in which they entered."""
