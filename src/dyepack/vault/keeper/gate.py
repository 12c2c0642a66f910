"""The gate (闸门): whether a receipt opens what is asked. Pure; it fetches nothing and remembers nothing.

A Merkle log proves integrity, not completeness: a patched vault could simply not write. Therefore a key is derived
only against an entry that is in the log already. The checks of ``open``, in this order; each refusal has its code:

1. the peer account may use this operation (within one process the vault is the peer);
2. frame and counts: 1..100 records, each once, each with parts that the catalog knows;
3. the head is known and the inclusion proof holds (``heads``);
4. entry schema, institution, a kind that allows the operation, decision = permit;
5. |now - t| <= 30 s, index not spent, not below the floor;
6. each record's alias, computed by the keeper, is in ``subj``; each part's field is in ``fields`` (display part: a
   mask is in ``masks``, or a name or plan field in ``fields``);
7. for releases ``approvers`` names somebody, and not the actor; if the keeper has a quorum file of its own, the
   receipt of a kind of level 2 carries that quorum of cosignatures (``heads``);
8. every record is open: a held one opens for nothing here but ``reindex``, a gone one for nothing;
9. ceilings (``ceilings``; level-2 kinds have none);
10. spend the index, count, derive (``service``).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from dyepack.ledger import Entry, Kind
from dyepack.terms.ids import RecordToken, record_bytes
from dyepack.terms.time import MICROSECONDS
from dyepack.vault.catalog import FieldClass, field, field_by_id
from dyepack.vault.errors import (
    ApproversError,
    BadFrameError,
    InvalidFieldError,
    KeeperStateError,
    NotPermittedError,
    PeerError,
    SpentError,
    StaleError,
    WrongFieldError,
    WrongInstitutionError,
    WrongKindError,
    WrongSubjectError,
)
from dyepack.vault.keeper.ceilings import CONTACT, DISPLAY_PARTS, IDENTITY
from dyepack.vault.record import DISPLAY, PartId, RecordState, class_of

FRESH_SECONDS: Final = 30
OPENING: Final = frozenset((Kind.RECORD_VIEWED, Kind.FIELD_REVEALED, Kind.RELEASE_OPENED))
_CEILING_OF: Final = {
    FieldClass.CONTACT: CONTACT,
    FieldClass.GUARDIAN: CONTACT,
    FieldClass.IDENTITY: IDENTITY,
}


@dataclass(frozen=True, slots=True)
class Subject:
    """One record that is asked for.

    Attributes:
        token: Its name.
        alias: In the quarter of the entry, None if its keys are gone.
        state: None if its keys are gone.
        parts: What is asked of it.
    """

    token: RecordToken
    alias: str | None
    state: RecordState | None
    parts: Sequence[PartId] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """What the keeper knows when a receipt arrives.

    Attributes:
        now: Microseconds; never decreasing within a run of the keeper.
        floor: No index below it is honored.
        spent: Indexes that were honored and may still be fresh.
    """

    now: int
    floor: int
    spent: Collection[int]


def check_peer(operation: str, allowed: Collection[str]) -> None:
    """Check 1.

    Raises:
        PeerError: Not an operation of this peer.
    """
    if operation not in allowed:
        raise PeerError


def check_frame(asks: Sequence[tuple[RecordToken, Sequence[PartId]]], limit: int) -> None:
    """Check 2.

    Raises:
        BadFrameError: Too few or too many records, one twice, no token, no part, or a part that does not exist.
    """
    check_tokens([token for token, _ in asks], limit)
    check_part_lists([parts for _, parts in asks])


def check_part_lists(lists: Iterable[Sequence[PartId]]) -> None:
    """Check 2 for what is asked of each record.

    Raises:
        BadFrameError: No part, or a part that does not exist.
    """
    for parts in lists:
        if not parts:
            raise BadFrameError(detail="no part")
        for part in parts:
            try:
                class_of(part)
            except InvalidFieldError as error:
                raise BadFrameError(detail="no such part") from error


def check_tokens(tokens: Sequence[RecordToken], limit: int) -> None:
    """Check 2 for operations that name records only.

    Raises:
        BadFrameError: Too few or too many, one twice, or no token.
    """
    if not 1 <= len(tokens) <= limit or len(set(tokens)) != len(tokens):
        raise BadFrameError(detail=f"1 to {limit} records, each once")
    for token in tokens:
        try:
            record_bytes(token)
        except ValueError as error:
            raise BadFrameError(detail="not a record token") from error


def check_entry(entry: Entry, institution: str, kinds: Collection[Kind]) -> None:
    """Check 4.

    Raises:
        WrongInstitutionError: Another institution's entry.
        WrongKindError: Not one of ``kinds``.
        NotPermittedError: A kind that opens keys without a permit, or any entry that records a refusal.
    """
    if entry.org != institution:
        raise WrongInstitutionError
    if entry.kind not in kinds:
        raise WrongKindError(kind=entry.kind.value)
    decision = entry.fields.get("decision")
    if decision != "permit" and (entry.kind.opens_keys or decision is not None):
        raise NotPermittedError


def check_time(entry: Entry, index: int, moment: Moment) -> None:
    """Check 5.

    Raises:
        StaleError: Too old, from the future, or from before the floor.
        SpentError: Honored before.
    """
    if index in moment.spent:
        raise SpentError
    if abs(moment.now - entry.t) > FRESH_SECONDS * MICROSECONDS or index < moment.floor:
        raise StaleError(seconds=FRESH_SECONDS)


def check_subjects(entry: Entry, subjects: Sequence[Subject]) -> None:
    """Check 6, first half; a record whose keys are gone has no alias to compare.

    Raises:
        KeeperStateError: Keys are gone.
        WrongSubjectError: The entry does not name it.
    """
    named = listed(entry, "subj")
    for subject in subjects:
        if subject.alias is None:
            raise KeeperStateError
        if subject.alias not in named:
            raise WrongSubjectError


def check_parts(entry: Entry, parts: Sequence[PartId]) -> None:
    """Check 6, second half.

    Raises:
        WrongFieldError: A part that the entry does not name, or that its kind never opens.
    """
    fields, masks = listed(entry, "fields"), listed(entry, "masks")
    for part in parts:
        if part == DISPLAY:
            shown = bool(masks) or any(field(name).displayed for name in fields)
            if not shown:
                raise WrongFieldError(field="display")
            continue
        name = field_by_id(part[0]).name
        if name not in fields or entry.kind is Kind.RECORD_VIEWED:
            raise WrongFieldError(field=name)


def check_approvers(entry: Entry) -> None:
    """Check 7.

    Raises:
        ApproversError: A release without an approver, or approved by its actor.
    """
    approvers = listed(entry, "approvers")
    if entry.kind is Kind.RELEASE_OPENED and (not approvers or entry.fields["actor"] in approvers):
        raise ApproversError


def check_open(subjects: Sequence[Subject]) -> None:
    """Check 8.

    Raises:
        KeeperStateError: A record is held.
    """
    if any(subject.state is not RecordState.OPEN for subject in subjects):
        raise KeeperStateError


def decide_open(entry: Entry, index: int, institution: str, moment: Moment, subjects: Sequence[Subject]) -> None:
    """Checks 4 to 8 of ``open``; 2 and 3 were made, 9 and 10 are the caller's.

    Raises:
        KeeperRefusedError: The first check that fails.
    """
    check_entry(entry, institution, OPENING)  # 4
    check_time(entry, index, moment)  # 5
    check_subjects(entry, subjects)  # 6
    for subject in subjects:
        check_parts(entry, subject.parts)  # 6
    check_approvers(entry)  # 7
    check_open(subjects)  # 8


def charge_of(entry: Entry, subjects: Sequence[Subject]) -> tuple[str, int] | None:
    """Check 9: what an opening costs under which ceiling; None for what was approved at level 2."""
    if entry.kind is Kind.RECORD_VIEWED:
        return DISPLAY_PARTS, len(subjects)
    if entry.kind is Kind.FIELD_REVEALED:
        kind = field(listed(entry, "fields")[0]).kind
        return _CEILING_OF.get(kind, DISPLAY_PARTS), len(subjects)
    return None


def listed(entry: Entry, name: str) -> tuple[str, ...]:
    """A list field of an entry, empty if absent."""
    value = entry.fields.get(name, ())
    return value if isinstance(value, tuple) else ()


def number(entry: Entry, name: str) -> int:
    """An integer field of an entry, 0 if absent."""
    value = entry.fields.get(name, 0)
    return value if isinstance(value, int) else 0
