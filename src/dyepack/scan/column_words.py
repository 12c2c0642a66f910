"""What a column's header says: the catalog field it names, by a table of words (``tables/headers.toml``)."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from dyepack.identifiers.characters import fold_line, has_cjk

_LONGEST = 40
_DECORATION = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|【[^【】]*】|[*:：?!\"'“”]")
_SQUEEZED = re.compile(r"[\s_\-./]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OF_GUARDIANS = {
    "name": "guardian_name",
    "phone": "guardian_phone",
    "wechat": "guardian_wechat",
    "landline": "guardian_phone",
}


@dataclass(frozen=True, slots=True)
class _Words:
    exact: Mapping[str, str]
    inside: tuple[tuple[str, str], ...]  # longest first
    not_the_value: tuple[str, ...]
    guardian: frozenset[str]
    subject: frozenset[str]


def field_of_header(header: str) -> str | None:
    """The field that a header names, None if it names none of ours."""
    if not header or len(header) > _LONGEST:
        return None
    words = _words()
    folded = fold_line(header)
    for spelling in (folded, _DECORATION.sub("", folded)):
        if found := words.exact.get(_squeeze(spelling)):
            return found
    bare = _squeeze(_DECORATION.sub("", folded))
    if not has_cjk(bare):
        return _of_latin(_DECORATION.sub("", folded), words)
    if any(word in bare for word in words.not_the_value):
        return None
    return next((field for word, field in words.inside if word in bare), None)


def _of_latin(header: str, words: _Words) -> str | None:
    """``student_name``, ``clientMobile``, ``parent's phone``: who it is of, then what it is."""
    tokens = [token for token in _SQUEEZED.split(_CAMEL.sub(" ", header).lower()) if token]
    of_guardian = any(token in words.guardian for token in tokens)
    rest = [token for token in tokens if token not in words.guardian and token not in words.subject]
    if not rest or len(rest) == len(tokens):
        return None
    field = words.exact.get("".join(rest))
    if field and of_guardian:
        return _OF_GUARDIANS.get(field)
    return field


def _squeeze(text: str) -> str:
    return _SQUEEZED.sub("", text).lower()


@cache
def _words() -> _Words:
    table = tomllib.loads(files("dyepack.scan").joinpath("tables", "headers.toml").read_text(encoding="utf-8"))
    general = table.pop("words")
    inside = [(_squeeze(word), field) for field, said in table.items() for word in said["inside"]]
    return _Words(
        exact={_squeeze(word): field for field, said in table.items() for word in said["exact"]},
        inside=tuple(sorted(inside, key=lambda pair: (-len(pair[0]), pair))),
        not_the_value=tuple(general["not_the_value"]),
        guardian=frozenset(general["guardian"]),
        subject=frozenset(general["subject"]),
    )
