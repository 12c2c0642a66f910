"""The printed verdict: JSON of schema ``dyepack.trace/1``, and its reference, both read from the dataclasses.

Names of suspects are put in here and nowhere else: ``decision.accused``, ``decision.group``, the statement and the
explanation hold the name given at release; every other key holds opaque ids.
"""

import dataclasses
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Any

from dyepack.terms.time import to_iso
from dyepack.trace import rounding
from dyepack.trace.explanation import statement, summary
from dyepack.trace.verdict import Verdict

SCHEMA = "dyepack.trace/1"
_HEAD = """# Schema `dyepack.trace/1`

Printed by `dyepack trace list --json`. Generated from the dataclasses of `dyepack.trace.verdict`; a test keeps the two
in step.

Numbers have four decimals: a logarithm below -99, or of no evidence, is -99; a bound is rounded up, never down. Times
are ISO 8601 in UTC. What is not there is `null`; readers ignore keys they do not know. Suspects are opaque ids; only
`decision.accused`, `decision.group`, the statement and the explanation hold names as given at release. E and its bound
are properties of the method under the assumptions that the explanation lists, not the probability that somebody did it
(`docs/proofs/trace-false-accusation.md`).
"""
_PRINTED: Mapping[str, Callable[[Any], float | str]] = {
    "log10": rounding.log10_printed,
    "share": rounding.share_printed,
    "ceiling": rounding.ceiling_printed,
    "real": float,
    "instant": to_iso,
}
_KINDS = {
    "log10": "number, decimal logarithm",
    "share": "number in 0..1",
    "ceiling": "number in 0..1, rounded up",
    "real": "number",
    "instant": "time",
}
_WORDS = {None: "nothing", str: "text", int: "integer", float: "number", bool: "true or false", type(None): "null"}


def verdict_json(verdict: Verdict, names: Mapping[str, str]) -> dict[str, Any]:
    """The verdict as JSON values; the same verdict and names give the same value.

    Args:
        verdict: What was decided.
        names: The name printed, by suspect; who is not in it keeps his opaque id.
    """
    decision = verdict.decision
    printed = dataclasses.replace(
        verdict,
        decision=dataclasses.replace(
            decision,
            accused=tuple(names.get(suspect, suspect) for suspect in decision.accused),
            group=decision.group and tuple(names.get(suspect, suspect) for suspect in decision.group),
            statement=statement(verdict, names),
        ),
        explanation=summary(verdict, names),
    )
    return {"schema": SCHEMA, **_wire(printed, Verdict)}


def schema_markdown() -> str:
    """The page ``docs/reference/trace-schema.md``."""
    head = [_HEAD, "| key | type | content |", "|---|---|---|", f"| `schema` | text | `{SCHEMA}` |"]
    rows = [f"| `{path}` | {kind} | {meaning} |" for path, kind, meaning in _rows(Verdict, "")]
    return "\n".join([*head, *rows, ""])


def _fields(shape: type) -> Iterator[tuple[str, dataclasses.Field[Any], Any]]:
    """Key, field, type of every printed field."""
    hints = typing.get_type_hints(shape, include_extras=True)
    for field in dataclasses.fields(shape):
        if "internal" not in field.metadata:
            yield field.name.rstrip("_"), field, hints[field.name]


def _wire(value: Any, hint: Any) -> Any:
    """A value as its type says it is printed."""
    if value is None:
        return None
    hint = _present(hint)
    if typing.get_origin(hint) is Annotated:
        return _PRINTED[hint.__metadata__[0]](value)
    if dataclasses.is_dataclass(hint):
        return {key: _wire(getattr(value, field.name), inner) for key, field, inner in _fields(type(value))}
    if isinstance(value, tuple):
        return [_wire(item, typing.get_args(hint)[0]) for item in value]
    if isinstance(value, Mapping):
        return {key: rounding.fact_printed(value[key]) for key in sorted(value)}
    return value.value if isinstance(value, StrEnum) else value


def _present(hint: Any) -> Any:
    """The type without its None."""
    if typing.get_origin(hint) in {types.UnionType, typing.Union}:
        return next(option for option in typing.get_args(hint) if option is not type(None))
    return hint


def _rows(shape: type, prefix: str) -> Iterator[tuple[str, str, str]]:
    for key, field, hint in _fields(shape):
        path = f"{prefix}{key}"
        inner = _present(hint)
        or_null = " or null" if inner is not hint else ""
        many = typing.get_origin(inner) is tuple
        item = typing.get_args(inner)[0] if many else inner
        yield path + ("[]" if many else ""), _kind(item) + or_null, field.metadata["meaning"]
        if dataclasses.is_dataclass(item):
            yield from _rows(typing.cast("type", item), path + ("[]." if many else "."))


def _kind(hint: Any) -> str:
    if typing.get_origin(hint) is Annotated:
        return _KINDS[hint.__metadata__[0]]
    if typing.get_origin(hint) is not None:
        return "object of numbers"
    if dataclasses.is_dataclass(hint):
        return "object"
    if hint in _WORDS:
        return _WORDS[hint]
    return "one of " + ", ".join(f"`{option.value}`" for option in hint)
