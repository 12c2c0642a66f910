r"""A sealed record, byte by byte: parts, display part, and the one blob they are stored as.

A **part** (封存件) is one sealed piece of a record: the *display part* (展示件; field 0, slot 0) or one slot of one
protected field. All integers are big-endian.

::

    envelope, part v1                             header (12 bytes, authenticated)
    ┌────────┬────────┬────────────┬────────┐     0      format      0x01
    │ header │ nonce  │ ciphertext │ tag    │     1      class       u8   catalog.FieldClass, 0 = display part
    │ 12     │ 12     │ 16·k       │ 16     │     2-3    field       u16  catalog id, 0 = display part
    └────────┴────────┴────────────┴────────┘     4      slot        u8
                                                  5-6    generation  u16  of the person's data key
    sealed blob of a record                       7      zero        0x00
    ( length u32 ‖ envelope )*                    8-11   version     u32  of the record, when sealed

* cipher AES-256-GCM-SIV under the part key; associated data ``"dyepack/part/v1\0" ‖ institution 16 ‖ record 16 ‖
  header``;
* plaintext = value in UTF-8, padded with 0x80 and zeros to 16 bytes, the display part to 64, so lengths tell little;
* the display part is canonical JSON ``{"v":1,"fields":{name:text},"masks":{name:{slot:mask}}}``: name and plan
  fields in full, the masks of all others.

Invariants: envelopes stand in ascending (field, slot) and each once; nothing follows the last one; every parser
raises ``EnvelopeError`` and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

import orjson

from dyepack.crypto.aead import OVERHEAD
from dyepack.terms.canonical import canonical_json
from dyepack.terms.ids import record_bytes
from dyepack.vault.catalog import CATALOG, DISPLAY_ID, FieldClass, display_fields, field, field_by_id
from dyepack.vault.errors import EnvelopeError, InvalidFieldError

PartId = tuple[int, int]
"""(field id, slot)."""

DISPLAY: Final[PartId] = (DISPLAY_ID, 0)
FIRST_VERSION: Final = 1
FIRST_GENERATION: Final = 1
FORMAT: Final = 0x01
HEADER_BYTES: Final = 12
PAD_VALUE: Final = 16
PAD_DISPLAY: Final = 64
MAX_ENVELOPE: Final = 1 << 16
_DOMAIN: Final = b"dyepack/part/v1\0"
_DISPLAY_FORMAT: Final = 1


class RecordState(StrEnum):
    """Where a record is in its life; gone records have no state."""

    HELD = "held"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class PartHeader:
    """The authenticated header of a part.

    Attributes:
        part: Field id and slot.
        version: Version of the record at which it was sealed, from 1.
        generation: Generation of the person's data key, from 1.
    """

    part: PartId
    version: int = FIRST_VERSION
    generation: int = FIRST_GENERATION

    def encode(self) -> bytes:
        """The 12 bytes."""
        number, slot = self.part
        return (
            bytes((FORMAT, class_of(self.part)))
            + number.to_bytes(2, "big")
            + slot.to_bytes(1, "big")
            + self.generation.to_bytes(2, "big")
            + b"\0"
            + self.version.to_bytes(4, "big")
        )

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read 12 bytes.

        Raises:
            EnvelopeError: Another format, or no part of this catalog.
        """
        if len(raw) != HEADER_BYTES or raw[0] != FORMAT or raw[7] != 0:
            raise EnvelopeError
        header = cls(
            part=(int.from_bytes(raw[2:4], "big"), raw[4]),
            version=int.from_bytes(raw[8:12], "big"),
            generation=int.from_bytes(raw[5:7], "big"),
        )
        try:
            kind = class_of(header.part)
        except InvalidFieldError as error:
            raise EnvelopeError from error
        if raw[1] != kind:
            raise EnvelopeError
        return header


@dataclass(frozen=True, slots=True)
class Envelope:
    """One sealed part: what it says it is, and its nonce, ciphertext and tag."""

    header: PartHeader
    body: bytes

    def encode(self) -> bytes:
        """The bytes as stored."""
        return self.header.encode() + self.body

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read one envelope.

        Raises:
            EnvelopeError: Too short, too long, or not of this format.
        """
        block = HEADER_BYTES + OVERHEAD + PAD_VALUE
        if not block <= len(raw) <= MAX_ENVELOPE or (len(raw) - block) % PAD_VALUE:
            raise EnvelopeError
        return cls(PartHeader.decode(raw[:HEADER_BYTES]), raw[HEADER_BYTES:])


@dataclass(frozen=True, slots=True)
class Display:
    """The display part, opened.

    Attributes:
        fields: Name and plan fields in full, by catalog name.
        masks: Masks of all other fields, by catalog name and slot.
    """

    fields: Mapping[str, str]
    masks: Mapping[str, Mapping[int, str]]

    def encode(self) -> bytes:
        """Canonical JSON.

        Raises:
            InvalidFieldError: A protected field in full, or a mask of a displayed one.
        """
        for name in self.fields:
            if not field(name).displayed:
                raise InvalidFieldError(field=name)
        for name, slots in self.masks.items():
            one = field(name)
            if one.displayed or not all(0 <= slot < one.slots for slot in slots):
                raise InvalidFieldError(field=name)
        masks = {name: {str(slot): mask for slot, mask in slots.items()} for name, slots in self.masks.items()}
        return canonical_json({"v": _DISPLAY_FORMAT, "fields": dict(self.fields), "masks": masks})

    @classmethod
    def decode(cls, raw: bytes) -> Self:
        """Read canonical JSON.

        Raises:
            EnvelopeError: Not a display part.
        """
        try:
            value = orjson.loads(raw)
            if value["v"] != _DISPLAY_FORMAT:
                raise EnvelopeError
            masks = {name: {int(slot): mask for slot, mask in slots.items()} for name, slots in value["masks"].items()}
            display = cls(fields=value["fields"], masks=masks)
            if display.encode() != raw:
                raise EnvelopeError
        except (ValueError, KeyError, TypeError, AttributeError, InvalidFieldError) as error:
            raise EnvelopeError from error
        return display


def class_of(part: PartId) -> FieldClass:
    """The class that stands in a part's header.

    Raises:
        InvalidFieldError: No such part: unknown field, a field of the display part, or a slot it does not have.
    """
    number, slot = part
    if part == DISPLAY:
        return FieldClass.DISPLAY
    one = field_by_id(number)
    if one.displayed or not 0 <= slot < one.slots:
        raise InvalidFieldError(field=one.name)
    return one.kind


def part_of(name: str, slot: int = 0) -> PartId:
    """The part that holds a field in full: the display part for name and plan fields.

    Raises:
        InvalidFieldError: No such field or slot.
    """
    one = field(name)
    if one.displayed:
        return DISPLAY
    part = (one.id, slot)
    class_of(part)
    return part


def parts_of_field(name: str) -> tuple[PartId, ...]:
    """All parts that a field may have.

    Raises:
        InvalidFieldError: No such field.
    """
    one = field(name)
    return (DISPLAY,) if one.displayed else tuple((one.id, slot) for slot in range(one.slots))


def part_associated(institution: bytes, token: str, header: bytes) -> bytes:
    """What is authenticated beside a part: where it belongs.

    Args:
        institution: 16 bytes.
        token: The record's token.
        header: 12 bytes.
    """
    return _DOMAIN + institution + record_bytes(token) + header


def build_sealed(envelopes: Sequence[Envelope]) -> bytes:
    """The blob of a record, parts in ascending order.

    Raises:
        EnvelopeError: The same part twice.
    """
    ordered = sorted(envelopes, key=lambda envelope: envelope.header.part)
    if len({envelope.header.part for envelope in ordered}) != len(ordered):
        raise EnvelopeError
    pieces = []
    for envelope in ordered:
        raw = envelope.encode()
        pieces += [len(raw).to_bytes(4, "big"), raw]
    return b"".join(pieces)


def parse_sealed(blob: bytes) -> dict[PartId, Envelope]:
    """The envelopes of a record by part.

    Raises:
        EnvelopeError: Cut, continued, out of order, or a part twice.
    """
    found: dict[PartId, Envelope] = {}
    position = 0
    last: PartId = (-1, -1)
    while position < len(blob):
        end = position + 4 + int.from_bytes(blob[position : position + 4], "big")
        if position + 4 > len(blob) or end > len(blob):
            raise EnvelopeError
        envelope = Envelope.decode(blob[position + 4 : end])
        if envelope.header.part <= last:
            raise EnvelopeError
        last = envelope.header.part
        found[last] = envelope
        position = end
    return found


def pad(value: bytes, block: int) -> bytes:
    """``value ‖ 0x80 ‖ zeros`` up to a multiple of ``block``."""
    return value + b"\x80" + bytes(-(len(value) + 1) % block)


def unpad(padded: bytes, block: int) -> bytes:
    """The value that was padded.

    Raises:
        EnvelopeError: Not padded to this block.
    """
    end = padded.rfind(b"\x80")
    if end < 0 or len(padded) % block or len(padded) - end > block or padded[end + 1 :].strip(b"\0"):
        raise EnvelopeError
    return padded[:end]


def names_of(parts: Sequence[PartId]) -> tuple[str, ...]:
    """Catalog names of parts, each once; the display part stands for all of its fields."""
    found: dict[str, None] = {}
    for number, _ in parts:
        names = [one.name for one in display_fields()] if number == DISPLAY_ID else [field_by_id(number).name]
        found.update(dict.fromkeys(names))
    return tuple(name for name in CATALOG if name in found)
