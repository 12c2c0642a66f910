"""Four eyes (审批): what a second person agrees to is the digest of the exact request, and nothing near it.

Invariants:

* ``h`` is SHA-256 of the canonical JSON of every fact of the request, so any edit makes every approval void;
* an approval is used once, and dies after 15 minutes (a look) or 7 days (all else); a clock that was set back makes
  it invalid, not young;
* approvers are distinct accounts, none the requester's, each in another one of the roles that the request needs.

The same device is allowed in an embedded home, where everybody may share the machine; ``shared_device`` gives the
fact for the entry. One account is taken for one person (``docs/limitations.md``).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from dyepack.crypto.digest import sha256
from dyepack.govern.errors import (
    ApprovalExpiredError,
    ApprovalRequiredError,
    ApprovalUsedError,
    ApprovalVoidError,
    SecondApprovalError,
    SelfApprovalError,
    WrongApproverError,
)
from dyepack.terms.actor import Actor, Role
from dyepack.terms.canonical import canonical_json
from dyepack.terms.chance import Random, new_id
from dyepack.terms.ids import RecordToken
from dyepack.terms.purpose import Purpose
from dyepack.terms.time import MICROSECONDS

LARGE_RELEASE_ROWS: Final = 500
"""Above this many rows the owner approves too; the policies hold the same number, and a test compares them."""


class ApprovalAct(StrEnum):
    """What a second person can be asked for."""

    REVEAL = "reveal"
    RELEASE = "release"


LIFETIME_SECONDS: Final = {ApprovalAct.REVEAL: 15 * 60, ApprovalAct.RELEASE: 7 * 24 * 3600}


@dataclass(frozen=True, slots=True)
class ApprovalRequest:
    """The exact request. Made by ``reveal_request`` or ``release_request``; opaque ids only, no personal value.

    Attributes:
        act: What is asked for.
        requester: ``a_`` + 26.
        case: ``c_`` + 26.
        fields: Catalog names, sorted.
        record: The one record of a look, else empty.
        release: Id of a release, else empty.
        purpose: Declared purpose of a release, else empty: a look's approval holds for the purposes of its case.
        holder: Id of the recipient of a release, else empty.
        tokens: SHA-256 of the frozen set of a release in hex, else empty.
        rows: Records concerned, >= 1.
    """

    act: ApprovalAct
    requester: str
    case: str
    fields: tuple[str, ...]
    record: str = ""
    release: str = ""
    purpose: str = ""
    holder: str = ""
    tokens: str = ""
    rows: int = 1

    def canonical(self) -> bytes:
        """The bytes that are hashed; also what a store keeps of a waiting request."""
        return canonical_json(
            {
                "v": 1,
                "act": self.act.value,
                "requester": self.requester,
                "case": self.case,
                "fields": list(self.fields),
                "record": self.record,
                "release": self.release,
                "purpose": self.purpose,
                "holder": self.holder,
                "tokens": self.tokens,
                "rows": self.rows,
            }
        )

    @property
    def h(self) -> bytes:
        """32 bytes: what an approval signs."""
        return sha256(self.canonical())

    @property
    def roles(self) -> tuple[Role, ...]:
        """The roles that must approve, one approval each."""
        return required_roles(self.rows) if self.act is ApprovalAct.RELEASE else (Role.PRIVACY_OFFICER,)


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's agreement.

    Attributes:
        id: 26 characters.
        h: Digest of the request.
        approver: ``a_`` + 26.
        role: Held by the approver then.
        device: ``d_`` + 26: where it was given.
        at: Microseconds since 1970 UTC.
        expires: The first instant at which it is no longer valid.
        used_by: What used it up (26 characters), or None.
    """

    id: str
    h: bytes
    approver: str
    role: Role
    device: str
    at: int
    expires: int
    used_by: str | None = None


def reveal_request(requester: str, record: RecordToken, field: str, case: str) -> ApprovalRequest:
    """One look at one field of one record by one actor under one case."""
    return ApprovalRequest(act=ApprovalAct.REVEAL, requester=requester, case=case, fields=(field,), record=record)


def release_request(
    requester: str,
    *,
    release: str,
    case: str,
    purpose: Purpose,
    fields: Iterable[str],
    holder: str,
    tokens: Sequence[RecordToken],
) -> ApprovalRequest:
    """One list, frozen: these records, these fields, this recipient.

    Raises:
        ValueError: No record or no field.
    """
    names = tuple(sorted(set(fields)))
    if not tokens or not names:
        msg = "a release has records and fields"
        raise ValueError(msg)
    return ApprovalRequest(
        act=ApprovalAct.RELEASE,
        requester=requester,
        case=case,
        fields=names,
        release=release,
        purpose=purpose.value,
        holder=holder,
        tokens=sha256("\n".join(sorted(tokens)).encode("ascii")).hex(),
        rows=len(tokens),
    )


def required_roles(rows: int) -> tuple[Role, ...]:
    """Whose approvals a release of so many rows needs."""
    if rows > LARGE_RELEASE_ROWS:
        return Role.PRIVACY_OFFICER, Role.OWNER
    return (Role.PRIVACY_OFFICER,)


def grant(
    request: ApprovalRequest, approver: Actor, given: Iterable[Approval], *, now: int, random: Random
) -> Approval:
    """The approval of one more person.

    Args:
        request: What is agreed to.
        approver: Who agrees.
        given: Approvals that exist, of this or any other request.
        now: Microseconds since 1970 UTC.
        random: For the id.

    Raises:
        SelfApprovalError: The approver is the requester.
        WrongApproverError: The role approves nothing of this kind.
        SecondApprovalError: This person or this role has approved already.
    """
    if approver.id == request.requester:
        raise SelfApprovalError(role=_words(request.roles))
    if approver.role not in request.roles:
        raise WrongApproverError(role=_words(request.roles))
    valid = valid_approvals(request, given, now)
    if any(approver.id == approval.approver or approver.role is approval.role for approval in valid):
        raise SecondApprovalError(role=_words(missing_roles(request, valid, now)) or "-")
    return Approval(
        id=new_id(random),
        h=request.h,
        approver=approver.id,
        role=approver.role,
        device=approver.device,
        at=now,
        expires=now + LIFETIME_SECONDS[request.act] * MICROSECONDS,
    )


def valid_approvals(request: ApprovalRequest, approvals: Iterable[Approval], now: int) -> tuple[Approval, ...]:
    """Those that count for this request now: one per role and per person, the earliest first."""
    found: list[Approval] = []
    for approval in sorted(approvals, key=lambda one: (one.at, one.id)):
        if not _counts(request, approval, now):
            continue
        if any(approval.approver == other.approver or approval.role is other.role for other in found):
            continue
        found.append(approval)
    return tuple(found)


def missing_roles(request: ApprovalRequest, approvals: Iterable[Approval], now: int) -> tuple[Role, ...]:
    """The roles whose approval is still missing; empty if the request is approved."""
    there = {approval.role for approval in valid_approvals(request, approvals, now)}
    return tuple(role for role in request.roles if role not in there)


def check_approved(request: ApprovalRequest, approvals: Sequence[Approval], now: int) -> tuple[Approval, ...]:
    """The approvals to use up, or why there are not enough.

    Raises:
        ApprovalVoidError: There are approvals, but of another request (it was edited).
        ApprovalUsedError: The one that is missing was used.
        ApprovalExpiredError: The one that is missing has expired.
        ApprovalRequiredError: It was never given.
    """
    missing = missing_roles(request, approvals, now)
    if not missing:
        return valid_approvals(request, approvals, now)
    mine = [approval for approval in approvals if approval.h == request.h and approval.role in missing]
    if any(approval.used_by is not None for approval in mine):
        raise ApprovalUsedError
    if any(now >= approval.expires for approval in mine):
        raise ApprovalExpiredError
    if approvals and not any(approval.h == request.h for approval in approvals):
        raise ApprovalVoidError
    raise ApprovalRequiredError(role=_words(missing))


def spend(approval: Approval, used_by: str, now: int) -> Approval:
    """The approval after its one use. The store must make the same step atomically (``ports.Approvals.spend``).

    Raises:
        ApprovalUsedError: It was used.
        ApprovalExpiredError: Too late, or the clock stands before its beginning.
    """
    if approval.used_by is not None:
        raise ApprovalUsedError
    if not approval.at <= now < approval.expires:
        raise ApprovalExpiredError
    return replace(approval, used_by=used_by)


def shared_device(approvals: Iterable[Approval], device: str) -> bool:
    """Whether any of them was given on the device of the act itself; the entry of the act says so."""
    return any(approval.device == device for approval in approvals)


def _counts(request: ApprovalRequest, approval: Approval, now: int) -> bool:
    return (
        approval.h == request.h
        and approval.used_by is None
        and approval.at <= now < approval.expires
        and approval.approver != request.requester
        and approval.role in request.roles
    )


def _words(roles: Iterable[Role]) -> str:
    return ", ".join(role.value for role in roles)
