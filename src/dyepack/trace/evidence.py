"""What counts as evidence in a case, and counts once.

A case may bring several lists. The same file twice is one list; a canary counts once per case; the e-values of one
copy in several lists multiply, because ``mark`` spends each position once per case; a record is used once, by the
first list that shows it.

Invariants:

* a copy with more than one holder is evidence about nobody: it enters no D, and its canaries are not exclusive;
* the release path of a copy is text to print and reaches no number;
* masked matches of canaries weigh nothing.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dyepack.crypto.digest import hmac_sha256
from dyepack.terms.evidence import CanaryHit, CopyRecovered, LeakedRow
from dyepack.terms.ids import RecordToken
from dyepack.trace import bound
from dyepack.trace.errors import EvidenceMismatchError
from dyepack.trace.profiles import Profile

_ROW_BYTES = 8


@dataclass(frozen=True, slots=True)
class CopyHeld:
    """A copy, frozen with the case.

    Attributes:
        copy: Its id.
        holder: The recipient. One, by type: two rows with one copy id make it nobody's.
        canaries: Exclusive canary rows in it.
        rows: Rows of people in it.
        release_path: Who approved, collected and sent it: text to print, never a suspect by it.
    """

    copy: str
    holder: str
    canaries: int
    rows: int
    release_path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListEvidence:
    """What one leaked list says.

    Attributes:
        sha256: Digest of the file, hex.
        name: Base name of the file.
        rows: Data rows in it.
        linked: Rows linked with certainty to a record.
        foreign: Rows that are linked to nobody.
        soft: Rows that may be somebody's but are not certain.
        hits: Exclusive canaries that stand in it with their full number.
        recovered: What the marks of each copy say; positions spent earlier in the case are not in it.
        masked_hits: Canaries that match a masked number; listed, weight 0.
        strangers: Distinct full numbers in it that lie in the canaries' range and are neither canaries nor records.
        received_at: When it was admitted, microseconds, or None.
    """

    sha256: str
    name: str
    rows: int
    linked: tuple[LeakedRow, ...] = ()
    foreign: int = 0
    soft: int = 0
    hits: tuple[CanaryHit, ...] = ()
    recovered: tuple[CopyRecovered, ...] = ()
    masked_hits: tuple[CanaryHit, ...] = ()
    strangers: int = 0
    received_at: int | None = None


@dataclass(frozen=True, slots=True)
class DesignEvidence:
    """D of one suspect, and what it is made of.

    Attributes:
        canaries: Exclusive canary rows in copies that he solely held.
        hits: Distinct ones that were seen.
        log_c: ln of their evidence.
        copies: (copy, ln e-value) of every copy that was read, by copy id.
        log_d: ln D = ln C + ln M.
    """

    canaries: int
    hits: int
    log_c: float
    copies: tuple[tuple[str, float], ...]
    log_d: float


def admit(lists: Sequence[ListEvidence]) -> tuple[ListEvidence, ...]:
    """The lists that count, in order of receipt: the first of each digest."""
    seen: dict[str, ListEvidence] = {}
    for item in lists:
        seen.setdefault(item.sha256, item)
    return tuple(seen.values())


def segments(lists: Sequence[ListEvidence]) -> tuple[tuple[RecordToken, ...], ...]:
    """The records that each list brings first, in an order that nobody chose.

    Rows enter by HMAC(digest of the file, row number): a file sorted by somebody's records must not make a run.
    """
    used: set[RecordToken] = set()
    found = []
    for item in lists:
        key = item.sha256.encode("ascii")
        keyed = sorted(
            (hmac_sha256(key, row.row.to_bytes(_ROW_BYTES, "big")), row.record)
            for row in item.linked
            if row.record is not None
        )
        fresh = [record for record in dict.fromkeys(record for _, record in keyed) if record not in used]
        used.update(fresh)
        found.append(tuple(fresh))
    return tuple(found)


def solely_held(copies: Sequence[CopyHeld]) -> dict[str, CopyHeld]:
    """Copies with exactly one holder, by id."""
    holders: dict[str, set[str]] = defaultdict(set)
    for copy in copies:
        holders[copy.copy].add(copy.holder)
    return {copy.copy: copy for copy in sorted(copies, key=lambda c: c.copy) if len(holders[copy.copy]) == 1}


def check(lists: Sequence[ListEvidence], copies: Sequence[CopyHeld]) -> None:
    """Refuse evidence that contradicts the register of copies or itself.

    Raises:
        EvidenceMismatchError: An unknown copy, another holder, a canary in two copies, more canaries than the copy
            had, one copy read twice in one list, an e-value that is no number.
    """
    holders: dict[str, set[str]] = defaultdict(set)
    planted: dict[str, int] = {}
    for copy in copies:
        holders[copy.copy].add(copy.holder)
        planted[copy.copy] = max(copy.canaries, planted.get(copy.copy, 0))
    home: dict[str, str] = {}
    for item in lists:
        for hit in (*item.hits, *item.masked_hits):
            if hit.holder not in holders[hit.copy]:
                raise EvidenceMismatchError(detail="canary-of-unknown-copy")
            if home.setdefault(hit.canary, hit.copy) != hit.copy:
                raise EvidenceMismatchError(detail="canary-not-exclusive")
        read = [mark.copy for mark in item.recovered]
        if len(set(read)) != len(read):
            raise EvidenceMismatchError(detail="copy-read-twice")
        for mark in item.recovered:
            if mark.holder not in holders[mark.copy]:
                raise EvidenceMismatchError(detail="mark-of-unknown-copy")
            if not (math.isfinite(mark.log_e_text) and math.isfinite(mark.log_e_presence)):
                raise EvidenceMismatchError(detail="mark-without-number")
    for copy_id, hits in Counter(home.values()).items():
        if hits > planted[copy_id]:
            raise EvidenceMismatchError(detail="more-canaries-than-planted")


def holders_hit(lists: Sequence[ListEvidence], sole: Mapping[str, CopyHeld]) -> frozenset[str]:
    """Sole holders of whom at least one exclusive canary was seen."""
    return frozenset(sole[hit.copy].holder for item in lists for hit in item.hits if hit.copy in sole)


def design(
    suspects: Sequence[str],
    sole: Mapping[str, CopyHeld],
    lists: Sequence[ListEvidence],
    profile: Profile,
    space: int,
) -> dict[str, DesignEvidence]:
    """D of every suspect after these lists.

    C is the smaller of two e-values, each of mean at most 1 for an innocent: against chance (``bound.log_c``) and
    against guessing among ``space`` numbers (``bound.log_guess``).

    The prior rate beta is the background of one list, whatever the number of lists: with a beta that grew with them,
    looking again after each list would not be free.
    """
    owned: dict[str, list[CopyHeld]] = {suspect: [] for suspect in suspects}
    for copy in sole.values():
        owned[copy.holder].append(copy)
    seen: dict[str, set[str]] = defaultdict(set)
    read: dict[str, list[float]] = defaultdict(list)
    for item in lists:
        for hit in item.hits:
            if hit.copy in sole:
                seen[hit.holder].add(hit.canary)
        for mark in item.recovered:
            if mark.copy in sole:
                read[mark.copy].append(mark.log_e_text + mark.log_e_presence)
    strangers = sum(item.strangers for item in lists)
    total = sum(len(canaries) for canaries in seen.values())
    found = {}
    for suspect, held in owned.items():
        canaries = sum(copy.canaries for copy in held)
        per_list = canaries * profile.list_rate_per_canary
        log_c = bound.log_c(len(seen[suspect]), per_list * len(lists), per_list)
        if canaries:
            others = strangers + total - len(seen[suspect])
            share = min(1.0, canaries / max(1, space - others - len(seen[suspect])))
            log_c = min(log_c, bound.log_guess(len(seen[suspect]), others, share, profile.guess_grid))
        copies = tuple((copy.copy, math.fsum(read[copy.copy])) for copy in held if copy.copy in read)
        log_d = log_c + bound.log_m([value for _, value in copies], len(held))
        found[suspect] = DesignEvidence(canaries, len(seen[suspect]), log_c, copies, log_d)
    return found
