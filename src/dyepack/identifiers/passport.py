"""Passport numbers: up to nine letters and digits (ICAO Doc 9303), without a check digit on the number itself."""

import re

from dyepack.identifiers.characters import fold
from dyepack.identifiers.errors import NotAPassportError

_CHINESE = re.compile(r"E[0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|G[0-9]{8}|[DSP]E?[0-9]{7,8}")
_ANY = re.compile(r"[A-Z]{0,3}[0-9]{5,9}[A-Z]?")
_SEPARATORS = re.compile(r"[\s\-]+")


def normalize_passport(text: str) -> str:
    """The number in capitals without separators, 7-9 places.

    Raises:
        NotAPassportError: No such number.
    """
    bare = _SEPARATORS.sub("", fold(text)).upper()
    if not 7 <= len(bare) <= 9 or not _ANY.fullmatch(bare):
        raise NotAPassportError
    return bare


def is_chinese_passport(normal_form: str) -> bool:
    """Whether it has a form that China issues, which is recognizable without a word beside it."""
    return _CHINESE.fullmatch(normal_form) is not None
