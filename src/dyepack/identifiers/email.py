"""E-mail addresses: ASCII local part, dotted domain (the part of RFC 5321 that people type).

The local part keeps its case in the normal form, as the standard demands; ``email_key`` folds it for search only.
"""

import re

from dyepack.identifiers.characters import fold
from dyepack.identifiers.errors import NotAnEmailError

_LONGEST = 254
_WRAPPED = re.compile(r"(?:mailto:)?<?([^<>]*)>?", re.IGNORECASE)
_SHAPE = re.compile(
    r"([A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]+)*)"
    r"@((?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63})"
)


def normalize_email(text: str) -> str:
    """The address with its domain in lower case.

    Raises:
        NotAnEmailError: No address, or one that no server would take.
    """
    wrapped = _WRAPPED.fullmatch(fold(text).strip())
    bare = wrapped[1].strip() if wrapped else ""
    shape = _SHAPE.fullmatch(bare) if len(bare) <= _LONGEST else None
    if shape is None or len(shape[1]) > 64:
        raise NotAnEmailError
    return f"{shape[1]}@{shape[2].lower()}"


def email_key(normal_form: str) -> str:
    """The form by which addresses are compared: all lower case."""
    return normal_form.lower()
