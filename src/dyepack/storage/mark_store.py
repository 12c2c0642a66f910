"""Copies, canaries and lines (``mark``), list evidence and verdicts (``trace``): all of it sealed notes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from dyepack.storage.database import Database
from dyepack.storage.tables import canary, case_frame, copy, epoch, line, list_evidence, verdict


@dataclass(frozen=True, slots=True)
class CanaryNote:
    """A sealed row of the canary register; ``copy`` is None for a pool canary."""

    id: str
    epoch: str
    copy: str | None
    note: bytes
    phone_tag: bytes


@dataclass(frozen=True, slots=True)
class CopyRow:
    """A copy that was planned; ``manifest`` and ``made`` are None until it was made."""

    id: str
    release: str
    holder: str
    epoch: str
    rows: int
    exclusive: int
    made: int | None
    plan_digest: bytes
    manifest_digest: bytes | None
    manifest: bytes | None


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """A verdict that was reached; the note is sealed."""

    id: str
    case: str
    reached: int
    entry: str
    note: bytes


class MarkStore:
    """The sealed register and the copies."""

    def __init__(self, database: Database) -> None:
        """Over the vault database."""
        self._database = database

    def epoch(self, year: int, fresh: str) -> str:
        """The epoch of a year; ``fresh`` becomes its id if there is none yet."""

        def work(connection: Connection) -> str:
            connection.execute(sqlite_insert(epoch).on_conflict_do_nothing(), [{"id": fresh, "year": year}])
            return str(connection.execute(select(epoch.c.id).where(epoch.c.year == year)).scalar_one())

        return self._database.write(work)

    def add_canaries(self, notes: Sequence[CanaryNote]) -> None:
        """Put canaries into the register."""
        rows = [
            {"id": note.id, "epoch": note.epoch, "copy": note.copy, "note": note.note, "phone_tag": note.phone_tag}
            for note in notes
        ]
        if rows:
            self._database.write(lambda connection: connection.execute(insert(canary), rows))

    def canaries(self, *, epoch_id: str | None = None, pool_only: bool = False) -> list[CanaryNote]:
        """The register, in the order of ids."""
        statement = select(canary).order_by(canary.c.id)
        if epoch_id is not None:
            statement = statement.where(canary.c.epoch == epoch_id)
        if pool_only:
            statement = statement.where(canary.c.copy.is_(None))
        return self._database.read(
            lambda connection: [
                CanaryNote(row.id, row.epoch, row.copy, row.note, row.phone_tag)
                for row in connection.execute(statement)
            ]
        )

    def plan_copy(self, row: CopyRow, notes: Sequence[CanaryNote]) -> None:
        """Keep a plan and its exclusive canaries, together."""

        def work(connection: Connection) -> None:
            connection.execute(
                insert(copy),
                [
                    {
                        "id": row.id,
                        "release": row.release,
                        "holder": row.holder,
                        "epoch": row.epoch,
                        "rows": row.rows,
                        "exclusive": row.exclusive,
                        "plan_digest": row.plan_digest,
                    }
                ],
            )
            if notes:
                connection.execute(
                    insert(canary),
                    [
                        {
                            "id": note.id,
                            "epoch": note.epoch,
                            "copy": note.copy,
                            "note": note.note,
                            "phone_tag": note.phone_tag,
                        }
                        for note in notes
                    ],
                )

        self._database.write(work)

    def make_copy(self, copy_id: str, made: int, digest: bytes, manifest: bytes) -> None:
        """Keep the sealed manifest of a copy that now exists."""
        self._database.write(
            lambda connection: connection.execute(
                update(copy)
                .where(copy.c.id == copy_id)
                .values(made=made, manifest_digest=digest, manifest_note=manifest)
            )
        )

    def copies(self) -> list[CopyRow]:
        """Copies that were made, oldest first."""
        statement = select(copy).where(copy.c.made.is_not(None)).order_by(copy.c.made, copy.c.id)
        return self._database.read(
            lambda connection: [
                CopyRow(
                    id=row.id,
                    release=row.release,
                    holder=row.holder,
                    epoch=row.epoch,
                    rows=row.rows,
                    exclusive=row.exclusive,
                    made=row.made,
                    plan_digest=row.plan_digest,
                    manifest_digest=row.manifest_digest,
                    manifest=row.manifest_note,
                )
                for row in connection.execute(statement)
            ]
        )

    def add_lines(self, notes: Sequence[bytes]) -> None:
        """Numbers of our own for canaries, sealed, in the order of the file."""
        if notes:
            rows = [{"note": note, "used": False} for note in notes]
            self._database.write(lambda connection: connection.execute(insert(line), rows))

    def lines(self) -> int:
        """How many lines were ever given."""
        return self._database.read(
            lambda connection: connection.execute(select(func.count()).select_from(line)).scalar_one()
        )

    def all_lines(self) -> list[bytes]:
        """All lines that were ever given, sealed."""
        return self._database.read(lambda connection: list(connection.execute(select(line.c.note)).scalars()))

    def take_line(self, pick: Callable[[int], int]) -> bytes | None:
        """One unused line, now used; ``pick(count)`` chooses, so that neighbors do not go to one copy."""

        def work(connection: Connection) -> bytes | None:
            unused = (
                connection.execute(select(line.c.id).where(line.c.used.is_(False)).order_by(line.c.id)).scalars().all()
            )
            if not unused:
                return None
            chosen = unused[pick(len(unused))]
            connection.execute(update(line).where(line.c.id == chosen).values(used=True))
            return bytes(connection.execute(select(line.c.note).where(line.c.id == chosen)).scalar_one())

        return self._database.write(work)


class TraceStore:
    """Evidence of cases and verdicts."""

    def __init__(self, database: Database) -> None:
        """Over the vault database."""
        self._database = database

    def evidence(self, case: str) -> list[tuple[bytes, bytes]]:
        """(file tag, sealed evidence) of the lists of a case, in the order in which they came."""
        statement = (
            select(list_evidence.c.file_tag, list_evidence.c.note)
            .where(list_evidence.c.case_id == case)
            .order_by(list_evidence.c.position)
        )
        return self._database.read(
            lambda connection: [(row.file_tag, row.note) for row in connection.execute(statement)]
        )

    def frame(self, case: str, fresh: bytes) -> bytes:
        """The sealed frame of a case; ``fresh`` becomes it if there is none yet."""

        def work(connection: Connection) -> bytes:
            connection.execute(sqlite_insert(case_frame).on_conflict_do_nothing(), [{"case_id": case, "note": fresh}])
            return bytes(connection.execute(select(case_frame.c.note).where(case_frame.c.case_id == case)).scalar_one())

        return self._database.write(work)

    def frame_of(self, case: str) -> bytes | None:
        """The sealed frame of a case, if it was frozen."""
        statement = select(case_frame.c.note).where(case_frame.c.case_id == case)
        return self._database.read(lambda connection: connection.execute(statement).scalar_one_or_none())

    def add_evidence(self, case: str, file_tag: bytes, note: bytes) -> None:
        """Keep the evidence of one list; a list that the case has already is left as it was."""

        def work(connection: Connection) -> None:
            number = connection.execute(
                select(func.count()).select_from(list_evidence).where(list_evidence.c.case_id == case)
            ).scalar_one()
            row = {"case_id": case, "file_tag": file_tag, "position": number, "note": note}
            connection.execute(sqlite_insert(list_evidence).on_conflict_do_nothing(), [row])

        self._database.write(work)

    def add_verdict(self, row: VerdictRow) -> None:
        """Keep a verdict."""
        values = {"id": row.id, "case_id": row.case, "reached": row.reached, "entry": row.entry, "note": row.note}
        self._database.write(lambda connection: connection.execute(insert(verdict), [values]))

    def verdict(self, verdict_id: str) -> VerdictRow | None:
        """By id."""
        row = self._database.read(
            lambda connection: connection.execute(select(verdict).where(verdict.c.id == verdict_id)).one_or_none()
        )
        return None if row is None else VerdictRow(row.id, row.case_id, row.reached, row.entry, row.note)

    def verdicts(self) -> list[VerdictRow]:
        """Newest first."""
        statement = select(verdict).order_by(verdict.c.reached.desc(), verdict.c.id)
        return self._database.read(
            lambda connection: [
                VerdictRow(row.id, row.case_id, row.reached, row.entry, row.note)
                for row in connection.execute(statement)
            ]
        )
