"""The verdict (结论): what tracing found, how strong it is, and what it rests on. Values only.

These dataclasses *are* the schema ``dyepack.trace/1`` (hence the length): a field is a key (``from_`` is ``from``), its
type says how it is rounded, its meaning is its line in ``docs/reference/trace-schema.md``. None stands for "not there".
Suspects are opaque ids; names appear in ``decision`` and ``explanation`` only, and only when printed.
"""

# ruff: noqa: RUF009 - `says` makes a dataclasses.field, which is no shared default

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

Log10 = Annotated[float, "log10"]
"""Decimal logarithm, unrounded here; printed with 4 decimals, -99 at least."""
Share = Annotated[float, "share"]
"""Probability or part in [0, 1]; printed with 4 decimals."""
Ceiling = Annotated[float, "ceiling"]
"""An upper bound in [0, 1]; printed with 4 decimals, rounded up."""
Real = Annotated[float, "real"]
"""A number as it was given; printed unrounded."""
Instant = Annotated[int, "instant"]
"""Microseconds; printed as ISO 8601 UTC."""
Facts = Mapping[str, float | int]
"""Named numbers of a note; printed with 4 decimals."""


def says(meaning: str, **default: Any) -> Any:
    """A field with its line of the reference."""
    return field(metadata={"meaning": meaning}, **default)


class Tier(StrEnum):
    """How far the finding goes."""

    NONE = "none"
    INSIDE = "inside"
    GROUP = "group"
    PERSON = "person"


class Reason(StrEnum):
    """Why the tier is what it is."""

    CROSSED = "crossed"
    NOTHING_CROSSES = "nothing-crosses"
    NOT_OURS = "not-ours"


class Grade(StrEnum):
    """How reliable the verdict is by its own account."""

    FULL = "full"
    LIMITED = "limited"
    WEAK = "weak"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One sentence in two languages."""

    zh: str = says("Chinese")
    en: str = says("English")


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyPath:
    """How a named copy went out. Nobody is a suspect by standing here."""

    copy: str = says("id of the copy")
    path: tuple[str, ...] = says("who approved, collected and sent it, as text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The verdict in plain words."""

    finding: Text = says("what was found")
    strength: Text = says("the bound in words")
    rests_on: tuple[Text, ...] = says("the evidence that counts")
    assumptions: tuple[Text, ...] = says("what was assumed")
    refuters: tuple[Text, ...] = says("what would refute it")
    in_favor: tuple[Text, ...] = says("what speaks for those named")
    next_steps: tuple[Text, ...] = says("what happens next")
    release_path: tuple[CopyPath, ...] = says("release paths of the copies of those named; text, no suspects")


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """What computed it."""

    version: str = says("version of Dyepack")
    profile: str = says("name of the prior and grids")
    numpy: str = says("version of numpy")
    python: str = says("version of Python")


@dataclass(frozen=True, slots=True, kw_only=True)
class FramePrinted:
    """What was fixed before anybody looked."""

    alpha: Real = says("greatest probability of ever naming an innocent in this case")
    k: int = says("other leakers thought possible; canaries of more holders hit void the evidence")
    g: int = says("outside groups thought possible")
    gamma: int = says("selectivity thought possible")
    contact_field: str = says("the field whose showing exposes a record")
    lag_seconds: int | None = says("looks closer to an item than this do not count; null for lists")
    from_: Instant = says("start of the window")
    to: Instant = says("end of the window")
    suspects: int = says("number of suspects")
    records: int = says("size of the record universe")
    canary_space: int = says("numbers among which exclusive canaries would have to be guessed")
    groups: int = says("outside groups declared")
    groups_source: str = says("declared, auto or none")
    sha256: str = says("digest of the frame")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One file that went in."""

    role: str = says("what it is for")
    name: str = says("base name")
    sha256: str = says("digest of the file")
    rows: int = says("data rows")
    used: int = says("records it brought first")
    refused: int = says("linked or unlinked rows that were not used")
    reasons: Mapping[str, int] = says("why, by code: foreign, soft, repeated")


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakedList:
    """One leaked list."""

    list: str = says("base name")
    origin: str = says("internal (holds a canary of ours) or unknown")
    rows: int = says("data rows")
    hard: int = says("linked with certainty")
    soft: int = says("perhaps somebody's")
    foreign: int = says("nobody's")
    strangers: int = says("numbers of the canaries' range that are neither canaries nor records: guesses, or chance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """Distinct canaries seen, by class; a class that this build does not watch is null."""

    none: int | None = says("rings without content", default=None)
    extension: int | None = says("rings on an extension", default=None)
    name: int | None = says("callers who knew the name", default=None)
    story: int | None = says("callers who knew the story", default=None)
    list: int = says("canaries with their full number in a list")
    masked: int = says("canaries that match a masked number; weight 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What the marks of one copy say over all lists."""

    copy: str = says("id of the copy")
    holder: str = says("its holder")
    log10_e: Log10 = says("evidence of the marks of this copy alone")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was put on the scale."""

    complaints: None = says("complaints are not part of this build", default=None)
    lists: tuple[LeakedList, ...] = says("leaked lists")
    hits: Hits = says("distinct canaries seen")
    marks: tuple[Mark, ...] = says("marks read")
    items: int = says("linked records, each once")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The finding."""

    tier: Tier = says("none, inside, group or person")
    reason: Reason = says("crossed, nothing-crosses or not-ours")
    accused: tuple[str, ...] = says("names, in tier person only")
    group: tuple[str, ...] | None = says("names, in tier group only: at least one of them")
    unit: str | None = says("a declared unit; not part of this build", default=None)
    statement: Text | None = says("finding, strength, assumptions, what would refute it", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossedAt:
    """When the evidence first reached the limit."""

    item: int = says("number of the list, from 1")
    at: Instant | None = says("when it was received")


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistical:
    """What the theorem alone says, before policy."""

    persons: tuple[str, ...] = says("suspects whose evidence reaches 1/alpha")
    inside: bool = says("whether all suspects together reach it")
    crossed_at: CrossedAt | None = says("when all together first reached it")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutsideShare:
    """One explanation outside."""

    group: str = says("a group or `background`")
    posterior: Share = says("its probability")


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """All suspects against nobody."""

    log10_e: Log10 = says("evidence that any of them leaked")
    posterior_outside: Share = says("probability that none of them did")
    outside: tuple[OutsideShare, ...] = says("that probability by explanation")


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyEvidence:
    """One copy of a suspect that was read."""

    copy: str = says("id of the copy")
    log10_m: Log10 = says("evidence of its marks")


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """What a suspect's design evidence is made of."""

    canaries: int = says("exclusive canaries in copies that he solely held")
    hits: Mapping[str, int] = says("of these seen, by class")
    log10_c: Log10 = says("evidence of the canaries")
    copies: tuple[CopyEvidence, ...] = says("his copies that were read")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """The suspect who saw most of the same records."""

    actor: str = says("who")
    shared: Share = says("part of this suspect's records that he was shown too")


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One condition of naming a person."""

    code: str = says("bound, design-evidence or reliability")
    met: bool = says("whether it is met")
    detail: Facts = says("the numbers compared")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonVerdict:
    """One suspect."""

    actor: str = says("opaque id")
    posterior: Share = says("probability that he leaked, alone or with one other; carries no bound")
    log10_e: Log10 = says("evidence against him")
    log10_e_max: Log10 = says("its maximum over the lists so far")
    bound: Ceiling = says("min(1, 1/E), rounded up")
    log10_d: Log10 = says("his design evidence")
    design: Design = says("what it is made of")
    exposures: int = says("records that he was shown")
    exposed_items: int = says("linked records among them")
    attributed_items: Real = says("linked records expected to have come through him")
    log10_numerator: Log10 = says("numerator of E; equals it, since only design evidence enters")
    k_star: int | None = says("not part of this build", default=None)
    g_star: int | None = says("not part of this build", default=None)
    gamma_star: float | None = says("not part of this build", default=None)
    exposure_ratio: Real = says("greatest breadth of a suspect who saw half of his items, over his own; 1 if none")
    rival: Rival | None = says("who saw most of the same records")
    requirements: tuple[Requirement, ...] = says("conditions of naming him")
    accused: bool = says("whether the decision names him")


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupVerdict:
    """One set of suspects."""

    kind: str = says("minimal or all")
    name: str | None = says("name of a unit; null", default=None)
    members: tuple[str, ...] | None = says("opaque ids; null for all")
    log10_e: Log10 = says("evidence that at least one of them leaked")
    posterior: Share = says("probability that at least one of them did")
    k_star: int | None = says("not part of this build", default=None)
    g_star: int | None = says("not part of this build", default=None)
    gamma_star: float | None = says("not part of this build", default=None)
    accused: bool = says("whether the decision names it")


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """How many suspects were exposed to an item."""

    contact: int = says("by the contact reading")
    exact: int | None = says("by the exact reading; not part of this build", default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribution:
    """Part of an item that one explanation takes."""

    actor: str | None = says("a suspect, or null")
    group: str | None = says("`background`, or null")
    share: Share = says("its part")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One linked record."""

    item: int = says("number in the order of use, from 1")
    kind: str = says("row")
    record: str = says("token of the record")
    at: Instant | None = says("when its list was received")
    received_at: Instant | None = says("the same")
    readings: Readings = says("suspects exposed")
    exposed: tuple[str, ...] = says("at most 20 of them, by posterior")
    attribution: tuple[Attribution, ...] = says("parts of at least 0.01")


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """Evidence after one more list."""

    item: int = says("number of the list, from 1")
    at: Instant | None = says("when it was received")
    log10_e_person: Log10 = says("strongest suspect")
    log10_e_group: Log10 = says("strongest ten together")
    log10_e_inside: Log10 = says("all suspects together")


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One reservation, from a closed list."""

    code: str = says("its code")
    detail: Facts = says("its numbers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """What the verdict says about itself."""

    grade: Grade = says("full, limited or weak")
    notes: tuple[Note, ...] = says("reservations")
    null_gap_log10: Log10 | None = says("no search over null hypotheses in this build", default=None)
    evaluations: int = says("sets of suspects weighed")
    search_cut: bool = says("whether a search ended early", default=False)
    prior_mass_evaluated: Share = says("prior mass of the sets weighed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exonerating:
    """One thing that speaks for somebody who is named."""

    actor: str = says("for whom")
    code: str = says("silent-canaries, items-not-exposed or rival-equal")
    detail: Facts = says("its numbers")


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The outcome of one trace. ``schema.verdict_json`` prints it."""

    engine: Engine = says("what computed it")
    frame: FramePrinted = says("what was fixed before anybody looked")
    inputs: tuple[Input, ...] = says("files that went in")
    evidence: Evidence = says("what was put on the scale")
    decision: Decision = says("the finding")
    statistical: Statistical = says("what the theorem alone says, before policy")
    inside: Inside = says("all suspects against nobody")
    persons: tuple[PersonVerdict, ...] = says("suspects, by posterior")
    groups: tuple[GroupVerdict, ...] = says("sets of suspects")
    sensitivity: tuple[None, ...] = says("other k, g, gamma; empty in this build", default=())
    items: tuple[Item, ...] = says("linked records, at most 200, in the order of use")
    curve: tuple[CurvePoint, ...] = says("evidence after each list")
    reliability: Reliability = says("what the verdict says about itself")
    exonerating: tuple[Exonerating, ...] = says("what speaks for those who are named")
    next_canaries: tuple[None, ...] = says("what to plant next; empty in this build", default=())
    explanation: Summary | None = says("the verdict in plain words", default=None)
    release_paths: tuple[CopyPath, ...] = field(default=(), metadata={"internal": True})
