"""From evidence to a tier (层级): who may be named, by rules that were fixed before.

Design evidence alone crosses here. A person is named at alpha of at most 0.001; else a minimal group of 2 to 10; else
only "inside" is said.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from dyepack.trace import bound
from dyepack.trace.profiles import GROUP_SIZE_MAX, PERSON_ALPHA_MAX, PERSON_DESIGN_MIN, Profile
from dyepack.trace.verdict import Reason, Tier


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules say.

    Attributes:
        tier: How far the finding goes.
        reason: Why.
        accused: Suspects named; only in tier person.
        group: At least one of these; only in tier group, else empty.
        crossing: Suspects whose own evidence reaches 1/alpha, before policy.
        inside: Whether all suspects together reach it.
    """

    tier: Tier
    reason: Reason
    accused: tuple[str, ...]
    group: tuple[str, ...]
    crossing: tuple[str, ...]
    inside: bool


def rule(log_d: Mapping[str, float], alpha: float, profile: Profile, *, ours: bool, void: bool) -> Ruling:
    """Apply the rules.

    Args:
        log_d: ln D of every suspect.
        alpha: The case's bound.
        profile: The prior.
        ours: Whether anything of ours stands in a list.
        void: Whether a breach below the ledger voided the evidence.
    """
    n = len(log_d)
    crossing = (
        () if void else tuple(s for s in sorted(log_d) if bound.crosses(bound.log_e([log_d[s]], n, profile), alpha))
    )
    inside = not void and bound.crosses(bound.log_e(log_d.values(), n, profile), alpha)
    if not inside:
        reason = Reason.NOTHING_CROSSES if ours else Reason.NOT_OURS
        return Ruling(Tier.NONE, reason, (), (), (), inside=False)
    accused = tuple(s for s in crossing if alpha <= PERSON_ALPHA_MAX and log_d[s] >= math.log(PERSON_DESIGN_MIN))
    group = () if crossing or alpha > PERSON_ALPHA_MAX else minimal_group(log_d, alpha, profile)
    tier = Tier.PERSON if accused else Tier.GROUP if group else Tier.INSIDE
    return Ruling(tier, Reason.CROSSED, accused, group, crossing, inside=True)


def minimal_group(log_d: Mapping[str, float], alpha: float, profile: Profile) -> tuple[str, ...]:
    """The smallest group of 2 to 10 that crosses, or nobody.

    Members are added from the strongest down, so that none can be dropped again. Who equals the last member joins
    too: nobody is left out, or picked, by the order of names.
    """
    n = len(log_d)
    order = sorted(log_d, key=lambda s: (-log_d[s], s))
    for size in range(1, min(GROUP_SIZE_MAX, n) + 1):
        if not bound.crosses(bound.log_e([log_d[s] for s in order[:size]], n, profile), alpha):
            continue
        weakest = log_d[order[size - 1]]
        members = [s for s in order if log_d[s] >= weakest]
        return tuple(sorted(members)) if 2 <= len(members) <= GROUP_SIZE_MAX else ()
    return ()
