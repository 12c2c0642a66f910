"""Keeping: the keeper in this process or as a process of its own, over the same frames.

::

    FOLDER/               0700   HOME/keeper, or elsewhere and another account's
      keeper.db*          0600   keys, wrapped; states; how far which log was followed
      root.key mark.key   0600
      log.vkey            0600   verifier keys of logs, the newest last
      ceilings.toml       0600
      quorum.txt                 C2SP quorum file of the keeper's operator; without it no cosignature is asked for
      institution.id      0600   only apart: whose keeper it is
      keeper.lock                only apart: held by the process that serves
"""

import ctypes
import os
import pwd
import signal
import stat
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from dyepack.app.clock import SystemClock
from dyepack.app.errors import KeeperBusyError, KeeperFolderError, KeyFileMissingError
from dyepack.app.home import SETTINGS_FILE, Lock
from dyepack.app.settings import load
from dyepack.crypto.chance import SystemRandom
from dyepack.gateways.keeper_socket import SocketServer
from dyepack.ledger import KeyKind, parse_quorum, parse_vkey
from dyepack.ledger.errors import NoteError
from dyepack.mark import derive_keys
from dyepack.storage.errors import HomeBusyError, HomeMissingError
from dyepack.storage.keeper_database import KeeperDatabase
from dyepack.storage.private_file import VkeyFile, read_key_file, replace_private, sync_folder
from dyepack.terms.chance import Random
from dyepack.terms.time import Clock
from dyepack.vault.errors import KeyFileOpenError
from dyepack.vault.keeper.ceilings import DEFAULT_CEILINGS, CeilingTable
from dyepack.vault.keeper.client import InMemory, KeeperClient
from dyepack.vault.keeper.frames import VAULT_OPERATIONS, Dispatcher
from dyepack.vault.keeper.ports import Progress
from dyepack.vault.keeper.service import KeeperService, current_log

INSTITUTION_FILE = "institution.id"
CEILINGS_FILE = "ceilings.toml"
QUORUM_FILE = "quorum.txt"
LOCK_FILE = "keeper.lock"
_KEY_FILES = ("root.key", "mark.key")
_PR_SET_DUMPABLE = 4


@dataclass(frozen=True, slots=True)
class Opened:
    """A keeper over its folder, in this process.

    Attributes:
        service: It.
        weaker: Words of its ceilings that allow more than the shipped ones.
    """

    service: KeeperService
    weaker: tuple[str, ...]


def open_folder(folder: Path, institution: str, *, clock: Clock, random: Random, limited: bool = True) -> Opened:
    """The keeper of a folder.

    Args:
        folder: With its files.
        institution: ``i_`` + 26.
        clock: Time.
        random: Randomness.
        limited: False for benchmarks: no ceilings.

    Raises:
        KeyFileMissingError: There are no ceilings.
        KeyFileOpenError: Other accounts could read or change what the keeper rests on.
        KeyFileBrokenError: A file is missing or wrong.
        QuorumFileError: ``quorum.txt`` is malformed, or promises less than it seems to.
    """
    if not (folder / CEILINGS_FILE).is_file():
        raise KeyFileMissingError(file=CEILINGS_FILE)
    table = CeilingTable.parse((folder / CEILINGS_FILE).read_text("utf-8"))
    quorum = None
    if (folder / QUORUM_FILE).exists():
        quorum = parse_quorum((folder / QUORUM_FILE).read_text("utf-8"))
        quorum.check_strength()

    def derive(mark_key: bytes, copy: bytes, epoch: bytes) -> tuple[bytes, bytes]:
        keys = derive_keys(mark_key, copy, epoch)
        return keys.copy_key, keys.bias_key

    service = KeeperService(
        KeeperDatabase(folder / "keeper.db"),
        logs=VkeyFile(folder / "log.vkey"),
        institution=institution,
        root_key=read_key_file(folder / "root.key"),
        mark_key=read_key_file(folder / "mark.key"),
        clock=clock,
        random=random,
        derive=derive,
        ceilings=table if limited else table.unlimited_for_benchmarks(),
        quorum=quorum,
    )
    return Opened(service, table.weaker_than(DEFAULT_CEILINGS))


def in_memory(service: KeeperService) -> KeeperClient:
    """A keeper of this process, asked over the same frames as one apart."""
    return KeeperClient(InMemory(Dispatcher(service), service.close))


def serve_keeper(
    folder: Path,
    path: Path,
    *,
    peers: Iterable[str] = (),
    group: str | None = None,
    ready: Callable[[], None] = lambda: None,
) -> dict[str, int]:
    """Be the keeper until SIGTERM or SIGINT.

    1. no core dump, no debugger of the same account; 2. hold the folder; 3. check and open its files; 4. listen;
    5. wait; 6. finish what is under way, save, let go.

    Args:
        folder: The keeper's own.
        path: Socket to listen on; its folder exists.
        peers: Accounts (names or numbers) that the vault runs under; default: this one.
        group: Group (name or number) that may reach the socket, which accounts other than this one need.
        ready: Called when it listens.

    Returns:
        Requests refused, by code.

    Raises:
        KeeperBusyError: Another process holds the folder.
        KeeperFolderError: The folder, an account or the socket cannot be used.
        KeyFileOpenError, KeyFileBrokenError, QuorumFileError: See ``open_folder``.
    """
    forbid_inspection()  # 1
    operations = dict.fromkeys([account(peer) for peer in peers] or [os.geteuid()], VAULT_OPERATIONS)
    members = None if group is None else _group(group)
    lock = _held(folder)  # 2
    try:
        found = folder.stat()
        if found.st_mode & (stat.S_IRWXG | stat.S_IRWXO) or found.st_uid != os.geteuid():  # 3
            raise KeyFileOpenError(name=folder.name)
        service = open_folder(folder, _institution(folder), clock=SystemClock(), random=SystemRandom()).service
        try:
            dispatcher = Dispatcher(service)
            with _until_signal() as wait:
                try:
                    server = SocketServer(path, dispatcher, operations, group=members)  # 4
                except OSError as error:
                    raise KeeperFolderError(what=path.name, reason=os.strerror(error.errno or 0)) from error
                ready()
                wait()  # 5
                server.close()  # 6
        finally:
            service.close()
        return dispatcher.refusals()
    finally:
        lock.release()


def adopt(home: Path, folder: Path, path: Path, owner: str | None = None) -> dict[str, Any]:
    """Move the keeper of a home out of it.

    1. hold the home; 2. copy the keeper's files to a new folder, synced; 3. name the socket in the settings; 4. delete
    the files in the home. What was cut off after 3 is finished by the same call; the home refuses to open meanwhile.

    Args:
        home: The home, which nobody uses now.
        folder: Empty or absent.
        path: Socket on which ``serve_keeper`` will listen.
        owner: Account that the folder is for; default: this one. Another one needs the administrator.

    Raises:
        HomeMissingError, HomeBusyError: There is no home, or it is in use.
        KeyFileMissingError: It has no keeper.
        KeeperFolderError: The folder is not empty, or is inside the home.
    """
    if not (home / SETTINGS_FILE).is_file():
        raise HomeMissingError
    lock = Lock.take(home, 0)  # 1
    try:
        settings = load(home / SETTINGS_FILE)
        source = home / "keeper"
        for name in _KEY_FILES:
            if not (source / name).is_file():
                raise KeyFileMissingError(file=name)
        if not settings["keeper.socket"]:
            _copied(source, folder, settings["institution.id"], home, owner)  # 2
            _replace_owned(home / SETTINGS_FILE, settings.with_value("keeper.socket", str(path.absolute())).to_toml())
        elif any((source / name).read_bytes() != (folder / name).read_bytes() for name in _KEY_FILES):
            raise KeeperFolderError(what=folder.name, reason="it holds other keys")
        for file in sorted(source.iterdir()):  # 4
            file.unlink()
        source.rmdir()
        sync_folder(home)
    except OSError as error:
        raise KeeperFolderError(what=folder.name, reason=os.strerror(error.errno or 0)) from error
    finally:
        lock.release()
    return {"home": str(home), "folder": str(folder), "socket": str(path.absolute())}


def trust(folder: Path, vkey: str) -> dict[str, Any]:
    """The operator's way after a loss: believe another log, or another key of this one, without an entry that says so.

    Another name: that log is followed from its beginning, and nothing of the old one opens any more. The same name:
    the new key takes the place of all keys of that name, and the log must continue what was seen.

    Raises:
        KeeperBusyError: The keeper is running.
        KeeperFolderError: Not the Ed25519 key of a log, or a log that was left behind.
    """
    try:
        key = parse_vkey(vkey)
    except NoteError as error:
        raise KeeperFolderError(what="VKEY", reason=str(error.facts["why"])) from error
    if key.kind is not KeyKind.ED25519:
        raise KeeperFolderError(what="VKEY", reason="not the Ed25519 key of a log")
    lock = _held(folder)
    try:
        file = VkeyFile(folder / "log.vkey")
        before = file.vkeys()
        number, keys = current_log(before)
        database = KeeperDatabase(folder / "keeper.db")
        try:
            progress = database.progress(number)
            same = key.name == keys[0].name
            if not same:
                if any(parse_vkey(old).name == key.name for old in before):
                    raise KeeperFolderError(what="VKEY", reason="that log was left behind")
                database.save(Progress(log=number + 1, derived=progress.derived), [])
        finally:
            database.close()
        file.keep([*(old for old in before if not same or parse_vkey(old).name != key.name), vkey])
    finally:
        lock.release()
    return {
        "believed": keys[0].name,
        "size": progress.size,
        "believes": key.name,
        "key": key.id.hex(),
        "another_log": not same,
    }


def forbid_inspection() -> None:
    """No core dump of this process, and no reading of its memory by others of its account (Linux: PR_SET_DUMPABLE)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def account(text: str) -> int:
    """The number of an account by its number or name.

    Raises:
        KeeperFolderError: There is none.
    """
    if text.isascii() and text.isdigit():
        return int(text)
    try:
        return pwd.getpwnam(text).pw_uid
    except KeyError as error:
        raise KeeperFolderError(what=text, reason="no such account") from error


def _group(text: str) -> int:
    import grp  # not on every system, and only this option needs it

    if text.isascii() and text.isdigit():
        return int(text)
    try:
        return grp.getgrnam(text).gr_gid
    except KeyError as error:
        raise KeeperFolderError(what=text, reason="no such group") from error


def _held(folder: Path) -> Lock:
    if not folder.is_dir():
        raise KeeperFolderError(what=folder.name, reason="no such folder")
    try:
        return Lock.take(folder, 0, LOCK_FILE)
    except HomeBusyError as error:
        raise KeeperBusyError from error


def _institution(folder: Path) -> str:
    try:
        return (folder / INSTITUTION_FILE).read_text("ascii").strip()
    except OSError as error:
        raise KeyFileMissingError(file=INSTITUTION_FILE) from error


def _copied(source: Path, folder: Path, institution: str, home: Path, owner: str | None) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise KeeperFolderError(what=folder.name, reason="it is not empty")
    if home.resolve() in folder.resolve().parents:
        raise KeeperFolderError(what=folder.name, reason="it is inside the home")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    for file in source.iterdir():
        replace_private(folder / file.name, file.read_bytes())
    replace_private(folder / INSTITUTION_FILE, f"{institution}\n".encode())
    if owner is not None:
        number = account(owner)
        for path in (*folder.iterdir(), folder):
            os.chown(path, number, -1)


def _replace_owned(path: Path, text: str) -> None:
    """Replace a file that keeps its owner, whoever writes."""
    found = path.stat()
    replace_private(path, text.encode("utf-8"))
    if found.st_uid != os.geteuid():
        os.chown(path, found.st_uid, found.st_gid)


class _until_signal:  # noqa: N801 - reads as a statement
    """Waits for SIGTERM or SIGINT, also for one that came before the waiting began."""

    def __init__(self) -> None:
        self._came = threading.Event()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Callable[[], object]:
        def note(_number: int, _frame: FrameType | None) -> None:
            self._came.set()

        self._before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
        return self._came.wait

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
