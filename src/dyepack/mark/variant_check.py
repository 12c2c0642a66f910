"""The linter of variant tables: what a machine can say about the admission test of a rule."""

from collections.abc import Iterable
from dataclasses import dataclass

from dyepack.mark.folding import fold
from dyepack.mark.variant import TEXT_FIELDS, Rules
from dyepack.mark.variant_rule import HOLE, Rule


@dataclass(frozen=True, slots=True)
class Finding:
    """What the linter says of one rule: a ``code`` of ``check_rules``."""

    rule: int
    code: str


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
    literals = HOLE.sub("", zero + one)
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
