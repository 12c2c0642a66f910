"""Who may do what (策略): facts about one request go to Cedar, a reasoned decision comes back.

Design: ``docs/reference/policy.md`` is the table that these policies enumerate to. Everything stateful (quota,
approvals, legal basis, the open case) is computed by the caller and passed in as an ``Ask``; nothing is fetched here.

Invariants:

* no id of a person or of a record enters Cedar, and no policy may name one, so no rule can favor anybody;
* an error in any rule, a fact that is missing, an engine that does not decide: all of it is a denial (``broken``);
* a fact that a caller leaves out has its worst value;
* a decision depends on (policy digest, ask) alone, so it is cached for the life of the set.

Left to others: counting quotas (``vault.quota``), judging approvals and cases (``govern``), writing the entry (doors).
"""

import base64
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final

import cedarpy

from dyepack.crypto.digest import sha256
from dyepack.terms.actor import Role
from dyepack.terms.canonical import SAFE_INTEGER, canonical_json
from dyepack.terms.purpose import Purpose
from dyepack.vault.errors import PolicyInvalidError
from dyepack.vault.policy_text import Literals, Rule, literals_of_permits, read_rules
from dyepack.vault.policy_words import refusal_sentence, situation_sentence

NOTHING: Final = "none"
STATES: Final = ("open", "held", "locked", NOTHING)
GRADES: Final = ("E0", "E1", "E2", "E3")
SHOWN_RULES: Final = 16  # an entry of the ledger names at most so many
_CACHE_LIMIT: Final = 8192


class Action(StrEnum):
    """What an actor can want. The value is the word in policies."""

    SEARCH = "search"
    LIST = "list"
    REVEAL = "reveal"
    LOOKS = "looks"  # who looked at a record
    AGGREGATE = "aggregate"
    INTAKE = "intake"
    ADMIT = "admit"
    ERASE = "erase"
    TRACE = "trace"
    VERDICT = "verdict"  # see one
    APPROVE_REVEAL = "approve_reveal"
    RELEASE_REQUEST = "release_request"
    RELEASE_APPROVE = "release_approve"
    RELEASE_COLLECT = "release_collect"


class Outcome(StrEnum):
    """The ledger's words for a decision."""

    PERMIT = "permit"
    DENY = "deny"
    GAP = "gap"  # nobody decided this: the role, purpose or field class is in no permit rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """The facts of one request. Whatever is left out has the value that permits least.

    Attributes:
        role: The actor's role now.
        action: What is wanted.
        purpose: Declared purpose.
        field: Catalog name of the one field concerned, or ``"none"``.
        field_class: Its class in the catalog, or ``"none"``.
        state: ``open``, ``held``, ``locked``, or ``none`` if the act concerns no one record or lot.
        minor: The data subject (of a release: any of them) is not proven to be 18.
        case_open: The case named is open and allows the purpose.
        grade: How forgeable the event behind the case is, ``E0`` .. ``E3``.
        basis: A legal basis covers the purpose now.
        approvals: Valid approvals of exactly this request, by distinct persons in the roles it needs.
        quota: A unit of today's cap was reserved, or the act has no cap.
        rows: People in the answer: the size of a release, the smallest group of an aggregate.
        motivated: The actor typed why.
        self_request: What is to be approved or admitted is the actor's own request or upload.
    """

    role: Role
    action: Action
    purpose: Purpose
    field: str = NOTHING
    field_class: str = NOTHING
    state: str = NOTHING
    minor: bool = True
    case_open: bool = False
    grade: str = "E3"
    basis: bool = False
    approvals: int = 0
    quota: bool = False
    rows: int = 0
    motivated: bool = False
    self_request: bool = True

    def __post_init__(self) -> None:
        """Refuse facts outside the closed lists: they would be typing errors of a caller, never a decision."""
        if self.state not in STATES or self.grade not in GRADES:
            msg = "state or grade is not in the closed list"
            raise ValueError(msg)
        if not (0 <= self.approvals <= SAFE_INTEGER and 0 <= self.rows <= SAFE_INTEGER):
            msg = "a count is negative or too large"
            raise ValueError(msg)

    def but(self, **facts: object) -> "Ask":
        """The same request with some facts changed, by attribute name."""
        return replace(self, **facts)  # type: ignore[arg-type]  # __post_init__ checks them

    def context(self) -> dict[str, str | int | bool]:
        """What Cedar sees beside role, action, state and minor."""
        return {
            "purpose": self.purpose.value,
            "class": self.field_class,
            **{name: getattr(self, name) for name in _PLAIN_CONTEXT},
        }


_PLAIN_CONTEXT: Final = tuple(
    f.name for f in fields(Ask) if f.name not in {"role", "action", "purpose", "field_class", "state", "minor"}
)
BEST_SITUATION: Final[Mapping[str, int | bool]] = {
    "case_open": True,
    "basis": True,
    "quota": True,
    "approvals": SAFE_INTEGER,
    "motivated": True,
    "self_request": False,
}
"""The situation flags that an actor or a second person can change, each at its best."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, and why.

    Attributes:
        outcome: ``permit``, ``deny`` or ``gap``.
        rules: Ids of the rules that determined it, sorted, at most 16; empty if no rule matched.
        why_zh: Sentence for people, with the remedy.
        why_en: The same.
        policy: SHA-256 of the policy set, 43 characters base64url: the ledger's ``policy`` field.
        missing: Situation flags of the ask that stood in the way (``quota``, ``approvals``, ...).
        purposes: Purposes for which the same act would be possible, if the purpose is what is wrong.
        broken: The engine did not decide; the caller writes ``ledger:check:failed`` too.
    """

    outcome: Outcome
    rules: tuple[str, ...]
    why_zh: str
    why_en: str
    policy: str
    missing: tuple[str, ...] = ()
    purposes: tuple[Purpose, ...] = ()
    broken: bool = False

    @property
    def permitted(self) -> bool:
        """True for ``permit`` alone."""
        return self.outcome is Outcome.PERMIT


@dataclass(frozen=True, slots=True)
class _Answer:
    """What Cedar said to one request."""

    permitted: bool
    rules: tuple[str, ...]
    broken: bool


def policy_document(texts: Mapping[str, str], schema: str) -> bytes:
    """The canonical bytes whose SHA-256 entries name as the set of policies."""
    return canonical_json({"schema": schema, "policies": dict(texts)})


class PolicySet:
    """A parsed, validated set of policies. Immutable but for its cache; safe to share between threads."""

    def __init__(self, *, digest: str, rules: Mapping[str, Rule], schema: cedarpy.Schema) -> None:
        """Use ``load``."""
        self.digest = digest
        self.rules = rules
        self._schema = schema
        self._handle = cedarpy.PolicySet.from_json_str(_policy_document(rules.values()))
        self._entities = {
            (role, state, minor): _entities(role, state, minor, schema)
            for role in Role
            for state in STATES
            for minor in (True, False)
        }
        self._literals: Literals = literals_of_permits(rules.values())
        self._cache: dict[Ask, Decision] = {}

    @classmethod
    def load(cls, texts: Mapping[str, str], schema: str) -> "PolicySet":
        """Parse and check policy files together.

        Args:
            texts: Cedar text by file name; the order of names is the order of rules.
            schema: Text of the Cedar schema.

        Raises:
            PolicyInvalidError: A file does not parse or does not fit the schema; an ``@id`` is missing, malformed
                or used twice; a rule has no ``@why_zh`` and ``@why_en``, is a template, or names a person or a
                record; no rule permits anything.
        """
        try:
            handle = cedarpy.Schema.from_str(schema)
        except ValueError as error:
            raise PolicyInvalidError(file="schema", problem=str(error)[:300]) from error
        rules = read_rules(texts, handle)
        if not any(rule.permits for rule in rules.values()):
            raise PolicyInvalidError(file="-", problem="no rule permits anything")
        document = policy_document(texts, schema)
        digest = base64.urlsafe_b64encode(sha256(document)).decode("ascii").rstrip("=")
        return cls(digest=digest, rules=rules, schema=handle)

    def decide(self, ask: Ask) -> Decision:
        """Decide one request; about 2 us if this set has seen the same facts before."""
        known = self._cache.get(ask)
        if known is not None:
            return known
        decision = self._decide(ask)
        if len(self._cache) >= _CACHE_LIMIT:
            self._cache.clear()
        self._cache[ask] = decision
        return decision

    def decide_fields(self, ask: Ask, classes: Mapping[str, str]) -> Decision:
        """Decide the same request for each of several fields; all or nothing.

        Args:
            ask: The request; its ``field`` and ``field_class`` are replaced.
            classes: Field class by field name, not empty.

        Returns:
            The first decision, by field name, that is not a permit; else a permit that names the rules of all.

        Raises:
            ValueError: No field is named.
        """
        if not classes:
            msg = "no field is named"
            raise ValueError(msg)
        decisions = [self.decide(ask.but(field=name, field_class=classes[name])) for name in sorted(classes)]
        for decision in decisions:
            if not decision.permitted:
                return decision
        rules = sorted({rule for decision in decisions for rule in decision.rules})
        return replace(decisions[0], rules=tuple(rules[:SHOWN_RULES]))

    def possible(self, ask: Ask) -> bool:
        """Whether the request would be permitted in the best situation (to ask before a quota unit is spent)."""
        return self._evaluate(ask.but(**BEST_SITUATION)).permitted

    def _decide(self, ask: Ask) -> Decision:
        answer = self._evaluate(ask)
        if answer.broken:
            return self._decision(Outcome.DENY, answer, [situation_sentence("broken")])
        if answer.permitted:
            return self._decision(Outcome.PERMIT, answer, self._whys(answer.rules))
        if self.possible(ask):
            missing = self._missing(ask)
            return self._decision(Outcome.DENY, answer, self._reasons(ask, answer, missing), missing=missing)
        return self._never(ask, answer)

    def _missing(self, ask: Ask) -> tuple[str, ...]:
        """The flags that turn the answer: each put to its best alone; if several are needed, each left out alone."""
        short = [name for name, best in BEST_SITUATION.items() if getattr(ask, name) != best]
        turning = tuple(name for name in short if self._evaluate(ask.but(**{name: BEST_SITUATION[name]})).permitted)
        return turning or tuple(name for name in short if not self._without(ask, name).permitted)

    def _without(self, ask: Ask, name: str) -> _Answer:
        best = {flag: value for flag, value in BEST_SITUATION.items() if flag != name}
        return self._evaluate(ask.but(**best))

    def _reasons(self, ask: Ask, answer: _Answer, missing: Iterable[str]) -> list[tuple[str, str]]:
        """The forbids' own sentences, then one for each flag that no forbid speaks of."""
        silent = [name for name in missing if not self._without(ask, name).rules]
        return self._whys(answer.rules) + [situation_sentence(name) for name in silent]

    def _never(self, ask: Ask, answer: _Answer) -> Decision:
        """No situation would help: a forbid about the record, a gap, a wrong size or purpose, or not this role."""
        best = self._evaluate(ask.but(**BEST_SITUATION))
        if best.rules:
            return self._decision(Outcome.DENY, answer, self._whys(best.rules))
        if self._is_gap(ask):
            return self._decision(Outcome.GAP, answer, [situation_sentence("gap")])
        sized = self._evaluate(ask.but(**BEST_SITUATION, rows=SAFE_INTEGER))
        if sized.permitted:
            return self._decision(Outcome.DENY, answer, [situation_sentence("rows"), *self._whys(sized.rules)])
        purposes = tuple(purpose for purpose in Purpose if self.possible(ask.but(purpose=purpose)))
        sentence = refusal_sentence(ask.role, ask.action.value, purposes)
        return self._decision(Outcome.DENY, answer, [sentence], purposes=purposes)

    def _is_gap(self, ask: Ask) -> bool:
        known = self._literals
        return (
            ask.role.value not in known.roles
            or ask.purpose.value not in known.purposes
            or (ask.field_class != NOTHING and ask.field_class not in known.classes)
        )

    def _whys(self, rules: Iterable[str]) -> list[tuple[str, str]]:
        return [(self.rules[rule].why_zh, self.rules[rule].why_en) for rule in rules]

    def _decision(
        self,
        outcome: Outcome,
        answer: _Answer,
        whys: list[tuple[str, str]],
        *,
        missing: tuple[str, ...] = (),
        purposes: tuple[Purpose, ...] = (),
    ) -> Decision:
        return Decision(
            outcome=outcome,
            rules=answer.rules[:SHOWN_RULES],
            why_zh="".join(zh for zh, _ in whys),
            why_en=" ".join(en for _, en in whys),
            policy=self.digest,
            missing=missing,
            purposes=purposes,
            broken=answer.broken,
        )

    def _evaluate(self, ask: Ask) -> _Answer:
        return self._authorize(ask.action.value, self._entities[ask.role, ask.state, ask.minor], ask.context())

    def _authorize(self, action: str, entities: cedarpy.Entities, context: Mapping[str, Any]) -> _Answer:
        """Ask the engine. The schema is always passed: without it a forbid that lacks a fact is skipped in silence."""
        request = {
            "principal": {"type": "Actor", "id": "_"},
            "action": {"type": "Action", "id": action},
            "resource": {"type": "Record", "id": "_"},
            "context": dict(context),
        }
        result = cedarpy.is_authorized(request, self._handle, entities, self._schema)
        broken = bool(result.diagnostics.errors) or result.decision is cedarpy.Decision.NoDecision
        return _Answer(
            permitted=result.decision is cedarpy.Decision.Allow and not broken,
            rules=tuple(sorted(result.diagnostics.reasons)),
            broken=broken,
        )


def _entities(role: Role, state: str, minor: bool, schema: cedarpy.Schema) -> cedarpy.Entities:
    document = [
        {"uid": {"type": "Role", "id": role.value}, "attrs": {}, "parents": []},
        {"uid": {"type": "Actor", "id": "_"}, "attrs": {}, "parents": [{"type": "Role", "id": role.value}]},
        {"uid": {"type": "Record", "id": "_"}, "attrs": {"state": state, "minor": minor}, "parents": []},
    ]
    return cedarpy.Entities.from_json_str(json.dumps(document), schema)


def _policy_document(rules: Iterable[Rule]) -> str:
    """Cedar's JSON form with our ids as keys: parsed from text, rules would be called ``policy0``, ``policy1``, ..."""
    return json.dumps({"staticPolicies": {rule.id: rule.body for rule in rules}, "templates": {}, "templateLinks": []})
