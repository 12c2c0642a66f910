"""Whether one cell wholly is of a type: the questions by which a column is told from another.

Each takes the cell as text and answers without raising; the rules themselves live in ``identifiers``.
"""

import re
from collections.abc import Callable

from dyepack.identifiers import (
    CheckDigitError,
    DamagedNumberError,
    IdentifierError,
    is_chinese_passport,
    is_phone,
    looks_like_full_name,
    masked_phone,
    normalize_citizen_id,
    normalize_date,
    normalize_email,
    normalize_landline,
    normalize_passport,
    normalize_phone,
    normalize_qq,
    normalize_wechat,
    split_name,
    split_phones,
)

_LONGEST = 200
_STARRED_NAME = re.compile(r"([\u4e00-\u9fff])(?:[*＊●某]{1,2}|[*＊●][\u4e00-\u9fff])")
_MASKED_EMAIL_SIGNS = "*•●"


def _accepts(normalize: Callable[[str], str], cell: str) -> bool:
    if len(cell) > _LONGEST:
        return False
    try:
        normalize(cell)
    except IdentifierError:
        return False
    return True


def is_phones(cell: str) -> bool:
    """One or more full mobile numbers, or one masked."""
    if len(cell) > _LONGEST:
        return False
    if is_phone(cell) or masked_phone(cell) is not None:
        return True
    pieces = split_phones(cell)
    return len(pieces) > 0 and all(is_phone(piece) or masked_phone(piece) is not None for piece in pieces)


def is_damaged_phone(cell: str) -> bool:
    """A number that a spreadsheet has rounded; it speaks for a phone column, but nothing can be done with it."""
    if len(cell) > _LONGEST:
        return False
    try:
        normalize_phone(cell)
    except DamagedNumberError:
        return True
    except IdentifierError:
        return False
    return False


def is_landline(cell: str) -> bool:
    """Area code and number."""
    return _accepts(normalize_landline, cell)


def is_email(cell: str) -> bool:
    """An address, or one with its local part starred out."""
    if "@" not in cell and "＠" not in cell:
        return False
    return _accepts(normalize_email, cell.translate(dict.fromkeys(map(ord, _MASKED_EMAIL_SIGNS), "x")))


def is_citizen_id(cell: str) -> bool:
    """A resident id, also one with a mistyped check digit."""
    if len(cell) > _LONGEST:
        return False
    try:
        normalize_citizen_id(cell)
    except CheckDigitError:
        return True
    except IdentifierError:
        return False
    return True


def is_passport(cell: str) -> bool:
    """A passport number in a form that China issues."""
    return _accepts(normalize_passport, cell) and is_chinese_passport(normalize_passport(cell))


def is_wechat(cell: str) -> bool:
    """A WeChat id that is recognizable by itself."""
    return cell.startswith("wxid_") and _accepts(normalize_wechat, cell)


def is_announced_wechat(cell: str) -> bool:
    """A WeChat id, or the number by which WeChat finds a person, below a header that says so."""
    return _accepts(normalize_wechat, cell)


def is_qq(cell: str) -> bool:
    """Digits that may be a QQ number."""
    return _accepts(normalize_qq, cell)


def is_date(cell: str) -> bool:
    """A day written as a day."""
    return _accepts(normalize_date, cell)


def is_name(cell: str) -> bool:
    """A name that needs no word beside it: a full one, one starred out (王**), or a surname with a title (王同学)."""
    return looks_like_full_name(cell) or _is_partial_name(cell)


def is_announced_name(cell: str) -> bool:
    """A name below a header that says so: rare surnames, 王同学, masks such as 王** count."""
    return looks_like_full_name(cell, announced=True) or _is_partial_name(cell)


def _is_partial_name(cell: str) -> bool:
    if starred := _STARRED_NAME.fullmatch(cell):
        return bool(split_name(starred[1] + "某").surname)
    if not 2 <= len(cell) <= 5:
        return False
    parts = split_name(cell)
    return bool(parts.surname) and parts.given is None
