"""The numbers that accuse: evidence of one suspect, and of a group, in closed form.

Every function returns a natural logarithm. Proof of the bound: ``docs/proofs/trace-false-accusation.md``. It follows
the test martingales of Ville (1939) and the gamma mixture of Poisson likelihood ratios (Robbins 1970), truncated to
rates at or above the background, so that silence never speaks against anybody in the mean.

Invariants:

* only design evidence enters: canaries that one copy alone held, and secret marks;
* for an innocent, ``exp(log_c)`` and ``exp(log_m)`` have mean at most 1;
* sums run in a fixed order (``math.fsum``), no linear algebra library: the same input gives the same bytes.
"""

import math
from collections.abc import Iterable, Sequence

from dyepack.trace.profiles import Profile

_LOG_GAMMA_HALF = 0.5 * math.log(math.pi)
_ERFC_LIMIT = 25.0


def log_sum_exp(values: Iterable[float]) -> float:
    """Natural logarithm of of the sum of exponentials; ``-inf`` for none."""
    terms = tuple(values)
    top = max(terms, default=-math.inf)
    if top == -math.inf:
        return top
    return top + math.log(math.fsum(math.exp(term - top) for term in terms))


def log_erfc(y: float) -> float:
    """Natural logarithm of erfc(y) for y >= 0, also where erfc itself underflows.

    Beyond 25 the asymptotic series (Abramowitz and Stegun 7.1.23) with five terms is exact to 10^-12.
    """
    if y < _ERFC_LIMIT:
        return math.log(math.erfc(y))
    z = 1.0 / (2.0 * y * y)
    series = -z * (1.0 - 3.0 * z * (1.0 - 5.0 * z * (1.0 - 7.0 * z)))
    return -y * y - math.log(y) - _LOG_GAMMA_HALF + math.log1p(series)


def log_upper_gamma(hits: int, x: float) -> float:
    """Natural logarithm of Q(1/2 + hits, x), the regularized upper incomplete gamma function at half-integers.

    Q(1/2, x) = erfc(sqrt x), and Q(a + 1, x) = Q(a, x) + x^a e^-x / Gamma(a + 1) (DLMF 8.8.2): all terms are
    positive, nothing cancels.
    """
    if x == 0.0:
        return 0.0
    log_x = math.log(x)
    terms = [log_erfc(math.sqrt(x))]
    terms += [(i + 0.5) * log_x - x - math.lgamma(i + 1.5) for i in range(hits)]
    return log_sum_exp(terms)


def log_c(hits: int, background: float, beta: float) -> float:
    """Natural logarithm of C: what a number of hits on exclusive canaries says against their holder.

    The mean of ``theta^hits * exp(-(theta - 1) * background)`` over ``theta ~ Gamma(1/2, rate beta)`` given
    ``theta >= 1``: hits of an innocent come at most at the background rate, so each term has mean at most 1.

    Args:
        hits: Distinct exclusive canaries seen.
        background: Expected hits of an innocent, an upper limit; 0 only if there was nothing to hit.
        beta: Rate of the prior, fixed before the first list; positive if ``background`` is.
    """
    if background == 0.0:
        return 0.0
    shape = 0.5 + hits
    plain = (
        0.5 * math.log(beta) + math.lgamma(shape) + background - _LOG_GAMMA_HALF - shape * math.log(beta + background)
    )
    return plain + log_upper_gamma(hits, beta + background) - log_upper_gamma(0, beta)


def log_guess(hits: int, others: int, share: float, grid: Sequence[float]) -> float:
    """Natural logarithm of G: what the hits say against their holder if somebody *guessed* numbers.

    Who writes numbers of the canaries' range into a list hits each holder's canaries by their share of the range,
    however many he writes. Given ``hits + others`` numbers of the range, each is one of the holder's with probability
    at most ``share``; G is the mean of the binomial likelihood ratios of larger probabilities, each of mean at most 1
    for every true probability up to ``share``. A million guesses are as harmless as one.

    Args:
        hits: Distinct exclusive canaries of the holder that were seen.
        others: Other numbers of the range in the lists: other holders' canaries, and numbers that are no canary.
        share: His canaries as a part of the range, > 0.
        grid: Probabilities tried; those not above ``share`` are left out.
    """
    tried = [p for p in grid if p > share]
    if not tried:
        return 0.0
    terms = [hits * math.log(p / share) + others * (math.log1p(-p) - math.log1p(-share)) for p in tried]
    return log_sum_exp(terms) - math.log(len(tried))


def log_m(read: Sequence[float], held: int) -> float:
    """Natural logarithm of M: the mean e-value of **all** copies that a suspect solely held.

    A copy that was not read counts 1.

    Args:
        read: ln of the e-values of the copies that were read, in a fixed order.
        held: Copies solely held at the freeze, ``len(read)`` or more; 0 gives 0.
    """
    if held == 0:
        return 0.0
    return log_sum_exp((*read, *([0.0] * (held - len(read))))) - math.log(held)


def log_share(suspects: int, profile: Profile) -> float:
    """Natural logarithm of a suspect's part of the prior: the sum of ``w_S / |S|`` over the sets that hold him.

    With n suspects that is ``single/n + (n-1) * pair/(n(n-1)/2) / 2 = (single + pair)/n``; with one suspect the mass
    of pairs is his.
    """
    return math.log(profile.prior_single + profile.prior_pair) - math.log(suspects)


def log_e(members: Iterable[float], suspects: int, profile: Profile) -> float:
    """Natural logarithm of E of "at least one of these leaked", from the ln D of its members; ``-inf`` for nobody.

    ``E_G = sum over S of w_S/|S| * sum over j in S and G of D_j``, over singles and pairs in closed form.
    """
    total = log_sum_exp(members)
    if total == -math.inf:
        return total
    return log_share(suspects, profile) + total


def crosses(log_value: float, alpha: float) -> bool:
    """Whether an e-value reaches 1/alpha."""
    return log_value >= -math.log(alpha)


def is_breach(holders_hit: int, k: int) -> bool:
    """Whether canaries of more holders were hit than can have conspired: then something below the ledger leaked."""
    return holders_hit > k
