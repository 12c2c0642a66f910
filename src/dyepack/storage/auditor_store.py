"""Auditors in the vault database: a sealed name, the digest of a token, and until when it opens the entries."""

from dataclasses import dataclass

from sqlalchemy import insert, select, update

from dyepack.storage.database import Database
from dyepack.storage.tables import auditor


@dataclass(frozen=True, slots=True)
class AuditorRow:
    """One token; the name is a sealed note, ``noted`` the hour in which its use was last said in the log."""

    id: str
    name_note: bytes
    token_digest: bytes
    added: int
    expires: int
    revoked: int | None = None
    noted: int = 0


class AuditorStore:
    """Tokens of auditors."""

    def __init__(self, database: Database) -> None:
        """Over the vault database."""
        self._database = database

    def add(self, row: AuditorRow) -> None:
        """Keep a token."""
        values = {name: getattr(row, name) for name in AuditorRow.__slots__}
        self._database.write(lambda connection: connection.execute(insert(auditor), [values]))

    def all(self) -> list[AuditorRow]:
        """All, oldest first."""
        statement = select(auditor).order_by(auditor.c.added, auditor.c.id)
        return self._database.read(lambda connection: [_row(row) for row in connection.execute(statement)])

    def by_digest(self, token_digest: bytes) -> AuditorRow | None:
        """The row of a token."""
        statement = select(auditor).where(auditor.c.token_digest == token_digest)
        found = self._database.read(lambda connection: connection.execute(statement).one_or_none())
        return None if found is None else _row(found)

    def revoke(self, auditor_id: str, at: int) -> None:
        """End a token; one that is revoked stays as it is."""
        statement = update(auditor).where(auditor.c.id == auditor_id, auditor.c.revoked.is_(None)).values(revoked=at)
        self._database.write(lambda connection: connection.execute(statement))

    def note(self, auditor_id: str, hour: int) -> None:
        """The use of a token in an hour was said in the log."""
        statement = update(auditor).where(auditor.c.id == auditor_id).values(noted=hour)
        self._database.write(lambda connection: connection.execute(statement))


def _row(row: object) -> AuditorRow:
    return AuditorRow(**{name: getattr(row, name) for name in AuditorRow.__slots__})
