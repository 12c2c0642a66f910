"""Intake (录入): rows of a file become sealed records of a lot, held until their provenance is admitted.

1. the lot is opened under a keyed tag of the file, so that the same file again resumes its lot;
2. per batch of rows: values take their normal forms, doubles within the lot are told by tags under the lot's own
   index key (a lot in quarantine neither blocks nor betrays an existing record), the keeper issues fresh keys, the
   parts are sealed, and records, outcomes and the fact of the ledger are stored in one transaction;
3. the batch is reported only after the ledger acknowledged it;
4. when the last row has an outcome the lot is finished.

Invariants: ``taken + duplicates + invalid = rows``; a problem names row, column and code and never the value; a row
is taken whole or not at all. What makes a row *invalid*: no contact that can be used, a number that a spreadsheet
damaged, a wrong check digit, a number in free text. Other cells that cannot be read are left out and reported.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dyepack.identifiers import citizen_birth_date, normalize_date, split_phones
from dyepack.ledger import Fact, Kind
from dyepack.terms.chance import Random
from dyepack.terms.progress import Progress
from dyepack.vault import forms
from dyepack.vault.catalog import LAST4, FieldClass, field, field_by_id
from dyepack.vault.codes import CODED, code_of
from dyepack.vault.errors import InvalidFieldError
from dyepack.vault.free_text import names_a_person
from dyepack.vault.joined import Joined
from dyepack.vault.keeper.wire import MAX_INDEX, Ground, Keeper
from dyepack.vault.ports import NewRecord, Problem, RowResult, Tag
from dyepack.vault.request import Request, fact
from dyepack.vault.seal import parts_needed, seal_record

BATCH = 500
CONTACTS = ("phone", "landline", "email", "wechat", "qq", "guardian_phone", "guardian_wechat")
FATAL = frozenset({"damaged", "citizen-id-check-digit", "number-in-text", "no-contact"})
_SERIAL_DAY = re.compile(r"[0-9]{5}(\.[0-9]+)?")  # five digits: a bare year is no serial number
NOTHING_WRITTEN = frozenset(
    {"", "-", "--", "/", "无", "暂无", "没有", "未知", "不详", "n/a", "na", "none", "null", "nil", "nan"}
)
"""What people write where they have nothing to write."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which column of the file is which field; columns count from 1 as a spreadsheet does."""

    columns: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class RowReading:
    """One row in normal forms; not yet compared with others."""

    row: int
    values: dict[str, list[str]]
    problems: tuple[Problem, ...]

    @property
    def invalid(self) -> bool:
        """Whether the row cannot be taken."""
        return any(problem.code in FATAL for problem in self.problems)


def read_row(row: int, cells: Sequence[str], mapping: Mapping) -> RowReading:
    """The normal forms of one row, and what is wrong with it. Pure; the values stay in memory."""
    values: dict[str, list[str]] = {}
    problems: list[Problem] = []
    for column, name in mapping.columns:
        text = cells[column - 1].strip() if column <= len(cells) else ""
        if text.casefold() in NOTHING_WRITTEN:
            continue
        for piece in split_phones(text) if field(name).normal == "phone" else (text,):
            code = _take(values, name, piece)
            if code:
                problems.append(Problem(row, column, code))
    first = mapping.columns[0][0]
    if not any(values.get(name) for name in CONTACTS):
        problems.append(Problem(row, _column(mapping, "phone", first), "no-contact"))
    elif not values.get("name") and not values.get("latin_name"):
        problems.append(Problem(row, _column(mapping, "name", first), "name-missing"))
    return RowReading(row, values, tuple(problems))


def _take(values: dict[str, list[str]], name: str, text: str) -> str:
    """Put one value into its place; returns a problem's code, or nothing."""
    if field(name).kind is FieldClass.PLAN and names_a_person(text):
        return "number-in-text"
    try:
        if field(name).normal == "date" and _SERIAL_DAY.fullmatch(text):
            normal = normalize_date(text, serial=True)
        else:
            normal = forms.normalize(name, text)
    except InvalidFieldError as error:
        if field(name).normal == "phone" and _take_landline(values, text):
            return ""
        cause = error.__cause__
        return str(getattr(cause, "code", error.code)).rpartition(".")[2]
    some = values.setdefault(name, [])
    if normal in some:
        return ""
    if len(some) == field(name).slots:
        return "too-many-values"
    some.append(normal)
    return ""


def _take_landline(values: dict[str, list[str]], text: str) -> bool:
    try:
        normal = forms.normalize("landline", text)
    except InvalidFieldError:
        return False
    values.setdefault("landline", [normal])
    return True


def _column(mapping: Mapping, name: str, otherwise: int) -> int:
    return next((column for column, mapped in mapping.columns if mapped == name), otherwise)


def adult_month(values: dict[str, list[str]]) -> str | None:
    """``YYYY-MM`` of the 18th birthday, from the birth date or the resident id; None if neither is known."""
    day = next(iter(values.get("birth_date", [])), "")
    if not day and values.get("citizen_id"):
        day = citizen_birth_date(values["citizen_id"][0])
    return f"{int(day[:4]) + 18:04d}-{day[5:7]}" if day else None


def attributes(values: dict[str, list[str]]) -> dict[str, str | None]:
    """The coded attributes of a record."""
    return {name: code_of(name, values[name][0]) if values.get(name) else None for name in CODED}


class Intake:
    """Runs one file into its lot."""

    def __init__(self, joined: Joined) -> None:
        """Take what is needed of the ports."""
        self._lots = joined.lots
        self._outbox = joined.outbox
        self._keeper = joined.keeper
        self._ledger = joined.ledger
        self._institution = joined.institution
        self._random = joined.random

    def run(
        self,
        request: Request,
        lot: str,
        rows: Iterable[tuple[int, Sequence[str]]],
        mapping: Mapping,
        ground: Ground,
        *,
        total: int,
        progress: Progress,
    ) -> list[RowResult]:
        """Give every row of the file an outcome, starting after those that have one.

        Args:
            request: The uploader.
            lot: An open lot.
            rows: (row number, cells) of the whole file.
            mapping: Which column is which field.
            ground: The lot's receipt, for its index key.
            total: Rows in the file.
            progress: Called after each batch that is stored and acknowledged.

        Returns:
            Outcomes of all rows of the lot, in order.
        """
        done = self._lots.done_rows(lot)
        waiting: list[RowReading] = []
        progress("intake", len(done), total)
        for row, cells in rows:
            if row in done:
                continue
            waiting.append(read_row(row, cells, mapping))
            if len(waiting) == BATCH:
                self._batch(request, lot, waiting, ground, done)
                progress("intake", len(done), total)
                waiting = []
        if waiting:
            self._batch(request, lot, waiting, ground, done)
            progress("intake", len(done), total)
        return [done[row] for row in sorted(done)]

    def _batch(
        self, request: Request, lot: str, readings: list[RowReading], ground: Ground, done: dict[int, RowResult]
    ) -> None:
        usable = [reading for reading in readings if not reading.invalid]
        keys = [_search_keys(reading.values) for reading in usable]
        tags = iter(index_all(self._keeper, [ask for some in keys for ask in some], ground))
        tagged = [[(number, next(tags)) for number, _ in some] for some in keys]
        standing = self._lots.standing(lot, [tag for some in tagged for tag in some if _sole(tag[0])])
        fresh: list[tuple[RowReading, list[tuple[int, bytes]]]] = []
        results = {reading.row: RowResult(reading.row, "invalid", reading.problems) for reading in readings}
        for reading, some in zip(usable, tagged, strict=True):
            own = {tag for tag in some if _sole(tag[0])}
            if own & standing:
                results[reading.row] = RowResult(reading.row, "duplicate", reading.problems)
                continue
            standing |= own
            fresh.append((reading, some))
        issued = self._keeper.issue([parts_needed(reading.values) for reading, _ in fresh])
        records = []
        for (reading, some), keys_of in zip(fresh, issued, strict=True):
            results[reading.row] = RowResult(reading.row, "taken", reading.problems, keys_of.token)
            records.append(
                NewRecord(
                    keys_of.token,
                    adult_month(reading.values),
                    attributes(reading.values),
                    seal_record(keys_of.keys, self._institution, keys_of.token, reading.values, self._random),
                    tuple(Tag(number, tag, _sole(number)) for number, tag in some),
                )
            )
        facts = created(self._random, request, lot, [one.alias for one in issued])
        self._lots.take(lot, records, [results[reading.row] for reading in readings], facts)
        if facts:
            self._ledger.append(facts)
            self._outbox.done([one.id for one in facts])
        done |= results


def index_all(keeper: Keeper, asks: Sequence[tuple[int, str]], ground: Ground) -> list[bytes]:
    """Tags of any number of asks, in frames of the keeper's size."""
    return [
        tag for start in range(0, len(asks), MAX_INDEX) for tag in keeper.index(asks[start : start + MAX_INDEX], ground)
    ]


def created(random: Random, request: Request, lot: str, aliases: Sequence[str]) -> list[Fact]:
    """``vault:record:created`` facts, at most 100 data subjects each."""
    return [
        fact(
            random,
            Kind.RECORD_CREATED,
            {
                **request.fields(),
                "subj": tuple(aliases[start : start + 100]),
                "ref": lot,
                "n": len(aliases[start : start + 100]),
            },
        )
        for start in range(0, len(aliases), 100)
    ]


def dry_run(rows: Iterable[tuple[int, Sequence[str]]], mapping: Mapping) -> list[RowResult]:
    """What an import would say, without storing anything."""
    seen: set[str] = set()
    results = []
    for row, cells in rows:
        reading = read_row(row, cells, mapping)
        if reading.invalid:
            results.append(RowResult(row, "invalid", reading.problems))
            continue
        phones = set(reading.values.get("phone", ()))
        results.append(RowResult(row, "duplicate" if phones & seen else "taken", reading.problems))
        seen |= phones
    return results


def _search_keys(values: dict[str, list[str]]) -> list[tuple[int, str]]:
    keys = {key: None for name, some in values.items() for normal in some for key in forms.search_keys(name, normal)}
    return list(keys)


def _sole(number: int) -> bool:
    return not number & LAST4 and field_by_id(number).unique
