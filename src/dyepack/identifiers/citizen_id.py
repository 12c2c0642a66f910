"""Resident identity numbers (GB 11643-1999): 6 places region, 8 birth date, 3 sequence, 1 check digit.

The check digit is ISO 7064 MOD 11-2: it finds every wrong single place and every swap of neighbors. Regions are
checked by province alone, because historic and synthetic county codes are on valid cards. The old form of 15 places
has no check digit and is refused. Foreigners' cards begin with 9 and follow the same scheme.
"""

import re
from datetime import date

from dyepack.identifiers.characters import fold
from dyepack.identifiers.errors import CheckDigitError, DamagedNumberError, NotACitizenIdError

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"
_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9[0-9])"
_SHAPE = re.compile(_PROVINCE + r"[0-9]{15}[0-9X]")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?1[78]")
_SEPARATORS = re.compile(r"[\s\-'’]+")
_FIRST_YEAR = 1850


def normalize_citizen_id(text: str) -> str:
    """The number as 18 places with a capital ``X``.

    Raises:
        DamagedNumberError: Scientific notation of a spreadsheet.
        NotACitizenIdError: Not 18 places, an unknown province, or no calendar day.
        CheckDigitError: The shape is right and the check digit is not.
    """
    folded = fold(text).strip()
    if _SCIENTIFIC.fullmatch(folded):
        raise DamagedNumberError
    bare = _SEPARATORS.sub("", folded).upper()
    if not _SHAPE.fullmatch(bare):
        raise NotACitizenIdError
    citizen_birth_date(bare)
    if check_digit(bare[:17]) != bare[17]:
        raise CheckDigitError
    return bare


def check_digit(first17: str) -> str:
    """The place that belongs behind 17 digits: ``0``-``9`` or ``X``."""
    total = sum(weight * int(digit) for weight, digit in zip(_WEIGHTS, first17, strict=True))
    return _CHECK[total % 11]


def citizen_birth_date(normal_form: str) -> str:
    """The birth date inside, ISO 8601.

    Raises:
        NotACitizenIdError: There is no such day.
    """
    try:
        day = date(int(normal_form[6:10]), int(normal_form[10:12]), int(normal_form[12:14]))
    except ValueError:
        raise NotACitizenIdError from None
    if day.year < _FIRST_YEAR:
        raise NotACitizenIdError
    return day.isoformat()


def citizen_gender(normal_form: str) -> str:
    """``male`` for an odd sequence, ``female`` for an even one."""
    return "male" if int(normal_form[16]) % 2 else "female"
