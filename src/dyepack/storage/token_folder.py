"""Timestamp tokens beside the log: files of ``ledger.timestamp`` in the folder of the log, written once each.

Needs no lock: a path names size and authority, and what stands is never written again. The sequencer's ``LogFolder``
has the same two methods.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from dyepack.ledger.errors import FolderError
from dyepack.storage.private_file import replace_private


class TokenFolder:
    """Reads and writes files by their path below the folder of the log."""

    def __init__(self, path: Path) -> None:
        """Over the folder of a log."""
        self._path = path

    def read(self, name: str) -> bytes | None:
        """A file; None if there is none."""
        with suppress(FileNotFoundError):
            return (self._path / name).read_bytes()
        return None

    def write(self, files: Mapping[str, bytes]) -> None:
        """Write files durably, 0600.

        Raises:
            FolderError: The disk refused.
        """
        try:
            for name, data in files.items():
                target = self._path / name
                target.parent.mkdir(mode=0o700, exist_ok=True)
                replace_private(target, data)
        except OSError as error:
            raise FolderError(why=os.strerror(error.errno or 0)) from error
