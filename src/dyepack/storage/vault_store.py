"""Records, lots and releases in the vault database: satisfies ``vault.ports``."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from dyepack.ledger import Fact
from dyepack.storage import outbox
from dyepack.storage.database import Database
from dyepack.storage.tables import canary, detail, import_row, index_tag, lot, record, release, release_row, tombstone
from dyepack.terms.ids import RecordToken
from dyepack.vault.ports import (
    INSTITUTION_SPACE,
    FactOf,
    Lot,
    LotCount,
    NewRecord,
    Problem,
    Query,
    RecordRow,
    Release,
    RowResult,
    Tag,
)

ATTRIBUTES = ("grade", "target_country", "intake_season", "budget_band")
_CHUNK = 500  # SQLite's limit of bound values is far above; plans stay small


class RecordStore:
    """Satisfies ``vault.ports.Records``."""

    def __init__(self, database: Database) -> None:
        """Over the vault database."""
        self._database = database

    def get(self, tokens: Sequence[RecordToken]) -> list[RecordRow]:
        """Those that exist, in the order asked."""

        def work(connection: Connection) -> list[RecordRow]:
            found: dict[str, RecordRow] = {}
            for start in range(0, len(tokens), _CHUNK):
                part = list(tokens[start : start + _CHUNK])
                for row in connection.execute(select(record).where(record.c.token.in_(part))).mappings():
                    found[row["token"]] = _record(row)
            return [found[token] for token in tokens if token in found]

        return self._database.read(work)

    def find(self, space: str, asks: Sequence[tuple[int, bytes]]) -> dict[tuple[int, bytes], list[RecordToken]]:
        """Records by (index field, tag) within one space."""

        def work(connection: Connection) -> dict[tuple[int, bytes], list[RecordToken]]:
            found: dict[tuple[int, bytes], list[RecordToken]] = defaultdict(list)
            by_field: dict[int, list[bytes]] = defaultdict(list)
            for number, tag in asks:
                by_field[number].append(tag)
            for number, tags in by_field.items():
                for start in range(0, len(tags), _CHUNK):
                    rows = connection.execute(
                        select(index_tag.c.tag, index_tag.c.token)
                        .where(
                            index_tag.c.space == space,
                            index_tag.c.field == number,
                            index_tag.c.tag.in_(tags[start : start + _CHUNK]),
                        )
                        .order_by(index_tag.c.token)
                    )
                    for tag, token in rows:
                        found[number, tag].append(token)
            return dict(found)

        return self._database.read(work)

    def page(self, query: Query, after: str, limit: int) -> list[RecordRow]:
        """Open records after a token."""
        statement = _where(select(record), query).where(record.c.token > after).order_by(record.c.token).limit(limit)
        return self._database.read(
            lambda connection: [_record(row) for row in connection.execute(statement).mappings()]
        )

    def tokens(self, query: Query) -> list[RecordToken]:
        """Tokens of open records, in order."""
        statement = _where(select(record.c.token), query).order_by(record.c.token)
        return self._database.read(lambda connection: list(connection.execute(statement).scalars()))

    def count(self, attribute: str) -> dict[str, int]:
        """Open records by the code of one attribute."""
        column = record.c[attribute]
        statement = select(column, func.count()).where(record.c.state == "open").group_by(column)
        return self._database.read(
            lambda connection: {code or "": number for code, number in connection.execute(statement)}
        )

    def size(self) -> int:
        """All open records."""
        statement = select(func.count()).select_from(record).where(record.c.state == "open")
        return self._database.read(lambda connection: connection.execute(statement).scalar_one())

    def erase(self, token: RecordToken, tombstone_id: str, entry: str, ground: bytes, at: int) -> None:
        """Delete everything of a record and leave a tombstone; the freed pages are overwritten at once."""

        def work(connection: Connection) -> None:
            connection.execute(delete(index_tag).where(index_tag.c.token == token))
            connection.execute(delete(detail).where(detail.c.token == token))
            connection.execute(delete(release_row).where(release_row.c.token == token))
            connection.execute(update(import_row).where(import_row.c.token == token).values(token=None))
            connection.execute(delete(record).where(record.c.token == token))
            connection.execute(
                insert(tombstone), [{"id": tombstone_id, "erased": at, "entry": entry, "ground_note": ground}]
            )

        self._database.write(work)
        self._database.scrub()


class LotStore:
    """Satisfies ``vault.ports.Lots``."""

    def __init__(self, database: Database) -> None:
        """Over the vault database."""
        self._database = database

    def open(self, file_tag: bytes, new: Lot, evidence: bytes, facts: Sequence[Fact]) -> Lot:
        """Start a lot, or return the one that this file already has."""

        def work(connection: Connection) -> Lot:
            row = connection.execute(select(lot).where(lot.c.file_tag == file_tag)).mappings().one_or_none()
            if row is not None:
                return _lot(row)
            values = {name: getattr(new, name) for name in Lot.__slots__}
            connection.execute(insert(lot), [{**values, "file_tag": file_tag, "evidence_note": evidence}])
            outbox.put(connection, facts)
            return new

        return self._database.write(work)

    def receive_again(self, lot_id: str, received: Fact) -> None:
        """Bind the lot to a fresh entry, in one transaction with the fact that makes it."""

        def work(connection: Connection) -> None:
            connection.execute(update(lot).where(lot.c.id == lot_id).values(received_entry=received.id))
            outbox.put(connection, [received])

        self._database.write(work)

    def get(self, lot_id: str) -> Lot | None:
        """A lot by its id."""
        row = self._database.read(
            lambda connection: connection.execute(select(lot).where(lot.c.id == lot_id)).mappings().one_or_none()
        )
        return None if row is None else _lot(row)

    def all(self) -> list[tuple[Lot, LotCount]]:
        """All lots with their counts, newest first."""

        def work(connection: Connection) -> list[tuple[Lot, LotCount]]:
            lots = [_lot(row) for row in connection.execute(select(lot).order_by(lot.c.received.desc())).mappings()]
            return [(one, _count(connection, one.id)) for one in lots]

        return self._database.read(work)

    def done_rows(self, lot_id: str) -> dict[int, RowResult]:
        """Rows that have an outcome already."""

        def work(connection: Connection) -> dict[int, RowResult]:
            rows = connection.execute(select(import_row).where(import_row.c.lot == lot_id).order_by(import_row.c.row))
            return {
                row.row: RowResult(
                    row.row,
                    row.outcome,
                    tuple(Problem(row.row, column, code) for column, code in json.loads(row.problems)),
                    row.token,
                )
                for row in rows
            }

        return self._database.read(work)

    def standing(self, lot_id: str, asks: Sequence[tuple[int, bytes]]) -> set[tuple[int, bytes]]:
        """Which (index field, tag) pairs a record of this held lot has already."""
        return self._database.read(lambda connection: _standing(connection, lot_id, asks))

    def take(self, lot_id: str, records: Sequence[NewRecord], rows: Sequence[RowResult], facts: Sequence[Fact]) -> None:
        """Store one batch, all or nothing."""

        def work(connection: Connection) -> None:
            if records:
                connection.execute(insert(record), [_new_record(lot_id, one) for one in records])
                tags = [tag for one in records for tag in _tags(lot_id, one.token, one.tags)]
                if tags:
                    connection.execute(insert(index_tag), tags)
            connection.execute(
                insert(import_row),
                [
                    {
                        "lot": lot_id,
                        "row": row.row,
                        "outcome": row.outcome,
                        "problems": json.dumps([[problem.column, problem.code] for problem in row.problems]),
                        "token": row.token,
                    }
                    for row in rows
                ],
            )
            outbox.put(connection, facts)

        self._database.write(work)

    def finish(self, lot_id: str) -> None:
        """All rows have an outcome."""
        self._database.write(
            lambda connection: connection.execute(update(lot).where(lot.c.id == lot_id).values(finished=True))
        )

    def count(self, lot_id: str) -> LotCount:
        """Outcomes so far."""
        return self._database.read(lambda connection: _count(connection, lot_id))

    def evidence(self, lot_id: str) -> bytes:
        """The sealed text of the evidence."""
        return bytes(
            self._database.read(
                lambda connection: connection.execute(
                    select(lot.c.evidence_note).where(lot.c.id == lot_id)
                ).scalar_one()
            )
        )

    def move(self, lot_id: str, state: str) -> None:
        """Set the lot's state."""
        self._database.write(
            lambda connection: connection.execute(update(lot).where(lot.c.id == lot_id).values(state=state))
        )

    def members(self, lot_id: str, state: str) -> list[RecordRow]:
        """Records of the lot in a state."""
        statement = select(record).where(record.c.lot == lot_id, record.c.state == state).order_by(record.c.token)
        return self._database.read(
            lambda connection: [_record(row) for row in connection.execute(statement).mappings()]
        )

    def admit(self, lot_id: str, tags: Mapping[RecordToken, Sequence[Tag]], fact_of: FactOf) -> list[RecordToken]:
        """Open records under institution tags; a sole tag that exists leaves its record held."""

        def work(connection: Connection) -> list[RecordToken]:
            sole = [(tag.field, tag.tag) for some in tags.values() for tag in some if tag.sole]
            taken = _standing(connection, INSTITUTION_SPACE, sole) | _planted(connection, sole)
            admitted: list[RecordToken] = []
            fresh: list[dict[str, Any]] = []
            for token, some in tags.items():
                own = {(tag.field, tag.tag) for tag in some if tag.sole}
                if own & taken:
                    continue
                taken |= own
                admitted.append(token)
                fresh += _tags(INSTITUTION_SPACE, token, some)
            for start in range(0, len(admitted), _CHUNK):
                part = admitted[start : start + _CHUNK]
                connection.execute(delete(index_tag).where(index_tag.c.token.in_(part), index_tag.c.space == lot_id))
                connection.execute(update(record).where(record.c.token.in_(part)).values(state="open"))
            if fresh:
                connection.execute(sqlite_insert(index_tag).on_conflict_do_nothing(), fresh)
            outbox.put(connection, fact_of(admitted))
            return admitted

        return self._database.write(work)


class ReleaseStore:
    """Satisfies ``vault.ports.Releases``."""

    def __init__(self, database: Database) -> None:
        """Over the vault database."""
        self._database = database

    def submit(self, new: Release, tokens: Sequence[RecordToken]) -> None:
        """Keep a request with its frozen set."""

        def work(connection: Connection) -> None:
            connection.execute(
                insert(release),
                [
                    {
                        "id": new.id,
                        "state": new.state,
                        "requester": new.requester,
                        "case_id": new.case,
                        "purpose": new.purpose,
                        "fields": json.dumps(list(new.fields)),
                        "holder": new.holder,
                        "rows": new.rows,
                        "left_out": new.left_out,
                        "asked": new.asked,
                        "due": new.due,
                        "ready_at": new.ready_at,
                        "version": new.version,
                    }
                ],
            )
            connection.execute(insert(release_row), [{"release": new.id, "token": token} for token in tokens])

        self._database.write(work)

    def get(self, release_id: str) -> Release | None:
        """By id."""
        row = self._database.read(
            lambda connection: (
                connection.execute(select(release).where(release.c.id == release_id)).mappings().one_or_none()
            )
        )
        return None if row is None else _release(row)

    def all(self) -> list[Release]:
        """Newest first."""
        return self._database.read(
            lambda connection: [
                _release(row) for row in connection.execute(select(release).order_by(release.c.asked.desc())).mappings()
            ]
        )

    def tokens(self, release_id: str) -> list[RecordToken]:
        """The frozen set, in order."""
        statement = select(release_row.c.token).where(release_row.c.release == release_id).order_by(release_row.c.token)
        return self._database.read(lambda connection: list(connection.execute(statement).scalars()))

    def move(self, step: Release) -> bool:
        """Keep a step, if it follows the one that is kept."""
        statement = (
            update(release)
            .where(release.c.id == step.id, release.c.version == step.version - 1)
            .values(state=step.state, due=step.due, ready_at=step.ready_at, version=step.version)
        )
        return bool(self._database.write(lambda connection: connection.execute(statement).rowcount))


def _standing(connection: Connection, space: str, asks: Sequence[tuple[int, bytes]]) -> set[tuple[int, bytes]]:
    found: set[tuple[int, bytes]] = set()
    for start in range(0, len(asks), _CHUNK):
        tags = [tag for _, tag in asks[start : start + _CHUNK]]
        rows = connection.execute(
            select(index_tag.c.field, index_tag.c.tag).where(
                index_tag.c.space == space, index_tag.c.sole, index_tag.c.tag.in_(tags)
            )
        )
        found |= {(number, tag) for number, tag in rows}
    return found


def _planted(connection: Connection, asks: Sequence[tuple[int, bytes]]) -> set[tuple[int, bytes]]:
    """Tags that belong to a canary of ours: such a row is a marked copy coming back, and never becomes a record."""
    found: set[tuple[int, bytes]] = set()
    for start in range(0, len(asks), _CHUNK):
        part = asks[start : start + _CHUNK]
        tags = set(
            connection.execute(
                select(canary.c.phone_tag).where(canary.c.phone_tag.in_([tag for _, tag in part]))
            ).scalars()
        )
        found |= {(number, tag) for number, tag in part if tag in tags}
    return found


def _where(statement: Select[Any], query: Query) -> Select[Any]:
    statement = statement.where(record.c.state == "open")
    for name, code in query.attributes.items():
        statement = statement.where(record.c[name] == code)
    if query.lot is not None:
        statement = statement.where(record.c.lot == query.lot)
    return statement


def _record(row: RowMapping) -> RecordRow:
    return RecordRow(
        token=row["token"],
        state=row["state"],
        version=row["version"],
        lot=row["lot"],
        minor_until=row["minor_until"],
        attributes={name: row[name] for name in ATTRIBUTES},
        sealed=row["sealed"],
    )


def _new_record(lot_id: str, one: NewRecord) -> dict[str, Any]:
    return {
        "token": one.token,
        "state": "held",
        "version": 1,
        "lot": lot_id,
        "minor_until": one.minor_until,
        "sealed": one.sealed,
        **{name: one.attributes.get(name) for name in ATTRIBUTES},
    }


def _tags(space: str, token: RecordToken, tags: Sequence[Tag]) -> list[dict[str, Any]]:
    return [{"space": space, "field": tag.field, "tag": tag.tag, "token": token, "sole": tag.sole} for tag in tags]


def _lot(row: RowMapping) -> Lot:
    return Lot(**{name: row[name] for name in Lot.__slots__})


def _count(connection: Connection, lot_id: str) -> LotCount:
    rows = connection.execute(
        select(import_row.c.outcome, func.count()).where(import_row.c.lot == lot_id).group_by(import_row.c.outcome)
    )
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    return LotCount(found.get("taken", 0), found.get("duplicate", 0), found.get("invalid", 0))


def _release(row: RowMapping) -> Release:
    return Release(
        id=row["id"],
        state=row["state"],
        requester=row["requester"],
        case=row["case_id"],
        purpose=row["purpose"],
        fields=tuple(json.loads(row["fields"])),
        holder=row["holder"],
        rows=row["rows"],
        left_out=row["left_out"],
        asked=row["asked"],
        due=row["due"],
        ready_at=row["ready_at"],
        version=row["version"],
    )
