"""The path of a release: every (state, event, role), the guards, the timers, and random walks."""

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dyepack.govern import (
    HOUSE_COOLING,
    Cooling,
    ReleaseEvent,
    ReleaseItem,
    ReleaseState,
    advance,
    cooling_of,
    release_request,
    settle,
    submit,
    timer,
    valid_approvals,
)
from dyepack.govern.errors import (
    ApprovalExpiredError,
    CoolingError,
    EventNotAllowedError,
    GovernError,
    SecondApprovalError,
    SelfApprovalError,
    WrongApproverError,
    WrongPersonError,
)
from dyepack.govern.release import HOUR, WAIT
from dyepack.terms.actor import Actor, Role
from dyepack.terms.ids import encode_id, record_token
from dyepack.terms.purpose import Purpose

S, E = ReleaseState, ReleaseEvent
NOW = 1_000_000_000_000
TOKENS = [record_token(number.to_bytes(16, "big")) for number in range(601)]


class Counting:
    def __init__(self):
        self.calls = 0

    def token_bytes(self, size: int) -> bytes:
        self.calls += 1
        return self.calls.to_bytes(size, "big")


RANDOM = Counting()


def person(letter: str, role: Role) -> Actor:
    return Actor(id="a_" + letter * 26, role=role, device="d_" + letter * 26)


REQUESTER = person("r", Role.CONSULTANT)
OFFICER = person("p", Role.PRIVACY_OFFICER)
OWNER = person("o", Role.OWNER)


def asked(rows=3, fields=("name", "phone"), requester=REQUESTER):
    return release_request(
        requester.id,
        release=encode_id(bytes(16)),
        case="c_" + encode_id(bytes(16)),
        purpose=Purpose.APPLICATION,
        fields=fields,
        holder=encode_id(bytes(16)),
        tokens=TOKENS[:rows],
    )


def go(item: ReleaseItem, event, actor=None, *, now=NOW, hours=4, edited=None):
    cooling = Cooling(hours=hours, usual=4)
    return advance(item, event, actor, now=now, random=RANDOM, cooling=cooling, edited=edited)


def item_in(state: ReleaseState) -> ReleaseItem:
    """A large release that came to a state by the proper way, with its timers due an hour from NOW."""
    item = submit(asked(rows=501), NOW - WAIT + HOUR)
    before = NOW - 4 * HOUR
    if state is S.SUBMITTED:
        return item
    if state is S.VOID:
        return go(item, E.REJECT, OFFICER).item
    item = go(item, E.APPROVE, OFFICER, now=before).item
    if state is S.HALF:
        return item
    item = go(item, E.APPROVE, OWNER, now=before).item
    if state is S.COOLING:
        return item
    item = go(item, E.COOLED).item
    return item if state is S.READY else go(item, E.COLLECT, REQUESTER).item


ALLOWED = {
    (S.SUBMITTED, E.APPROVE, Role.PRIVACY_OFFICER): S.HALF,
    (S.SUBMITTED, E.APPROVE, Role.OWNER): S.HALF,
    (S.HALF, E.APPROVE, Role.OWNER): S.COOLING,
    (S.SUBMITTED, E.EDIT, Role.CONSULTANT): S.SUBMITTED,
    (S.HALF, E.EDIT, Role.CONSULTANT): S.SUBMITTED,
    (S.COOLING, E.EDIT, Role.CONSULTANT): S.SUBMITTED,
    **{
        (state, E.REJECT, role): S.VOID
        for state in (S.SUBMITTED, S.HALF, S.COOLING, S.READY)
        for role in (Role.PRIVACY_OFFICER, Role.OWNER)
    },
    **{(state, E.EXPIRE, None): S.VOID for state in (S.SUBMITTED, S.HALF, S.READY, S.COOLING)},
    (S.COOLING, E.COOLED, None): S.READY,
    (S.READY, E.COLLECT, Role.CONSULTANT): S.COLLECTED,
}
PEOPLE = {Role.CONSULTANT: REQUESTER, Role.PRIVACY_OFFICER: OFFICER, Role.OWNER: OWNER, None: None}


@pytest.mark.parametrize(("state", "event", "role"), list(product(S, E, [*Role, None])))
def test_exactly_the_listed_steps_are_possible(state, event, role):
    item = item_in(state)
    assert item.state is state
    actor = PEOPLE[role] if role in PEOPLE else person("x", role)
    now = max(NOW, item.due) if event is E.EXPIRE else NOW
    edited = asked(rows=502) if event is E.EDIT else None

    if (state, event, role) in ALLOWED:
        step = go(item, event, actor, now=now, edited=edited)
        assert step.item.state is ALLOWED[state, event, role]
        assert step.item.version == item.version + 1
    else:
        with pytest.raises((EventNotAllowedError, SecondApprovalError, CoolingError)):
            go(item, event, actor, now=now, edited=edited)


def test_a_small_release_needs_the_officer_alone():
    step = go(submit(asked(rows=500), NOW), E.APPROVE, OFFICER)
    assert step.item.state is S.COOLING
    assert step.granted in step.item.approvals


def test_the_owner_cannot_approve_a_small_release():
    with pytest.raises(WrongApproverError):
        go(submit(asked(rows=500), NOW), E.APPROVE, OWNER)


def test_an_officer_who_asks_does_not_approve():
    with pytest.raises(SelfApprovalError):
        go(submit(asked(requester=OFFICER), NOW), E.APPROVE, OFFICER)


def test_the_same_officer_does_not_approve_twice():
    with pytest.raises(SecondApprovalError):
        go(item_in(S.HALF), E.APPROVE, OFFICER)


def test_an_edit_makes_every_approval_void_and_begins_anew():
    item = item_in(S.COOLING)
    step = go(item, E.EDIT, REQUESTER, edited=asked(rows=501, fields=("name", "phone", "citizen_id")))
    assert step.voided == item.approvals
    assert step.item.approvals == ()
    assert step.item.ready_at == 0
    assert step.item.due == NOW + WAIT
    assert not valid_approvals(step.item.request, item.approvals, NOW)


def test_an_edit_that_changes_nothing_changes_nothing():
    item = item_in(S.HALF)
    step = go(item, E.EDIT, REQUESTER, edited=item.request)
    assert step.item == item
    assert step.voided == ()


@pytest.mark.parametrize("edited", [None, replace(asked(), requester="a_other"), replace(asked(), release="other")])
def test_an_edit_cannot_become_another_persons_request(edited):
    with pytest.raises(ValueError, match="same requester"):
        go(item_in(S.HALF), E.EDIT, REQUESTER, edited=edited)


@pytest.mark.parametrize(("state", "event"), [(S.READY, E.COLLECT), (S.HALF, E.EDIT)])
def test_another_consultant_neither_edits_nor_collects(state, event):
    with pytest.raises(WrongPersonError):
        go(item_in(state), event, person("x", Role.CONSULTANT), edited=asked(rows=502))


def test_collecting_uses_the_approvals_up():
    item = item_in(S.READY)
    step = go(item, E.COLLECT, REQUESTER)
    assert step.spent == item.approvals
    assert not step.shared_device


def test_a_device_shared_with_an_approver_is_said():
    step = go(item_in(S.READY), E.COLLECT, replace(REQUESTER, device=OWNER.device))
    assert step.shared_device


def test_nothing_is_collected_while_it_cools():
    item = go(submit(asked(), NOW), E.APPROVE, OFFICER, hours=4).item
    with pytest.raises(CoolingError, match="240 minutes"):
        go(item, E.COLLECT, REQUESTER)
    with pytest.raises(CoolingError, match="1 minutes"):
        go(item, E.COLLECT, REQUESTER, now=NOW + 4 * HOUR - 1)
    assert settle(item, NOW + 4 * HOUR - 1) == ()
    with pytest.raises(EventNotAllowedError):
        go(item, E.COOLED, now=NOW + 4 * HOUR - 1)


def test_without_cooling_it_is_ready_at_once():
    item = go(submit(asked(), NOW), E.APPROVE, OFFICER, hours=0).item
    (step,) = settle(item, NOW)
    assert step.item.state is S.READY
    assert go(step.item, E.COLLECT, REQUESTER).item.state is S.COLLECTED


def test_a_timer_that_fires_twice_changes_nothing():
    item = go(item_in(S.COOLING), E.COOLED).item
    with pytest.raises(EventNotAllowedError):
        go(item, E.COOLED)
    assert timer(item, NOW) is None


def test_what_nobody_approves_ends_after_seven_days():
    item = submit(asked(), NOW)
    assert timer(item, NOW + WAIT - 1) is None
    (step,) = settle(item, NOW + WAIT)
    assert step.item.state is S.VOID


def test_what_nobody_collects_ends_after_seven_days():
    item = go(item_in(S.COOLING), E.COOLED).item
    (step,) = settle(item, NOW + WAIT)
    assert step.item.state is S.VOID
    assert step.voided == item.approvals


def test_an_approval_that_died_while_waiting_does_not_open():
    item = go(item_in(S.COOLING), E.COOLED).item
    with pytest.raises(ApprovalExpiredError):
        go(item, E.COLLECT, REQUESTER, now=item.approvals[0].expires)


def test_a_release_whose_approvals_died_while_cooling_never_gets_ready():
    item = go(submit(asked(), NOW), E.APPROVE, OFFICER, hours=24 * 8).item
    assert timer(item, item.ready_at) is None
    with pytest.raises(EventNotAllowedError):
        go(item, E.COOLED, now=item.ready_at)
    (step,) = settle(item, item.due)
    assert step.item.state is S.VOID


def test_an_expired_first_approval_does_not_count_with_the_second():
    item = submit(asked(rows=501), NOW)
    half = go(item, E.APPROVE, OFFICER).item
    late = go(replace(half, due=NOW + 2 * WAIT), E.APPROVE, OWNER, now=NOW + WAIT).item
    assert late.state is S.HALF


@pytest.mark.parametrize(("rows", "hours"), [(1, 0), (50, 0), (51, 4), (500, 4), (501, 24), (100_000, 24)])
def test_the_cooling_grows_with_the_size(rows, hours):
    assert HOUSE_COOLING.hours(rows) == hours
    assert cooling_of(rows) == Cooling(hours=hours, usual=hours)
    assert not cooling_of(rows).weaker


def test_a_shorter_cooling_than_the_default_is_a_fact():
    assert cooling_of(501, 0).weaker
    assert cooling_of(501, 23).weaker
    assert not cooling_of(501, 24).weaker
    assert not cooling_of(50, 0).weaker
    assert cooling_of(501, 0).hours == 0


def test_a_negative_cooling_is_refused():
    with pytest.raises(ValueError, match="negative"):
        cooling_of(1, -1)


ACTORS = [REQUESTER, OFFICER, OWNER, person("q", Role.PRIVACY_OFFICER), person("x", Role.CONSULTANT), None]
LIKELY = [(E.APPROVE, OFFICER), (E.APPROVE, OWNER), (E.COOLED, None), (E.COLLECT, REQUESTER), (E.EDIT, REQUESTER)]
STEP = st.tuples(
    st.one_of(st.sampled_from(LIKELY), st.tuples(st.sampled_from(list(E)), st.sampled_from(ACTORS))),
    st.sampled_from([0, 1, HOUR, 5 * HOUR, 30 * HOUR, WAIT]),
    st.sampled_from([3, 500, 501, 600]),
)


@settings(max_examples=150, deadline=None)
@given(
    rows=st.sampled_from([3, 501]),
    hours=st.sampled_from([0, 4, 24]),
    steps=st.lists(STEP, max_size=14),
)
def test_no_walk_reaches_ready_or_collected_without_its_approvals(rows, hours, steps):
    item, now = submit(asked(rows=rows), NOW), NOW
    granted, voided = [], []
    for (event, actor), wait, size in steps:
        now += wait
        before = item
        try:
            step = go(item, event, actor, now=now, hours=hours, edited=asked(rows=size) if event is E.EDIT else None)
        except GovernError:
            assert item == before
            continue
        item = step.item
        granted += [step.granted] if step.granted else []
        voided += step.voided
        if item.state in {S.READY, S.COLLECTED}:
            valid = valid_approvals(item.request, granted, now)
            assert {approval.role for approval in valid} == set(item.request.roles)
            assert len({approval.approver for approval in valid}) == len(valid)
            assert REQUESTER.id not in {approval.approver for approval in valid}
            assert not set(valid) & set(voided)
        if item.state is S.COLLECTED:
            assert actor is REQUESTER
            assert now >= item.ready_at
            assert len(step.spent) == len(item.request.roles)
