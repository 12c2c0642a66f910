"""Folding: how texts are compared when a mark is written or read.

NFKC, case folding, no invisible characters, spaces collapsed and trimmed: what copying, spreadsheets and encodings do
to a text must not change what is read from it.
"""

import functools
import re
import unicodedata
from collections.abc import Sequence

_INVISIBLE = re.compile("[\u00ad\u200b\u200c\u200d\u2060\ufeff]")


def fold(text: str) -> str:
    """A text as it is compared: NFKC, case folded, without invisible characters, spaces collapsed and trimmed."""
    visible = text if text.isascii() else unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))
    return " ".join(visible.casefold().split())


def origins(text: str, folded_text: str) -> Sequence[int] | None:
    """Where each folded character was typed; None where folding is not character by character."""
    if folded_text == text:
        return range(len(text))
    characters: list[str] = []
    places: list[int] = []
    for place, typed in enumerate(text):
        folded = _fold_character(typed)
        if len(folded) > 1:  # a ligature or a squared word: a form could end in its middle
            return None
        if folded == " " and (not characters or characters[-1] == " "):
            continue
        if folded:
            characters.append(folded)
            places.append(place)
    if characters and characters[-1] == " ":
        characters.pop()
        places.pop()
    return places if "".join(characters) == folded_text else None


@functools.lru_cache(maxsize=8192)
def _fold_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", _INVISIBLE.sub("", character)).casefold()
    return " " if folded.isspace() else folded
