"""Four eyes: the digest, who may approve, what counts, and for how long."""

from dataclasses import fields, replace

import pytest

from dyepack.govern import (
    Approval,
    ApprovalAct,
    ApprovalRequest,
    check_approved,
    grant,
    missing_roles,
    release_request,
    required_roles,
    reveal_request,
    shared_device,
    spend,
    valid_approvals,
)
from dyepack.govern.approval import LARGE_RELEASE_ROWS
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
from dyepack.terms.ids import encode_id, record_token
from dyepack.terms.purpose import Purpose
from dyepack.vault.policies import shipped
from dyepack.vault.policy import Action, Ask, PolicySet

NOW = 1_000_000_000
SECOND = 1_000_000
DAY = 24 * 3600 * SECOND


class Counting:
    def __init__(self):
        self.calls = 0

    def token_bytes(self, size: int) -> bytes:
        self.calls += 1
        return self.calls.to_bytes(size, "big")


RANDOM = Counting()
TOKENS = [record_token(number.to_bytes(16, "big")) for number in range(600)]
CASE = "c_" + encode_id(bytes(16))
RELEASE = encode_id(b"\x01" * 16)
HOLDER = encode_id(b"\x02" * 16)


def actor(name: str, role: Role, device: str = "d_one") -> Actor:
    return Actor(id="a_" + name.ljust(26, "a"), role=role, device=device)


CONSULTANT = actor("consultant", Role.CONSULTANT)
OFFICER = actor("officer", Role.PRIVACY_OFFICER, "d_two")
OFFICER_2 = actor("secondofficer", Role.PRIVACY_OFFICER, "d_three")
OWNER = actor("owner", Role.OWNER, "d_four")
LOOK = reveal_request(CONSULTANT.id, TOKENS[0], "phone", CASE)


def a_list(rows: int) -> ApprovalRequest:
    return release_request(
        CONSULTANT.id,
        release=RELEASE,
        case=CASE,
        purpose=Purpose.APPLICATION,
        fields=["phone", "name"],
        holder=HOLDER,
        tokens=TOKENS[:rows],
    )


def approved(request: ApprovalRequest, *people: Actor, now: int = NOW) -> tuple[Approval, ...]:
    given: tuple[Approval, ...] = ()
    for person in people:
        given = (*given, grant(request, person, given, now=now, random=RANDOM))
    return given


CHANGES = {
    "act": ApprovalAct.RELEASE,
    "requester": "a_other",
    "case": "c_other",
    "fields": ("wechat",),
    "record": "r1_other",
    "release": "other",
    "purpose": "consult",
    "holder": "other",
    "tokens": "00",
    "rows": 2,
}


@pytest.mark.parametrize("name", [field.name for field in fields(ApprovalRequest)])
def test_every_fact_of_a_request_is_in_its_digest(name):
    assert replace(LOOK, **{name: CHANGES[name]}).canonical() != LOOK.canonical()
    assert replace(LOOK, **{name: CHANGES[name]}).h != LOOK.h


def test_the_same_request_has_the_same_digest():
    assert a_list(5).h == a_list(5).h
    assert len(LOOK.h) == 32


def test_the_order_of_fields_and_records_is_no_other_request():
    backwards = release_request(
        CONSULTANT.id,
        release=RELEASE,
        case=CASE,
        purpose=Purpose.APPLICATION,
        fields=["name", "phone", "name"],
        holder=HOLDER,
        tokens=TOKENS[4::-1],
    )
    assert backwards == a_list(5)


def test_one_record_more_or_other_is_another_request():
    swapped = replace(a_list(5), tokens=a_list(6).tokens)
    assert swapped.h != a_list(5).h


@pytest.mark.parametrize(("names", "rows"), [([], 3), (["name"], 0)])
def test_a_release_of_nothing_is_refused(names, rows):
    with pytest.raises(ValueError, match="records and fields"):
        release_request(
            CONSULTANT.id,
            release=RELEASE,
            case=CASE,
            purpose=Purpose.APPLICATION,
            fields=names,
            holder=HOLDER,
            tokens=TOKENS[:rows],
        )


@pytest.mark.parametrize(
    ("rows", "roles"),
    [
        (1, (Role.PRIVACY_OFFICER,)),
        (500, (Role.PRIVACY_OFFICER,)),
        (501, (Role.PRIVACY_OFFICER, Role.OWNER)),
    ],
)
def test_a_list_above_500_rows_needs_the_owner_too(rows, roles):
    assert required_roles(rows) == roles
    assert a_list(rows).roles == roles


@pytest.mark.parametrize("rows", [1, LARGE_RELEASE_ROWS, LARGE_RELEASE_ROWS + 1])
def test_the_policies_ask_for_as_many_approvals_as_the_rule_here(rows):
    policies = PolicySet.load(*shipped())
    ask = Ask(
        role=Role.CONSULTANT,
        action=Action.RELEASE_COLLECT,
        purpose=Purpose.APPLICATION,
        field="name",
        field_class="name",
        rows=rows,
        case_open=True,
        basis=True,
    )
    needed = len(required_roles(rows))
    assert policies.decide(ask.but(approvals=needed)).permitted
    assert not policies.decide(ask.but(approvals=needed - 1)).permitted


def test_the_officer_approves_a_look():
    (approval,) = approved(LOOK, OFFICER)
    assert (approval.h, approval.approver, approval.role, approval.device) == (
        LOOK.h,
        OFFICER.id,
        Role.PRIVACY_OFFICER,
        "d_two",
    )
    assert valid_approvals(LOOK, [approval], NOW) == (approval,)
    assert missing_roles(LOOK, [approval], NOW) == ()


@pytest.mark.parametrize(
    ("request_", "seconds"), [(LOOK, 15 * 60), (a_list(3), 7 * 24 * 3600)], ids=["look", "release"]
)
def test_an_approval_dies_after_15_minutes_or_7_days(request_, seconds):
    (approval,) = approved(request_, OFFICER)
    end = NOW + seconds * SECOND
    assert valid_approvals(request_, [approval], end - 1)
    assert not valid_approvals(request_, [approval], end)
    with pytest.raises(ApprovalExpiredError):
        check_approved(request_, [approval], end)


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.CONSULTANT, Role.MARKETING, Role.OWNER])
def test_only_the_officer_approves_a_look(role):
    with pytest.raises(WrongApproverError):
        grant(LOOK, actor("other", role), [], now=NOW, random=RANDOM)


def test_the_owner_does_not_approve_a_small_list():
    with pytest.raises(WrongApproverError):
        grant(a_list(500), OWNER, [], now=NOW, random=RANDOM)


@pytest.mark.parametrize("people", [(OFFICER, OWNER), (OWNER, OFFICER)])
def test_a_large_list_has_its_two_approvals_in_either_order(people):
    given = approved(a_list(600), *people)
    assert {one.approver for one in check_approved(a_list(600), given, NOW)} == {OFFICER.id, OWNER.id}


def test_two_officers_are_not_officer_and_owner():
    given = approved(a_list(600), OFFICER)
    with pytest.raises(SecondApprovalError):
        grant(a_list(600), OFFICER_2, given, now=NOW, random=RANDOM)
    assert missing_roles(a_list(600), given, NOW) == (Role.OWNER,)


def test_two_officers_in_the_store_count_as_one_role():
    (first,) = approved(a_list(600), OFFICER)
    second = replace(first, id="z", approver=OFFICER_2.id)
    assert valid_approvals(a_list(600), [first, second], NOW) == (first,)


def test_an_officer_who_became_owner_is_still_one_person():
    given = approved(a_list(600), OFFICER)
    with pytest.raises(SecondApprovalError):
        grant(a_list(600), replace(OFFICER, role=Role.OWNER), given, now=NOW, random=RANDOM)
    forged = (*given, replace(given[0], id="z", role=Role.OWNER))
    assert missing_roles(a_list(600), forged, NOW) == (Role.OWNER,)


def test_an_expired_approval_can_be_given_again():
    old = approved(LOOK, OFFICER)
    later = NOW + DAY
    fresh = grant(LOOK, OFFICER, old, now=later, random=RANDOM)
    assert valid_approvals(LOOK, [*old, fresh], later) == (fresh,)


def test_nothing_given_is_said_as_such():
    with pytest.raises(ApprovalRequiredError, match="privacy_officer"):
        check_approved(LOOK, [], NOW)


def test_one_of_two_is_said_with_the_other():
    with pytest.raises(ApprovalRequiredError, match="owner"):
        check_approved(a_list(600), approved(a_list(600), OFFICER), NOW)


def test_an_approval_of_another_request_is_void():
    with pytest.raises(ApprovalVoidError):
        check_approved(a_list(6), approved(a_list(5), OFFICER), NOW)


def test_an_approval_is_spent_once():
    (approval,) = approved(LOOK, OFFICER)
    used = spend(approval, "entry", NOW)
    assert used.used_by == "entry"
    assert not valid_approvals(LOOK, [used], NOW)
    with pytest.raises(ApprovalUsedError):
        spend(used, "entry2", NOW)
    with pytest.raises(ApprovalUsedError):
        check_approved(LOOK, [used], NOW)


@pytest.mark.parametrize("now", [NOW - 1, NOW + 900 * SECOND])
def test_an_approval_is_not_spent_outside_its_time(now):
    (approval,) = approved(LOOK, OFFICER)
    with pytest.raises(ApprovalExpiredError):
        spend(approval, "entry", now)


def test_a_shared_device_is_a_fact():
    given = approved(LOOK, OFFICER)
    assert shared_device(given, OFFICER.device)
    assert not shared_device(given, CONSULTANT.device)


def test_nobody_approves_his_own_look():
    own = reveal_request(OFFICER.id, TOKENS[0], "phone", CASE)
    with pytest.raises(SelfApprovalError):
        grant(own, OFFICER, [], now=NOW, random=RANDOM)
    assert approved(own, OFFICER_2)
