"""The quorum file of a home, ``HOME/ledger/quorum.txt``: whose cosignatures level 2 waits for.

The keeper has its own copy, set by its own operator; an auditor has a third. Without a file nothing is witnessed, and
everything that speaks of the log says so.
"""

from pathlib import Path
from typing import Final

from dyepack.ledger import Quorum, parse_quorum
from dyepack.ledger.errors import QuorumFileError
from dyepack.storage.private_file import replace_private

QUORUM_FILE: Final = "quorum.txt"


def read_quorum(folder: Path) -> Quorum | None:
    """The quorum of a ledger's folder; None if it has none.

    Raises:
        QuorumFileError: It cannot be read, is malformed, or promises less than it seems to.
    """
    path = folder / QUORUM_FILE
    if not path.exists():
        return None
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise QuorumFileError(line=0, why="it cannot be read") from error
    return parsed_quorum(text)


def parsed_quorum(text: str) -> Quorum:
    """A quorum file, strong enough to be used.

    Raises:
        QuorumFileError: It is malformed, or promises less than it seems to.
    """
    quorum = parse_quorum(text)
    quorum.check_strength()
    return quorum


def keep_quorum(folder: Path, quorum: Quorum) -> None:
    """Make this the quorum of a ledger's folder; durable when this returns."""
    replace_private(folder / QUORUM_FILE, quorum.text.encode())
