"""One spelling for characters that look or mean the same, before anything is compared.

NFKC (Unicode UAX 15) turns full-width digits and letters into ASCII; on top of it every decimal digit of any
script becomes ASCII, all dashes become ``-``, and characters without width vanish, because they are the cheapest
way to hide a number from a search. Digits written in Han are folded only where a whole number is written so.
"""

import re
import unicodedata

_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u206a-\u206f\ufe00-\ufe0f\ufeff]"
)
_DASHES = re.compile("[\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d]")
_SPACES = re.compile(r"\s+")
_OTHER_DIGIT = re.compile(r"(?![0-9])\d")
_HAN_DIGITS = str.maketrans("〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖两", "00012345678911234567892")
HAN_DIGIT_CLASS = "〇零○一二三四五六七八九幺壹贰叁肆伍陆柒捌玖两"
_CJK = re.compile("[\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")


def fold(text: str) -> str:
    """NFKC, ASCII digits, one dash, nothing invisible; white space is kept as it is."""
    if text.isascii():
        return text
    text = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    text = _DASHES.sub("-", text)
    return _OTHER_DIGIT.sub(lambda found: str(unicodedata.decimal(found.group())), text)


def fold_line(text: str) -> str:
    """``fold``, trimmed, each run of white space one space."""
    return _SPACES.sub(" ", fold(text)).strip()


def han_to_digits(text: str) -> str:
    """Every Han numeral as its ASCII digit (``幺`` is 1); other characters stay."""
    return text.translate(_HAN_DIGITS)


def is_cjk(character: str) -> bool:
    """Whether one character is a Han character."""
    return _CJK.fullmatch(character) is not None


def has_cjk(text: str) -> bool:
    """Whether any character is a Han character."""
    return _CJK.search(text) is not None
