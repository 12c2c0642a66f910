"""What a verdict tells besides its decision: suspects, items, reservations, and what speaks for those named.

Nothing here decides. Linked rows, overlaps and attributions describe; they move no E.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dyepack.terms.ids import RecordToken
from dyepack.trace import bound
from dyepack.trace.evidence import CopyHeld, DesignEvidence, ListEvidence
from dyepack.trace.frame import Frame
from dyepack.trace.posterior import Posterior
from dyepack.trace.profiles import (
    FEW_ITEMS_BELOW,
    ITEMS_PRINTED,
    OVERLAP_HIGH,
    PERSON_ALPHA_MAX,
    PERSON_DESIGN_MIN,
    PERSONS_PRINTED,
    Profile,
)
from dyepack.trace.tiers import Ruling
from dyepack.trace.verdict import (
    Attribution,
    CopyEvidence,
    Design,
    Evidence,
    Exonerating,
    Grade,
    GroupVerdict,
    Hits,
    Input,
    Inside,
    Item,
    LeakedList,
    Mark,
    Note,
    OutsideShare,
    PersonVerdict,
    Readings,
    Reliability,
    Requirement,
    Rival,
    Tier,
)

LN10 = math.log(10.0)
BACKGROUND = "background"
_EXPOSED_PRINTED = 20
_SHARE_PRINTED = 0.01
_POSTERIOR_PRINTED = 0.001
_LIMITING = frozenset({"single-holder-keys", "shared-credential-untested", "overlap-high", "unknown-origin-list"})
_WEAKENING = frozenset({"breach-below-ledger"})


@dataclass(frozen=True, slots=True)
class Scene:
    """All that was computed for one verdict; ``design`` is as observed, ``log_d`` as admitted (0 if void)."""

    frame: Frame
    profile: Profile
    suspects: tuple[str, ...]
    seen: Mapping[str, frozenset[RecordToken]]
    lists: tuple[ListEvidence, ...]
    segments: tuple[tuple[RecordToken, ...], ...]
    copies: tuple[CopyHeld, ...]
    sole: Mapping[str, CopyHeld]
    design: Mapping[str, DesignEvidence]
    log_d: Mapping[str, float]
    curves: Sequence[Mapping[str, float]]
    void: bool
    holders_hit: int
    ruling: Ruling
    posterior: Posterior

    def log_e(self, *members: str) -> float:
        """Natural logarithm of E of these suspects together."""
        return bound.log_e([self.log_d[m] for m in members], len(self.suspects), self.profile)

    def records(self, suspect: str) -> frozenset[RecordToken]:
        """Records that a suspect was shown."""
        return self.seen.get(suspect, frozenset())

    @property
    def named(self) -> tuple[str, ...]:
        """Suspects whom the decision names."""
        return self.ruling.accused + self.ruling.group

    @property
    def used(self) -> tuple[RecordToken, ...]:
        """Linked records in the order of use."""
        return tuple(record for segment in self.segments for record in segment)


def inputs(scene: Scene) -> tuple[Input, ...]:
    """The lists as files."""
    found = []
    for item, segment in zip(scene.lists, scene.segments, strict=True):
        repeated = sum(row.record is not None for row in item.linked) - len(segment)
        reasons = {"foreign": item.foreign, "soft": item.soft, "repeated": repeated}
        found.append(
            Input(
                role="list",
                name=item.name,
                sha256=item.sha256,
                rows=item.rows,
                used=len(segment),
                refused=sum(reasons.values()),
                reasons={code: count for code, count in reasons.items() if count},
            )
        )
    return tuple(found)


def put_on_the_scale(scene: Scene) -> Evidence:
    """What was put on the scale."""
    return Evidence(
        lists=tuple(
            LeakedList(
                list=item.name,
                origin="internal" if item.hits else "unknown",
                rows=item.rows,
                hard=len({row.row for row in item.linked if row.record is not None}),
                soft=item.soft,
                foreign=item.foreign,
                strangers=item.strangers,
            )
            for item in scene.lists
        ),
        hits=Hits(
            list=len({hit.canary for item in scene.lists for hit in item.hits}),
            masked=len({hit.canary for item in scene.lists for hit in item.masked_hits}),
        ),
        marks=tuple(
            Mark(copy=copy, holder=scene.sole[copy].holder, log10_e=log_m / LN10)
            for copy, log_m in sorted(pair for design in scene.design.values() for pair in design.copies)
        ),
        items=len(scene.used),
    )


def inside(scene: Scene) -> Inside:
    """All suspects against nobody."""
    outside = scene.posterior.none
    return Inside(
        log10_e=scene.log_e(*scene.suspects) / LN10,
        posterior_outside=outside,
        outside=(OutsideShare(group=BACKGROUND, posterior=outside),),
    )


def persons(scene: Scene) -> tuple[PersonVerdict, ...]:
    """Suspects with posterior >= .001 or E >= 1, at least the best ten, and all who are named."""
    chance = scene.posterior.persons
    order = sorted(scene.suspects, key=lambda s: (-round(chance[s], 12), s))
    printed = [
        suspect
        for rank, suspect in enumerate(order)
        if rank < PERSONS_PRINTED
        or chance[suspect] >= _POSTERIOR_PRINTED
        or scene.log_e(suspect) >= 0.0
        or suspect in scene.named
    ]
    return tuple(_person(scene, suspect) for suspect in printed)


def groups(scene: Scene) -> tuple[GroupVerdict, ...]:
    """The minimal group, if the decision is one, and all suspects together."""
    found = []
    if scene.ruling.group:
        found.append(
            GroupVerdict(
                kind="minimal",
                members=scene.ruling.group,
                log10_e=scene.log_e(*scene.ruling.group) / LN10,
                posterior=scene.posterior.of(frozenset(scene.ruling.group)),
                accused=True,
            )
        )
    found.append(
        GroupVerdict(
            kind="all",
            members=None,
            log10_e=scene.log_e(*scene.suspects) / LN10,
            posterior=1.0 - scene.posterior.none,
            accused=scene.ruling.tier is Tier.INSIDE,
        )
    )
    return tuple(found)


def items(scene: Scene) -> tuple[Item, ...]:
    """The first linked records in the order of use, each with who was exposed and who explains it."""
    chance = scene.posterior.persons
    order = sorted(scene.suspects, key=lambda s: (-round(chance[s], 12), s))
    times = [item.received_at for item, part in zip(scene.lists, scene.segments, strict=True) for _ in part]
    found = []
    for index, record in enumerate(scene.used[:ITEMS_PRINTED]):
        exposed = [suspect for suspect in order if record in scene.records(suspect)]
        shares = {s: float(scene.posterior.shares[s][index]) for s in order if s in scene.posterior.shares}
        parts = [Attribution(actor=s, group=None, share=p) for s, p in shares.items() if p >= _SHARE_PRINTED]
        rest = max(0.0, 1.0 - math.fsum(shares.values()))
        found.append(
            Item(
                item=index + 1,
                kind="row",
                record=record,
                at=times[index],
                received_at=times[index],
                readings=Readings(contact=len(exposed)),
                exposed=tuple(exposed[:_EXPOSED_PRINTED]),
                attribution=(
                    *parts[:_EXPOSED_PRINTED],
                    Attribution(actor=None, group=BACKGROUND, share=rest),
                ),
            )
        )
    return tuple(found)


def reliability(scene: Scene) -> Reliability:
    """The reservations, and the grade that follows from them."""
    notes = _notes(scene)
    codes = {note.code for note in notes}
    return Reliability(
        grade=Grade.WEAK if codes & _WEAKENING else Grade.LIMITED if codes & _LIMITING else Grade.FULL,
        notes=notes,
        evaluations=scene.posterior.evaluated,
        prior_mass_evaluated=scene.posterior.prior_mass,
    )


def exonerating(scene: Scene) -> tuple[Exonerating, ...]:
    """What speaks for each suspect who is named."""
    found = []
    for suspect in scene.named:
        found += _silence(scene, suspect)
        unseen = sum(record not in scene.records(suspect) for record in scene.used)
        if unseen:
            found.append(Exonerating(actor=suspect, code="items-not-exposed", detail={"items": unseen}))
        equal = sum(_exposed_items(scene, s) >= _exposed_items(scene, suspect) for s in scene.suspects if s != suspect)
        if equal and scene.used:
            found.append(Exonerating(actor=suspect, code="rival-equal", detail={"suspects": equal}))
    return tuple(found)


def _person(scene: Scene, suspect: str) -> PersonVerdict:
    design = scene.design[suspect]
    log_e = scene.log_e(suspect)
    history = [bound.log_e([log_d[suspect]], len(scene.suspects), scene.profile) for log_d in scene.curves]
    shares = scene.posterior.shares.get(suspect)
    return PersonVerdict(
        actor=suspect,
        posterior=scene.posterior.persons[suspect],
        log10_e=log_e / LN10,
        log10_e_max=max([log_e, *history]) / LN10,
        bound=min(1.0, math.exp(-log_e)) if log_e > 0.0 else 1.0,
        log10_d=scene.log_d[suspect] / LN10,
        design=Design(
            canaries=design.canaries,
            hits={"list": design.hits},
            log10_c=design.log_c / LN10,
            copies=tuple(CopyEvidence(copy=copy, log10_m=log_m / LN10) for copy, log_m in design.copies),
        ),
        exposures=len(scene.records(suspect)),
        exposed_items=_exposed_items(scene, suspect),
        attributed_items=0.0 if shares is None else round(math.fsum(shares.tolist()), 4),
        log10_numerator=log_e / LN10,
        exposure_ratio=_exposure_ratio(scene, suspect),
        rival=_rival(scene, suspect),
        requirements=_requirements(scene, suspect),
        accused=suspect in scene.ruling.accused,
    )


def _requirements(scene: Scene, suspect: str) -> tuple[Requirement, ...]:
    log_e = scene.log_e(suspect) / LN10
    alpha = scene.frame.alpha
    grade = reliability(scene).grade
    return (
        Requirement(
            code="bound",
            met=suspect in scene.ruling.crossing and alpha <= PERSON_ALPHA_MAX,
            detail={"log10_e": log_e, "needed": -math.log10(alpha), "alpha_at_most": PERSON_ALPHA_MAX},
        ),
        Requirement(
            code="design-evidence",
            met=not scene.void and scene.log_d[suspect] >= math.log(PERSON_DESIGN_MIN),
            detail={"log10_d": scene.log_d[suspect] / LN10, "d_at_least": PERSON_DESIGN_MIN},
        ),
        Requirement(code="reliability", met=grade is not Grade.WEAK, detail={}),
    )


def _notes(scene: Scene) -> tuple[Note, ...]:
    found: list[Note] = []
    if scene.void:
        found.append(Note(code="breach-below-ledger", detail={"holders": scene.holders_hit, "k": scene.frame.k}))
    if scene.copies:
        found.append(Note(code="single-holder-keys", detail={"copies": len(scene.copies)}))
    if scene.named:
        found.append(Note(code="shared-credential-untested", detail={"suspects": len(scene.named)}))
    unknown = sum(not item.hits for item in scene.lists)
    if unknown:
        found.append(Note(code="unknown-origin-list", detail={"lists": unknown}))
    if scene.used:
        found.append(Note(code="groups-not-declared", detail={"items": len(scene.used)}))
    if scene.lists and len(scene.used) < FEW_ITEMS_BELOW:
        found.append(Note(code="few-items", detail={"items": len(scene.used)}))
    rivals = [_rival(scene, suspect) for suspect in scene.named]
    shared = max((rival.shared for rival in rivals if rival), default=0.0)
    if shared >= OVERLAP_HIGH:
        found.append(Note(code="overlap-high", detail={"shared": shared}))
    return tuple(found)


def _silence(scene: Scene, suspect: str) -> list[Exonerating]:
    """Canaries that stayed silent, and how likely so much silence is if the list is a fair sample of what he had."""
    design = scene.design[suspect]
    silent = design.canaries - design.hits
    held = sum(copy.rows for copy in scene.sole.values() if copy.holder == suspect)
    if not silent or not held:
        return []
    kept = min(1.0, _exposed_items(scene, suspect) / held)
    chance = math.fsum(
        math.comb(design.canaries, hits) * kept**hits * (1.0 - kept) ** (design.canaries - hits)
        for hits in range(design.hits + 1)
    )
    detail: dict[str, float | int] = {"silent": silent, "of": design.canaries, "probability": min(1.0, chance)}
    return [Exonerating(actor=suspect, code="silent-canaries", detail=detail)]


def _exposed_items(scene: Scene, suspect: str) -> int:
    records = scene.records(suspect)
    return sum(record in records for record in scene.used)


def _rival(scene: Scene, suspect: str) -> Rival | None:
    """The suspect who was shown most of the same records; the first by id among equals."""
    records = scene.records(suspect)
    others = [(-len(records & scene.records(other)), other) for other in scene.suspects if other != suspect]
    if not others or not records:
        return None
    shared, actor = min(others)
    return Rival(actor=actor, shared=-shared / len(records))


def _exposure_ratio(scene: Scene, suspect: str) -> float:
    """Greatest n_a / n_j over suspects a who were exposed to at least half of the items attributed to j; 1 if none."""
    shares = scene.posterior.shares.get(suspect)
    breadth = len(scene.records(suspect))
    if shares is None or not breadth:
        return 1.0
    half = math.fsum(shares.tolist()) / 2.0
    widest = 0
    for other in scene.suspects:
        records = scene.records(other)
        if other == suspect or len(records) <= widest:
            continue
        hit = np.fromiter((record in records for record in scene.used), dtype=bool, count=len(scene.used))
        if half > 0.0 and math.fsum(shares[hit].tolist()) >= half:
            widest = len(records)
    return round(widest / breadth, 4) if widest else 1.0
