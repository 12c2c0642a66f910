"""Which error a refused decision is: one leaf per rule that a caller may want to tell apart.

The sentence of a plain ``DeniedError`` is the ``@why`` of the rules; the other leaves have their own.
"""

from typing import Final

from dyepack.vault.errors import (
    ApprovalMissingError,
    ConsentMissingError,
    DeniedError,
    LockedError,
    MinorApprovalError,
    NoRuleError,
    QuarantinedError,
    QuotaError,
    SelfApprovalError,
)
from dyepack.vault.policy import Ask, Decision, Outcome

DEFAULT_RULE: Final = "default"
"""Named where no rule matched: what nothing permits is refused."""


def refusal(ask: Ask, decision: Decision, *, cap: int | str = "-") -> DeniedError:
    """The error to raise for a decision that is not a permit.

    Rules about the record come first, then what is wrong with the request, then approvals, then the quota: the
    order in which a person can mend them.

    Args:
        ask: What was asked.
        decision: What was decided.
        cap: The day's cap of the act, for the sentence of a spent quota.

    Raises:
        ValueError: The decision is a permit.
    """
    if decision.permitted:
        msg = "a permit is no refusal"
        raise ValueError(msg)
    if decision.outcome is Outcome.GAP:
        return NoRuleError(role=ask.role.value, purpose=ask.purpose.value)
    rules = set(decision.rules)
    if not decision.missing:
        return _about_the_record(rules) or _plain(decision)
    return _about_the_situation(ask, rules, cap) or _plain(decision)


def _about_the_record(rules: set[str]) -> DeniedError | None:
    if "base.held" in rules:
        return QuarantinedError()
    return LockedError() if "base.locked" in rules else None


def _about_the_situation(ask: Ask, rules: set[str], cap: int | str) -> DeniedError | None:
    if "base.case" in rules:
        return None
    if "base.basis" in rules:
        return ConsentMissingError(purpose=ask.purpose.value)
    if "base.self_approval" in rules:
        return SelfApprovalError()
    if "base.minor" in rules and "base.release_approved" not in rules:
        return MinorApprovalError()
    if "base.release_large" in rules:
        return ApprovalMissingError(missing=2 - ask.approvals, role="privacy_officer, owner")
    if "base.release_approved" in rules:
        return ApprovalMissingError(missing=1 - ask.approvals, role="privacy_officer")
    return QuotaError(what=ask.action.value, cap=cap) if "base.quota" in rules else None


def _plain(decision: Decision) -> DeniedError:
    rule = ", ".join(decision.rules) or DEFAULT_RULE
    return DeniedError(rule=rule, why_zh=decision.why_zh, why_en=decision.why_en)
