"""Whether a free text holds something that reaches or identifies a person: then it belongs in a field of its own.

A text of the plan is shown in full to those who may see the plan, and leaves with a release; a number that somebody
typed there would be a number shown. Separators hide nothing: what a person can dial is found. One row with a number
in its remark is refused and the person puts it into its column; nothing is moved by guess.
"""

import re
from typing import Final

from dyepack.identifiers import find_phones
from dyepack.identifiers.characters import fold

_GAP = r"[\s\-/.,、()·_~*|]{0,3}"
_SIGNS: Final = (
    re.compile(rf"(?<!\d)1{_GAP}[3-9](?:{_GAP}\d){{9}}(?!{_GAP}\d)"),  # a mobile, however it is taken apart
    re.compile(rf"(?<!\d)[1-9](?:{_GAP}\d){{16}}{_GAP}[\dXx](?!\d)"),  # a resident id
    re.compile(r"(?<!\d)0\d{2,3}[-\s]\d{7,8}(?!\d)"),  # a landline with its area code
    re.compile(r"[\w.+\-]+@[A-Za-z0-9\-]+\.[A-Za-z]{2,}"),  # a mail address
    re.compile(r"(?<![A-Za-z0-9])[EGDSPH][A-Z]?\d{7,8}(?!\d)"),  # a passport
    re.compile(  # a WeChat account: beside its word, and not a word itself
        r"(?:微信|wechat|weixin|(?<![a-z])[wv]x)(?:号|id)?\s*[:是]?\s*(?=[a-z0-9_\-]*[0-9_])[a-z][a-z0-9_\-]{5,19}",
        re.IGNORECASE,
    ),
    re.compile(r"qq(?:号)?\s*[:是]?\s*[1-9]\d{4,10}(?![\d\-])", re.IGNORECASE),
)


def names_a_person(text: str) -> bool:
    """Whether a phone, resident id, landline, mail address, passport, WeChat or QQ account stands in the text."""
    return bool(find_phones(text)) or any(sign.search(line) for line in (fold(text),) for sign in _SIGNS)
