"""The manifest (清单) of a marked copy: what is needed to read its marks back. Canonical JSON, ``v`` 1.

::

    v            1
    copy         26 characters          release      26 characters       institution  i_ + 26
    epoch        26 characters          profile      name of the bias profile
    rules        SHA-256 of the variant table, hex
    key_commit   SHA-256 of the copy key, hex        bias_commit  SHA-256 of the bias key, hex
    recipient    26 characters, the one holder
    columns      released fields in file order       rows         rows of the file, canaries included
    tokens       record tokens in file order, canaries left out
    slots        base64 of, for each token: count u8, then rule ids u8
    pool         [{canary, symbol}] in the epoch's keyed order      exclusive   [canary]
    format       "csv", "xlsx" or "" before the file is written     file        SHA-256 of the file, hex, or ""

It holds tokens and opaque ids, no value of a person, and is stored sealed: the pool's symbols are secrets.
"""

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from dyepack.crypto.digest import equal, sha256
from dyepack.mark.errors import BadManifestError, ManifestBrokenError
from dyepack.terms.canonical import canonical_json
from dyepack.terms.ids import RecordToken, decode_id, record_bytes

_HEX = re.compile(r"[0-9a-f]{64}")
_WORD = re.compile(r"[A-Za-z0-9_]{1,64}")
_KEYS = frozenset(
    (
        *("v", "copy", "release", "institution", "epoch", "profile", "rules", "key_commit", "bias_commit", "recipient"),
        *("columns", "rows", "tokens", "slots", "pool", "exclusive", "format", "file"),
    )
)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest; equal manifests have equal bytes. See the drawing above for the fields.

    Attributes:
        slots: For each token the ids of the rules that were written there.
        pool: (canary, symbol) of the pool canaries assigned to the copy.
        format: Empty until the file is written.
        file: SHA-256 of the file in hex, empty until it is written.
    """

    copy: str
    release: str
    institution: str
    epoch: str
    profile: str
    rules: str
    key_commit: str
    bias_commit: str
    recipient: str
    columns: tuple[str, ...]
    rows: int
    tokens: tuple[RecordToken, ...] = field(repr=False)
    slots: tuple[tuple[int, ...], ...] = field(repr=False)
    pool: tuple[tuple[str, int], ...] = field(repr=False)
    exclusive: tuple[str, ...] = field(repr=False)
    format: str = ""
    file: str = ""

    @property
    def positions(self) -> int:
        """Positions that the copy carries: written slots and assigned pool canaries."""
        return sum(len(ids) for ids in self.slots) + len(self.pool)

    def with_file(self, file_format: str, file_sha256: bytes) -> "Manifest":
        """The manifest of the file that was written, to be digested into ``mark:copy:marked``."""
        return replace(self, format=file_format, file=file_sha256.hex())

    def to_bytes(self) -> bytes:
        """The one canonical form."""
        packed = b"".join(bytes((len(ids), *ids)) for ids in self.slots)
        return canonical_json(
            {
                "v": 1,
                "copy": self.copy,
                "release": self.release,
                "institution": self.institution,
                "epoch": self.epoch,
                "profile": self.profile,
                "rules": self.rules,
                "key_commit": self.key_commit,
                "bias_commit": self.bias_commit,
                "recipient": self.recipient,
                "columns": list(self.columns),
                "rows": self.rows,
                "tokens": list(self.tokens),
                "slots": base64.b64encode(packed).decode("ascii"),
                "pool": [{"canary": canary, "symbol": symbol} for canary, symbol in self.pool],
                "exclusive": list(self.exclusive),
                "format": self.format,
                "file": self.file,
            }
        )

    def digest(self) -> bytes:
        """SHA-256 of the canonical form."""
        return sha256(self.to_bytes())

    @classmethod
    def from_bytes(cls, data: bytes) -> "Manifest":
        """Parse strictly: every key, no other, in the canonical form.

        Raises:
            BadManifestError: Anything else.
        """
        try:
            document = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            raise BadManifestError(detail="not JSON") from error
        if not isinstance(document, dict) or set(document) != _KEYS or document["v"] != 1:
            raise BadManifestError(detail="keys")
        try:
            manifest = cls(
                **{key: _text(document[key], decode_id) for key in ("copy", "release", "epoch", "recipient")},
                **{key: _text(document[key], _is_hex) for key in ("rules", "key_commit", "bias_commit")},
                institution=_text(document["institution"], _is_institution),
                profile=_text(document["profile"], _is_word),
                columns=tuple(_text(name, _is_word) for name in _items(document["columns"])),
                rows=_count(document["rows"]),
                tokens=tuple(RecordToken(_text(token, record_bytes)) for token in _items(document["tokens"])),
                slots=_unpack(_text(document["slots"], str)),
                pool=tuple((_text(item["canary"], decode_id), _symbol(item)) for item in _items(document["pool"])),
                exclusive=tuple(_text(canary, decode_id) for canary in _items(document["exclusive"])),
                format=_text(document["format"], ("", "csv", "xlsx").index),
                file=_text(document["file"], lambda text: text == "" or _is_hex(text)),
            )
        except (ValueError, KeyError, TypeError, binascii.Error) as error:
            raise BadManifestError(detail="values") from error
        if len(manifest.slots) != len(manifest.tokens) or manifest.to_bytes() != data:
            raise BadManifestError(detail="form")
        if len(set(manifest.tokens)) != len(manifest.tokens):
            raise BadManifestError(detail="repeated token")
        return manifest

    @classmethod
    def committed(cls, data: bytes, digest: bytes, copy: str) -> "Manifest":
        """The manifest of a copy, if it is the one whose digest ``mark:copy:marked`` carries.

        Raises:
            ManifestBrokenError: Other bytes, or of another copy: the copy is not evaluated, and somebody should look.
            BadManifestError: The ledger committed to something that is no manifest.
        """
        if not equal(sha256(data), digest):
            raise ManifestBrokenError(copy=copy)
        manifest = cls.from_bytes(data)
        if manifest.copy != copy:
            raise ManifestBrokenError(copy=copy)
        return manifest


def _text(value: Any, check: Callable[[str], Any]) -> str:
    """A string that ``check`` accepts: it raises ValueError, or returns False, for others."""
    if not isinstance(value, str) or check(value) is False:
        msg = "not the text expected"
        raise ValueError(msg)
    return value


def _is_hex(text: str) -> bool:
    return _HEX.fullmatch(text) is not None


def _is_word(text: str) -> bool:
    return _WORD.fullmatch(text) is not None


def _is_institution(text: str) -> bool:
    return text.startswith("i_") and decode_id(text[2:]) != b""


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list):
        msg = "not a list"
        raise TypeError(msg)
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        msg = "not a count"
        raise ValueError(msg)
    return value


def _symbol(item: dict[str, Any]) -> int:
    if set(item) != {"canary", "symbol"} or _count(item["symbol"]) > 1:
        msg = "not a symbol"
        raise ValueError(msg)
    return int(item["symbol"])


def _unpack(text: str) -> tuple[tuple[int, ...], ...]:
    packed = base64.b64decode(text, validate=True)
    found: list[tuple[int, ...]] = []
    place = 0
    while place < len(packed):
        end = place + 1 + packed[place]
        if end > len(packed):
            msg = "slots end too early"
            raise ValueError(msg)
        found.append(tuple(packed[place + 1 : end]))
        place = end
    return tuple(found)
