"""The outbox: a fact is written in the same transaction as the change it tells, then handed to the sequencer.

Rows that a crash left behind are drained at start; the entry's id makes a second append harmless.
"""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, delete, func, insert, select

from dyepack.ledger import Fact, Kind
from dyepack.storage.database import Database
from dyepack.storage.tables import detail, outbox


def put(connection: Connection, facts: Sequence[Fact]) -> None:
    """Add facts inside the caller's transaction."""
    if not facts:
        return
    last = connection.execute(select(func.coalesce(func.max(outbox.c.position), 0))).scalar_one()
    rows = [
        {"id": fact.id, "position": last + number, "fact": msgspec.json.encode([fact.kind.value, dict(fact.fields)])}
        for number, fact in enumerate(facts, start=1)
    ]
    connection.execute(insert(outbox), rows)


class Outbox:
    """What waits for the ledger."""

    def __init__(self, database: Database) -> None:
        """Over the vault database."""
        self._database = database

    def waiting(self) -> list[Fact]:
        """All facts in the order in which they were put."""
        rows = self._database.read(
            lambda connection: connection.execute(select(outbox.c.id, outbox.c.fact).order_by(outbox.c.position)).all()
        )
        facts = []
        for entry_id, raw in rows:
            kind, fields = msgspec.json.decode(raw)
            facts.append(Fact(entry_id, Kind(kind), {key: _frozen(value) for key, value in fields.items()}))
        return facts

    def done(self, ids: Iterable[str]) -> None:
        """Forget facts that the ledger acknowledged."""
        wanted = list(ids)
        self._database.write(lambda connection: connection.execute(delete(outbox).where(outbox.c.id.in_(wanted))))


class Details:
    """What a human typed: sealed texts whose entry carries only a commitment."""

    def __init__(self, database: Database) -> None:
        """Over the vault database."""
        self._database = database

    def put(self, entry: str, note: bytes, token: str | None) -> None:
        """Keep the sealed detail of an entry; with a token it goes when the person is erased."""
        row = {"entry": entry, "note": note, "token": token}
        self._database.write(lambda connection: connection.execute(insert(detail), [row]))

    def get(self, entry: str) -> tuple[bytes, str | None] | None:
        """The sealed detail and its record, if there is one."""
        found = self._database.read(
            lambda connection: connection.execute(
                select(detail.c.note, detail.c.token).where(detail.c.entry == entry)
            ).one_or_none()
        )
        return None if found is None else (found.note, found.token)


def _frozen(value: object) -> str | int | tuple[str, ...]:
    return tuple(value) if isinstance(value, list) else value  # type: ignore[return-value]  # what put() wrote
