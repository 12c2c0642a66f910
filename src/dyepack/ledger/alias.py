r"""Alias (别名): a data subject's name in the log for one quarter, and commitments to details kept off the log.

``alias = HKDF-Expand(alias key, "dyepack/alias/v1\0" ‖ institution 16 ‖ year u16 ‖ quarter u8, 16 bytes)``, as 26
characters. The alias key is random per person and held by the keeper only: once it is destroyed, nothing leads from
the log's aliases to a person. Never a hash of a phone number: 10^11 numbers can be tried.

``commit = HMAC-SHA256(r, details)``, r = 32 random bytes that are sealed with the details under the person's key; once
that is destroyed the commitment says nothing.
"""

import base64

from dyepack.crypto.digest import equal, hkdf_expand, hmac_sha256
from dyepack.terms.ids import ID_BYTES, encode_id
from dyepack.terms.time import Quarter

OPENING_BYTES = 32
_DOMAIN = b"dyepack/alias/v1\0"


def alias(alias_key: bytes, institution: bytes, span: Quarter) -> str:
    """The name of the holder of ``alias_key`` in the log of an institution (16 bytes) during a quarter."""
    year, part = span
    if len(institution) != ID_BYTES or not 1 <= part <= 4:
        msg = "an institution has 16 bytes and a year four quarters"
        raise ValueError(msg)
    info = _DOMAIN + institution + year.to_bytes(2, "big") + part.to_bytes(1, "big")
    return encode_id(hkdf_expand(alias_key, info, ID_BYTES))


def commitment(opening: bytes, details: bytes) -> str:
    """The ``commit`` field of an entry; ``opening`` is 32 random bytes, kept secret with the details."""
    if len(opening) != OPENING_BYTES:
        msg = "an opening has 32 bytes"
        raise ValueError(msg)
    return digest_text(hmac_sha256(opening, details))


def opens(commit: str, opening: bytes, details: bytes) -> bool:
    """Whether disclosed details are those that an entry committed to."""
    return len(opening) == OPENING_BYTES and equal(commitment(opening, details).encode(), commit.encode())


def digest_text(digest: bytes) -> str:
    """32 bytes in the form of the fields ``digest``, ``policy`` and ``commit``: base64url without padding."""
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
