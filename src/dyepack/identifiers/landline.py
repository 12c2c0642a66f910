"""Landlines of the mainland: area code and number, kept apart from mobiles because nobody is called there at night.

Normal form ``0<area>-<number>``, with an extension ``0<area>-<number>-<extension>``. 400 and 800 numbers, 95xxx and
other service lines belong to companies and are no landlines here.
"""

import re

from dyepack.identifiers.characters import fold
from dyepack.identifiers.errors import NotALandlineError

_AREA = r"(10|2[0-9]|[3-9][0-9]{2})"
_SHAPE = re.compile(
    r"(?:(?:\+|00)86|86(?=0))?0?" + _AREA + r"([2-8][0-9]{6,7})(?:(?:转|ext\.?|x|#|-)([0-9]{1,6}))?", re.IGNORECASE
)
_DIRECT = re.compile(r"(?:\+|00|\(|0|86)")
_EXTENSION = re.compile(r"^(.*[0-9])\s*(?:转|ext\.?|x|#)\s*([0-9]{1,6})$|^(.*?[0-9]{7,8})-([0-9]{1,6})$", re.IGNORECASE)
_LONGEST = 100
_SEPARATORS = re.compile(r"[\s\-().]+")


def normalize_landline(text: str) -> str:
    """Area code and number, such as ``010-60000012``.

    Raises:
        NotALandlineError: No area code, or no number of 7-8 digits behind it.
    """
    if len(text) > _LONGEST:
        raise NotALandlineError
    bare = fold(text).strip()
    extension = ""
    if parts := _EXTENSION.fullmatch(bare):
        bare, extension = (parts[1], parts[2]) if parts[1] else (parts[3], parts[4])
    if not _DIRECT.match(bare):
        raise NotALandlineError
    shape = _SHAPE.fullmatch(_SEPARATORS.sub("", bare))
    if shape is None:
        raise NotALandlineError
    area, number = shape[1], shape[2]
    if len(area) == 2 and len(number) != 8:  # the big cities all have eight digits
        raise NotALandlineError
    return f"0{area}-{number}" + (f"-{extension}" if extension else "")
