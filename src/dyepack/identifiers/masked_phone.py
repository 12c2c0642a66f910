"""Mobile numbers with digits hidden, as sellers and screens show them: what is still to be seen.

``138****0012``, ``1380000****``, ``138 0000 0**2``, ``138xxxx0012`` and ``138●●●●0012`` are one thing to us: a
*pattern* of 11 places, each a digit or ``*``. A single run of mask characters stands for as many digits as are
missing (``138…0012``); with more runs the places must be eleven.
"""

import re
from dataclasses import dataclass

from dyepack.identifiers.characters import fold

PLACES = 11
_LEAST_VISIBLE = 4
_MASK_CHARACTERS = str.maketrans(dict.fromkeys("*✱✲＊●•○◯⚫█■□▇※×#?~·∙⋅", "*"))
_LETTER_MASK = re.compile(r"1[0-9xX]{10}")
_HYPHEN_RUN = re.compile(r"-{3,}|\.{3,}|_{2,}")
_SEPARATORS = re.compile(r"[\s\-()]+")
_PREFIX = re.compile(r"\A(?:(?:\+|00)86(?=[1*])|86(?=1[0-9*]{10}\Z))")
_SHAPE = re.compile(r"[0-9*]+")


@dataclass(frozen=True, slots=True)
class MaskedPhone:
    """A mainland mobile number of which some places are hidden.

    Attributes:
        pattern: 11 characters, each a digit or ``*``.
    """

    pattern: str

    @property
    def head3(self) -> str | None:
        """The first three digits, None if one of them is hidden."""
        return None if "*" in self.pattern[:3] else self.pattern[:3]

    @property
    def last4(self) -> str | None:
        """The last four digits, None if one of them is hidden."""
        return None if "*" in self.pattern[-4:] else self.pattern[-4:]

    @property
    def visible(self) -> int:
        """How many of the 11 digits are to be seen, 4..10."""
        return PLACES - self.pattern.count("*")

    def matches(self, e164: str) -> bool:
        """Whether this could be that number: every visible digit agrees."""
        national = e164.removeprefix("+86")
        return (
            e164.startswith("+86")
            and len(national) == PLACES
            and all(mine in ("*", theirs) for mine, theirs in zip(self.pattern, national, strict=True))
        )


def masked_phone(text: str) -> MaskedPhone | None:
    """The pattern of a cell that is one masked mainland number; None for anything else, full numbers included."""
    if len(text) > 64:
        return None
    pattern = _PREFIX.sub("", _places(text), count=1)
    if not _SHAPE.fullmatch(pattern) or "*" not in pattern:
        return None
    runs = re.findall(r"\*+", pattern)
    if len(pattern) != PLACES and len(runs) == 1:
        missing = PLACES - len(pattern) + len(runs[0])
        pattern = re.sub(r"\*+", "*" * max(missing, 0), pattern)
    if len(pattern) != PLACES or "*" not in pattern or PLACES - pattern.count("*") < _LEAST_VISIBLE:
        return None
    if pattern[0] not in "1*" or pattern[1] not in "3456789*":
        return None
    return MaskedPhone(pattern)


def _places(text: str) -> str:
    """Digits and ``*`` alone; anything else that remains makes the shape test fail."""
    marked = text.strip().translate(_MASK_CHARACTERS)
    folded = _HYPHEN_RUN.sub("***", fold(marked))
    compact = _SEPARATORS.sub("", folded).translate(_MASK_CHARACTERS)
    national = _PREFIX.sub("", compact, count=1) if "*" in compact else re.sub(r"^(?:\+|00)?86(?=1)", "", compact)
    # letters are masks only in a number that is otherwise whole, or any order code would be one
    if _LETTER_MASK.fullmatch(national):
        return national.lower().replace("x", "*")
    return compact
