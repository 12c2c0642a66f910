"""Variants (变体写法): two harmless ways of writing one remark; which one is written is a symbol.

The shipped table is ``variants.toml``; an institution may use its own of the same grammar (``variant_rule``). Texts are
compared folded (``folding``), so that a symbol survives the round through any program.

Invariants:

* digits, names and amounts are carried over byte by byte; a text that is already in the wanted form is not touched;
* both forms of a rule stand under the same guards: what was written can be read back, writing twice changes nothing;
* where rules claim overlapping characters of a text, the rule with the lower id has them, in writing and in reading;
* a text that no rule matches carries nothing: nothing is ever invented for it.
"""

import functools
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Any, Final, NamedTuple

from dyepack.crypto.digest import sha256
from dyepack.mark.errors import BadRuleError
from dyepack.mark.folding import fold, origins
from dyepack.mark.variant_rule import Rule, compile_rule, fill, parse_vocabulary, sample_pairs
from dyepack.terms.canonical import canonical_json

TEXT_FIELDS: Final = ("remark", "study_plan", "target_program")
"""Fields of the catalog that may carry variants."""

LONGEST_TAG_LIST: Final = 60
"""Characters of a cell that may still be a tag list and nothing else."""

_DIGEST_DOMAIN = b"dyepack/mark/rules/v1\0"
_SENTENCE = frozenset("已未不没无但请待的了与和要想需再约可能先后在给是有我他她你其去赴对")


@dataclass(frozen=True, slots=True)
class Choice:
    """A slot of one record: the rule, and the cells to replace for symbol 0 and for symbol 1."""

    rule: int
    zero: Mapping[str, str] = field(repr=False)
    one: Mapping[str, str] = field(repr=False)


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
        self._vocabulary = parse_vocabulary(document)
        entries = document.get("rule", [])
        if document.get("v") != 1 or not isinstance(entries, list) or set(document) - {"v", "vocabulary", "rule"}:
            raise BadRuleError(rule="?", detail="table")
        rules = sorted((compile_rule(entry, self._vocabulary) for entry in entries), key=lambda rule: rule.id)
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
        return sample_pairs(rule, self._vocabulary)

    def _scan(self, text: str) -> _Scan:
        folded = fold(text)
        hinted = {
            rule
            for character in set(folded).intersection(self._hints)
            for hint, rule in self._hints[character]
            if hint in folded
        }
        if not hinted:
            return _Scan(text, folded, ())
        claims: list[_Claim] = []
        for place in sorted(hinted):
            rule = self.rules[place]
            if rule.whole and len(folded) > LONGEST_TAG_LIST:
                continue
            found = _occurrences(rule, folded)
            if claims:
                found = [claim for claim in found if not _overlaps(claim, claims)]
            claims += found[:1] if rule.tags else found  # the first two tags of a text, no others
        return _Scan(text, folded, tuple(claims))


@functools.cache
def shipped_rules() -> Rules:
    """The table that comes with the package."""
    return Rules.from_toml(resources.files("dyepack.mark").joinpath("variants.toml").read_bytes())


def _occurrences(rule: Rule, text: str) -> list[_Claim]:
    matches = rule.pattern.finditer(text)
    if not rule.tags:
        return [
            _Claim(rule, 0 if match.lastgroup == "form0" else 1, match.start(), match.end(), match) for match in matches
        ]
    found = []
    for match in matches:
        words = match.groupdict(default="")
        low, high = words["f0_low"], words["f0_high"]
        if _are_tags(rule, low, high, words.get("f0_separator", "")):
            found.append(_Claim(rule, int(low > high), *match.span("form0"), match))
    return found


def _overlaps(claim: _Claim, taken: Iterable[_Claim]) -> bool:
    return any(claim.start < other.end and other.start < claim.end for other in taken)


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
    places = origins(scan.typed, scan.folded) if changes else None
    if places is None:
        return scan.typed
    rule = next(claim.rule for claim in scan.claims if claim.rule.id == rule_id)
    pieces: list[str] = []
    done = 0
    for start, end, match in changes:
        pieces += (scan.typed[done : places[start]], _render(scan.typed, places, rule, match, symbol))
        done = places[end - 1] + 1
    return "".join((*pieces, scan.typed[done:]))


def _render(typed: str, places: Sequence[int], rule: Rule, match: re.Match[str], symbol: int) -> str:
    """The other form, with the typed characters of the placeholders."""
    words = {}
    for name, word in match.groupdict().items():
        if word is not None and name[0] == "f" and "_" in name:
            start, end = match.span(name)
            words[name.partition("_")[2]] = typed[places[start] : places[end - 1] + 1] if word else ""
    if rule.tags and match["f0_low"] > match["f0_high"]:
        words["low"], words["high"] = words["high"], words["low"]
    rendered = fill(rule.forms[symbol], words)
    first = typed[places[match.start(match.lastgroup or 0)]]
    if first.isascii() and first.isupper() and not rule.forms[symbol].startswith("{"):
        rendered = rendered[0].upper() + rendered[1:]
    return rendered
