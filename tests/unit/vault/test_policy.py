"""Reading a policy set, deciding, and every trap of the engine."""

import json
from concurrent.futures import ThreadPoolExecutor

import cedarpy
import pytest

from dyepack.terms.actor import Role
from dyepack.terms.purpose import Purpose
from dyepack.vault.errors import PolicyInvalidError
from dyepack.vault.policies import shipped
from dyepack.vault.policy import Action, Ask, Outcome, PolicySet
from dyepack.vault.refusal import refusal

TEXTS, SCHEMA = shipped()
WHY = '@why_zh("因为") @why_en("because")'
PERMIT = f'@id("a.permit") {WHY} permit (principal in Role::"owner", action == Action::"list", resource);'


def asked(**facts):
    return Ask(**{"role": Role.OWNER, "action": Action.LIST, "purpose": Purpose.SUPERVISE, **facts})


def loaded(*rules: str) -> PolicySet:
    return PolicySet.load({f"{number:02}.cedar": rule for number, rule in enumerate((PERMIT, *rules))}, SCHEMA)


@pytest.fixture(scope="module")
def policies() -> PolicySet:
    return PolicySet.load(TEXTS, SCHEMA)


def test_a_rule_is_named_by_its_id_and_not_by_its_position():
    assert loaded().decide(asked()).rules == ("a.permit",)


def test_text_alone_would_lose_the_names():
    rules = json.loads(cedarpy.policies_to_json_str(PERMIT))["staticPolicies"]
    assert list(rules) == ["policy0"]


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (f"{WHY} permit (principal, action, resource);", "no @id"),
        (f'@id("") {WHY} permit (principal, action, resource);', "no @id"),
        (f'@id("a permit") {WHY} permit (principal, action, resource);', "no @id"),
        (f'@id("{"a" * 30}.bcd") {WHY} permit (principal, action, resource);', "no @id"),
        (f'@id("a.12345") {WHY} permit (principal, action, resource);', "no @id"),
        (f'@id("a.permit") {WHY} permit (principal, action, resource);', "used twice"),
        (f'@id("b.b") @id("b.c") {WHY} permit (principal, action, resource);', "duplicate annotation"),
        ('@id("b.b") @why_zh("因为") permit (principal, action, resource);', "no @why_zh and @why_en"),
        ('@id("b.b") @why_en("because") permit (principal, action, resource);', "no @why_zh and @why_en"),
        (f'@id("b.b") {WHY} permit (principal == ?principal, action, resource);', "templates"),
        (f'@id("b.b") {WHY} permit (principal == Actor::"_", action, resource);', "names a person"),
        (
            f'@id("b.b") {WHY} permit (principal, action, resource) when {{ principal == Actor::"li" }};',
            "names a person",
        ),
        (f'@id("b.b") {WHY} permit (principal, action, resource == Record::"r1_a");', "names a person"),
        (f'@id("b.b") {WHY} permit (principal in Role::"boss", action, resource);', "a role that does not exist"),
        (f'@id("b.b") {WHY} permit (principal, action == Action::"fly", resource);', "fly"),
        (f'@id("b.b") {WHY} forbid (principal, action, resource) when {{ context.caseopen }};', "caseopen"),
        (f'@id("b.b") {WHY} forbid (principal, action, resource) when {{ context.rows }};', "expected Bool"),
        (f'@id("b.b") {WHY} forbid (principal, action', "unexpected"),
    ],
)
def test_a_rule_that_could_not_be_trusted_stops_the_load(rule, problem):
    with pytest.raises(PolicyInvalidError) as caught:
        loaded(rule)
    assert problem in str(caught.value)
    assert caught.value.facts["file"] == "01.cedar"


@pytest.mark.parametrize("texts", [{}, {"a.cedar": PERMIT.replace("permit (", "forbid (")}])
def test_a_set_that_permits_nothing_is_an_error(texts):
    with pytest.raises(PolicyInvalidError, match="no rule permits anything"):
        PolicySet.load(texts, SCHEMA)


def test_a_broken_schema_is_an_error():
    with pytest.raises(PolicyInvalidError, match="schema"):
        PolicySet.load(TEXTS, "entity Role")


def test_a_file_name_that_is_not_ascii_is_an_error():
    with pytest.raises(PolicyInvalidError, match="ASCII"):
        PolicySet.load({"规则.cedar": PERMIT}, SCHEMA)


def test_a_forbid_that_errors_is_a_denial():
    overflow = (
        f'@id("b.b") {WHY} forbid (principal, action, resource) when {{ context.rows * 4611686018427387904 > 0 }};'
    )
    policies = loaded(overflow)

    decision = policies.decide(asked(rows=2))

    assert decision.outcome is Outcome.DENY
    assert decision.broken
    assert refusal(asked(rows=2), decision).code == "vault.denied"


def test_the_engine_alone_would_have_skipped_that_forbid():
    overflow = "forbid (principal, action, resource) when { context.rows * 4611686018427387904 > 0 };"
    request = {
        "principal": {"type": "Actor", "id": "_"},
        "action": {"type": "Action", "id": "list"},
        "resource": {"type": "Record", "id": "_"},
        "context": {"rows": 2},
    }
    text = "permit (principal, action, resource); " + overflow
    assert cedarpy.is_authorized(request, cedarpy.PolicySet.from_str(text), []).allowed


@pytest.mark.parametrize("lost", sorted(asked().context()))
def test_a_fact_that_is_missing_is_a_denial(policies, lost):
    ask = asked(state="open", minor=False, case_open=True, basis=True, quota=True)
    assert policies.decide(ask).permitted
    context = {name: value for name, value in ask.context().items() if name != lost}

    answer = policies._authorize(ask.action, policies._entities[ask.role, ask.state, ask.minor], context)

    assert answer.broken
    assert not answer.permitted


def test_a_fact_of_another_type_is_a_denial(policies):
    ask = asked(state="open", minor=False, case_open=True, basis=True, quota=True)
    context = {**ask.context(), "quota": "yes"}
    answer = policies._authorize(ask.action, policies._entities[ask.role, ask.state, ask.minor], context)
    assert answer.broken


def test_an_engine_that_does_not_decide_denies(policies, monkeypatch):
    silent = cedarpy.AuthzResult({"decision": "NoDecision", "diagnostics": {}})
    monkeypatch.setattr(cedarpy, "is_authorized", lambda *_: silent)
    decision = loaded().decide(asked())
    assert decision.outcome is Outcome.DENY
    assert decision.broken


def test_a_refused_list_says_how_many_approvals_are_missing_and_whose(policies):
    ask = Ask(
        role=Role.CONSULTANT,
        action=Action.RELEASE_COLLECT,
        purpose=Purpose.APPLICATION,
        field="name",
        field_class="name",
        case_open=True,
        basis=True,
    )
    for rows, approvals, missing, roles in (
        (500, 0, 1, "privacy_officer"),
        (501, 0, 2, "privacy_officer, owner"),
        (501, 1, 1, "privacy_officer, owner"),
    ):
        request = ask.but(rows=rows, approvals=approvals)
        assert refusal(request, policies.decide(request)).facts == {"missing": missing, "role": roles}


def test_facts_outside_the_closed_lists_are_refused():
    for wrong in ({"state": "gone"}, {"grade": "E4"}, {"approvals": -1}, {"rows": 2**53}):
        with pytest.raises(ValueError, match=r"closed list|count"):
            asked(**wrong)


def test_what_a_caller_leaves_out_permits_least(policies):
    ask = Ask(role=Role.PRIVACY_OFFICER, action=Action.RELEASE_APPROVE, purpose=Purpose.APPROVE)
    assert ask.minor
    assert ask.self_request
    assert not policies.decide(ask).permitted


def test_a_gap_is_what_no_permit_speaks_of():
    policies = loaded(
        f'@id("b.b") {WHY} permit (principal in Role::"consultant", action == Action::"reveal", resource) '
        'when { ["consult"].contains(context.purpose) && "contact" == context.class };'
    )
    reveal = asked(role=Role.CONSULTANT, action=Action.REVEAL, purpose=Purpose.CONSULT, field_class="contact")

    assert policies.decide(reveal).outcome is Outcome.PERMIT
    assert policies.decide(reveal.but(role=Role.MARKETING)).outcome is Outcome.GAP
    assert policies.decide(reveal.but(purpose=Purpose.CASE)).outcome is Outcome.GAP
    assert policies.decide(reveal.but(field_class="money")).outcome is Outcome.GAP
    assert policies.decide(reveal.but(role=Role.OWNER)).outcome is Outcome.DENY


def test_a_word_that_only_a_forbid_speaks_of_is_still_a_gap():
    policies = loaded(
        f'@id("b.b") {WHY} forbid (principal, action, resource) '
        'when { context.purpose == "consult" && context.rows > 5 };'
    )
    ask = asked(action=Action.REVEAL, purpose=Purpose.CONSULT)
    assert policies.decide(ask).outcome is Outcome.GAP


def test_either_of_two_ways_is_told_where_either_would_do():
    policies = loaded(
        f'@id("b.b") {WHY} permit (principal in Role::"owner", action == Action::"reveal", resource) '
        "when { context.motivated || context.approvals > 0 };"
    )
    assert policies.decide(asked(action=Action.REVEAL)).missing == ("approvals", "motivated")


def test_a_second_condition_that_no_forbid_speaks_of_is_told_too():
    policies = loaded(
        f'@id("b.b") {WHY} permit (principal in Role::"owner", action == Action::"reveal", resource) '
        "when { context.motivated && context.basis };"
    )
    decision = policies.decide(asked(action=Action.REVEAL))
    assert decision.missing == ("basis", "motivated")
    assert "legal basis" in decision.why_en
    assert "typed reason" in decision.why_en


def test_a_decision_is_asked_of_the_engine_once(policies, monkeypatch):
    fresh = PolicySet.load(TEXTS, SCHEMA)
    first = fresh.decide(asked())
    monkeypatch.setattr(fresh, "_evaluate", lambda ask: pytest.fail("asked again"))
    assert fresh.decide(asked()) is first


def test_the_cache_is_bounded(monkeypatch):
    monkeypatch.setattr("dyepack.vault.policy._CACHE_LIMIT", 3)
    policies = loaded()
    for rows in range(10):
        policies.decide(asked(rows=rows))
    assert len(policies._cache) <= 3


def test_the_digest_is_of_texts_and_schema(policies):
    assert len(policies.digest) == 43
    assert PolicySet.load(dict(reversed(TEXTS.items())), SCHEMA).digest == policies.digest
    assert PolicySet.load({**TEXTS, "90-institution.cedar": "// nothing"}, SCHEMA).digest != policies.digest
    assert PolicySet.load(TEXTS, SCHEMA + "// nothing").digest != policies.digest


def test_an_institution_can_forbid_more():
    rule = f'@id("house.no_lists") {WHY} forbid (principal, action == Action::"list", resource);'
    policies = PolicySet.load({**TEXTS, "90-institution.cedar": rule}, SCHEMA)
    decision = policies.decide(asked(state="open", case_open=True, quota=True))
    assert decision.rules == ("house.no_lists",)
    assert decision.why_en == "because"


def test_several_fields_are_all_or_nothing(policies):
    ask = Ask(
        role=Role.CONSULTANT,
        action=Action.RELEASE_REQUEST,
        purpose=Purpose.APPLICATION,
        case_open=True,
        basis=True,
        rows=5,
    )
    assert policies.decide_fields(ask, {"name": "name", "phone": "contact"}).permitted
    refused = policies.decide_fields(ask, {"name": "name", "score": "declared", "phone": "contact"})
    assert refused.outcome is Outcome.GAP


def test_no_field_is_no_permission(policies):
    with pytest.raises(ValueError, match="no field"):
        policies.decide_fields(asked(), {})


def test_a_permit_is_no_refusal(policies):
    decision = policies.decide(asked(state="open", case_open=True, quota=True))
    with pytest.raises(ValueError, match="no refusal"):
        refusal(asked(), decision)


def test_threads_get_the_same_decisions(policies):
    asks = [asked(role=role, rows=rows, case_open=True, quota=True) for role in Role for rows in range(5)]
    expected = [PolicySet.load(TEXTS, SCHEMA).decide(ask) for ask in asks]
    fresh = PolicySet.load(TEXTS, SCHEMA)
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(fresh.decide, asks * 4)) == expected * 4
