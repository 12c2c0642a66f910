r"""The grammar of a table of variants: what one rule may say, and the pattern it becomes.

::

    [vocabulary]   name = ["word", ...]                     closed lists of words
    [[rule]]       id 0..255, never reused    language    fields    forms (two templates)    note
                   not_before   characters that may not stand before either form
                   not_after    words that may not stand after either form
                   tags         open | known | closed | known_en: the two forms are the two orders of {low} and {high}
                   whole        the cell is a tag list and nothing else      bounded   punctuation stands on both sides

A template holds literal text and placeholders: ``{word list}`` or one of ``{amount} {colon} {gap} {slash}
{separator}``; their characters are carried over as they were typed.

Patterns are over folded text (``folding``). Words are taken at their longest and never given back, so that no guard can
be evaded.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dyepack.mark.errors import BadRuleError
from dyepack.mark.folding import fold

_NUMBER = r"\d+(?:\.\d+)?"
_CURRENCY = (
    "元|人民币|rmb|英镑|美元|美金|欧元|澳元|澳币|加币|加元|纽币|新币|港币|日元|韩元|块|刀|镑|usd|gbp|aud|cad|eur"
)
_UNIT = rf"(?: ?(?:(?:百万|万|千|w|k)(?:{_CURRENCY}){{0,2}}|(?:{_CURRENCY}){{1,2}}))?"
_HAN_NUMBER = "[一二三四五六七八九十百两半几]{1,5}"
_TAG = r"[^\W\d_]{1,12}"
_SEPARATOR = r"(?: ?[、/|,;] ?| )"
_TAG_HEADING = r"^(?:(?:标签|关键词|tags?|labels?) ?:? ?)?"
_PATTERNS: Final = {
    "amount": rf"(?: ?[¥$£€]?{_NUMBER}{_UNIT}(?: ?[-~至到—] ?{_NUMBER}{_UNIT})?"
    rf"|{_HAN_NUMBER}(?:[-~至到]{_HAN_NUMBER})?[万千](?:{_CURRENCY}){{0,2}}(?![0-9a-z]))",
    "colon": " ?: ?| |",
    "gap": " ?",
    "slash": " ?[、/|] ?",
    "separator": _SEPARATOR,
    "low": _TAG,
    "high": _TAG,
}
_PATTERN_SAMPLES: Final = {
    "amount": ("30万", "12.5万元", "20-25万", "三十万", "50000"),
    "colon": ("", ":"),
    "gap": ("", " "),
    "slash": ("、", "/"),
    "separator": ("、", "/"),
}
_TAG_SAMPLES: Final = {
    "open": ("乙类", "甲类"),
    "known": ("北区", "英国"),
    "closed": ("硕士", "英国"),
    "known_en": ("master", "uk"),
}
_TAG_LISTS: Final = {
    "known": ("country", "degree", "subject", "test", "standing", "season"),
    "closed": ("country", "degree", "subject", "test", "standing", "season"),
    "known_en": ("country_en", "degree_en", "subject_en", "test_en"),
    "open": (),
}
_RULE_KEYS = {"id", "language", "fields", "forms", "note", "not_before", "not_after", "tags", "whole", "bounded"}
HOLE = re.compile(r"\{([a-z_]+)\}")


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """One pair of forms; see the grammar above.

    Attributes:
        id: 0..255; also the slot of the positions it carries.
        language: ``zh`` or ``en``.
        fields: Fields of the catalog it may be written in.
        forms: The templates of symbol 0 and symbol 1.
        tags: Empty, or which words count as tags.
        whole: Whether it matches whole cells only.
        pattern: Both forms with their guards, over folded text.
        hints: A text without any of these is not searched.
        categories: For each known tag the word list it stands in.
    """

    id: int
    language: str
    fields: tuple[str, ...]
    forms: tuple[str, str]
    tags: str
    whole: bool
    pattern: re.Pattern[str]
    hints: tuple[str, ...]
    categories: Mapping[str, str]


def parse_vocabulary(document: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """The word lists of a table.

    Raises:
        BadRuleError: A word that is not folded, an empty list, a name that is taken.
    """
    lists = document.get("vocabulary", {})
    if not isinstance(lists, dict):
        raise BadRuleError(rule="?", detail="vocabulary")
    for name, words in lists.items():
        good = (
            isinstance(words, list)
            and words
            and all(isinstance(word, str) and word and fold(word) == word for word in words)
        )
        if not good or not HOLE.fullmatch("{" + name + "}") or name in _PATTERNS:
            raise BadRuleError(rule="?", detail="vocabulary")
    return {name: tuple(words) for name, words in lists.items()}


def compile_rule(entry: Any, vocabulary: Mapping[str, tuple[str, ...]]) -> Rule:
    """One entry of a table.

    Raises:
        BadRuleError: The entry breaks the grammar.
    """
    rule_id = entry.get("id") if isinstance(entry, dict) else None
    if not isinstance(rule_id, int) or isinstance(rule_id, bool) or not 0 <= rule_id <= 255:
        raise BadRuleError(rule="?", detail="id")
    forms, fields, tags = entry.get("forms"), entry.get("fields"), entry.get("tags", "")
    if set(entry) - _RULE_KEYS or not _are_texts(forms) or not _are_texts(fields) or len(forms) != 2 or not fields:
        raise BadRuleError(rule=rule_id, detail="keys")
    if (
        tags not in ("", *_TAG_LISTS)
        or entry.get("language") not in ("zh", "en")
        or not _are_texts(entry.get("not_after", []))
    ):
        raise BadRuleError(rule=rule_id, detail="values")
    if not isinstance(entry.get("not_before", ""), str) or bool(tags) != ("low" in holes(forms[0])):
        raise BadRuleError(rule=rule_id, detail="values")
    if sorted(holes(forms[0])) != sorted(holes(forms[1])):
        raise BadRuleError(rule=rule_id, detail="placeholders differ")
    for form in forms:
        names = holes(form)
        if len(set(names)) != len(names) or not {*names} <= {*vocabulary, *_PATTERNS} or not form.strip():
            raise BadRuleError(rule=rule_id, detail="placeholder")
    categories = {word: name for name in reversed(_TAG_LISTS.get(tags, ())) for word in vocabulary.get(name, ())}
    return Rule(
        id=rule_id,
        language=entry["language"],
        fields=tuple(fields),
        forms=(forms[0], forms[1]),
        tags=tags,
        whole=bool(entry.get("whole", False)),
        pattern=_pattern(entry, forms, vocabulary),
        hints=_hints(entry, forms),
        categories=categories,
    )


def sample_pairs(rule: Rule, vocabulary: Mapping[str, tuple[str, ...]]) -> tuple[tuple[str, str], ...]:
    """Pairs of texts in form 0 and form 1 with the same words in the placeholders, for checks."""
    choices = {name: _sample_words(name, rule, vocabulary) for name in holes(rule.forms[0])}
    size = max([len(words) for words in choices.values()], default=1)
    fillings = ({name: words[k % len(words)] for name, words in choices.items()} for k in range(size))
    return tuple((fill(rule.forms[0], words), fill(rule.forms[1], words)) for words in fillings)


def _sample_words(name: str, rule: Rule, vocabulary: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    if name in ("low", "high"):
        return (sorted(_TAG_SAMPLES[rule.tags])[name == "high"],)
    return _PATTERN_SAMPLES.get(name) or vocabulary[name]


def _pattern(
    entry: Mapping[str, Any], forms: Sequence[str], vocabulary: Mapping[str, tuple[str, ...]]
) -> re.Pattern[str]:
    """Both forms between the guards. Words are taken at their longest and never given back: no guard is evaded."""
    before = re.escape(entry.get("not_before", ""))
    after = [re.escape(word) for word in entry.get("not_after", [])]
    guards = [f"(?<![{before}])"] if before else []
    if any(form.startswith("{") or (form[0].isascii() and form[0].isalnum()) for form in forms):
        guards.append("(?<![a-z0-9])")
    tail = [f"(?!{'|'.join(after)})"] if after else []
    if any(form.endswith("}") or (form[-1].isascii() and form[-1].isalnum()) for form in forms):
        tail.append("(?![a-z0-9])")
    if entry.get("tags") and forms[0].endswith("}"):
        tail.append(r"(?!\w)")
    if entry.get("whole"):
        guards, tail = [_TAG_HEADING], [rf"(?=(?:{_SEPARATOR}{_TAG}){{0,8}}$)"]
    elif entry.get("bounded"):
        guards, tail = [r"(?<![\w、/|])"], [r"(?=$|[ ,;:.。!?()\[\]【】、/|])"]
    shown = forms[:1] if entry.get("tags") else forms
    bodies = [_body(form, place, vocabulary) for place, form in enumerate(shown)]
    return re.compile(f"{''.join(guards)}(?:{'|'.join(bodies)}){''.join(tail)}")


def _body(form: str, place: int, vocabulary: Mapping[str, tuple[str, ...]]) -> str:
    pieces = re.split(r"\{([a-z_]+)\}", form)
    inner = (_group(place, piece, vocabulary) if k % 2 else re.escape(piece) for k, piece in enumerate(pieces))
    return f"(?P<form{place}>{''.join(inner)})"


def _group(form: int, name: str, vocabulary: Mapping[str, tuple[str, ...]]) -> str:
    inner = _PATTERNS.get(name) or "|".join(
        re.escape(word) for word in sorted(vocabulary[name], key=lambda word: (-len(word), word))
    )
    return f"(?P<f{form}_{name}>(?>{inner}))"


def _hints(entry: Mapping[str, Any], forms: Sequence[str]) -> tuple[str, ...]:
    """The longest literal of each form; where a list of tags has none, what it cannot be without."""
    literals = {max((fold(piece) for piece in re.split(r"\{[a-z_]+\}", form)), key=len) for form in forms}
    if all(literals):
        return tuple(sorted(literals))
    if entry.get("tags"):
        return tuple("、/|" if entry.get("bounded") else "、/|,; ")
    raise BadRuleError(rule=entry["id"], detail="no literal text")


def holes(form: str) -> list[str]:
    """Names of the placeholders of a template."""
    return HOLE.findall(form)


def fill(form: str, words: Mapping[str, str]) -> str:
    """A template with its placeholders filled."""
    return HOLE.sub(lambda hole: words[hole[1]], form)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
