"""The schema of the vault database, as Alembic revisions run in process."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from dyepack.storage.database import sqlite_engine

HEAD = "0002"
"""The newest revision; a test compares it with the scripts."""
_SCRIPTS = Path(__file__).parent / "migrations"


def revision_of(path: Path) -> str | None:
    """The revision of the database at ``path``, None if there is no database yet. Costs no import of Alembic."""
    if not path.exists():
        return None
    with closing(sqlite3.connect(path)) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            return None
    return str(row[0]) if row else None


def upgrade(path: Path) -> None:
    """Bring the database at ``path`` to the head revision, making it if need be."""
    engine = sqlite_engine(path, immediate=True)
    try:
        with engine.connect() as connection, connection.begin():
            migrate(connection, "head")
    finally:
        engine.dispose()


def migrate(connection: Connection, target: str) -> None:
    """Run the revisions up or down to ``target`` (``"head"``, ``"base"`` or an id) on one connection."""
    from alembic.migration import MigrationContext
    from alembic.operations import Operations
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(str(_SCRIPTS))

    def steps(revision: Any, _context: object) -> object:
        if target == "base":
            return scripts._downgrade_revs("base", revision)  # noqa: SLF001 - what alembic's own command calls
        return scripts._upgrade_revs(target, revision)  # noqa: SLF001 - what alembic's own command calls

    context = MigrationContext.configure(
        connection, opts={"fn": steps, "render_as_batch": True, "transactional_ddl": True}
    )
    with Operations.context(context):
        context.run_migrations()
