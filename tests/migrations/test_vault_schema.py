"""Revisions of the vault database: the head is what the tables say, and the way up and down leaves nothing behind."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from dyepack.storage import schema
from dyepack.storage.database import sqlite_engine
from dyepack.storage.tables import metadata

SCRIPTS = Path(schema.__file__).parent / "migrations"


def move(path: Path, target: str) -> None:
    engine = sqlite_engine(path, immediate=True)
    with engine.connect() as connection, connection.begin():
        schema.migrate(connection, target)
    engine.dispose()


def shape(path: Path) -> list[tuple[str, str, str]]:
    """Every table and index with its definition, but Alembic's own table."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master ORDER BY type, name")
        return [row for row in rows.fetchall() if "alembic_version" not in row[1] + row[2]]


@pytest.fixture
def database(tmp_path) -> Path:
    schema.upgrade(tmp_path / "vault.db")
    return tmp_path / "vault.db"


def test_the_head_that_a_start_looks_for_is_the_newest_script(database):
    assert ScriptDirectory(str(SCRIPTS)).get_current_head() == schema.HEAD
    assert schema.revision_of(database) == schema.HEAD


def test_the_head_revision_makes_exactly_the_tables_that_the_code_knows(database):
    engine = sqlite_engine(database, immediate=False)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        difference = compare_metadata(context, metadata)
    engine.dispose()

    assert difference == []


def test_the_head_revision_makes_the_same_keys_checks_and_indexes(database, tmp_path):
    engine = sqlite_engine(tmp_path / "plain.db", immediate=True)
    metadata.create_all(engine)
    engine.dispose()

    def described(path: Path) -> dict[str, object]:
        with closing(sqlite3.connect(path)) as connection:
            names = [
                name
                for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
                if name != "alembic_version"
            ]
            found: dict[str, object] = {}
            for name in names:
                indexes = {
                    (
                        unique,
                        partial,
                        tuple(sorted(row[2] or "" for row in connection.execute(f"PRAGMA index_info({index})"))),
                    )
                    for _, index, unique, _, partial in connection.execute(f"PRAGMA index_list({name})").fetchall()
                }
                keys = sorted(row[2:7] for row in connection.execute(f"PRAGMA foreign_key_list({name})"))
                columns = [row[1:] for row in connection.execute(f"PRAGMA table_info({name})")]
                found[name] = (columns, keys, indexes)
            return found

    assert described(database) == described(tmp_path / "plain.db")


def test_down_to_the_base_leaves_no_table(database):
    move(database, "base")

    assert shape(database) == []


def test_up_down_and_up_again_leaves_the_schema_as_it_was(database):
    before = shape(database)

    move(database, "base")
    move(database, "head")

    assert shape(database) == before


def test_a_second_upgrade_changes_nothing(database):
    before = shape(database)

    schema.upgrade(database)

    assert shape(database) == before


def test_a_table_that_the_scripts_forgot_would_be_noticed(database):
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("DROP TABLE known")
        connection.commit()
    engine = sqlite_engine(database, immediate=False)
    with engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), metadata)
    engine.dispose()

    assert [step[0] for step in difference] == ["add_table"]
