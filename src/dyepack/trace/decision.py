"""Decide a case: the front door of tracing.

The steps, in order:

1. check the frame against the exposures and the register, and the evidence against both;
2. admit the lists, each once;
3. void the design evidence if canaries of more than k holders were hit (breach below the ledger);
4. D of every suspect after each list, and from it E;
5. rule: the tier, and who is named;
6. weigh linked rows and D together: the posterior, which names nobody;
7. describe: persons, items, reservations, what speaks for those named.

The caller still has to: freeze the frame before the first result, keep the register of copies as it was then, give
the lists in order of receipt, write ``trace:case:frozen`` and ``trace:verdict:reached``, and print with
``schema.verdict_json``.
"""

import math
import platform
from collections.abc import Mapping, Sequence

import numpy as np

import dyepack
from dyepack.terms.evidence import Exposure
from dyepack.terms.ids import RecordToken
from dyepack.trace import bound, description, evidence
from dyepack.trace.errors import SuspectLeftOutError
from dyepack.trace.evidence import CopyHeld, ListEvidence
from dyepack.trace.frame import Frame
from dyepack.trace.posterior import posterior
from dyepack.trace.profiles import GROUP_SIZE_MAX, NOT_OURS_BELOW, Q_2026, Profile
from dyepack.trace.tiers import rule
from dyepack.trace.verdict import CopyPath, CrossedAt, CurvePoint, Decision, Engine, FramePrinted, Statistical, Verdict

LN10 = math.log(10.0)


def decide(
    frame: Frame,
    exposures: Sequence[Exposure],
    lists: Sequence[ListEvidence],
    copies: Sequence[CopyHeld],
    profile: Profile = Q_2026,
) -> Verdict:
    """Name who leaked, as far as the evidence carries.

    P(any innocent is ever named in the case) <= ``frame.alpha``, under the assumptions that the verdict prints.

    Args:
        frame: What was fixed before.
        exposures: Who was shown which records; several of one suspect add up.
        lists: What the leaked lists of the case say, in order of receipt.
        copies: Every copy that left, frozen with the case.
        profile: The prior and grids; the house's own unless a test says otherwise.

    Raises:
        SuspectLeftOutError: Somebody who was shown records or holds a copy is no suspect.
        EvidenceMismatchError: Evidence contradicts the register of copies or itself.
    """
    # 1
    seen = _seen(exposures)
    missing = ({suspect for suspect, records in seen.items() if records} | {c.holder for c in copies}) - set(
        frame.suspects
    )
    if missing:
        raise SuspectLeftOutError(missing=len(missing))
    evidence.check(lists, copies)
    # 2
    suspects = tuple(sorted(frame.suspects))
    admitted = evidence.admit(lists)
    segments = evidence.segments(admitted)
    sole = evidence.solely_held(copies)
    # 3
    hit = evidence.holders_hit(admitted, sole)
    void = bound.is_breach(len(hit), frame.k)
    # 4
    steps = [
        evidence.design(suspects, sole, admitted[: i + 1], profile, frame.canary_space) for i in range(len(admitted))
    ]
    design = steps[-1] if steps else evidence.design(suspects, sole, (), profile, frame.canary_space)
    log_d = {s: 0.0 if void else design[s].log_d for s in suspects}
    curves = [{s: 0.0 if void else step[s].log_d for s in suspects} for step in steps]
    # 5
    ruling = rule(log_d, frame.alpha, profile, ours=_ours(admitted), void=void)
    # 6
    weighed = posterior(suspects, seen, segments, frame.records, log_d, profile)
    # 7
    scene = description.Scene(
        frame=frame,
        profile=profile,
        suspects=suspects,
        seen=seen,
        lists=admitted,
        segments=segments,
        copies=tuple(sorted(copies, key=lambda c: (c.copy, c.holder))),
        sole=sole,
        design=design,
        log_d=log_d,
        curves=curves,
        void=void,
        holders_hit=len(hit),
        ruling=ruling,
        posterior=weighed,
    )
    persons = description.persons(scene)
    return Verdict(
        engine=Engine(
            version=dyepack.__version__,
            profile=profile.name,
            numpy=np.__version__,
            python=platform.python_version(),
        ),
        frame=_printed(frame, profile),
        inputs=description.inputs(scene),
        evidence=description.put_on_the_scale(scene),
        decision=Decision(
            tier=ruling.tier,
            reason=ruling.reason,
            accused=ruling.accused,
            group=ruling.group or None,
        ),
        statistical=Statistical(
            persons=ruling.crossing,
            inside=ruling.inside,
            crossed_at=_crossed_at(curves, frame, admitted, profile),
        ),
        inside=description.inside(scene),
        persons=persons,
        groups=description.groups(scene),
        items=description.items(scene),
        curve=_curve(curves, admitted, profile),
        reliability=description.reliability(scene),
        exonerating=description.exonerating(scene),
        release_paths=tuple(
            CopyPath(copy=c.copy, path=c.release_path)
            for c in scene.copies
            if c.holder in ruling.accused + ruling.group
        ),
    )


def _seen(exposures: Sequence[Exposure]) -> dict[str, frozenset[RecordToken]]:
    seen: dict[str, frozenset[RecordToken]] = {}
    for exposure in exposures:
        seen[exposure.suspect] = seen.get(exposure.suspect, frozenset()) | exposure.records
    return seen


def _ours(lists: Sequence[ListEvidence]) -> bool:
    """Whether a canary of ours, whole or masked, or enough linked rows stand in the lists."""
    if not lists or any(item.hits or item.masked_hits for item in lists):
        return True
    linked = sum(len({row.row for row in item.linked if row.record is not None}) for item in lists)
    return linked > 0 and linked >= NOT_OURS_BELOW * sum(item.rows for item in lists)


def _printed(frame: Frame, profile: Profile) -> FramePrinted:
    return FramePrinted(
        alpha=frame.alpha,
        k=frame.k,
        g=frame.g,
        gamma=frame.gamma,
        contact_field="phone",
        lag_seconds=None,
        from_=frame.from_,
        to=frame.to,
        suspects=len(frame.suspects),
        records=frame.records,
        canary_space=frame.canary_space,
        groups=0,
        groups_source="none",
        sha256=frame.digest(profile.name),
    )


def _crossed_at(
    curves: Sequence[Mapping[str, float]], frame: Frame, lists: Sequence[ListEvidence], profile: Profile
) -> CrossedAt | None:
    for number, (log_d, item) in enumerate(zip(curves, lists, strict=True), 1):
        if bound.crosses(bound.log_e(log_d.values(), len(log_d), profile), frame.alpha):
            return CrossedAt(item=number, at=item.received_at)
    return None


def _curve(
    curves: Sequence[Mapping[str, float]], lists: Sequence[ListEvidence], profile: Profile
) -> tuple[CurvePoint, ...]:
    points = []
    for number, (log_d, item) in enumerate(zip(curves, lists, strict=True), 1):
        strongest = sorted(log_d.values(), reverse=True)
        best, ten, everybody = (
            bound.log_e(chosen, len(log_d), profile) / LN10
            for chosen in (strongest[:1], strongest[:GROUP_SIZE_MAX], strongest)
        )
        points.append(
            CurvePoint(
                item=number,
                at=item.received_at,
                log10_e_person=best,
                log10_e_group=ten,
                log10_e_inside=everybody,
            )
        )
    return tuple(points)
