"""A witness (见证人): the folder of somebody outside the institution who cosigns its log.

::

    <folder>/           0700
      name              0600   name of both keys
      ed25519.key       0600   seed of 32 bytes, signs cosignature/v1 (0x04)
      mldsa44.key       0600   seed of 32 bytes, signs subtree/v1 (0x06)
      logs.txt          0600   the logs that it knows: a verifier key a line; read anew for each request
      witness.db*       0600   what it cosigned last, and evidence: never restore it from a backup

A folder whose keys other accounts can read is refused. ``ledger.witness`` decides; here are its clock, keys and files.
"""

import os
import stat
from pathlib import Path

from dyepack.crypto.digest import sha256
from dyepack.crypto.signature import Ed25519Signer, MlDsaSigner
from dyepack.ledger import Cosigner, KeyKind, NoteKey
from dyepack.ledger.errors import KnownLogError, NoteError, WitnessFolderError
from dyepack.ledger.witness import Decision, Evidence, Seen, admit, decide, parse_logs
from dyepack.storage.private_file import KEY_BYTES, read_key_file, replace_private, write_key_file
from dyepack.storage.witness_store import WitnessStore
from dyepack.terms.chance import Random
from dyepack.terms.time import MICROSECONDS, Clock
from dyepack.vault.errors import KeyFileBrokenError, KeyFileOpenError

_NAME, _LOGS, _DATABASE = "name", "logs.txt", "witness.db"
_SEEDS = ("ed25519.key", "mldsa44.key")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LOGS_HEAD = "# The logs that this witness knows, a verifier key (name+id+base64) a line.\n"


class WitnessFolder:
    """An open folder; answers requests from many threads."""

    def __init__(self, path: Path, clock: Clock) -> None:
        """Read name and keys, open the database.

        Raises:
            WitnessFolderError: Something is missing, broken, or open to other accounts.
        """
        _check_mode(path)
        self._path = path
        self._clock = clock
        self.cosigners = _cosigners(_read(path / _NAME).strip(), *(_seed(path / name) for name in _SEEDS))
        self._store = WitnessStore(path / _DATABASE)

    @classmethod
    def make(cls, path: Path, name: str, clock: Clock, random: Random) -> "WitnessFolder":
        """Make the folder of a new witness with fresh keys.

        Raises:
            WitnessFolderError: The folder is not empty or cannot be made, or the name is none of a key.
        """
        seeds = [random.token_bytes(KEY_BYTES) for _ in _SEEDS]
        _cosigners(name, *seeds)
        try:
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if any(path.iterdir()):
                raise WitnessFolderError(why="it is not empty")
            path.chmod(0o700)
            for file, seed in zip(_SEEDS, seeds, strict=True):
                write_key_file(path / file, seed)
            replace_private(path / _LOGS, _LOGS_HEAD.encode())
            WitnessStore.make(path / _DATABASE)
            replace_private(path / _NAME, f"{name}\n".encode())
        except OSError as error:
            raise WitnessFolderError(why=_reason(error)) from error
        return cls(path, clock)

    @property
    def keys(self) -> tuple[NoteKey, ...]:
        """The public keys: Ed25519, ML-DSA-44."""
        return tuple(cosigner.key for cosigner in self.cosigners)

    def logs(self) -> dict[str, tuple[NoteKey, ...]]:
        """The known logs, as the file is now.

        Raises:
            KnownLogError: A line is no key of a log.
            WitnessFolderError: The file cannot be read.
        """
        return parse_logs(_read(self._path / _LOGS))

    def add_log(self, vkey: str) -> NoteKey:
        """Know a log, or one more key of it; harmless when done twice.

        Raises:
            KnownLogError: Not the key of a log.
        """
        try:
            ((origin, (key,)),) = parse_logs(vkey.strip()).items()
        except ValueError as error:
            raise KnownLogError(line=1, why="not one key") from error
        if key not in self.logs().get(origin, ()):
            replace_private(self._path / _LOGS, f"{_read(self._path / _LOGS).rstrip()}\n{key.vkey}\n".encode())
        return key

    def answer(self, body: bytes) -> Decision:
        """Decide about an add-checkpoint request; what the decision says is written when this returns.

        Raises:
            KnownLogError, WitnessFolderError: Nothing was cosigned.
        """
        logs = self.logs()
        request = admit(body, logs)
        if isinstance(request, Decision):
            return request
        now = self._clock.now()
        keys = logs[request.head.origin]

        def settle(seen: Seen | None, latest: int) -> Decision:
            return decide(request, keys, self.cosigners, seen, max(1, latest, now // MICROSECONDS))

        return self._store.settle(request, body, now, settle)

    def checkpoint(self, digest: str) -> str | None:
        """The checkpoint cosigned last for the known log whose origin has this SHA-256 (lower case hex)."""
        for origin in self.logs():
            if sha256(origin.encode()).hex() == digest:
                seen = self._store.seen(origin)
                return seen.note if seen else None
        return None

    def evidence(self) -> list[Evidence]:
        """All requests that were kept, oldest first."""
        return self._store.evidence()

    def close(self) -> None:
        """Let go of the database."""
        self._store.close()


def _cosigners(name: str, ed25519: bytes, mldsa44: bytes) -> tuple[Cosigner, Cosigner]:
    try:
        return (
            Cosigner.make(name, KeyKind.COSIGNATURE, Ed25519Signer(ed25519)),
            Cosigner.make(name, KeyKind.ML_DSA, MlDsaSigner(mldsa44)),
        )
    except (NoteError, UnicodeEncodeError) as error:
        raise WitnessFolderError(why="its name: no spaces, no plus sign, at most 255 bytes") from error


def _seed(path: Path) -> bytes:
    try:
        return read_key_file(path)
    except KeyFileOpenError as error:
        raise WitnessFolderError(why=f"{path.name} must be 0600 and yours") from error
    except KeyFileBrokenError as error:
        raise WitnessFolderError(why=f"{path.name} is missing or not 32 bytes") from error


def _check_mode(path: Path) -> None:
    try:
        found = path.stat()
    except OSError as error:
        raise WitnessFolderError(why=_reason(error)) from error
    if found.st_mode & _OTHERS or found.st_uid != os.geteuid():
        raise WitnessFolderError(why="it must be 0700 and yours")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise WitnessFolderError(why=f"{path.name} cannot be read") from error


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else "input or output"
