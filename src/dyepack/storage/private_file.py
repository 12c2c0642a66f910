"""Private files: keys and what a keeper rests on, 0600, of the account that runs; a crash leaves them whole."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from dyepack.vault.errors import KeyFileBrokenError, KeyFileOpenError

KEY_BYTES = 32
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def read_key_file(path: Path) -> bytes:
    """The 32 bytes of a key file.

    Raises:
        KeyFileOpenError: Its mode lets other accounts read or write it, or another account owns it.
        KeyFileBrokenError: It is missing, a link, or not 32 bytes long.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise KeyFileBrokenError(name=path.name) from error
    with os.fdopen(descriptor, "rb") as file:
        check_private(os.fstat(file.fileno()), path.name)
        key = file.read(KEY_BYTES + 1)
    if len(key) != KEY_BYTES:
        raise KeyFileBrokenError(name=path.name)
    return key


def write_key_file(path: Path, key: bytes) -> None:
    """Make a new key file of 32 bytes, synced, readable by its owner alone.

    Raises:
        KeyFileBrokenError: Not 32 bytes, or the file exists: no key is ever overwritten.
    """
    if len(key) != KEY_BYTES:
        raise KeyFileBrokenError(name=path.name)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise KeyFileBrokenError(name=path.name) from error
    with os.fdopen(descriptor, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(path.parent)


class VkeyFile:
    """Satisfies ``vault.keeper.ports.LogKeys`` over ``log.vkey``: one verifier key a line, the newest last."""

    def __init__(self, path: Path) -> None:
        """The file exists."""
        self._path = path

    def vkeys(self) -> list[str]:
        """All lines.

        Raises:
            KeyFileOpenError: Other accounts could change whom the keeper believes.
            KeyFileBrokenError: Missing or unreadable.
        """
        try:
            check_private(self._path.lstat(), self._path.name)
            return self._path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise KeyFileBrokenError(name=self._path.name) from error

    def keep(self, vkeys: Sequence[str]) -> None:
        """Write, sync, rename, sync the folder."""
        replace_private(self._path, "".join(f"{vkey}\n" for vkey in vkeys).encode())


def replace_private(path: Path, content: bytes) -> None:
    """Write a file of mode 0600 so that, whenever the machine stops, the old or the new one is there whole."""
    temporary = path.with_name(path.name + ".new")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make names in a folder durable."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def check_private(found: os.stat_result, name: str) -> None:
    """Whether a file is this account's alone.

    Raises:
        KeyFileOpenError: Its mode lets other accounts read or write it, or another account owns it.
    """
    if found.st_mode & _OTHERS or found.st_uid != os.geteuid():
        raise KeyFileOpenError(name=name)
