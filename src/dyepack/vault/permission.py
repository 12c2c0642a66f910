"""Permission: every use asks here once; a refusal is in the ledger before the caller hears of it.

1. the facts of the request go to the policy; 2. a denial or gap is written as ``vault:use:refused`` and raised as the
error that names what is missing; 3. a permit gives the entry fields that tell which rules decided.
"""

from collections.abc import Mapping, Sequence

from dyepack.ledger import Kind
from dyepack.terms.chance import Random
from dyepack.vault.policy import Ask, Decision, PolicySet
from dyepack.vault.ports import Ledger
from dyepack.vault.refusal import refusal
from dyepack.vault.request import FieldValue, Request, fact


class Permission:
    """Asks the policy and keeps the ledger's side of it."""

    def __init__(self, policies: PolicySet, ledger: Ledger, random: Random) -> None:
        """Join the policy set in force with the ledger."""
        self.policies = policies
        self._ledger = ledger
        self._random = random

    def ask(
        self, request: Request, ask: Ask, *, classes: Mapping[str, str] | None = None, subj: Sequence[str] = ()
    ) -> dict[str, FieldValue]:
        """The entry fields of a permit.

        Args:
            request: Who asks.
            ask: The facts; its role and purpose are the request's.
            classes: Field class by name, where several fields are asked at once; all or nothing.
            subj: Aliases of the data subjects concerned, for the entry of a refusal.

        Raises:
            DeniedError: Or the leaf that names what is missing; the refusal is in the ledger.
        """
        decision = self.policies.decide(ask) if classes is None else self.policies.decide_fields(ask, classes)
        if decision.permitted:
            return decided(decision)
        fields = request.fields() | decided(decision) | {"subj": tuple(subj[:100]), "outcome": ask.action.value}
        facts = [fact(self._random, Kind.USE_REFUSED, fields)]
        if decision.broken:
            facts.append(fact(self._random, Kind.CHECK_FAILED, {"actor": "p_policy", "outcome": "policy.no-decision"}))
        self._ledger.append(facts)
        raise refusal(ask, decision)

    def allows(self, ask: Ask) -> bool:
        """Whether the policy permits, without an entry: only to choose what a view shows."""
        return self.policies.decide(ask).permitted

    def possible(self, ask: Ask) -> bool:
        """Whether it could be permitted at all, so that no quota is spent on what never is."""
        return self.policies.possible(ask)


def decided(decision: Decision) -> dict[str, FieldValue]:
    """The entry fields of a decision."""
    return {"decision": decision.outcome.value, "rules": decision.rules, "policy": decision.policy}
