"""Each forbid against the request that it is there for: refused with it, permitted without it."""

import pytest

from dyepack.terms.actor import Role
from dyepack.terms.purpose import Purpose
from dyepack.vault.errors import PolicyInvalidError
from dyepack.vault.policies import shipped
from dyepack.vault.policy import Action, Ask, Outcome, PolicySet

TEXTS, SCHEMA = shipped()
REVEAL = Ask(
    role=Role.CONSULTANT,
    action=Action.REVEAL,
    purpose=Purpose.CONSULT,
    field="phone",
    field_class="contact",
    state="open",
    minor=False,
    case_open=True,
    basis=True,
    quota=True,
)
COLLECT = REVEAL.but(
    action=Action.RELEASE_COLLECT, purpose=Purpose.APPLICATION, state="none", rows=501, approvals=2, quota=False
)
APPROVE = Ask(
    role=Role.OWNER,
    action=Action.RELEASE_APPROVE,
    purpose=Purpose.APPROVE,
    rows=501,
    case_open=True,
    self_request=False,
)
ATTACKS = {
    "base.held": REVEAL.but(state="held"),
    "base.locked": REVEAL.but(state="locked"),
    "base.record_named": REVEAL.but(state="none"),
    "base.case": REVEAL.but(case_open=False),
    "base.basis": REVEAL.but(basis=False),
    "base.minor": REVEAL.but(minor=True),
    "base.quota": REVEAL.but(quota=False),
    "base.self_approval": APPROVE.but(self_request=True),
    "base.release_empty": REVEAL.but(action=Action.RELEASE_REQUEST, purpose=Purpose.APPLICATION, state="none", rows=0),
    "base.release_approved": COLLECT.but(rows=500, approvals=0),
    "base.release_large": COLLECT.but(approvals=1),
}


def without(rule: str) -> PolicySet:
    """The shipped set with one forbid taken out."""
    text = TEXTS["00-base.cedar"]
    start = text.index(f'@id("{rule}")')
    end = text.index(";", text.index("forbid (", start)) + 1
    return PolicySet.load({**TEXTS, "00-base.cedar": text[:start] + text[end:]}, SCHEMA)


@pytest.fixture(scope="module")
def policies() -> PolicySet:
    return PolicySet.load(TEXTS, SCHEMA)


def test_every_forbid_has_its_attack(policies):
    assert set(ATTACKS) == {rule.id for rule in policies.rules.values() if not rule.permits}


@pytest.mark.parametrize("rule", sorted(ATTACKS))
def test_the_attack_fails_by_this_forbid_alone(policies, rule):
    decision = policies.decide(ATTACKS[rule])
    assert decision.outcome is Outcome.DENY
    assert decision.rules == (rule,)
    assert without(rule).decide(ATTACKS[rule]).permitted


@pytest.mark.parametrize("ask", [REVEAL, COLLECT, APPROVE])
def test_the_same_requests_without_the_attack_are_permitted(policies, ask):
    assert policies.decide(ask).permitted


@pytest.mark.parametrize(
    "rule",
    [
        'permit (principal == Actor::"a_owner", action, resource)',
        'permit (principal in Actor::"a_owner", action, resource)',
        'permit (principal, action, resource in Record::"r1_x")',
        'permit (principal, action, resource) when { [Actor::"_"].contains(principal) }',
        'permit (principal, action, resource) unless { resource != Record::"_" }',
    ],
)
def test_no_policy_names_a_person_or_a_record(rule):
    text = f'@id("house.favor") @why_zh("无") @why_en("none") {rule};'
    with pytest.raises(PolicyInvalidError):
        PolicySet.load({**TEXTS, "90-institution.cedar": text}, SCHEMA)


def test_an_institution_cannot_replace_a_shipped_forbid_by_its_id():
    text = '@id("base.minor") @why_zh("无") @why_en("none") forbid (principal, action, resource) when { false };'
    with pytest.raises(PolicyInvalidError, match="used twice"):
        PolicySet.load({**TEXTS, "90-institution.cedar": text}, SCHEMA)


def test_an_institution_cannot_permit_past_a_forbid():
    text = '@id("house.all") @why_zh("无") @why_en("none") permit (principal, action, resource);'
    policies = PolicySet.load({**TEXTS, "90-institution.cedar": text}, SCHEMA)
    for ask in ATTACKS.values():
        assert not policies.decide(ask).permitted


@pytest.mark.parametrize("field", ["phone", "wechat", "name", "citizen_id", "remark"])
@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.MARKETING])
def test_front_desk_and_marketing_never_see_a_field(policies, role, field):
    for purpose in Purpose:
        for kind in ("name", "contact", "identity", "plan", "guardian"):
            assert not policies.possible(REVEAL.but(role=role, purpose=purpose, field=field, field_class=kind))


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.CONSULTANT}))
def test_nobody_but_a_consultant_takes_a_list_out(policies, role):
    for purpose in Purpose:
        for action in (Action.RELEASE_REQUEST, Action.RELEASE_COLLECT):
            assert not policies.possible(COLLECT.but(role=role, action=action, purpose=purpose))
