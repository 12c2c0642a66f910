"""Questions to the analysis tables, answered by DuckDB: one SQL file a question, in ``sql/``.

The SQL sees ``entries`` (rows of ``ledger.analysis_row``) and ``?`` parameters; it is held to what DuckDB and Spark
both read (``arrays_overlap`` is Spark's name for DuckDB's ``list_has_any``). A connection lives for one question and
can do nothing else: it reads files below the tables' folder only, takes at most ``MEMORY``, loads no extension, and
its settings are locked (``open_tables``). The tables lag behind the log: what ``AnalysisTables.covered`` does not
cover, the caller reads from the log.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from typing import Final

import duckdb
import pyarrow as pa

from dyepack.ledger.analysis_row import INDEX, entry_bytes
from dyepack.storage.analysis_tables import AnalysisTables, values_of
from dyepack.storage.errors import BrokenTableError
from dyepack.terms.time import MICROSECONDS

MEMORY: Final = "1GB"
THREADS: Final = 2


@contextmanager
def open_tables(tables: AnalysisTables) -> Iterator[duckdb.DuckDBPyConnection]:
    """A locked connection with the view ``entries``; no file of the tables goes while it is open.

    1 allow the folder; 2 shut everything else; 3 make the view and the macro; 4 lock the settings.
    """
    with tables.lock, duckdb.connect(":memory:") as connection:
        paths = [str(file.path) for file in tables.files()]
        connection.execute("SET allowed_directories = [?]", [f"{tables.folder}/"])  # 1
        for setting in (  # 2
            "temp_directory = ''",
            "enable_external_access = false",
            "autoinstall_known_extensions = false",
            "autoload_known_extensions = false",
            f"memory_limit = '{MEMORY}'",
            f"threads = {THREADS}",
        ):
            connection.execute(f"SET {setting}")
        connection.read_parquet(paths).create_view("entries")  # 3
        connection.execute("CREATE TEMP MACRO arrays_overlap(a, b) AS list_has_any(a, b)")
        connection.execute("SET lock_configuration = true")  # 4
        yield connection


def looks(tables: AnalysisTables, aliases: Sequence[str]) -> list[tuple[int, bytes]]:
    """Index and bytes of every entry that the tables hold about one of these aliases."""
    return _entries(tables, "looks", [list(aliases)])


def of_kind(tables: AnalysisTables, kind: str) -> list[tuple[int, bytes]]:
    """Index and bytes of every entry of a kind that the tables hold."""
    return _entries(tables, "of_kind", [kind])


def daily(tables: AnalysisTables, since: int, offset_minutes: int) -> list[tuple[int, str, int]]:
    """First microsecond of the day, kind and number of entries that the tables hold, from ``since`` on."""
    rows = _answer(tables, "daily", [offset_minutes * 60 * MICROSECONDS, since])
    return [] if rows is None else [(row["day"], row["kind"], row["entries"]) for row in rows.to_pylist()]


def _entries(tables: AnalysisTables, question: str, given: Sequence[object]) -> list[tuple[int, bytes]]:
    rows = _answer(tables, question, given)
    if rows is None:
        return []
    values = values_of(rows)
    return list(zip(values[INDEX], entry_bytes(values), strict=True))


def _answer(tables: AnalysisTables, question: str, given: Sequence[object]) -> pa.Table | None:
    """The rows; None if there are no tables."""
    if not tables.files():
        return None
    text = resources.files("dyepack.storage").joinpath("sql", f"{question}.sql").read_text("utf-8")
    try:
        with open_tables(tables) as connection:
            return connection.sql(text, params=given).to_arrow_table()
    except duckdb.Error as error:
        raise BrokenTableError(place=question, why="the tables cannot be read") from error
