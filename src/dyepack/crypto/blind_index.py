r"""Blind index (盲索引): a keyed equality index, so that a number can be looked up without being stored.

``tag = first 16 bytes of HMAC-SHA256(index key, "dyepack/index/v1\0" ‖ institution 16 ‖ field u16 ‖ normal form)``.
A thief of the database sees which records share a value, never the value; a thief of the key can try all numbers,
which is why the key never leaves the keeper.
"""

from dyepack.crypto.digest import hmac_sha256

TAG_BYTES = 16
_DOMAIN = b"dyepack/index/v1\0"


def blind_index(key: bytes, institution: bytes, field: int, normal_form: str) -> bytes:
    """16 bytes for one normal form of one field (0..65535) of one institution (16 bytes)."""
    message = _DOMAIN + institution + field.to_bytes(2, "big") + normal_form.encode("utf-8")
    return hmac_sha256(key, message)[:TAG_BYTES]
