"""Wording: every text of the desk stands in ``locales/*.po`` (GNU gettext), read once at the start.

A text is known by a symbolic id such as ``record.reveal``; a catalog holds all of them, which a test checks. Words of
closed lists (roles, purposes, states) are the ids ``family.word``.
"""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from babel.messages.pofile import read_po

LANGUAGES: Final = ("zh", "en")
_SEASON: Final = re.compile(r"y([0-9]{4})([sufw])")


@cache
def catalog(language: str) -> Mapping[str, str]:
    """Texts by id."""
    path = files("dyepack.web").joinpath("locales", f"{language}.po")
    with path.open("rb") as file:
        messages = read_po(file, locale=language)
    return MappingProxyType({str(one.id): str(one.string) for one in messages if one.id})


class Words:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        """For ``"zh"`` or ``"en"``."""
        self.language = language
        self._texts = catalog(language)

    def text(self, key: str, **facts: str | int) -> str:
        """The text of an id, its places filled."""
        return self._texts[key].format(**facts)

    def word(self, family: str, word: str) -> str:
        """The word of a closed list; what the list does not know stands as it is."""
        return self._texts.get(f"{family}.{word}", word)

    def code(self, attribute: str, code: str) -> str:
        """The word of a coded attribute's code; a season (``y2027f``) is composed."""
        season = _SEASON.fullmatch(code)
        if season is not None:
            return self.text(f"season.{season[2]}", year=season[1])
        return self.word(f"code.{attribute}", code)


def preferred(cookie: str, accepted: str) -> str:
    """The language of a visit: the one chosen before, else the first of zh and en that the browser accepts, else zh."""
    if cookie in LANGUAGES:
        return cookie
    ranked: list[tuple[float, int, str]] = []
    for place, part in enumerate(accepted[:200].split(",")):
        tag, _, quality = part.strip().partition(";q=")
        head = tag.lower().partition("-")[0]
        if head in LANGUAGES:
            ranked.append((-_quality(quality), place, head))
    return min(ranked)[2] if ranked else "zh"


def _quality(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
