"""Forms of a field's value: how it is kept, how it is found, how it is shown.

Kept in its *normal form* (``identifiers``); found by the *search keys* of that form, which fold what people write in
two ways; shown by its mask. A blind index is always taken over a search key: at intake, in a look-up and when the
keeper computes an index again, or the three would not meet.
"""

import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from dyepack import identifiers
from dyepack.identifiers.characters import fold, fold_line
from dyepack.identifiers.errors import IdentifierError
from dyepack.vault.catalog import LAST4, Field, Search, field
from dyepack.vault.errors import InvalidFieldError

_NUMBER = re.compile(r"[0-9A-Z]{4,24}")
_LONGEST_TEXT = 4000
Form = Callable[[str], str]


def normalize(name: str, text: str) -> str:
    """The normal form of a field's value.

    Raises:
        InvalidFieldError: No such field, or the value does not have its form. The value is not in the sentence.
    """
    try:
        return _NORMAL[field(name).normal](text)
    except (IdentifierError, ValueError) as error:
        raise InvalidFieldError(field=name) from error


def search_keys(name: str, normal_form: str) -> tuple[tuple[int, str], ...]:
    """What a value is found by: (index number, search key) for each index of its field."""
    one = field(name)
    keys: list[tuple[int, str]] = []
    if Search.EQ in one.search:
        keys.append((one.id, search_key(one, normal_form)))
    if Search.LAST4 in one.search:
        keys.append((LAST4 | one.id, normal_form[-4:]))
    return tuple(keys)


def search_key(one: Field, normal_form: str) -> str:
    """The form by which values of a field are compared."""
    return _KEY.get(one.normal, _same)(normal_form)


def mask(name: str, normal_form: str) -> str:
    """What may be shown in place of a value."""
    return identifiers.mask(name, normal_form)


def _text(text: str) -> str:
    kept = text.strip()
    if not kept or len(kept) > _LONGEST_TEXT:
        msg = "empty or too long"
        raise ValueError(msg)
    return kept


def _number(text: str) -> str:
    bare = re.sub(r"[\s\-]+", "", fold(text)).upper()
    if not _NUMBER.fullmatch(bare):
        msg = "not a number of a document"
        raise ValueError(msg)
    return bare


def _same(text: str) -> str:
    return text


def _folded(text: str) -> str:
    return fold_line(text).casefold()


_NORMAL: Final = MappingProxyType[str, Form](
    {
        "name": identifiers.normalize_name,
        "date": identifiers.normalize_date,
        "text": _text,
        "phone": identifiers.normalize_phone,
        "landline": identifiers.normalize_landline,
        "email": identifiers.normalize_email,
        "wechat": identifiers.normalize_wechat,
        "qq": identifiers.normalize_qq,
        "number": _number,
        "citizen_id": identifiers.normalize_citizen_id,
        "passport": identifiers.normalize_passport,
    }
)
_KEY: Final = MappingProxyType[str, Form](
    {
        "name": identifiers.name_key,
        "text": _folded,
        "email": identifiers.email_key,
        "wechat": identifiers.wechat_key,
    }
)
