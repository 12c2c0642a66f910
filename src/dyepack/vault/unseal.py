"""Unseal (启封): **the one module that makes plaintext**.

Importable by the doors ``vault.reveal`` and ``vault.release`` and, inside the keeper, by ``vault.keeper.linking`` and
``vault.keeper.reindex``; an import contract says so. Who holds a part key got it from the keeper against a receipt
of the ledger.

A ciphertext opens only in the place it was sealed for: its field, slot, version and class stand in the header, its
record and institution beside it, and its key is derived for that part alone.
"""

from dyepack.crypto import aead
from dyepack.terms.sensitive import Sensitive
from dyepack.vault.catalog import field_by_id
from dyepack.vault.errors import EnvelopeError
from dyepack.vault.forms import mask
from dyepack.vault.record import (
    DISPLAY,
    PAD_DISPLAY,
    PAD_VALUE,
    Display,
    Envelope,
    part_associated,
    unpad,
)


def unseal_part(key: bytes, institution: bytes, token: str, envelope: Envelope) -> Sensitive[str]:
    """One value of a protected field.

    Args:
        key: The part's key, 32 bytes.
        institution: 16 bytes.
        token: The record it is stored under.
        envelope: As parsed from the record's blob.

    Returns:
        The normal form, in a wrapper that shows its mask.

    Raises:
        UnsealError: Changed, moved, or not under this key.
        EnvelopeError: The display part, or a plaintext that no seal made.
    """
    if envelope.header.part == DISPLAY:
        raise EnvelopeError
    try:
        text = _open(key, institution, token, envelope, PAD_VALUE).decode("utf-8")
    except UnicodeDecodeError as error:
        raise EnvelopeError from error
    return Sensitive(text, mask(field_by_id(envelope.header.part[0]).name, text))


def unseal_display(key: bytes, institution: bytes, token: str, envelope: Envelope) -> Sensitive[Display]:
    """The display part of a record.

    Raises:
        UnsealError: Changed, moved, or not under this key.
        EnvelopeError: Another part, or a plaintext that no seal made.
    """
    if envelope.header.part != DISPLAY:
        raise EnvelopeError
    return Sensitive(Display.decode(_open(key, institution, token, envelope, PAD_DISPLAY)))


def _open(key: bytes, institution: bytes, token: str, envelope: Envelope, block: int) -> bytes:
    associated = part_associated(institution, token, envelope.header.encode())
    return unpad(aead.unseal(key, envelope.body, associated), block)
