"""Recovery: which copies do the marks in a leaked file speak of?

Reads the symbols out of a file whose rows were linked to records, and lets the decoder turn them into e-values. The
file is hostile: every cell is only text.

Steps:

1. cells of the rows linked to one record are read together, each rule once; contradicting forms are *lost*;
2. numbers of canaries are looked for in every cell: exclusive ones become hits, pool ones present, absent or lost;
3. positions that were read from an earlier file of the case are skipped;
4. the copies that share at least ``FEWEST_POSITIONS`` readable positions are evaluated, all others have factor 1.

Invariants:

* one reading per position and file, one use per position and case: a symbol never counts twice;
* what is read, lost or skipped depends on the file, the links and the register alone, never on a copy's symbols;
* a masked number has weight 0: it is listed, and a pool canary that might be meant is lost;
* a canary that two copies hold is exclusive to none of them; the holder of a copy is its one recipient.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from dyepack.mark.canary import Canary
from dyepack.mark.codeword import Carrier, CopyKeys, Position, bias_indices, commitments, symbols
from dyepack.mark.decoder import PRESENCE_DECODER, TEXT_DECODER, Counts, Model, count, log10_rounded
from dyepack.mark.errors import KeyMismatchError
from dyepack.mark.manifest import Manifest
from dyepack.mark.sighting import LONGEST_CELL, NUMBERS, MaskedMatch, Numbers, Sightings, sight
from dyepack.mark.variant import Rules
from dyepack.terms.evidence import CanaryHit, CopyRecovered
from dyepack.terms.ids import RecordToken, decode_id, record_bytes

FEWEST_POSITIONS: Final = 5
STRIPPED_SLOTS: Final = 30
"""A rule that occurs so often in one form only looks as if someone had made the texts uniform."""


@dataclass(frozen=True, slots=True)
class LeakedTable:
    """A leaked file as ``scan`` read it.

    Attributes:
        rows: The cells of each row as text, header excluded; ``rows[0]`` is row 1.
    """

    rows: Sequence[Sequence[str]] = field(repr=False)


@dataclass(frozen=True, slots=True)
class CopyReading:
    """What was read of one copy.

    Attributes:
        recovered: What ``trace`` takes on.
        log10_e_text: Rounded to four decimals, as are the next two.
        log10_e_presence: The pool canaries.
        log10_e: Both together.
        model: The best model of the text carrier, or of presence if no text was read. For the reader only.
    """

    recovered: CopyRecovered
    log10_e_text: float
    log10_e_presence: float
    log10_e: float
    model: Model | None


@dataclass(frozen=True, slots=True)
class MarkReliability:
    """How far the reading can be trusted to have found what is there.

    Attributes:
        rows: Rows of the file.
        linked: Rows that are linked to a record.
        slots: Variant slots that some manifest lists for a record of the file.
        read: Slots that were read.
        lost: Slots that were not readable, or contradicted themselves.
        skipped: Slots spent by an earlier file of the case.
        stripped_rules: Rules that occur in one form only, over at least ``STRIPPED_SLOTS`` slots.
    """

    rows: int
    linked: int
    slots: int
    read: int
    lost: int
    skipped: int
    stripped_rules: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Recovery:
    """The outcome for one file.

    Attributes:
        copies: The copies that were evaluated, by e-value downwards, then by id.
        hits: Exclusive canaries with their full number in the file, each once.
        masked: Masked numbers that would fit a canary.
        pool_found: Ids of pool canaries whose full number stands in the file.
        spent: All positions spent in the case, those of this file included: the next file's argument.
        reliability: The note.
    """

    copies: tuple[CopyReading, ...]
    hits: tuple[CanaryHit, ...]
    masked: tuple[MaskedMatch, ...]
    pool_found: tuple[str, ...]
    spent: frozenset[Position]
    reliability: MarkReliability


_Readings = Mapping[RecordToken, Mapping[int, tuple[Position, int]]]
"""Record to rule to the position and the symbol that the file shows there."""


def recover(
    table: LeakedTable,
    links: Mapping[int, RecordToken],
    manifests: Sequence[Manifest],
    *,
    keys_of: Callable[[str, str], CopyKeys],
    rules: Rules,
    register: Collection[Canary],
    numbers: Numbers = NUMBERS,
    spent: frozenset[Position] = frozenset(),
    opened: frozenset[str] = frozenset(),
) -> Recovery:
    """Read the marks of a leaked file.

    Args:
        table: The file.
        links: Row (from 1) to record, certain links only.
        manifests: Of all copies whose digest agrees with the ledger.
        keys_of: Copy id and epoch id (26 characters each) to the copy's keys; called for evaluated copies only.
        rules: The variant table; manifests made under another table are read with it all the same, ids being unique.
        register: All canaries that were ever planted.
        numbers: How numbers are recognized.
        spent: Positions that earlier files of the case have spent.
        opened: Copies whose key was opened in court or in a bundle: their factor is 1 from then on.

    Raises:
        KeyMismatchError: The keys of a copy are not those its manifest commits to.
    """
    # 1. text
    by_record = _read_records(table, links, rules)
    # 2. canaries
    sightings = sight(table.rows, register, numbers)
    pool = {canary for manifest in manifests for canary, _ in manifest.pool}
    presence = _presence(pool, sightings)
    # 3. and 4. copies
    readings: list[tuple[Manifest, _Positions]] = []
    for manifest in manifests:
        found = _shared(manifest, by_record, presence, spent)
        if len(found.text) + len(found.pool) >= FEWEST_POSITIONS and manifest.copy not in opened:
            readings.append((manifest, found))
    copies = _decide(readings, keys_of)
    used = {position for _, found in readings for position in (*found.text, *found.pool)}
    return Recovery(
        copies=copies,
        hits=_hits(manifests, sightings),
        masked=sightings.masked,
        pool_found=tuple(sorted(pool & sightings.full)),
        spent=spent | used,
        reliability=_reliability(table, links, manifests, by_record, spent),
    )


def _read_records(table: LeakedTable, links: Mapping[int, RecordToken], rules: Rules) -> _Readings:
    """Symbols of each record in the file: one reading, however many rows show it; contradictions are left out."""
    cells: dict[RecordToken, set[str]] = {}
    for row, record in links.items():
        if 1 <= row <= len(table.rows):
            cells.setdefault(record, set()).update(cell[:LONGEST_CELL] for cell in table.rows[row - 1])
    found: dict[RecordToken, dict[int, tuple[Position, int]]] = {}
    for record, texts in cells.items():
        raw = record_bytes(record)
        found[record] = {
            rule: (Position(raw, Carrier.TEXT_VARIANT, rule), symbol)
            for rule, symbol in rules.read(texts).items()
            if symbol is not None
        }
    return found


def _presence(pool: Collection[str], sightings: Sightings) -> dict[str, int]:
    """1 or 0 for each pool canary that the file could show; a file without a single full number shows none of them."""
    if not sightings.any_number:
        return {}
    unclear = {match.canary for match in sightings.masked} - sightings.full
    return {canary: int(canary in sightings.full) for canary in pool if canary not in unclear}


@dataclass(frozen=True, slots=True)
class _Positions:
    """Readable, unspent positions of one copy with the file's symbols in the same order; and how many were lost."""

    text: list[Position]
    text_symbols: bytes
    pool: list[Position]
    pool_symbols: bytes
    lost: int


def _shared(
    manifest: Manifest, readings: _Readings, presence: Mapping[str, int], spent: frozenset[Position]
) -> _Positions:
    text: list[Position] = []
    shown = bytearray()
    lost = 0
    for token, ids in zip(manifest.tokens, manifest.slots, strict=True):
        if ids and token in readings:
            of_record = readings[token]
            for rule in ids:
                if rule not in of_record:
                    lost += 1
                    continue
                position, symbol = of_record[rule]
                if not spent or position not in spent:
                    text.append(position)
                    shown.append(symbol)
    pool: list[Position] = []
    present = bytearray()
    for canary, _ in manifest.pool:
        position = Position(decode_id(canary), Carrier.POOL_CANARY, 0)
        if canary not in presence:
            lost += 1
        elif position not in spent:
            pool.append(position)
            present.append(presence[canary])
    return _Positions(text, bytes(shown), pool, bytes(present), lost)


def _decide(
    readings: Sequence[tuple[Manifest, _Positions]], keys_of: Callable[[str, str], CopyKeys]
) -> tuple[CopyReading, ...]:
    if not readings:
        return ()
    known_biases: dict[bytes, dict[Position, int]] = {}
    text_counts: list[Counts] = []
    pool_counts: list[Counts] = []
    agreements: list[int] = []
    for manifest, found in readings:
        keys = keys_of(manifest.copy, manifest.epoch)
        if tuple(commitment.hex() for commitment in commitments(keys)) != (manifest.key_commit, manifest.bias_commit):
            raise KeyMismatchError(copy=manifest.copy)
        agreement = 0
        for positions, shown, counts in (
            (found.text, found.text_symbols, text_counts),
            (found.pool, found.pool_symbols, pool_counts),
        ):
            biases = _biases(keys, positions, known_biases)
            own = symbols(keys, positions, biases)
            counts.append(count(biases, own, shown))
            agreement += sum(mine == theirs for mine, theirs in zip(own, shown, strict=True))
        agreements.append(agreement)
    text = TEXT_DECODER.decide(np.array(text_counts))
    pool = PRESENCE_DECODER.decide(np.array(pool_counts))
    copies = [
        CopyReading(
            recovered=CopyRecovered(
                copy=manifest.copy,
                holder=manifest.recipient,
                log_e_text=by_text.log_e,
                log_e_presence=by_pool.log_e,
                positions=len(found.text) + len(found.pool),
                lost=found.lost,
                agreement=agreement,
            ),
            log10_e_text=log10_rounded(by_text.log_e),
            log10_e_presence=log10_rounded(by_pool.log_e),
            log10_e=log10_rounded(by_text.log_e + by_pool.log_e),
            model=by_text.model or by_pool.model,
        )
        for (manifest, found), agreement, by_text, by_pool in zip(readings, agreements, text, pool, strict=True)
    ]
    return tuple(sorted(copies, key=lambda copy: (-copy.log10_e, copy.recovered.copy)))


def _biases(keys: CopyKeys, positions: Sequence[Position], known: dict[bytes, dict[Position, int]]) -> bytes:
    """Biases are shared by the copies of an epoch, so each is derived once a file."""
    of_epoch = known.setdefault(keys.bias_key, {})
    missing = [position for position in positions if position not in of_epoch]
    of_epoch.update(zip(missing, bias_indices(keys.bias_key, missing), strict=True))
    return bytes([of_epoch[position] for position in positions])


def _hits(manifests: Sequence[Manifest], sightings: Sightings) -> tuple[CanaryHit, ...]:
    holders: dict[str, list[Manifest]] = {}
    for manifest in manifests:
        for canary in manifest.exclusive:
            holders.setdefault(canary, []).append(manifest)
    return tuple(
        CanaryHit(canary, copies[0].copy, copies[0].recipient)
        for canary, copies in sorted(holders.items())
        if canary in sightings.full and len(copies) == 1
    )


def _reliability(
    table: LeakedTable,
    links: Mapping[int, RecordToken],
    manifests: Sequence[Manifest],
    readings: _Readings,
    spent: frozenset[Position],
) -> MarkReliability:
    slots = {
        (token, rule)
        for manifest in manifests
        for token, ids in zip(manifest.tokens, manifest.slots, strict=True)
        if token in readings
        for rule in ids
    }
    read = [readings[token][rule] for token, rule in slots if rule in readings[token]]
    skipped = sum(position in spent for position, _ in read)
    forms: dict[int, list[int]] = {}
    for position, symbol in read:
        forms.setdefault(position.slot, [0, 0])[symbol] += 1
    stripped = (rule for rule, counts in forms.items() if min(counts) == 0 and sum(counts) >= STRIPPED_SLOTS)
    return MarkReliability(
        rows=len(table.rows),
        linked=sum(1 <= row <= len(table.rows) for row in links),
        slots=len(slots),
        read=len(read) - skipped,
        lost=len(slots) - len(read),
        skipped=skipped,
        stripped_rules=tuple(sorted(stripped)),
    )
