"""The table of roles, *generated* from the policies: every combination is asked, nothing is read out of the texts.

``python -m dyepack.vault.policy_table > docs/reference/policy.md`` writes the page; a test compares it.
"""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from dyepack.terms.actor import Role
from dyepack.terms.purpose import Purpose
from dyepack.vault.catalog import CATALOG
from dyepack.vault.policies import shipped
from dyepack.vault.policy import BEST_SITUATION, NOTHING, STATES, Action, Ask, PolicySet
from dyepack.vault.policy_words import ACTIONS, PURPOSES, ROLES
from dyepack.vault.quota import HOUSE_CAPS, Act

_BY_FIELD: Final = frozenset({Action.REVEAL, Action.RELEASE_REQUEST, Action.RELEASE_COLLECT})
_SIZES: Final = (0, 1, 9, 10, 500, 501)
_NEEDS: Final = {
    "case_open": "open case",
    "basis": "legal basis",
    "quota": "quota",
    "motivated": "typed reason",
    "self_request": "not one's own",
}
_OPENING: Final = (
    "Written by `python -m dyepack.vault.policy_table` from the policies in `src/dyepack/vault/policies/`, by asking "
    "every combination of role, action, purpose and field, and what the situation must bring. A test compares this "
    "page. What is not "
    "listed is refused: as *denied* if a rule speaks of the role, purpose and field class, as a *gap* otherwise."
)


@dataclass(frozen=True, slots=True)
class Line:
    """What one role may do by one action, in one way.

    Attributes:
        role: Who.
        action: What.
        purposes: For which purposes.
        fields: Fields it may concern; empty where the action concerns none.
        states: States of the record or lot it works on.
        rows: The smallest size at which it is possible.
        needs: What the situation must bring, in words.
    """

    role: Role
    action: Action
    purposes: tuple[Purpose, ...]
    fields: tuple[str, ...]
    states: tuple[str, ...]
    rows: int
    needs: tuple[str, ...]


def lines(policies: PolicySet, classes: Mapping[str, str]) -> Iterator[Line]:
    """Enumerate the set: what each role can do in the best situation.

    Args:
        policies: The set.
        classes: Field class by field name.
    """
    for role in Role:
        for action in Action:
            named = classes if action in _BY_FIELD else {NOTHING: NOTHING}
            line = _line(policies, role, action, named)
            if line is not None:
                yield line


def _line(policies: PolicySet, role: Role, action: Action, named: Mapping[str, str]) -> Line | None:
    """Purposes and fields are asked in every combination; states and sizes are then varied from a permitted ask."""
    best = Ask(role=role, action=action, purpose=Purpose.INTAKE, rows=max(_SIZES), minor=False).but(**BEST_SITUATION)
    permitted: list[Ask] = []
    for state in STATES:
        asks = (best.but(state=state, purpose=p, field=n, field_class=c) for p in Purpose for n, c in named.items())
        permitted = permitted or [ask for ask in asks if policies.possible(ask)]
    if not permitted:
        return None
    first = permitted[0]
    return Line(
        role=role,
        action=action,
        purposes=tuple(p for p in Purpose if any(ask.purpose is p for ask in permitted)),
        fields=tuple(n for n in named if n != NOTHING and any(ask.field == n for ask in permitted)),
        states=tuple(state for state in STATES if policies.possible(first.but(state=state))),
        rows=min(size for size in _SIZES if policies.possible(first.but(rows=size))),
        needs=_needs(policies, first),
    )


def render(policies: PolicySet, classes: Mapping[str, str]) -> str:
    """The page ``docs/reference/policy.md``."""
    found = list(lines(policies, classes))
    parts = [
        "# Who may do what (generated)",
        _OPENING,
        "## At a glance",
        _table(["action", *(f"`{role.value}` {ROLES[role][0]}" for role in Role)], _glance(found)),
        "## In full",
        _table(["role", "action", "purposes", "works on", "rows from", "needs"], [_full(line) for line in found]),
        "## Fields\n\nWhich fields an actor may see in full, one at a time (*reveal*), or have in a list (*release*).",
        _table(["field", "class", *(f"`{role.value}`" for role in Role)], _fields(found, classes)),
        "## Caps a day\n\nDefaults of the house, no law. A blank cell is not counted; a unit is never given back.",
        _table(["act", *(f"`{role.value}`" for role in Role)], _caps()),
        "## What nobody may do",
        _table(["rule", "law", "why", "为何"], _rules(policies, permits=False)),
        "## What is permitted",
        _table(["rule", "law", "why", "为何"], _rules(policies, permits=True)),
    ]
    return "\n\n".join(parts) + "\n"


def _needs(policies: PolicySet, ask: Ask) -> tuple[str, ...]:
    worst = Ask(role=ask.role, action=ask.action, purpose=ask.purpose)

    def refused(**changes: object) -> bool:
        return not policies.decide(ask.but(**changes)).permitted

    needs = [word for flag, word in _NEEDS.items() if refused(**{flag: getattr(worst, flag)})]
    for minor, rows, when in ((False, 1, ""), (True, 1, " if a minor"), (False, 501, " above 500 rows")):
        fewest = next((n for n in range(4) if not refused(minor=minor, rows=rows, approvals=n)), 0)
        if fewest and (not when or f"{fewest} approval(s)" not in needs):
            needs.append(f"{fewest} approval(s){when}")
    return tuple(needs)


def _glance(found: list[Line]) -> Iterator[list[str]]:
    by_cell = {(line.action, line.role): ", ".join(line.purposes) for line in found}
    for action in Action:
        yield [f"`{action.value}` {ACTIONS[action.value][0]}", *(by_cell.get((action, role), "–") for role in Role)]


def _full(line: Line) -> list[str]:
    purposes = ", ".join(f"{purpose.value} {PURPOSES[purpose]}" for purpose in line.purposes)
    works_on = ", ".join("no one record" if state == NOTHING else state for state in line.states)
    rows = str(line.rows) if line.rows else ""
    return [f"`{line.role.value}`", f"`{line.action.value}`", purposes, works_on, rows, "; ".join(line.needs)]


def _fields(found: list[Line], classes: Mapping[str, str]) -> Iterator[list[str]]:
    for name, kind in classes.items():
        cells = []
        for role in Role:
            acts = {line.action.value.split("_")[0] for line in found if line.role is role and name in line.fields}
            cells.append(", ".join(sorted(acts)) or "–")
        yield [f"`{name}`", kind, *cells]


def _caps() -> Iterator[list[str]]:
    for act in Act:
        caps = [HOUSE_CAPS.cap(role, act) for role in Role]
        yield [act.value, *("" if cap is None else str(cap) for cap in caps)]


def _rules(policies: PolicySet, *, permits: bool) -> Iterator[list[str]]:
    for rule in policies.rules.values():
        if rule.permits is permits:
            yield [f"`{rule.id}`", rule.law, rule.why_en, rule.why_zh]


def _table(head: list[str], rows: Iterator[list[str]] | list[list[str]]) -> str:
    ruled = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in ruled)


if __name__ == "__main__":
    sys.stdout.write(render(PolicySet.load(*shipped()), {field.name: field.kind.word for field in CATALOG.values()}))
