"""Mobile numbers: from any of their many spellings to E.164.

Follows the numbering plan of the mainland (``1[3-9]`` and nine digits) and ITU-T E.164 for other countries. Any
``1[3-9]`` number counts; tables of assigned prefixes only inform, since they are never complete. Masked numbers
live in ``masked_phone``, landlines in ``landline``.

Invariants:

* the normal form is ``+`` and 6-15 digits, and normalizing it again changes nothing;
* a number whose digits a spreadsheet rounded away is *damaged*, never guessed;
* full-width digits, dashes of any kind and invisible characters hide nothing.
"""

import re

from dyepack.identifiers.characters import HAN_DIGIT_CLASS, fold, han_to_digits
from dyepack.identifiers.errors import DamagedNumberError, NotAPhoneError

_LONGEST = 200
_PLAIN = re.compile(r"(?:\+86)?(1[3-9][0-9]{9})")
_MAINLAND = re.compile(r"(?:\+?0{0,2}86)?0?(1[3-9][0-9]{9})")
_FOREIGN = re.compile(r"\+(?!86)[1-9][0-9]{5,14}")
_SCIENTIFIC = re.compile(r"\+?([0-9]+)(?:\.([0-9]+))?[eE]\+?([0-9]{1,2})")
_FLOAT = re.compile(r"(\+?[0-9]{6,15})\.0*")
_QUOTED = re.compile(r"""=?\s*["'`’‘“”]*(.*?)["'`’‘“”]*\s*""", re.DOTALL)
_SEPARATORS = re.compile(r"[\s\-()]+")
_DOTTED = re.compile(r"\+?[0-9]{2,}(?:[.·][0-9]{3,})+")
_HAN_NUMBER = re.compile(f"[{HAN_DIGIT_CLASS}0-9\\s\\-]+")
_ANNOTATION = re.compile(r"\([^()0-9]{1,12}\)")
_HARD_BREAKS = re.compile(r"[/,;、|\n\r\t]+|或|和|及")
_LABELS = frozenset(
    {"tel", "phone", "mobile", "mob", "cell", "call", "m", "t", "p", "v", "vx", "wx", "wechat", "weixin", "whatsapp"}
)

_GROUPS = (
    r"1[3-9][0-9]{9}",
    r"1[3-9][0-9](?P<a>[ \-.·])[0-9]{4}(?P=a)[0-9]{4}",
    r"1[3-9][0-9](?P<b>[ \-.·])[0-9]{3}(?P=b)[0-9]{5}",
    r"1[3-9][0-9]{2}(?P<c>[ \-.·])[0-9]{4}(?P=c)[0-9]{3}",
    r"1[3-9][0-9][ \-.·][0-9]{8}",
    r"1[3-9][0-9]{5}[ \-.·][0-9]{4}",
    r"1(?P<d>[ \-.·])[3-9](?:(?P=d)[0-9]){9}",
)
_HAN_RUN = re.compile(
    f"(?<![{HAN_DIGIT_CLASS}0-9])[{HAN_DIGIT_CLASS}][{HAN_DIGIT_CLASS} \\-]{{9,20}}[{HAN_DIGIT_CLASS}]"
)
_IN_TEXT = re.compile(
    r"(?<![0-9])(?<![0-9]\.)(?:(?:\(?(?:\+|00)86\)?|86)[ \-]{0,2})?(?P<mainland>" + "|".join(_GROUPS) + r")"
    r"(?![0-9A-Za-z])(?!\.(?!0+(?![0-9]))[0-9])"
    r"|(?<![0-9A-Za-z+])(?P<foreign>\+(?!86)[1-9](?:[ \-]?[0-9]){5,14})(?![0-9A-Za-z])"
)


def normalize_phone(text: str, region: str = "CN") -> str:
    """The number as E.164.

    Accepts full-width digits, ``+86``, ``0086`` and ``86`` before, spaces, hyphens, parentheses, dots between groups,
    floats of spreadsheets (``13800000012.0``), a quote before, Han digits. Numbers of other countries need ``+``.

    Args:
        text: One number as someone wrote it.
        region: Whose numbers may be written without ``+``; only ``CN`` has any.

    Raises:
        DamagedNumberError: Scientific notation that has lost digits.
        NotAPhoneError: Anything else that is no number.
    """
    if region == "CN" and (plain := _PLAIN.fullmatch(text)):
        return "+86" + plain[1]
    if len(text) > _LONGEST:  # a hostile cell may not buy time
        raise NotAPhoneError
    compact = _compact(text)
    if region == "CN" or compact.startswith(("+86", "0086")):
        mainland = _MAINLAND.fullmatch(compact)
        if mainland:
            return "+86" + mainland[1]
    if _FOREIGN.fullmatch(compact):
        return compact
    raise NotAPhoneError


def is_phone(text: str) -> bool:
    """Whether the whole text is one full number."""
    try:
        normalize_phone(text)
    except (NotAPhoneError, DamagedNumberError):
        return False
    return True


def split_phones(cell: str) -> list[str]:
    """The pieces of a cell that holds one or more numbers, as they are written, none of them checked.

    Numbers are set apart by ``/``, ``,``, ``;``, ``、``, ``|``, a line break, ``或``/``和``, or by spaces if the
    parts are full numbers by themselves (``138 0000 0012`` is one number); a remark in brackets is cut. Give each
    piece to ``normalize_phone``.
    """
    if is_phone(cell):
        return [cell]
    pieces: list[str] = []
    for part in _HARD_BREAKS.split(_ANNOTATION.sub(" ", fold(cell))):
        words = part.split()
        if len(words) > 1 and not is_phone(part):
            pieces.extend(_regrouped(words))
        elif words:
            pieces.append(part.strip())
    return pieces


def find_phones(text: str) -> list[str]:
    """All full numbers inside any text as E.164, each once, in the order of their appearance.

    A number may not touch other digits or ASCII letters (but may follow a label such as ``tel``); Chinese characters
    are no letters here. Groups are 3-4-4, 3-3-5, 4-4-3, 3-8, 7-4 or single digits, with one kind of separator.
    """
    folded = fold(text)
    if not folded.isascii():
        folded = _HAN_RUN.sub(lambda run: han_to_digits(run.group()), folded)
    found: dict[str, None] = {}
    for match in _IN_TEXT.finditer(folded):
        mainland = match["mainland"]
        if mainland is None:
            found["+" + re.sub(r"[^0-9]", "", match["foreign"])] = None
        elif _label_before(folded, match.start()):
            found["+86" + re.sub(r"[^0-9]", "", mainland)] = None
    return list(found)


def mask_phone(e164: str) -> str:
    """``138****0012`` for a mainland number, ``+44****0123`` for another one."""
    if _PLAIN.fullmatch(e164):
        return f"{e164[-11:-8]}****{e164[-4:]}"
    return f"{e164[:3]}****{e164[-4:] if len(e164) >= 10 else e164[-2:]}"


def _compact(text: str) -> str:
    """Folded, without quotes, separators and the ``.0`` of a float; refuses rounded numbers."""
    quoted = _QUOTED.fullmatch(fold(text).strip())
    bare = quoted[1] if quoted else ""
    if scientific := _SCIENTIFIC.fullmatch(bare):
        whole, fraction, exponent = scientific[1], scientific[2] or "", int(scientific[3])
        if len(fraction) != exponent:
            raise DamagedNumberError
        return whole + fraction
    if number := _FLOAT.fullmatch(bare):
        return number[1]
    if not bare.isascii() and _HAN_NUMBER.fullmatch(bare):
        bare = han_to_digits(bare)
    compact = _SEPARATORS.sub("", bare)
    if _DOTTED.fullmatch(compact):
        compact = compact.replace(".", "").replace("·", "")
    return compact


def _regrouped(words: list[str]) -> list[str]:
    """Words joined to the shortest runs that are numbers; what fits nowhere stays a piece by itself."""
    pieces: list[str] = []
    start = 0
    while start < len(words):
        for end in range(start + 1, min(start + 6, len(words)) + 1):
            candidate = " ".join(words[start:end])
            if is_phone(candidate):
                pieces.append(candidate)
                start = end
                break
        else:
            pieces.append(words[start])
            start += 1
    return pieces


def _label_before(text: str, position: int) -> bool:
    """Whether what touches the number from the left is nothing, or a word that announces a number."""
    start = position
    while start > 0 and text[start - 1].isascii() and text[start - 1].isalpha() and position - start <= 10:
        start -= 1
    return start == position or text[start:position].lower() in _LABELS
