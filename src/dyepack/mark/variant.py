r"""Variants (变体写法): two harmless ways of writing one remark; which one is written is a symbol.

The shipped table is ``variants.toml``; an institution may use its own of the same grammar::

    [vocabulary]   name = ["word", ...]                     closed lists of words
    [[rule]]       id 0..255, never reused    language    fields    forms (two templates)    note
                   not_before   characters that may not stand before either form
                   not_after    words that may not stand after either form
                   tags         open | known | closed | known_en: the two forms are the two orders of {low} and {high}
                   whole        the cell is a tag list and nothing else      bounded   punctuation stands on both sides

A template holds literal text and placeholders: ``{word list}`` or one of ``{amount} {colon} {gap} {slash}
{separator}``; their characters are carried over as they were typed. Texts are compared after NFKC, case folding,
removal of invisible characters and collapse of spaces, so that a symbol survives the round through any program.

Invariants:

* digits, names and amounts are carried over byte by byte; a text that is already in the wanted form is not touched;
* both forms of a rule stand under the same guards: what was written can be read back, writing twice changes nothing;
* where rules claim overlapping characters of a text, the rule with the lower id has them, in writing and in reading;
* a text that no rule matches carries nothing: nothing is ever invented for it.
"""

import functools
import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Final, NamedTuple

from dyepack.crypto.digest import sha256
from dyepack.mark.errors import BadRuleError
from dyepack.terms.canonical import canonical_json

TEXT_FIELDS: Final = ("remark", "study_plan", "target_program")
"""Fields of the catalog that may carry variants."""

LONGEST_TAG_LIST: Final = 60
"""Characters of a cell that may still be a tag list and nothing else."""

_DIGEST_DOMAIN = b"dyepack/mark/rules/v1\0"
_INVISIBLE = dict.fromkeys((0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
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
_SENTENCE = frozenset("已未不没无但请待的了与和要想需再约可能先后在给是有我他她你其去赴对")
_RULE_KEYS = {"id", "language", "fields", "forms", "note", "not_before", "not_after", "tags", "whole", "bounded"}
_HOLE = re.compile(r"\{([a-z_]+)\}")


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


@dataclass(frozen=True, slots=True)
class Choice:
    """A slot of one record: the rule, and the cells to replace for symbol 0 and for symbol 1."""

    rule: int
    zero: Mapping[str, str] = field(repr=False)
    one: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Finding:
    """What the linter says of one rule: a ``code`` of ``check_rules``."""

    rule: int
    code: str


class _Claim(NamedTuple):
    """One occurrence of a rule in a folded text."""

    rule: Rule
    symbol: int
    start: int
    end: int
    match: re.Match[str]


class _Scan(NamedTuple):
    """A text as it was typed, as it is compared, and what the rules claim of it."""

    typed: str
    folded: str
    claims: tuple[_Claim, ...]


class Rules:
    """A table of variants; immutable, safe to share between threads."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Take a parsed table.

        Raises:
            BadRuleError: The table breaks the grammar.
        """
        self._vocabulary = _vocabulary(document)
        entries = document.get("rule", [])
        if document.get("v") != 1 or not isinstance(entries, list) or set(document) - {"v", "vocabulary", "rule"}:
            raise BadRuleError(rule="?", detail="table")
        rules = sorted((_compile(entry, self._vocabulary) for entry in entries), key=lambda rule: rule.id)
        self.rules: Final = tuple(rules)
        self._by_id = {rule.id: rule for rule in rules}
        if len(self._by_id) != len(rules):
            raise BadRuleError(rule="?", detail="id-repeated")
        self._hints: dict[str, list[tuple[str, int]]] = {}
        for place, rule in enumerate(rules):
            for hint in rule.hints:
                self._hints.setdefault(hint[0], []).append((hint, place))
        self.digest: Final = sha256(_DIGEST_DOMAIN + canonical_json(dict(document)))

    @classmethod
    def from_toml(cls, data: bytes) -> "Rules":
        """Parse a table.

        Raises:
            BadRuleError: Not TOML in UTF-8, or against the grammar.
        """
        try:
            return cls(tomllib.loads(data.decode("utf-8")))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError, ValueError, RecursionError) as error:
            raise BadRuleError(rule="?", detail="not TOML") from error

    def read(self, texts: Iterable[str]) -> dict[int, int | None]:
        """The symbol of every rule that occurs in any of the cells of one record; None where forms contradict."""
        found: dict[int, int | None] = {}
        for text in texts:
            for claim in self._scan(text).claims:
                known = found.setdefault(claim.rule.id, claim.symbol)
                if known != claim.symbol:
                    found[claim.rule.id] = None
        return found

    def write(self, text: str, rule_id: int, symbol: int) -> str:
        """``text`` with every occurrence of the rule in form ``symbol``; unchanged if it cannot be rewritten safely."""
        return _rewrite(self._scan(text), rule_id, symbol)

    def choose(self, cells: Mapping[str, str], rank: Callable[[int], bytes]) -> Choice | None:
        """The one rule that a record will carry: of those that it can carry, the one of lowest ``rank``.

        A rule is taken only if both forms can be read back from *all* the cells of the record after the replacement, so
        that whether a slot exists never depends on the symbol.

        Args:
            cells: Field name to text; fields outside the rule's own are read and never written.
            rank: Orders rule ids; must not depend on any symbol.
        """
        scans = {field: scan for field, text in cells.items() if (scan := self._scan(text)).claims}
        offered = {
            claim.rule
            for field in TEXT_FIELDS
            if field in scans
            for claim in scans[field].claims
            if field in claim.rule.fields
        }
        for rule in sorted(offered, key=lambda rule: rank(rule.id)) if len(offered) > 1 else offered:
            carrying = {
                field: scan for field, scan in scans.items() if any(claim.rule is rule for claim in scan.claims)
            }
            if carrying.keys() <= set(rule.fields):
                zero, one = (
                    {field: _rewrite(scan, rule.id, symbol) for field, scan in carrying.items()} for symbol in (0, 1)
                )
                if self._reads_back(carrying, rule, zero, 0) and self._reads_back(carrying, rule, one, 1):
                    return Choice(rule.id, zero, one)
        return None

    def _reads_back(self, before: Mapping[str, _Scan], rule: Rule, cells: Mapping[str, str], symbol: int) -> bool:
        scans = (scan if cells[field] == scan.typed else self._scan(cells[field]) for field, scan in before.items())
        return all({claim.symbol for claim in scan.claims if claim.rule is rule} == {symbol} for scan in scans)

    def samples(self, rule: Rule) -> tuple[tuple[str, str], ...]:
        """Pairs of texts in form 0 and form 1 with the same words in the placeholders, for checks."""
        names = _holes(rule.forms[0])
        choices = {name: self._sample_words(name, rule) for name in names}
        size = max([len(words) for words in choices.values()], default=1)
        fillings = ({name: words[k % len(words)] for name, words in choices.items()} for k in range(size))
        return tuple((_fill(rule.forms[0], words), _fill(rule.forms[1], words)) for words in fillings)

    def _sample_words(self, name: str, rule: Rule) -> tuple[str, ...]:
        if name in ("low", "high"):
            return (sorted(_TAG_SAMPLES[rule.tags])[name == "high"],)
        return _PATTERN_SAMPLES.get(name) or self._vocabulary[name]

    def _scan(self, text: str) -> _Scan:
        folded = fold(text)
        hinted = {
            rule
            for character in set(folded).intersection(self._hints)
            for hint, rule in self._hints[character]
            if hint in folded
        }
        claims: list[_Claim] = []
        for rule in sorted(hinted):
            claims += self._claims_of(self.rules[rule], folded, claims)
        return _Scan(text, folded, tuple(claims))

    def _claims_of(self, rule: Rule, text: str, taken: Sequence[_Claim]) -> list[_Claim]:
        if rule.whole and len(text) > LONGEST_TAG_LIST:
            return []
        found: list[_Claim] = []
        for claim in _occurrences(rule, text):
            if all(claim.end <= other.start or claim.start >= other.end for other in taken):
                found.append(claim)
                if rule.tags:  # the first two tags of a text, no others
                    break
        return found


@functools.cache
def shipped_rules() -> Rules:
    """The table that comes with the package."""
    return Rules.from_toml(resources.files("dyepack.mark").joinpath("variants.toml").read_bytes())


def fold(text: str) -> str:
    """A text as it is compared: NFKC, case folded, without invisible characters, spaces collapsed and trimmed."""
    visible = text if text.isascii() else unicodedata.normalize("NFKC", text.translate(_INVISIBLE))
    return " ".join(visible.casefold().split())


def check_rules(rules: Rules) -> tuple[Finding, ...]:
    """What a machine can say about the admission test of a table; empty if nothing is wrong.

    Codes: ``forms-equal``, ``digit-in-literal``, ``unstable-literal``, ``not-read-back``,
    ``not-idempotent``, ``placeholder-changed``, ``claimed-by-another``, ``field-unknown``. Whether both forms mean the
    same and are both ordinary is judged by people.
    """
    findings: list[Finding] = []
    for rule in rules.rules:
        codes = [
            *_template_codes(rule),
            *(code for pair in rules.samples(rule) for code in _pair_codes(rules, rule, pair)),
        ]
        findings += [Finding(rule.id, code) for code in sorted(set(codes))]
    return tuple(findings)


def _template_codes(rule: Rule) -> Iterable[str]:
    zero, one = rule.forms
    if zero == one:
        yield "forms-equal"
    literals = _HOLE.sub("", zero + one)
    if any(character.isdigit() for character in literals):
        yield "digit-in-literal"
    if fold(literals) != " ".join(literals.split()):
        yield "unstable-literal"
    if not set(rule.fields) <= set(TEXT_FIELDS):
        yield "field-unknown"


def _pair_codes(rules: Rules, rule: Rule, pair: tuple[str, str]) -> Iterable[str]:
    frames = ("{}",) if rule.whole else ("{}", "前言。{}。其余照旧", "　Note: {} . ")
    for frame in frames:
        texts = [frame.format(text) for text in pair]
        for symbol, text in enumerate(texts):
            read = rules.read([text])
            if rule.id not in read:
                yield "claimed-by-another" if read else "not-read-back"
                continue
            if read[rule.id] != symbol:
                yield "not-read-back"
            other = rules.write(text, rule.id, 1 - symbol)
            if fold(other) != fold(texts[1 - symbol]):
                yield "placeholder-changed"
            if rules.write(other, rule.id, 1 - symbol) != other or rules.write(text, rule.id, symbol) != text:
                yield "not-idempotent"


def _occurrences(rule: Rule, text: str) -> Iterable[_Claim]:
    for match in rule.pattern.finditer(text):
        symbol = 0 if match.lastgroup == "form0" else 1
        if rule.tags:
            words = match.groupdict(default="")
            low, high = words["f0_low"], words["f0_high"]
            if not _are_tags(rule, low, high, words.get("f0_separator", "")):
                continue
            symbol = int(low > high)
        yield _Claim(rule, symbol, *match.span(match.lastgroup or 0), match)


def _are_tags(rule: Rule, low: str, high: str, separator: str) -> bool:
    """Whether two words are tags whose order says nothing."""
    if low == high:
        return False
    if rule.tags == "open":
        return True
    kinds = [rule.categories.get(word) for word in (low, high)]
    if kinds[0] == kinds[1] or (rule.tags == "closed" and None in kinds):
        return False
    if separator == " " and (low.isascii() or high.isascii()):
        return False
    strange = [word for word, kind in zip((low, high), kinds, strict=True) if kind is None]
    if any(word.isascii() for word in strange):
        return False
    return not any(_SENTENCE & set(word) or any(known in word for known in rule.categories) for word in strange)


def _rewrite(scan: _Scan, rule_id: int, symbol: int) -> str:
    changes = sorted(claim[2:] for claim in scan.claims if claim.rule.id == rule_id and claim.symbol != symbol)
    origins = _origins(scan) if changes else None
    if origins is None:
        return scan.typed
    rule = next(claim.rule for claim in scan.claims if claim.rule.id == rule_id)
    pieces: list[str] = []
    done = 0
    for start, end, match in changes:
        pieces += (scan.typed[done : origins[start]], _render(scan.typed, origins, rule, match, symbol))
        done = origins[end - 1] + 1
    return "".join((*pieces, scan.typed[done:]))


def _render(typed: str, origins: Sequence[int], rule: Rule, match: re.Match[str], symbol: int) -> str:
    """The other form, with the typed characters of the placeholders."""
    words = {}
    for name, word in match.groupdict().items():
        if word is not None and name[0] == "f" and "_" in name:
            start, end = match.span(name)
            words[name.partition("_")[2]] = typed[origins[start] : origins[end - 1] + 1] if word else ""
    if rule.tags and match["f0_low"] > match["f0_high"]:
        words["low"], words["high"] = words["high"], words["low"]
    rendered = _fill(rule.forms[symbol], words)
    first = typed[origins[match.start(match.lastgroup or 0)]]
    if first.isascii() and first.isupper() and not rule.forms[symbol].startswith("{"):
        rendered = rendered[0].upper() + rendered[1:]
    return rendered


def _origins(scan: _Scan) -> Sequence[int] | None:
    """Where each folded character was typed; None where folding is not character by character."""
    if scan.folded == scan.typed:
        return range(len(scan.typed))
    characters: list[str] = []
    origins: list[int] = []
    for place, typed in enumerate(scan.typed):
        folded = _fold_character(typed)
        if len(folded) > 1:  # a ligature or a squared word: a form could end in its middle
            return None
        if folded == " " and (not characters or characters[-1] == " "):
            continue
        if folded:
            characters.append(folded)
            origins.append(place)
    if characters and characters[-1] == " ":
        characters.pop()
        origins.pop()
    return origins if "".join(characters) == scan.folded else None


@functools.lru_cache(maxsize=8192)
def _fold_character(character: str) -> str:
    folded = unicodedata.normalize("NFKC", character.translate(_INVISIBLE)).casefold()
    return " " if folded.isspace() else folded


def _vocabulary(document: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    lists = document.get("vocabulary", {})
    if not isinstance(lists, dict):
        raise BadRuleError(rule="?", detail="vocabulary")
    for name, words in lists.items():
        good = (
            isinstance(words, list)
            and words
            and all(isinstance(word, str) and word and fold(word) == word for word in words)
        )
        if not good or not _HOLE.fullmatch("{" + name + "}") or name in _PATTERNS:
            raise BadRuleError(rule="?", detail="vocabulary")
    return {name: tuple(words) for name, words in lists.items()}


def _compile(entry: Any, vocabulary: Mapping[str, tuple[str, ...]]) -> Rule:
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
    if not isinstance(entry.get("not_before", ""), str) or bool(tags) != ("low" in _holes(forms[0])):
        raise BadRuleError(rule=rule_id, detail="values")
    if sorted(_holes(forms[0])) != sorted(_holes(forms[1])):
        raise BadRuleError(rule=rule_id, detail="placeholders differ")
    for form in forms:
        names = _holes(form)
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
        guards, tail = [r"(?<![\w、/|])"], [r"(?=$|[ ,;:.。!?)\]】、/|])"]
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


def _holes(form: str) -> list[str]:
    return _HOLE.findall(form)


def _fill(form: str, words: Mapping[str, str]) -> str:
    return _HOLE.sub(lambda hole: words[hole[1]], form)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
