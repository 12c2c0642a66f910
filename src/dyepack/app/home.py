"""A home: the folder of one institution, its key files and its lock.

::

    HOME/                 0700
      settings.toml       0600   written last by init: a home without it is no home
      home.lock                  held by the one process that writes
      serve.sock          0600   only while the desk is served
      vault.db*           0600   ciphertext, tags, codes
      ledger/             0700   the log, a shard a year, each with its signing keys and timestamps (``shards``);
                                 quorum.txt, authorities.toml
      keeper/             0700   keeper.db, root.key, mark.key, log.vkey, ceilings: without it the rest is nothing;
                                 not there if the keeper is a process of its own (``keeping``)
"""

import fcntl
import os
import resource
import time
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import IO

from dyepack.app.errors import KeeperTwiceError, KeyFileMissingError
from dyepack.app.settings import Settings, Value, load
from dyepack.storage.errors import HomeBusyError, HomeExistsError, HomeMissingError, HomeUnwritableError
from dyepack.storage.private_file import replace_private
from dyepack.terms.chance import Random
from dyepack.terms.ids import encode_id

SETTINGS_FILE = "settings.toml"
LOCK_FILE = "home.lock"
KEY_BYTES = 32


def guard_process() -> None:
    """Everything this process writes is for its account alone, and it leaves no core dump."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def create(home: Path, name: str, values: Mapping[str, Value], random: Random) -> Settings:
    """Make the folders, keys and settings of a new institution; the databases and the log come when it is opened.

    Raises:
        HomeExistsError: The folder is not empty.
    """
    if home.exists() and (not home.is_dir() or any(home.iterdir())):
        raise HomeExistsError
    for folder in (home, home / "ledger", home / "keeper"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    for key in (home / "keeper" / "root.key", home / "keeper" / "mark.key"):
        replace_private(key, random.token_bytes(KEY_BYTES))
    ceilings = files("dyepack.vault.keeper").joinpath("ceilings.toml").read_bytes()
    replace_private(home / "keeper" / "ceilings.toml", ceilings)
    settings = Settings(
        {"institution.name": name, "institution.id": "i_" + encode_id(random.token_bytes(16)), **values}
    )
    replace_private(home / SETTINGS_FILE, settings.to_toml().encode("utf-8"))
    return settings


def settings_of(home: Path) -> Settings:
    """The settings of a home.

    Raises:
        HomeMissingError: There is none.
        SettingError: The file is broken.
        KeyFileMissingError: The keeper is to be in this home and is not.
        KeeperTwiceError: It is not to be, and there are keys.
    """
    path = home / SETTINGS_FILE
    if not path.is_file():
        raise HomeMissingError
    settings = load(path)
    if settings["keeper.socket"]:
        if (home / "keeper").exists():
            raise KeeperTwiceError
        return settings
    for name in ("root.key", "mark.key"):
        if not (home / "keeper" / name).is_file():
            raise KeyFileMissingError(file=name)
    return settings


class Lock:
    """The one process that writes to a home."""

    def __init__(self, file: IO[bytes]) -> None:
        """Use ``take``."""
        self._file = file

    @classmethod
    def take(cls, home: Path, wait_seconds: float, name: str = LOCK_FILE) -> "Lock":
        """Hold the home, or a keeper's folder by the ``name`` of its own lock.

        Raises:
            HomeBusyError: Somebody else holds it for longer than ``wait_seconds``.
        """
        try:
            file = os.fdopen(os.open(home / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab")
        except OSError as error:
            raise HomeUnwritableError(reason=os.strerror(error.errno or 0)) from error
        deadline = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if time.monotonic() >= deadline:
                    file.close()
                    raise HomeBusyError from error
                time.sleep(0.05)
            else:
                return cls(file)

    def release(self) -> None:
        """Let go."""
        self._file.close()
