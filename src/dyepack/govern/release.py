"""The path of a release (W5 in its embedded form): submitted, half, cooling, ready, collected, or void.

```
            approve (1 of 2)        approve (last)         cooled (timer)        collect
 submitted ─────────────────▶ half ───────────────▶ cooling ─────────────▶ ready ────────▶ collected
     └──────── approve (only one needed) ──────────────▲
 edit by the requester: submitted, half, cooling ──▶ submitted, under a new digest: every approval is void
 reject by an approver, timer of 7 days: submitted, half, cooling, ready ──▶ void
```

Pure: an item and an event in, the next item and the facts for the ledger out. Invariants:

* ``cooling``, ``ready`` and ``collected`` are reached only with a valid approval of every required role;
* only the requester edits and collects; nobody approves his own request;
* a timer that fires twice, or too early, changes nothing.

The caller keeps the item, writes the entry, and uses up the approvals that a step names, in one transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from dyepack.govern.approval import (
    Approval,
    ApprovalRequest,
    check_approved,
    grant,
    missing_roles,
    shared_device,
)
from dyepack.govern.errors import CoolingError, EventNotAllowedError, WrongPersonError
from dyepack.terms.actor import Actor, Role
from dyepack.terms.chance import Random
from dyepack.terms.time import MICROSECONDS

HOUR: Final = 3600 * MICROSECONDS
WAIT: Final = 7 * 24 * HOUR
"""How long a release waits, for approval or for collection."""


class ReleaseState(StrEnum):
    """Where a release stands; the ledger's ``outcome``."""

    SUBMITTED = "submitted"
    HALF = "half"
    COOLING = "cooling"
    READY = "ready"
    COLLECTED = "collected"
    VOID = "void"


class ReleaseEvent(StrEnum):
    """What can happen to it."""

    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"
    COLLECT = "collect"
    COOLED = "cooled"  # timer
    EXPIRE = "expire"  # timer


_S = ReleaseState
_E = ReleaseEvent
_REQUESTER: Final = frozenset({Role.CONSULTANT})
_APPROVERS: Final = frozenset({Role.PRIVACY_OFFICER, Role.OWNER})
_TIMER: Final = frozenset[Role | None]({None})

TRANSITIONS: Final[Mapping[tuple[ReleaseState, ReleaseEvent], frozenset[Role | None]]] = MappingProxyType(
    {
        **{(state, _E.APPROVE): _APPROVERS for state in (_S.SUBMITTED, _S.HALF)},
        **{(state, _E.EDIT): _REQUESTER for state in (_S.SUBMITTED, _S.HALF, _S.COOLING)},
        **{(state, _E.REJECT): _APPROVERS for state in (_S.SUBMITTED, _S.HALF, _S.COOLING, _S.READY)},
        **{(state, _E.EXPIRE): _TIMER for state in (_S.SUBMITTED, _S.HALF, _S.COOLING, _S.READY)},
        (_S.COOLING, _E.COOLED): _TIMER,
        (_S.READY, _E.COLLECT): _REQUESTER,
    }
)
"""Who may fire which event in which state; None is a timer. Whatever is not here raises."""


@dataclass(frozen=True, slots=True)
class Cooling:
    """How long an approved release waits before it can be collected.

    Attributes:
        hours: In force.
        usual: What the house would ask for this many rows.
    """

    hours: int
    usual: int

    @property
    def weaker(self) -> bool:
        """Shorter than the default: a fact that the caller says in the ledger."""
        return self.hours < self.usual


@dataclass(frozen=True, slots=True)
class CoolingRule:
    """Hours by size, a default of the house, no law.

    Attributes:
        steps: Pairs (largest size, hours), ascending.
        above: Hours for anything larger.
    """

    steps: tuple[tuple[int, int], ...]
    above: int

    def hours(self, rows: int) -> int:
        """Hours for a release of so many rows."""
        return next((hours for size, hours in self.steps if rows <= size), self.above)


HOUSE_COOLING: Final = CoolingRule(steps=((50, 0), (500, 4)), above=24)


def cooling_of(rows: int, setting: int | None = None, rule: CoolingRule = HOUSE_COOLING) -> Cooling:
    """The cooling of a release; ``setting`` is ``release.cooling_hours``, None for the default by size.

    Raises:
        ValueError: The setting is negative.
    """
    usual = rule.hours(rows)
    if setting is not None and setting < 0:
        msg = "cooling hours are not negative"
        raise ValueError(msg)
    return Cooling(hours=usual if setting is None else setting, usual=usual)


@dataclass(frozen=True, slots=True)
class ReleaseItem:
    """A release on its path.

    Attributes:
        request: What was asked, exactly.
        state: Where it stands.
        approvals: All that were given and not voided.
        due: When the present state ends by timer, microseconds.
        ready_at: When cooling ends, 0 before it began.
        version: Counts the steps; a store refuses a stale one.
    """

    request: ApprovalRequest
    state: ReleaseState
    approvals: tuple[Approval, ...]
    due: int
    ready_at: int = 0
    version: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """What one event did.

    Attributes:
        item: The release after it.
        granted: The approval that was given, to keep and to log (``govern:approval:granted``).
        voided: Approvals that ended unused (``govern:approval:voided``).
        spent: Approvals to use up together with the step.
        shared_device: An approval and the act came from one device; the entry says so.
    """

    item: ReleaseItem
    granted: Approval | None = None
    voided: tuple[Approval, ...] = ()
    spent: tuple[Approval, ...] = ()
    shared_device: bool = False


def submit(request: ApprovalRequest, now: int) -> ReleaseItem:
    """The beginning (``vault:release:requested``)."""
    return ReleaseItem(request=request, state=ReleaseState.SUBMITTED, approvals=(), due=now + WAIT)


def timer(item: ReleaseItem, now: int) -> ReleaseEvent | None:
    """The timer that is due, if any."""
    if (item.state, _E.EXPIRE) in TRANSITIONS and now >= item.due:
        return _E.EXPIRE
    approved = not missing_roles(item.request, item.approvals, now)
    return _E.COOLED if item.state is _S.COOLING and now >= item.ready_at and approved else None


def settle(item: ReleaseItem, now: int) -> tuple[Step, ...]:
    """Fire the timers that are due, in order; a caller does this before any other event."""
    steps: list[Step] = []
    while (event := timer(item, now)) is not None:
        step = _cooled(item, now) if event is _E.COOLED else _void(item)
        steps.append(step)
        item = step.item
    return tuple(steps)


def advance(
    item: ReleaseItem,
    event: ReleaseEvent,
    actor: Actor | None,
    *,
    now: int,
    random: Random,
    cooling: Cooling,
    edited: ApprovalRequest | None = None,
) -> Step:
    """One step.

    1. the transition exists for this state, event and role; 2. the guard of the event holds; 3. the next item.

    Args:
        item: The release as it stands.
        event: What happens.
        actor: Who does it; None for a timer.
        now: Microseconds since 1970 UTC.
        random: For the id of an approval.
        cooling: How long it cools once approved.
        edited: The new request, for ``edit`` alone.

    Raises:
        EventNotAllowedError: No such transition, not for this role, or a timer that is not due.
        WrongPersonError: An edit or a collection by another than the requester.
        SelfApprovalError, WrongApproverError, SecondApprovalError: See ``approval.grant``.
        CoolingError: Collected too early.
        ApprovalRequiredError, ApprovalExpiredError, ApprovalUsedError: See ``approval.check_approved``.
    """
    role = None if actor is None else actor.role
    if event is _E.COLLECT and item.state is _S.COOLING and role in _REQUESTER:
        raise CoolingError(minutes=max(0, -(-(item.ready_at - now) // (60 * MICROSECONDS))))
    if role not in TRANSITIONS.get((item.state, event), frozenset()):
        raise EventNotAllowedError(state=item.state.value, event=event.value, role=role or "timer")
    if actor is None:
        if timer(item, now) is not event:
            raise EventNotAllowedError(state=item.state.value, event=event.value, role="timer")
        return _cooled(item, now) if event is _E.COOLED else _void(item)
    if event is _E.APPROVE:
        return _approve(item, actor, now, random, cooling)
    if event is _E.REJECT:
        return _void(item)
    if actor.id != item.request.requester:
        raise WrongPersonError
    return _collect(item, actor, now) if event is _E.COLLECT else _edit(item, edited, now)


def _approve(item: ReleaseItem, actor: Actor, now: int, random: Random, cooling: Cooling) -> Step:
    approval = grant(item.request, actor, item.approvals, now=now, random=random)
    approvals = (*item.approvals, approval)
    if missing_roles(item.request, approvals, now):
        return Step(_moved(item, _S.HALF, approvals=approvals), granted=approval)
    ready_at = now + cooling.hours * HOUR
    cooled = replace(item, ready_at=ready_at, due=max(item.due, ready_at + WAIT))
    return Step(_moved(cooled, _S.COOLING, approvals=approvals), granted=approval)


def _cooled(item: ReleaseItem, now: int) -> Step:
    return Step(_moved(replace(item, due=now + WAIT), _S.READY, approvals=item.approvals))


def _collect(item: ReleaseItem, actor: Actor, now: int) -> Step:
    spent = check_approved(item.request, item.approvals, now)
    shared = shared_device(spent, actor.device)
    return Step(_moved(item, _S.COLLECTED, approvals=item.approvals), spent=spent, shared_device=shared)


def _edit(item: ReleaseItem, edited: ApprovalRequest | None, now: int) -> Step:
    if edited is None or edited.requester != item.request.requester or edited.release != item.request.release:
        msg = "an edit brings the new request of the same requester and release"
        raise ValueError(msg)
    if edited.h == item.request.h:
        return Step(item)
    fresh = replace(item, request=edited, due=now + WAIT, ready_at=0)
    return Step(_moved(fresh, _S.SUBMITTED, approvals=()), voided=item.approvals)


def _void(item: ReleaseItem) -> Step:
    return Step(_moved(item, _S.VOID, approvals=()), voided=item.approvals)


def _moved(item: ReleaseItem, state: ReleaseState, *, approvals: tuple[Approval, ...]) -> ReleaseItem:
    return replace(item, state=state, approvals=approvals, version=item.version + 1)
