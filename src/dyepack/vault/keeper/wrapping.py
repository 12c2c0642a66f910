r"""Keys of people and how they rest: derivation and wrapping, without any storage.

::

    root key (file) -> KEK v (32 bytes, random) -> person key row, index keys, note keys
    person key row  =  data key 32 ‖ alias key 32

    part key   = HKDF-Expand(data key,  "dyepack/part/v1\0"   ‖ field u16 ‖ slot u8 ‖ version u32, 32)
    detail key = HKDF-Expand(data key,  "dyepack/detail/v1\0" ‖ entry id 16, 32)
    alias      = ledger.alias(alias key, institution, quarter)

    wrapped person key v1 (100 bytes, authenticated with the record it belongs to)
    0      format       0x01        8-19   nonce 12
    1-4    KEK version  u32         20-83  ciphertext 64
    5-6    generation   u16         84-99  tag 16
    7      zero         0x00        associated data "dyepack/pkey/v1\0" ‖ institution 16 ‖ record 16 ‖ bytes 0-7

All integers are big-endian. A part key seals one version of one field, so a nonce can hardly meet its key twice; data
and alias key are drawn from randomness *and* the record's name, so two records never share one even if the source of
randomness repeats itself; what one KEK wraps has hedged nonces for the same reason.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from dyepack.crypto import aead
from dyepack.crypto.aead import KEY_BYTES, OVERHEAD
from dyepack.crypto.digest import hkdf_expand
from dyepack.crypto.errors import UnsealError
from dyepack.ledger import alias
from dyepack.terms.chance import Random
from dyepack.terms.ids import decode_id
from dyepack.terms.time import Quarter
from dyepack.vault.keeper.ports import Ring
from dyepack.vault.record import FIRST_GENERATION, PartId

PERSON_FORMAT: Final = 0x01
PERSON_HEADER: Final = 8
PERSON_BYTES: Final = PERSON_HEADER + 2 * KEY_BYTES + OVERHEAD
_PERSON: Final = b"dyepack/pkey/v1\0"
_BIRTH: Final = b"dyepack/person/v1\0"
_PART: Final = b"dyepack/part/v1\0"
_DETAIL: Final = b"dyepack/detail/v1\0"
_RING: Final = b"dyepack/ring/v1\0"


@dataclass(frozen=True, slots=True)
class PersonKeys:
    """What makes a person readable and findable: 32 random bytes each, or nothing at all."""

    data: bytes
    alias: bytes

    def __repr__(self) -> str:
        return "PersonKeys()"

    @classmethod
    def draw(cls, record: bytes, random: Random) -> Self:
        """New keys of a record (16 bytes)."""
        drawn = hkdf_expand(random.token_bytes(KEY_BYTES), _BIRTH + record, 2 * KEY_BYTES)
        return cls(drawn[:KEY_BYTES], drawn[KEY_BYTES:])

    def part_key(self, part: PartId, version: int) -> bytes:
        """The key of one version of one part."""
        number, slot = part
        info = number.to_bytes(2, "big") + slot.to_bytes(1, "big") + version.to_bytes(4, "big")
        return hkdf_expand(self.data, _PART + info, KEY_BYTES)

    def detail_key(self, entry_id: str) -> bytes:
        """The key of the details of one entry."""
        return hkdf_expand(self.data, _DETAIL + decode_id(entry_id), KEY_BYTES)

    def alias_of(self, institution: bytes, quarter: Quarter) -> str:
        """The name of the person in the log for one quarter, 26 characters."""
        return alias(self.alias, institution, quarter)


def wrap_person(kek: bytes, version: int, institution: bytes, record: bytes, keys: PersonKeys, random: Random) -> bytes:
    """100 bytes for the keeper's database.

    Args:
        kek: 32 bytes.
        version: The version of the KEK.
        institution: 16 bytes.
        record: 16 bytes.
        keys: What is wrapped.
        random: For the nonce, hedged.
    """
    header = bytes((PERSON_FORMAT,)) + version.to_bytes(4, "big") + FIRST_GENERATION.to_bytes(2, "big") + b"\0"
    associated = _PERSON + institution + record + header
    return header + aead.seal_hedged(kek, keys.data + keys.alias, associated, random)


def unwrap_person(keks: Mapping[int, bytes], institution: bytes, record: bytes, wrapped: bytes) -> PersonKeys:
    """The keys of a person.

    Raises:
        UnsealError: Changed, moved to another record, or wrapped by a KEK that is gone.
    """
    header = wrapped[:PERSON_HEADER]
    if len(wrapped) != PERSON_BYTES or header[0] != PERSON_FORMAT or header[7] != 0:
        raise UnsealError
    kek = keks.get(int.from_bytes(header[1:5], "big"))
    if kek is None:
        raise UnsealError
    plain = aead.unseal(kek, wrapped[PERSON_HEADER:], _PERSON + institution + record + header)
    return PersonKeys(plain[:KEY_BYTES], plain[KEY_BYTES:])


def wrap_key(
    wrapper: bytes, institution: bytes, ring: Ring, ref: str, version: int, key: bytes, random: Random
) -> bytes:
    """Wrap a KEK (by the root key) or an index or note key (by the KEK)."""
    return aead.seal_hedged(wrapper, key, _ring_associated(institution, ring, ref, version), random)


def unwrap_key(wrapper: bytes, institution: bytes, ring: Ring, ref: str, version: int, wrapped: bytes) -> bytes:
    """Undo ``wrap_key``.

    Raises:
        UnsealError: Changed, moved, or under another wrapper.
    """
    return aead.unseal(wrapper, wrapped, _ring_associated(institution, ring, ref, version))


def _ring_associated(institution: bytes, ring: Ring, ref: str, version: int) -> bytes:
    place = f"{ring.value}\n{ref}".encode()
    return _RING + institution + version.to_bytes(4, "big") + place
