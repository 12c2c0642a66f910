"""Names of people: one spelling, one key for search, and the parts that a title or a nickname leaves.

A name is kept as its owner writes it (NFKC, trimmed, spaces collapsed). What is *compared* is ``name_key``. Whether a
text looks like a full name is a guess by the tables, good enough to recognize a column, never to refuse a person:
``normalize_name`` takes names that no table knows.
"""

import re
from dataclasses import dataclass

from dyepack.identifiers.characters import fold_line, has_cjk, is_cjk
from dyepack.identifiers.errors import NotANameError
from dyepack.identifiers.name_tables import NOMINAL_SHARE, name_tables

LONGEST = 64
_LEAST_LIKELY = -10.3  # mean of two characters: one unlisted beside one of 170 per million still passes
_DOTS = re.compile("[·•‧・∙⋅．]")
_PARENTHESIS = re.compile(r"\s*[(\[【][^()\[\]【】]*[)\]】]\s*$")
_TITLES = re.compile(
    "(?:同学|学生|老师|先生|女士|小姐|太太|妈妈|爸爸|妈咪|家长|父亲|母亲|爷爷|奶奶|阿姨|叔叔|哥哥|姐姐|总监|经理|总|工|姐|哥|妈|爸|师傅|校长|主任|教授|医生|律师|顾问)$"
)
_LATIN_TITLE = re.compile(r"^(?:mr|mrs|ms|miss|dr|prof)\.?\s+", re.IGNORECASE)
_LATIN_NAME = re.compile(
    r"[A-Z][a-z'’\-]+(?:,? [A-Z](?:[A-Za-z'’\-]+|\.)){1,3}|[A-Z]{2,}(?:,? [A-Z][A-Za-z'’\-]+){1,2}"
)
_CJK_NAME_WITH_DOT = re.compile(r"[\u4e00-\u9fff]{2,8}(?:·[\u4e00-\u9fff]{1,8}){1,2}")


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name in its parts.

    Attributes:
        surname: As far as it is recognizable, else empty.
        given: None if only a surname is there (李妈妈, 小陈).
    """

    surname: str
    given: str | None


def normalize_name(text: str) -> str:
    """NFKC, trimmed, spaces collapsed, the many middle dots one.

    Raises:
        NotANameError: Empty, longer than 64 characters, with digits, or without any letter.
    """
    name = _DOTS.sub("·", fold_line(text))
    if not 1 <= len(name) <= LONGEST or any(character.isdigit() for character in name):
        raise NotANameError
    if not any(character.isalpha() for character in name):
        raise NotANameError
    return name


def name_key(name: str) -> str:
    """The form by which names are compared: case-folded; Chinese names without spaces and dots."""
    key = _DOTS.sub("·", fold_line(name)).casefold()
    if has_cjk(key):
        return key.replace(" ", "").replace("·", "")
    return re.sub(r"[\s,.]+", " ", key).strip()


def split_name(text: str) -> PersonName:
    """Surname and given name; titles, kinship words and a remark in brackets are cut.

    王同学 and 李妈妈 leave a surname alone. Compound surnames win over single ones (欧阳明 is 欧阳 + 明). Latin names
    are taken as given name first, surname first before a comma or in capitals (WANG Xiaoming).
    """
    name = _PARENTHESIS.sub("", _DOTS.sub("·", fold_line(text)))
    if not has_cjk(name):
        return _split_latin(_LATIN_TITLE.sub("", name))
    name = name.replace(" ", "")
    bare = _TITLES.sub("", name)
    titled = bare != name
    bare = re.sub("^[小老阿](?=.$)", "", bare)
    surname = _surname_of(bare)
    given = bare[len(surname) :]
    if not surname and not titled:
        return PersonName("", bare or None)
    return PersonName(surname or bare[:1], given or None)


def looks_like_full_name(text: str, *, announced: bool = False) -> bool:
    """Whether a text alone looks like somebody's full name.

    Chinese: 2-4 characters, a surname with one or two characters that given names are made of; or a name with a middle
    dot. Latin: two to four capitalized words. 王同学, 小陈, Tom and words such as 高二 or 成都 are none.

    Args:
        text: The whole cell.
        announced: A header or a word beside it says *name*: surnames that are also words count then.
    """
    if len(text) > LONGEST:
        return False
    name = _DOTS.sub("·", fold_line(text))
    if not has_cjk(name):
        return _LATIN_NAME.fullmatch(name) is not None
    bare = name.replace(" ", "")
    if _CJK_NAME_WITH_DOT.fullmatch(bare):
        return True
    if not 2 <= len(bare) <= 4 or not all(is_cjk(character) for character in bare):
        return False
    tables = name_tables()
    if bare in tables.not_names or (len(bare) > 2 and _TITLES.search(bare)):
        return False
    surname = _surname_of(bare)
    given = bare[len(surname) :]
    if not surname or not 1 <= len(given) <= 2:
        return False
    if not announced and len(surname) == 1 and tables.surnames[surname] <= NOMINAL_SHARE:
        return False
    return tables.likelihood(given) >= _LEAST_LIKELY


def _surname_of(name: str) -> str:
    surnames = name_tables().surnames
    if len(name) >= 3 and name[:2] in surnames:
        return name[:2]
    return name[:1] if name[:1] in surnames else ""


def _split_latin(name: str) -> PersonName:
    if "," in name:
        surname, _, given = name.partition(",")
        return PersonName(surname.strip(), given.strip() or None)
    words = name.split()
    if len(words) < 2:
        return PersonName("", name or None)
    if words[0].isupper() and not words[-1].isupper():
        return PersonName(words[0], " ".join(words[1:]))
    return PersonName(words[-1], " ".join(words[:-1]))
