"""Codes of attributes (编码属性): a text of a closed list becomes a code that lists filter and count by.

The text itself stays sealed in the display part; only the code is clear. Seasons of intake are read as a pattern
(``2027秋``, ``2027 Fall``) instead of a list.
"""

import re
import tomllib
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from dyepack.identifiers.characters import fold_line
from dyepack.vault.catalog import CATALOG
from dyepack.vault.errors import BadRequestError
from dyepack.vault.ports import Query

OTHER: Final = "other"
_SEASON = re.compile(r"(20[0-9]{2})(?:\D{0,3}?(春|秋|夏|冬|spring|fall|autumn|summer|winter|s|f))?")
_SEASON_CODE = re.compile(r"y20[0-9]{2}[sufw]")
_SEASONS = {"春": "s", "spring": "s", "s": "s", "夏": "u", "summer": "u", "冬": "w", "winter": "w"}


def _load() -> MappingProxyType[str, MappingProxyType[str, str]]:
    text = files("dyepack.vault").joinpath("codes.toml").read_text(encoding="utf-8")
    return MappingProxyType(
        {
            name: MappingProxyType({_key(word): code for code, words in codes.items() for word in [code, *words]})
            for name, codes in tomllib.loads(text).items()
        }
    )


def _key(text: str) -> str:
    return fold_line(text).casefold().replace(" ", "")


_CODES: Final = _load()
CODED: Final = tuple(one.name for one in CATALOG.values() if one.codes)


def code_of(name: str, text: str) -> str:
    """The code of a text for one attribute; ``other`` if no list knows it."""
    if name == "intake_season":
        if _SEASON_CODE.fullmatch(text):
            return text
        match = _SEASON.search(_key(text))
        return f"y{match[1]}{_SEASONS.get(match[2] or '', 'f')}" if match else OTHER
    return _CODES[name].get(_key(text), OTHER)


def codes_of(name: str) -> tuple[str, ...]:
    """The closed list of one attribute, in the order of ``codes.toml``; empty for a season, which is a pattern."""
    return tuple(dict.fromkeys(_CODES.get(name, {}).values()))


def parse_query(text: str) -> Query:
    """``field=value`` pairs, joined by commas: fields are the coded attributes and ``lot``.

    Raises:
        BadRequestError: Another field, or no pair. The value is not in the sentence.
    """
    attributes: dict[str, str] = {}
    lot: str | None = None
    for pair in filter(None, re.split(r"[,，;；]", text)):
        name, equals, value = pair.partition("=")
        name = name.strip()
        if not equals or not value.strip() or (name != "lot" and name not in CODED):
            raise BadRequestError(detail="query: field=value with lot, " + ", ".join(CODED))
        if name == "lot":
            lot = value.strip()
        else:
            code = code_of(name, value)
            if code == OTHER and value.strip() != OTHER:
                raise BadRequestError(detail=f"query: no list of {name} knows this value; see the codes, or other")
            attributes[name] = code
    return Query(attributes, lot)
