"""Linking: which records do the rows of a leaked list stand for?

Exact numbers by blind index; partly hidden numbers by head, tail and name, compared inside the keeper. No value leaves
it; a row that is not certain stays unlinked.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from dyepack.app.institution import Institution
from dyepack.identifiers import name_key
from dyepack.ledger import Receipt
from dyepack.mark.sighting import NUMBERS
from dyepack.scan import Table, classify_columns
from dyepack.terms.evidence import LeakedRow
from dyepack.terms.ids import RecordToken
from dyepack.terms.progress import Progress
from dyepack.vault.catalog import Search, index_number
from dyepack.vault.intake import index_all
from dyepack.vault.keeper.wire import MAX_CANDIDATES, LinkProbe, ListGround
from dyepack.vault.ports import INSTITUTION_SPACE

PHONE_FIELDS = ("phone", "guardian_phone")
STEP = 1000
VISIBLE_HEAD, VISIBLE_TAIL = 3, 4
MOST_CANDIDATES = 1000
"""A tail that more records share tells nothing; such a row stays soft."""


@dataclass(frozen=True, slots=True)
class Links:
    """Outcome for one list.

    Attributes:
        rows: Every row with its certain link, if it has one.
        soft: Rows that may be somebody's.
        unknown: Distinct full numbers of the list that no record has; values, in memory only.
    """

    rows: tuple[LeakedRow, ...]
    soft: int
    unknown: frozenset[str] = field(repr=False)

    @property
    def certain(self) -> dict[int, RecordToken]:
        """Row to record."""
        return {row.row: row.record for row in self.rows if row.record is not None}


def items_of(rows: Sequence[Sequence[str]]) -> int:
    """What a list asks about: its rows, or its numbers where rows hold several; the keeper answers no more."""
    return max(len(rows), sum(len(_numbers(cells)) for cells in rows))


def link(house: Institution, tables: Sequence[Table], receipt: Receipt, progress: Progress) -> Links:
    """Link every row of a file, its sheets one after the other; the receipt is that of ``trace:list:linked``."""
    rows_of = [(cells, names) for table in tables for names in [_name_columns(table)] for cells in table.rows]
    found: dict[int, RecordToken] = {}
    unsure: set[int] = set()
    unknown: set[str] = set()
    for start in range(0, len(rows_of), STEP):
        progress("link", start, len(rows_of))
        step = {start + at + 1: row for at, row in enumerate(rows_of[start : start + STEP])}
        numbers = {row: _numbers(cells) for row, (cells, _) in step.items()}
        exact, nobodys = _exact(house, numbers, receipt)
        unknown |= nobodys
        for row, tokens in exact.items():
            if len(tokens) == 1:
                found[row] = next(iter(tokens))
            else:
                unsure.add(row)
        masked = {
            row: probe
            for row, (cells, names) in step.items()
            if row not in found and not numbers[row] and (probe := _probe(row, cells, names)) is not None
        }
        linked = _hidden(house, masked, receipt)
        found |= linked
        unsure |= masked.keys() - linked.keys()
    progress("link", len(rows_of), len(rows_of))
    rows = tuple(LeakedRow(row, found.get(row)) for row in range(1, len(rows_of) + 1))
    return Links(rows, len(unsure - found.keys()), frozenset(unknown))


def _numbers(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(number for cell in cells for number in NUMBERS.phones_in(cell)))


def _name_columns(table: Table) -> list[int]:
    return [column.index for column in classify_columns(table) if column.field == "name"]


def _exact(
    house: Institution, numbers: dict[int, tuple[str, ...]], receipt: Receipt
) -> tuple[dict[int, set[RecordToken]], set[str]]:
    """Records by row, and the numbers that no record has."""
    asks = [
        (row, index_number(name), number) for row, some in numbers.items() for number in some for name in PHONE_FIELDS
    ]
    tags = index_all(house.keeper, [(field, number) for _, field, number in asks], ListGround(receipt))
    keyed = [(row, (field, tag)) for (row, field, _), tag in zip(asks, tags, strict=True)]
    hits = house.records.find(INSTITUTION_SPACE, [ask for _, ask in keyed])
    found: dict[int, set[RecordToken]] = defaultdict(set)
    known: set[str] = set()
    for (row, ask), (_, _, number) in zip(keyed, asks, strict=True):
        if ask in hits:
            found[row].update(hits[ask])
            known.add(number)
    return found, {number for _, _, number in asks} - known


def _probe(row: int, cells: Sequence[str], names: Sequence[int]) -> LinkProbe | None:
    """A probe of a row whose number shows head and tail, if it has a name."""
    pattern = next((places for cell in cells if (places := NUMBERS.masked_in(cell)) is not None), None)
    if pattern is None or "*" in pattern[:VISIBLE_HEAD] + pattern[-VISIBLE_TAIL:]:
        return None
    name = next((cells[index] for index in names if index < len(cells) and cells[index].strip()), "")
    return LinkProbe(row, pattern, name_key(name)) if name else None


def _hidden(house: Institution, probes: dict[int, LinkProbe], receipt: Receipt) -> dict[int, RecordToken]:
    if not probes:
        return {}
    number = index_number("phone", Search.LAST4)
    rows = list(probes)
    tails = [(number, probes[row].phone_pattern[-VISIBLE_TAIL:]) for row in rows]
    tags = index_all(house.keeper, tails, ListGround(receipt))
    hits = house.records.find(INSTITUTION_SPACE, [(number, tag) for tag in tags])
    tokens = {row: hits.get((number, tag), []) for row, tag in zip(rows, tags, strict=True)}
    tokens = {row: some for row, some in tokens.items() if 0 < len(some) <= MOST_CANDIDATES}
    found: dict[int, RecordToken] = {}
    for frame in _frames(tokens):
        wanted = list(dict.fromkeys(token for row in frame for token in tokens[row]))
        sealed = {row.token: row.sealed for row in house.records.get(wanted)}
        candidates = {row: [(token, sealed[token]) for token in tokens[row] if token in sealed] for row in frame}
        found |= house.keeper.link(receipt, [probes[row] for row in frame], candidates)
    return found


def _frames(tokens: Mapping[int, Sequence[RecordToken]]) -> Iterator[list[int]]:
    """Rows in frames whose candidates the keeper takes at once."""
    frame: list[int] = []
    held = 0
    for row, some in tokens.items():
        if frame and held + len(some) > MAX_CANDIDATES:
            yield frame
            frame, held = [], 0
        frame.append(row)
        held += len(some)
    if frame:
        yield frame
