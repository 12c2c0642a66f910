"""Timestamp tokens (时间戳; RFC 3161) over checkpoints: that bytes of the log were known to an authority at a time.

A token is taken over the bytes of a checkpoint, signatures included, and kept with them::

    timestamps/<size>.note                 the checkpoint as it was stamped, the same for all authorities
    timestamps/<size>.<authority>.tsr      the raw response, whatever can be made of it
    timestamps/<size>.<authority>.pem      the chain under which it was taken

``ledger:timestamp:obtained`` holds the SHA-256 of the response. So a token bounds the time from both sides: entries
below ``size`` are *not after* it, and entries after the one that names its response are *not before* it, because
nobody can know a signature before it is made.
"""

from dataclasses import dataclass

from dyepack.crypto.digest import sha256
from dyepack.crypto.errors import TimestampError, TimestampUnparsedError
from dyepack.crypto.timestamp import verify_timestamp
from dyepack.ledger.verify import parse_token
from dyepack.terms.time import MICROSECONDS


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A response of an authority with what it needs to be checked.

    Attributes:
        size: Entries that the stamped checkpoint covers.
        authority: The house's name for the authority: ``[a-z][a-z0-9-]*``.
        note: The checkpoint that was stamped.
        response: As it came.
        chain: PEM certificates.
    """

    size: int
    authority: str
    note: bytes
    response: bytes
    chain: bytes

    def files(self) -> dict[str, bytes]:
        """By path, below the folder of the log and in a bundle."""
        return {
            note_path(self.size): self.note,
            token_path(self.size, self.authority): self.response,
            chain_path(self.size, self.authority): self.chain,
        }


@dataclass(frozen=True, slots=True)
class TokenTime:
    """What a token says.

    Attributes:
        t: Microseconds since 1970 UTC.
        verified: Whether signature and chain hold. False means *stored, not parsed*: other software must check it.
    """

    t: int
    verified: bool


def token_time(token: StoredToken, nonce: int | None = None) -> TokenTime:
    """Judge a token.

    Raises:
        TimestampError: It proves nothing for this checkpoint.
    """
    try:
        return TokenTime(verify_timestamp(token.response, token.note, token.chain, nonce), verified=True)
    except TimestampUnparsedError:
        said = parse_token(token.response)
        if said is None or said.imprint != sha256(token.note):
            raise TimestampError(why="no timestamp over this checkpoint") from None
        return TokenTime(said.seconds * MICROSECONDS, verified=False)


def note_path(size: int) -> str:
    """The stamped checkpoint."""
    return f"timestamps/{size}.note"


def token_path(size: int, authority: str) -> str:
    """The response."""
    return f"timestamps/{size}.{authority}.tsr"


def chain_path(size: int, authority: str) -> str:
    """The certificates."""
    return f"timestamps/{size}.{authority}.pem"
