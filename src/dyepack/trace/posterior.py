"""P(who leaked | everything): enumeration over nobody, singles and pairs.

A set S explains the linked rows of each list as a mixture: a part drawn from what its members were shown (contact
reading), the rest from all records. Records are drawn without replacement, and shares of the parts lie on a fixed
grid. ``P(S | data)`` is proportional to ``w_S * L_S * mean of D_j over S``. This is the guilt model of Papadimitriou
and Garcia-Molina (2011) as a mixture with unknown shares.

It ranks and explains. It carries no bound on false accusation and accuses nobody: linked rows reach this module only.

* Enumeration, no sampling: the same input gives the same numbers.
* Pairs are taken among the best singles of the profile; the prior mass that was looked at is reported.
"""

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dyepack.terms.ids import RecordToken
from dyepack.trace.bound import log_sum_exp
from dyepack.trace.profiles import Profile

Vector = npt.NDArray[np.float64]
Segments = Sequence[Sequence[RecordToken]]
_ATTRIBUTED_ABOVE = 1e-5


@dataclass(frozen=True, slots=True)
class Posterior:
    """What the data says about who leaked.

    Attributes:
        none: P(nobody we know leaked).
        persons: P(suspect leaked), alone or in a pair.
        sets: (members, probability) of every set that was evaluated, nobody first.
        shares: For each suspect the probability, per linked record, that the record came through him; absent = 0.
        evaluated: Number of sets.
        prior_mass: Prior mass of the sets evaluated, 1 if all were.
    """

    none: float
    persons: Mapping[str, float]
    sets: tuple[tuple[tuple[str, ...], float], ...]
    shares: Mapping[str, Vector]
    evaluated: int
    prior_mass: float

    def of(self, members: frozenset[str]) -> float:
        """P(at least one of these leaked)."""
        return min(1.0, math.fsum(p for chosen, p in self.sets if not members.isdisjoint(chosen)))


@dataclass(frozen=True, slots=True)
class _Set:
    members: tuple[str, ...]
    log_weight: float
    shares: Vector  # mean shares of the members, per segment


def posterior(
    suspects: Sequence[str],
    seen: Mapping[str, frozenset[RecordToken]],
    segments: Segments,
    universe: int,
    log_d: Mapping[str, float],
    profile: Profile,
) -> Posterior:
    """Weigh all sets of at most two suspects.

    Args:
        suspects: All of them, sorted.
        seen: Records that each was shown; absent means none.
        segments: Records that each list brings first, in the order of use.
        universe: Number of records that could have stood in the lists; more if more were seen or linked, for records
            come and go after a case was framed.
        log_d: ln D of each suspect.
        profile: Prior and grids.
    """
    items = [record for segment in segments for record in segment]
    universe = max([universe, len(items), *(len(records) for records in seen.values())])
    bounds = np.cumsum([0, *(len(segment) for segment in segments)])
    ratios = {suspect: _ratios(items, seen.get(suspect, frozenset()), universe) for suspect in suspects}

    def weigh(members: tuple[str, ...], log_prior: float) -> _Set:
        log_likelihood, shares = _likelihood([ratios[m] for m in members], bounds, profile)
        log_mean_d = log_sum_exp(log_d[m] for m in members) - math.log(len(members))
        return _Set(members, log_prior + log_likelihood + log_mean_d, shares)

    n = len(suspects)
    nobody, one, two = _prior(n, profile)
    sets = [_Set((), math.log(nobody), np.zeros((len(segments), 0)))]
    singles = [weigh((suspect,), math.log(one)) for suspect in suspects]
    best = sorted(singles, key=lambda s: -s.log_weight)[: profile.best_singles_for_pairs]
    partners = sorted(s.members[0] for s in best)
    pairs = [weigh(pair, math.log(two)) for pair in itertools.combinations(partners, 2)]
    sets += [*singles, *pairs]

    total = log_sum_exp(s.log_weight for s in sets)
    weighted = tuple((s.members, math.exp(s.log_weight - total)) for s in sets)
    involved: dict[str, list[float]] = {suspect: [] for suspect in suspects}
    for members, probability in weighted:
        for member in members:
            involved[member].append(probability)
    return Posterior(
        none=weighted[0][1],
        persons={suspect: min(1.0, math.fsum(parts)) for suspect, parts in involved.items()},
        sets=weighted,
        shares=_attribute(sets, weighted, ratios, bounds),
        evaluated=len(sets),
        prior_mass=math.fsum((nobody, one * n, two * len(pairs))),
    )


def _prior(n: int, profile: Profile) -> tuple[float, float, float]:
    """Mass of nobody, of each single, of each pair."""
    if n == 0:
        return 1.0, 0.0, 0.0
    if n == 1:
        return profile.prior_none, profile.prior_single + profile.prior_pair, 0.0
    return profile.prior_none, profile.prior_single / n, profile.prior_pair / (n * (n - 1) / 2)


def _ratios(items: Sequence[RecordToken], records: frozenset[RecordToken], universe: int) -> Vector:
    """How much likelier each item is if drawn from these records than from all: f / b, without replacement."""
    hit = np.fromiter((item in records for item in items), dtype=np.float64, count=len(items))
    left_of_his = len(records) - (np.cumsum(hit) - hit)
    left_of_all = universe - np.arange(len(items), dtype=np.float64)
    return np.divide(hit * left_of_all, left_of_his, out=np.zeros_like(hit), where=hit > 0)


def _grid(members: int, profile: Profile) -> Vector:
    """Rows = grid points, columns = shares of the members."""
    if members == 1:
        return np.array([[share] for share in profile.single_weights])
    return np.array([(t * s, t * (1.0 - s)) for t in profile.pair_totals for s in profile.pair_splits])


def _likelihood(ratios: Sequence[Vector], bounds: npt.NDArray[np.int_], profile: Profile) -> tuple[float, Vector]:
    """Natural logarithm of L over background, and the mean shares per segment given the data."""
    grid = _grid(len(ratios), profile)
    mixture = (1.0 - np.add.reduce(grid, axis=1))[:, None] + np.zeros((len(grid), len(ratios[0])))
    for column, ratio in enumerate(ratios):
        mixture += grid[:, column, None] * ratio[None, :]
    logs = np.log(mixture)
    total = 0.0
    shares = np.zeros((len(bounds) - 1, len(ratios)))
    for segment in range(len(bounds) - 1):
        part = np.ascontiguousarray(logs[:, bounds[segment] : bounds[segment + 1]])
        points = [float(value) for value in np.add.reduce(part, axis=1)]
        log_sum = log_sum_exp(points)
        total += log_sum - math.log(len(points))
        weights = [math.exp(point - log_sum) for point in points]
        for column in range(len(ratios)):
            shares[segment, column] = math.fsum(w * float(g) for w, g in zip(weights, grid[:, column], strict=True))
    return total, shares


def _attribute(
    sets: Sequence[_Set],
    weighted: Sequence[tuple[tuple[str, ...], float]],
    ratios: Mapping[str, Vector],
    bounds: npt.NDArray[np.int_],
) -> dict[str, Vector]:
    """Per suspect and item: the probability that the item came through him, at each set's mean shares."""
    found: dict[str, Vector] = {}
    lengths = np.diff(bounds)
    for chosen, (members, probability) in zip(sets, weighted, strict=True):
        if not members or probability < _ATTRIBUTED_ABOVE:
            continue
        shares = [np.repeat(chosen.shares[:, column], lengths) for column in range(len(members))]
        parts = [share * ratios[member] for share, member in zip(shares, members, strict=True)]
        whole = 1.0 - sum(shares) + sum(parts)
        for member, part in zip(members, parts, strict=True):
            found[member] = found.get(member, np.zeros_like(part)) + probability * part / whole
    return found
