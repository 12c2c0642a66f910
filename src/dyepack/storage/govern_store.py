"""Staff, sessions, cases, approvals and quotas in the vault database."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from dyepack.storage.database import Database
from dyepack.storage.tables import approval, approval_request, case, holder, known, quota_use, session, staff
from dyepack.vault.quota import Act


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A member of staff; the name is a sealed note."""

    id: str
    name_note: bytes
    role: str
    active: bool
    password_hash: str | None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """A case; the text that somebody typed is a sealed note."""

    id: str
    text_note: bytes
    kind: str
    grade: str
    opened_by: str
    opened: int
    closed: int | None


@dataclass(frozen=True, slots=True)
class ApprovalRow:
    """An approval over the digest of the exact request."""

    id: str
    digest: bytes
    approver: str
    role: str
    device: str
    at: int
    expires: int
    used_by: str | None


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request that waits for a second person; ``request`` is canonical JSON without personal values."""

    id: str
    act: str
    request: str
    digest: bytes
    requester: str
    asked: int


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session of the desk; its id is known only as a digest."""

    actor: str
    device: str
    form_token: str
    opened: int
    seen: int


class KnownStore:
    """What this home has said in its ledger already: digests of settings and policies."""

    def __init__(self, database: Database) -> None:
        """Over the vault database."""
        self._database = database

    def get(self, name: str) -> str | None:
        """The value that was said last."""
        statement = select(known.c.value).where(known.c.name == name)
        return self._database.read(lambda connection: connection.execute(statement).scalar_one_or_none())

    def put(self, name: str, value: str) -> None:
        """Remember it."""
        statement = sqlite_insert(known).values(name=name, value=value)
        upsert = statement.on_conflict_do_update(index_elements=[known.c.name], set_={"value": value})
        self._database.write(lambda connection: connection.execute(upsert))


class StaffStore:
    """Members of staff and their sessions."""

    def __init__(self, database: Database) -> None:
        """Over the vault database."""
        self._database = database

    def add(self, row: StaffRow, name_tag: bytes, added: int) -> bool:
        """Keep a member; False if the name is taken."""
        values = {
            "id": row.id,
            "name_tag": name_tag,
            "name_note": row.name_note,
            "role": row.role,
            "active": row.active,
            "password_hash": row.password_hash,
            "added": added,
        }

        def work(connection: Connection) -> bool:
            done = connection.execute(sqlite_insert(staff).on_conflict_do_nothing(), [values])
            return bool(done.rowcount)

        return self._database.write(work)

    def by_tag(self, name_tag: bytes) -> StaffRow | None:
        """By the keyed tag of the name."""
        return self._one(select(staff).where(staff.c.name_tag == name_tag))

    def by_id(self, actor: str) -> StaffRow | None:
        """By pseudonym."""
        return self._one(select(staff).where(staff.c.id == actor))

    def all(self) -> list[StaffRow]:
        """In the order in which they were added."""
        return self._database.read(
            lambda connection: [
                _staff(row) for row in connection.execute(select(staff).order_by(staff.c.added, staff.c.id))
            ]
        )

    def _one(self, statement: object) -> StaffRow | None:
        row = self._database.read(lambda connection: connection.execute(statement).one_or_none())  # type: ignore[call-overload]  # a select
        return None if row is None else _staff(row)

    def open_session(self, digest: bytes, row: SessionRow) -> None:
        """Keep a session."""
        values = {
            "id_digest": digest,
            "actor": row.actor,
            "device": row.device,
            "form_token": row.form_token,
            "opened": row.opened,
            "seen": row.seen,
        }
        self._database.write(lambda connection: connection.execute(insert(session), [values]))

    def session(self, digest: bytes) -> SessionRow | None:
        """A session by the digest of its id."""
        row = self._database.read(
            lambda connection: connection.execute(select(session).where(session.c.id_digest == digest)).one_or_none()
        )
        return None if row is None else SessionRow(row.actor, row.device, row.form_token, row.opened, row.seen)

    def touch_session(self, digest: bytes, seen: int) -> None:
        """Note that it was used."""
        self._database.write(
            lambda connection: connection.execute(
                update(session).where(session.c.id_digest == digest).values(seen=seen)
            )
        )

    def close_session(self, digest: bytes) -> None:
        """Forget it."""
        self._database.write(
            lambda connection: connection.execute(delete(session).where(session.c.id_digest == digest))
        )


class CaseStore:
    """Cases, and the holders of copies."""

    def __init__(self, database: Database) -> None:
        """Over the vault database."""
        self._database = database

    def open(self, row: CaseRow, text_tag: bytes) -> tuple[CaseRow, bool]:
        """The case with this text, and whether it is new."""
        values = {"text_tag": text_tag, **{name: getattr(row, name) for name in CaseRow.__slots__}}

        def work(connection: Connection) -> tuple[CaseRow, bool]:
            found = connection.execute(select(case).where(case.c.text_tag == text_tag)).one_or_none()
            if found is not None:
                return _case(found), False
            connection.execute(insert(case), [values])
            return row, True

        return self._database.write(work)

    def by_tag(self, text_tag: bytes) -> CaseRow | None:
        """By the keyed tag of its text."""
        row = self._database.read(
            lambda connection: connection.execute(select(case).where(case.c.text_tag == text_tag)).one_or_none()
        )
        return None if row is None else _case(row)

    def by_id(self, case_id: str) -> CaseRow | None:
        """By id."""
        row = self._database.read(
            lambda connection: connection.execute(select(case).where(case.c.id == case_id)).one_or_none()
        )
        return None if row is None else _case(row)

    def holder(self, name_tag: bytes, fresh: str, note: bytes) -> str:
        """The id of a recipient, made if the name is new."""

        def work(connection: Connection) -> str:
            values = {"id": fresh, "name_tag": name_tag, "name_note": note}
            connection.execute(sqlite_insert(holder).on_conflict_do_nothing(), [values])
            return str(connection.execute(select(holder.c.id).where(holder.c.name_tag == name_tag)).scalar_one())

        return self._database.write(work)

    def holders(self) -> dict[str, bytes]:
        """Sealed names of recipients by id."""
        return self._database.read(
            lambda connection: {row.id: row.name_note for row in connection.execute(select(holder))}
        )


class ApprovalStore:
    """Requests that wait and approvals that were given."""

    def __init__(self, database: Database) -> None:
        """Over the vault database."""
        self._database = database

    def ask(self, row: RequestRow) -> RequestRow:
        """Keep an open request; the same request of the same person is kept once."""

        def work(connection: Connection) -> RequestRow:
            found = connection.execute(
                select(approval_request).where(
                    approval_request.c.digest == row.digest, approval_request.c.open, approval_request.c.act == row.act
                )
            ).first()
            if found is not None:
                return _request(found)
            connection.execute(
                insert(approval_request),
                [
                    {
                        "id": row.id,
                        "act": row.act,
                        "request": row.request,
                        "digest": row.digest,
                        "requester": row.requester,
                        "asked": row.asked,
                        "open": True,
                    }
                ],
            )
            return row

        return self._database.write(work)

    def waiting(self) -> list[RequestRow]:
        """Open requests, oldest first."""
        statement = select(approval_request).where(approval_request.c.open).order_by(approval_request.c.asked)
        return self._database.read(lambda connection: [_request(row) for row in connection.execute(statement)])

    def asked_by(self, requester: str, since: int) -> list[RequestRow]:
        """What one person asked for since an instant, answered or not, newest first."""
        statement = (
            select(approval_request)
            .where(approval_request.c.requester == requester, approval_request.c.asked >= since)
            .order_by(approval_request.c.asked.desc())
        )
        return self._database.read(lambda connection: [_request(row) for row in connection.execute(statement)])

    def close(self, digest: bytes) -> None:
        """The requests with this digest wait no longer."""
        self._database.write(
            lambda connection: connection.execute(
                update(approval_request).where(approval_request.c.digest == digest).values(open=False)
            )
        )

    def give(self, row: ApprovalRow) -> None:
        """Keep an approval."""
        values = {name: getattr(row, name) for name in ApprovalRow.__slots__}
        self._database.write(lambda connection: connection.execute(insert(approval), [values]))

    def given(self, digest: bytes) -> list[ApprovalRow]:
        """All approvals over a digest, oldest first."""
        statement = select(approval).where(approval.c.digest == digest).order_by(approval.c.at)
        return self._database.read(
            lambda connection: [
                ApprovalRow(**{name: getattr(row, name) for name in ApprovalRow.__slots__})
                for row in connection.execute(statement)
            ]
        )

    def spend(self, approval_id: str, used_by: str) -> bool:
        """Use an approval; False if it was used already."""

        def work(connection: Connection) -> bool:
            done = connection.execute(
                update(approval)
                .where(approval.c.id == approval_id, approval.c.used_by.is_(None))
                .values(used_by=used_by)
            )
            return bool(done.rowcount)

        return self._database.write(work)


class QuotaStore:
    """How much of a day's cap an actor has used."""

    def __init__(self, database: Database) -> None:
        """Over the vault database."""
        self._database = database

    def reserve(self, actor: str, day: str, act: Act, cap: int, units: int = 1) -> bool:
        """Take ``units`` at once if the day's count stays within ``cap``; never given back."""
        if units > cap:
            return False
        statement = sqlite_insert(quota_use).values(actor=actor, day=day, act=act.value, used=units)
        upsert = statement.on_conflict_do_update(
            index_elements=[quota_use.c.actor, quota_use.c.day, quota_use.c.act],
            set_={"used": quota_use.c.used + units},
            where=quota_use.c.used + units <= cap,
        )
        return bool(self._database.write(lambda connection: connection.execute(upsert).rowcount))

    def used(self, actor: str, day: str, act: Act) -> int:
        """Units used."""
        statement = select(func.coalesce(func.sum(quota_use.c.used), 0)).where(
            quota_use.c.actor == actor, quota_use.c.day == day, quota_use.c.act == act.value
        )
        return int(self._database.read(lambda connection: connection.execute(statement).scalar_one()))


def _staff(row: object) -> StaffRow:
    return StaffRow(**{name: getattr(row, name) for name in StaffRow.__slots__})


def _case(row: object) -> CaseRow:
    return CaseRow(**{name: getattr(row, name) for name in CaseRow.__slots__})


def _request(row: object) -> RequestRow:
    return RequestRow(**{name: getattr(row, name) for name in RequestRow.__slots__})
