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

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from dyepack.identifiers.masked_phone import masked_phone
from dyepack.identifiers.phone import find_phones, is_phone, normalize_phone, split_phones
from dyepack.mark.canary import Canary
from dyepack.mark.codeword import Carrier, CopyKeys, Position, bias_indices, commitments, symbols
from dyepack.mark.decoder import PRESENCE_DECODER, TEXT_DECODER, Counts, Model, count, log10_rounded
from dyepack.mark.errors import KeyMismatchError
from dyepack.mark.manifest import Manifest
from dyepack.mark.variant import Rules
from dyepack.terms.evidence import CanaryHit, CopyRecovered
from dyepack.terms.ids import RecordToken, decode_id, record_bytes

FEWEST_POSITIONS: Final = 5
LONGEST_CELL: Final = 32_767
"""Characters of a cell that are looked at: no spreadsheet holds more in one."""

LONGEST_NUMBER_CELL: Final = 64
"""Characters of a cell that may be nothing but numbers, in whatever form a spreadsheet left them."""

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
class Numbers:
    """How numbers are recognized; ``identifiers`` satisfies it.

    Attributes:
        phones_in: The full numbers in a cell, in E.164.
        masked_in: The 11 places of a masked mainland number, each a digit or ``*``, if the cell is one; else None.
    """

    phones_in: Callable[[str], Iterable[str]]
    masked_in: Callable[[str], str | None]


def _full_numbers(cell: str) -> list[str]:
    whole = (piece for piece in split_phones(cell) if is_phone(piece)) if len(cell) <= LONGEST_NUMBER_CELL else ()
    return [*find_phones(cell), *(normalize_phone(piece) for piece in whole)]


def _masked_places(cell: str) -> str | None:
    masked = masked_phone(cell)
    return masked.pattern if masked else None


NUMBERS: Final = Numbers(_full_numbers, _masked_places)
"""As ``identifiers`` recognizes them, damaged forms of spreadsheets included."""


@dataclass(frozen=True, slots=True)
class MaskedMatch:
    """A masked number that a canary's number would fit. Weight 0."""

    row: int
    canary: str


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


@dataclass(frozen=True, slots=True)
class _Sightings:
    """Which canaries the numbers of the file show."""

    full: frozenset[str]
    masked: tuple[MaskedMatch, ...]
    any_number: bool


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
    read_by_record = _read_records(table, links, rules)
    # 2. canaries
    sightings = _sight(table, register, numbers)
    pool = {canary for manifest in manifests for canary, _ in manifest.pool}
    presence = _presence(pool, sightings)
    # 3. and 4. copies
    readings: list[tuple[Manifest, _Positions]] = []
    for manifest in manifests:
        found = _shared(manifest, read_by_record, presence, spent)
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
        reliability=_reliability(table, links, manifests, read_by_record, spent),
    )


def _read_records(
    table: LeakedTable, links: Mapping[int, RecordToken], rules: Rules
) -> dict[RecordToken, dict[int, int | None]]:
    """Symbols of each record in the file: one reading, however many rows show it."""
    cells: dict[RecordToken, set[str]] = {}
    for row, record in links.items():
        if 1 <= row <= len(table.rows):
            cells.setdefault(record, set()).update(cell[:LONGEST_CELL] for cell in table.rows[row - 1])
    return {record: rules.read(texts) for record, texts in cells.items()}


def _sight(table: LeakedTable, register: Collection[Canary], numbers: Numbers) -> _Sightings:
    by_phone = {canary.phone: canary.id for canary in register}
    nationals = {canary.phone.removeprefix("+86"): canary.id for canary in register}
    full: set[str] = set()
    masked: dict[tuple[int, str], None] = {}
    seen = False
    for row, cells in enumerate(table.rows, start=1):
        for cell in cells:
            if not cell or cell.isalpha():
                continue
            found = list(numbers.phones_in(cell[:LONGEST_CELL]))
            seen = seen or bool(found)
            full.update(by_phone[number] for number in found if number in by_phone)
            places = None if found else numbers.masked_in(cell)
            if places:
                fitting = (canary for national, canary in nationals.items() if _fits(national, places))
                masked.update(((row, canary), None) for canary in fitting)
    return _Sightings(frozenset(full), tuple(MaskedMatch(row, canary) for row, canary in masked), seen)


def _fits(national: str, places: str) -> bool:
    same_length = len(national) == len(places)
    return same_length and all(place in ("*", digit) for digit, place in zip(national, places, strict=True))


def _presence(pool: Collection[str], sightings: _Sightings) -> dict[str, int]:
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
    manifest: Manifest,
    read_by_record: Mapping[RecordToken, Mapping[int, int | None]],
    presence: Mapping[str, int],
    spent: frozenset[Position],
) -> _Positions:
    text: list[Position] = []
    shown = bytearray()
    lost = 0
    for token, ids in zip(manifest.tokens, manifest.slots, strict=True):
        if ids and token in read_by_record:
            record, readings = record_bytes(token), read_by_record[token]
            for rule in ids:
                position, symbol = Position(record, Carrier.TEXT_VARIANT, rule), readings.get(rule)
                if symbol is None:
                    lost += 1
                elif position not in spent:
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
    known_biases: dict[tuple[bytes, Position], int] = {}
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


def _biases(keys: CopyKeys, positions: Sequence[Position], known: dict[tuple[bytes, Position], int]) -> bytes:
    """Biases are shared by the copies of an epoch, so each is derived once a file."""
    missing = [position for position in positions if (keys.bias_key, position) not in known]
    for position, bias in zip(missing, bias_indices(keys.bias_key, missing), strict=True):
        known[keys.bias_key, position] = bias
    return bytes([known[keys.bias_key, position] for position in positions])


def _hits(manifests: Sequence[Manifest], sightings: _Sightings) -> tuple[CanaryHit, ...]:
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
    read_by_record: Mapping[RecordToken, Mapping[int, int | None]],
    spent: frozenset[Position],
) -> MarkReliability:
    slots = {
        (token, rule)
        for manifest in manifests
        for token, ids in zip(manifest.tokens, manifest.slots, strict=True)
        if token in read_by_record
        for rule in ids
    }
    read = [(token, rule) for token, rule in slots if read_by_record[token].get(rule) is not None]
    skipped = (
        sum(Position(record_bytes(token), Carrier.TEXT_VARIANT, rule) in spent for token, rule in read) if spent else 0
    )
    shown: dict[int, list[int]] = {}
    for token, rule in read:
        shown.setdefault(rule, [0, 0])[read_by_record[token][rule] or 0] += 1
    return MarkReliability(
        rows=len(table.rows),
        linked=sum(1 <= row <= len(table.rows) for row in links),
        slots=len(slots),
        read=len(read) - skipped,
        lost=len(slots) - len(read),
        skipped=skipped,
        stripped_rules=tuple(
            sorted(rule for rule, forms in shown.items() if min(forms) == 0 and sum(forms) >= STRIPPED_SLOTS)
        ),
    )
