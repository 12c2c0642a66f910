"""Attempts to get by the second person. Each must fail."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dyepack.govern import grant, release_request, reveal_request, shared_device, spend, valid_approvals
from dyepack.govern.errors import SelfApprovalError
from dyepack.terms.actor import CLI_DEVICE, Actor, Role
from dyepack.terms.ids import encode_id, record_token
from dyepack.terms.purpose import Purpose

NOW = 1_000_000_000
MINUTE = 60_000_000
RECORD = record_token(bytes(16))
OTHER_RECORD = record_token(b"\x01" * 16)
CASE = "c_" + encode_id(bytes(16))


class Counting:
    def __init__(self):
        self.calls = 0

    def token_bytes(self, size: int) -> bytes:
        self.calls += 1
        return self.calls.to_bytes(size, "big")


RANDOM = Counting()
REQUESTER = Actor(id="a_" + "r" * 26, role=Role.CONSULTANT, device=CLI_DEVICE)
OFFICER = Actor(id="a_" + "p" * 26, role=Role.PRIVACY_OFFICER, device="d_" + "p" * 26)
LOOK = reveal_request(REQUESTER.id, RECORD, "phone", CASE)
APPROVAL = grant(LOOK, OFFICER, [], now=NOW, random=RANDOM)


def test_a_used_approval_does_not_open_again():
    used = spend(APPROVAL, "first", NOW)
    assert not valid_approvals(LOOK, [used], NOW)


@pytest.mark.parametrize(
    "request_",
    [
        reveal_request(REQUESTER.id, OTHER_RECORD, "phone", CASE),
        reveal_request(REQUESTER.id, RECORD, "wechat", CASE),
        reveal_request(REQUESTER.id, RECORD, "phone", "c_" + encode_id(b"\x01" * 16)),
        reveal_request("a_" + "q" * 26, RECORD, "phone", CASE),
    ],
    ids=["another record", "another field", "another case", "another actor"],
)
def test_an_approval_does_not_serve_a_neighboring_request(request_):
    assert not valid_approvals(request_, [APPROVAL], NOW)


def test_a_look_approved_is_no_release_approved():
    release = release_request(
        REQUESTER.id,
        release=encode_id(bytes(16)),
        case=CASE,
        purpose=Purpose.APPLICATION,
        fields=["phone"],
        holder=encode_id(bytes(16)),
        tokens=[RECORD],
    )
    assert not valid_approvals(release, [APPROVAL], NOW)


@pytest.mark.parametrize("now", [NOW - 1, NOW + 15 * MINUTE, NOW + 10**15])
def test_a_clock_set_back_or_a_late_use_does_not_help(now):
    assert not valid_approvals(LOOK, [APPROVAL], now)


def test_an_own_approval_does_not_count_even_if_it_was_written_into_the_store():
    forged = replace(APPROVAL, approver=REQUESTER.id)
    assert not valid_approvals(LOOK, [forged], NOW)


def test_the_requester_cannot_approve_in_another_role():
    promoted = replace(REQUESTER, role=Role.PRIVACY_OFFICER)
    with pytest.raises(SelfApprovalError):
        grant(LOOK, promoted, [], now=NOW, random=RANDOM)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PRIVACY_OFFICER}))
def test_an_approval_by_another_role_does_not_count(role):
    assert not valid_approvals(LOOK, [replace(APPROVAL, role=role)], NOW)


def test_one_approval_copied_is_one():
    copies = [replace(APPROVAL, id=str(number)) for number in range(5)]
    assert len(valid_approvals(LOOK, copies, NOW)) == 1


def test_a_second_account_on_the_same_device_is_not_told_apart_but_said():
    """The named limitation: one account is taken for one person; the shared device stands in the entry."""
    second_account = Actor(id="a_" + "s" * 26, role=Role.PRIVACY_OFFICER, device=CLI_DEVICE)
    given_ = grant(LOOK, second_account, [], now=NOW, random=RANDOM)
    assert valid_approvals(LOOK, [given_], NOW)
    assert shared_device([given_], REQUESTER.device)


@settings(max_examples=60, deadline=None)
@given(
    h=st.binary(min_size=32, max_size=32),
    at=st.integers(0, 2 * NOW),
    life=st.integers(0, 60 * MINUTE),
    approver=st.sampled_from([REQUESTER.id, OFFICER.id]),
    role=st.sampled_from(list(Role)),
    used=st.sampled_from([None, "x"]),
    right=st.booleans(),
)
def test_only_a_living_unused_approval_of_this_request_by_the_officer_counts(h, at, life, approver, role, used, right):
    made = replace(
        APPROVAL, h=LOOK.h if right else h, at=at, expires=at + life, approver=approver, role=role, used_by=used
    )
    expected = (
        right and used is None and approver == OFFICER.id and role is Role.PRIVACY_OFFICER and at <= NOW < at + life
    )
    assert bool(valid_approvals(LOOK, [made], NOW)) is expected
