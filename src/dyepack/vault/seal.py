"""Seal (封存): a record's values become its parts. Nothing here can open what it wrote.

The keeper gives one fresh key per part; values come in their normal forms. Masks are made here, when sealing, so
that a masked look never opens a protected part.
"""

from collections.abc import Mapping, Sequence

from dyepack.crypto import aead
from dyepack.terms.chance import Random
from dyepack.vault.catalog import field
from dyepack.vault.errors import InvalidFieldError
from dyepack.vault.forms import mask
from dyepack.vault.record import (
    DISPLAY,
    PAD_DISPLAY,
    PAD_VALUE,
    Display,
    Envelope,
    PartHeader,
    PartId,
    build_sealed,
    pad,
    part_associated,
    part_of,
)

Values = Mapping[str, Sequence[str]]
"""Normal forms by catalog name, in the order of slots; an absent or empty field has no value."""


def parts_needed(values: Values) -> tuple[PartId, ...]:
    """The parts that a record of these values has: what to ask the keeper's ``issue`` for.

    Raises:
        InvalidFieldError: An unknown field, or more values than it has slots.
    """
    parts = {part_of(name, slot) for name, texts in values.items() for slot, _ in _slots(name, texts)}
    return tuple(sorted(parts | {DISPLAY}))


def display_of(values: Values) -> Display:
    """The display part: name and plan fields in full, masks of all others.

    Raises:
        InvalidFieldError: An unknown field, or more values than it has slots.
    """
    full: dict[str, str] = {}
    masks: dict[str, dict[int, str]] = {}
    for name, texts in values.items():
        for slot, text in _slots(name, texts):
            if field(name).displayed:
                full[name] = text
            else:
                masks.setdefault(name, {})[slot] = mask(name, text)
    return Display(full, masks)


def seal_record(keys: Mapping[PartId, bytes], institution: bytes, token: str, values: Values, random: Random) -> bytes:
    """The sealed blob of a new record.

    Args:
        keys: One fresh key of 32 bytes for each of ``parts_needed(values)``.
        institution: 16 bytes.
        token: The record's token.
        values: What is sealed.
        random: For nonces. If it repeats itself nothing is lost: no key seals twice.

    Raises:
        InvalidFieldError: An unknown field, or more values than it has slots.
    """
    texts = {(field(name).id, slot): text for name, some in values.items() for slot, text in _slots(name, some)}
    sealed = []
    for part in parts_needed(values):
        plain = (
            pad(display_of(values).encode(), PAD_DISPLAY) if part == DISPLAY else pad(texts[part].encode(), PAD_VALUE)
        )
        sealed.append(seal_part(keys[part], institution, token, PartHeader(part), plain, random))
    return build_sealed(sealed)


def seal_part(
    key: bytes, institution: bytes, token: str, header: PartHeader, padded: bytes, random: Random
) -> Envelope:
    """One envelope of an already padded plaintext."""
    associated = part_associated(institution, token, header.encode())
    return Envelope(header, aead.seal(key, padded, associated, random))


def _slots(name: str, texts: Sequence[str]) -> list[tuple[int, str]]:
    if isinstance(texts, str) or len(texts) > field(name).slots:
        raise InvalidFieldError(field=name)
    return [(slot, text) for slot, text in enumerate(texts) if text]
