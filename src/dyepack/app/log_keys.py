"""The keys of one log: they sign its heads (Ed25519) and its published checkpoints (ML-DSA-44 beside it).

::

    <log folder>/keys/<instant, 16 digits>.ed25519    seed, 32 bytes, 0600; the instant in microseconds is when it came
    <log folder>/keys/<instant, 16 digits>.ml-dsa     into force

The newest key signs; the one before it signs beside it for 30 days after a rotation, so that whoever has not learned
of the new key yet can still follow. Older ones are kept, unused, so that no file of the past loses its origin.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dyepack.crypto.signature import Ed25519Signer, MlDsaSigner
from dyepack.ledger import Cosigner, Head, KeyKind, LogSigner, NoteKey, note_key, sign_head
from dyepack.storage.private_file import read_key_file, write_key_file
from dyepack.terms.chance import Random
from dyepack.terms.time import MICROSECONDS

OVERLAP_SECONDS: Final = 30 * 24 * 3600
SEED_BYTES: Final = 32
_ED25519, _ML_DSA = ".ed25519", ".ml-dsa"


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The keys that sign now, newest first.

    Attributes:
        origin: Name of the log.
        signers: Ed25519 keys.
        cosigners: ML-DSA keys, under the same name; may be empty.
        retired: Ed25519 keys that signed before and sign no more.
    """

    origin: str
    signers: Sequence[LogSigner]
    cosigners: Sequence[Cosigner] = ()
    retired: Sequence[NoteKey] = ()

    @property
    def known(self) -> tuple[NoteKey, ...]:
        """All public keys, also those that sign no more: what the log published once is opened with them."""
        return (*self.keys, *self.retired)

    @property
    def keys(self) -> tuple[NoteKey, ...]:
        """Public keys that sign now."""
        return (
            *(note_key(self.origin, signer.public_key) for signer in self.signers),
            *(cosigner.key for cosigner in self.cosigners),
        )

    @property
    def vkey(self) -> str:
        """The newest Ed25519 key, as text."""
        return self.keys[0].vkey

    def sign(self, head: Head) -> str:
        """The signed head."""
        return sign_head(head, *self.signers)

    def sign_published(self, head: Head, note: str, seconds: int) -> str:
        """The head with the post-quantum signatures of a published checkpoint."""
        return note + "".join(cosigner.line(head, seconds) for cosigner in self.cosigners)


def add_keys(folder: Path, now: int, random: Random) -> None:
    """Make a pair of keys that is in force from now on, whatever the clock said before; durable when this returns."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    instant = max([now, *(earlier + 1 for earlier in _instants(folder))])
    for ending in (_ML_DSA, _ED25519):  # a pair is there once its last file is
        write_key_file(folder / f"{instant:016d}{ending}", random.token_bytes(SEED_BYTES))


def has_keys(folder: Path) -> bool:
    """Whether a pair of keys is there, and not just the beginning of one that a crash cut off."""
    return bool(_instants(folder))


def _instants(folder: Path) -> list[int]:
    """When keys came into force, newest first."""
    return sorted((int(path.stem) for path in folder.glob(f"*{_ED25519}")), reverse=True)


def load_keys(folder: Path, origin: str, now: int) -> LogKeys:
    """The keys that sign at ``now``.

    Raises:
        KeyFileBrokenError: A key file has the wrong size, or there is none.
    """
    instants = _instants(folder) or [0]
    overlap = now < instants[0] + OVERLAP_SECONDS * MICROSECONDS
    stems = [f"{instant:016d}" for instant in instants]
    active = stems[: 2 if overlap else 1]
    signers = [Ed25519Signer(read_key_file(folder / (stem + _ED25519))) for stem in stems]
    return LogKeys(
        origin,
        tuple(signers[: len(active)]),
        tuple(
            Cosigner.make(origin, KeyKind.ML_DSA, MlDsaSigner(read_key_file(folder / (stem + _ML_DSA))))
            for stem in active
        ),
        tuple(note_key(origin, signer.public_key) for signer in signers[len(active) :]),
    )
