"""Reading policy files: what a rule must carry before it may decide anything.

A rule has an ``@id`` (lower case words joined by dots, unique over all files), the sentence for people in two
languages (``@why_zh``, ``@why_en``), and ``@law`` where there is one. It fits the schema, is no template, and names no
actor and no record: only roles and actions.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import cedarpy

from dyepack.terms.actor import Role
from dyepack.vault.errors import PolicyInvalidError

_ID: Final = re.compile(r"(?!(?:[^0-9]*[0-9]){5})[a-z][a-z0-9_]*(\.[a-z0-9_]+)+")
_ID_LENGTH: Final = 32  # with the pattern: what an entry of the ledger can hold in ``rules``
_NAMEABLE: Final = frozenset({"Role", "Action"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One policy.

    Attributes:
        id: Its ``@id``.
        file: Where it stands.
        permits: True for ``permit``, False for ``forbid``.
        why_zh: What a person reads.
        why_en: The same.
        law: ``@law``, or empty.
        body: Cedar's JSON form.
    """

    id: str
    file: str
    permits: bool
    why_zh: str
    why_en: str
    law: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Literals:
    """The words that permit rules speak of; what is in none of them nobody has decided."""

    roles: frozenset[str]
    purposes: frozenset[str]
    classes: frozenset[str]


def read_rules(texts: Mapping[str, str], schema: cedarpy.Schema) -> dict[str, Rule]:
    """All rules by id, files in the order of their names.

    Raises:
        PolicyInvalidError: See ``PolicySet.load``.
    """
    rules: dict[str, Rule] = {}
    for file in sorted(texts):
        for rule in _rules_of(file, texts[file], schema):
            if rule.id in rules:
                raise PolicyInvalidError(file=file, problem=f"the id {rule.id} is used twice")
            rules[rule.id] = rule
    return rules


def literals_of_permits(rules: Iterable[Rule]) -> Literals:
    """The roles, purposes and field classes that permit rules compare with."""
    bodies = [rule.body for rule in rules if rule.permits]
    return Literals(
        roles=frozenset(entity["id"] for body in bodies for entity in _entities(body) if entity["type"] == "Role"),
        purposes=frozenset(word for body in bodies for word in _compared(body, "purpose")),
        classes=frozenset(word for body in bodies for word in _compared(body, "class")),
    )


def _rules_of(file: str, text: str, schema: cedarpy.Schema) -> Iterator[Rule]:
    if not file.isascii():
        raise PolicyInvalidError(file="?", problem="a file name is not ASCII")
    try:
        document = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        raise PolicyInvalidError(file=file, problem=str(error)[:300]) from error
    if document["templates"] or document["templateLinks"]:
        raise PolicyInvalidError(file=file, problem="templates are not used")
    validation = cedarpy.validate_policies(text, schema)
    if not validation.validation_passed:
        raise PolicyInvalidError(file=file, problem=str(validation.errors[0])[:300])
    for body in document["staticPolicies"].values():
        yield _rule(file, body)


def _rule(file: str, body: Mapping[str, Any]) -> Rule:
    notes = body.get("annotations", {})
    name = notes.get("id") or ""
    if not _ID.fullmatch(name) or len(name) > _ID_LENGTH:
        raise PolicyInvalidError(file=file, problem="a rule has no @id of lower case words joined by dots")
    if not notes.get("why_zh") or not notes.get("why_en"):
        raise PolicyInvalidError(file=file, problem=f"{name} has no @why_zh and @why_en")
    for entity in _entities(body):
        if entity["type"] not in _NAMEABLE:
            raise PolicyInvalidError(file=file, problem=f"{name} names a person or a record")
        if entity["type"] == "Role" and entity["id"] not in set(Role):
            raise PolicyInvalidError(file=file, problem=f"{name} names a role that does not exist")
    return Rule(
        id=name,
        file=file,
        permits=body["effect"] == "permit",
        why_zh=notes["why_zh"],
        why_en=notes["why_en"],
        law=notes.get("law") or "",
        body=body,
    )


def _nodes(tree: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for child in tree.values():
            yield from _nodes(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from _nodes(child)


def _entities(body: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    """Every entity that a rule names, in its scope or in a condition."""
    for node in _nodes(body):
        if isinstance(node.get("type"), str) and isinstance(node.get("id"), str):
            yield {"type": node["type"], "id": node["id"]}


def _compared(body: Mapping[str, Any], attribute: str) -> Iterator[str]:
    """The texts that stand in one comparison with ``context.<attribute>``."""
    subject = {".": {"left": {"Var": "context"}, "attr": attribute}}
    for node in _nodes(body.get("conditions", [])):
        if subject in (node.get("left"), node.get("right")):
            yield from (inner["Value"] for inner in _nodes(node) if isinstance(inner.get("Value"), str))
