"""What the marks need from outside, and what passes through.

``vault.release`` owns the order of a release and meets these shapes through ``app``; nothing here does input or output.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from dyepack.mark.codeword import CopyKeys
from dyepack.terms.ids import RecordToken
from dyepack.terms.sensitive import Sensitive


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """One record on its way into a copy: released fields by catalog name. A missing field is an empty cell."""

    token: RecordToken
    cells: Mapping[str, Sensitive[str]]


@dataclass(frozen=True, slots=True)
class MarkAsk:
    """A release that wants a marked copy.

    Attributes:
        release: 26 characters.
        institution: ``i_`` + 26 characters.
        recipient: Opaque id (26 characters) of the one holder of the copy.
        columns: Released fields by catalog name, in the order of the file.
        tokens: The frozen set of records, any order, each once.
        live_copies: Copies that are alive, this one included: n of the naming threshold n/α.
        year: The institution's calendar year, from which canaries take an adult's birth date.
        mail_domain: Domain of the institution for addresses of canaries.
    """

    release: str
    institution: str
    recipient: str
    columns: tuple[str, ...]
    tokens: tuple[RecordToken, ...]
    live_copies: int
    year: int
    mail_domain: str = "example.com"


class KeyCommitments(Protocol):
    """The keeper's operation ``commitments``: hashes only, no key leaves and no symbol is derived."""

    def commitments(self, copy: bytes, epoch: bytes) -> tuple[bytes, bytes]:
        """SHA-256 of the copy key and of the bias key.

        Args:
            copy: 16 bytes.
            epoch: 16 bytes.

        Raises:
            KeyUnavailableError: The keeper does not answer.
        """
        ...


class MarkKeys(Protocol):
    """The keeper's operation ``derive``: answers only under the receipt that ``app`` shows it, and counts."""

    def derive(self, copy: bytes, epoch: bytes) -> CopyKeys:
        """The keys of a copy.

        Raises:
            KeyUnavailableError: The keeper does not answer, or no receipt covers the copy.
        """
        ...


class CanaryLines(Protocol):
    """Numbers that belong to the institution, or that nobody can have."""

    def take(self) -> str:
        """A number in E.164 that was never given out before.

        Raises:
            LinesExhaustedError: None is left.
        """
        ...


class InUse(Protocol):
    """Whether an invented person would collide with a real one (blind index of the vault)."""

    def name_in_use(self, name: str) -> bool:
        """Whether a current data subject bears exactly this name."""
        ...

    def phone_in_use(self, number: str) -> bool:
        """Whether a current data subject has this number (E.164)."""
        ...
