"""The role table: what is written by hand, what the policies say, and what the page says are one."""

import tomllib
from importlib.resources import files
from itertools import product
from pathlib import Path

import pytest

from dyepack.terms.actor import Role
from dyepack.terms.purpose import Purpose
from dyepack.vault.catalog import CATALOG
from dyepack.vault.policies import shipped
from dyepack.vault.policy import BEST_SITUATION, Action, Ask, Outcome, PolicySet
from dyepack.vault.policy_table import render
from dyepack.vault.policy_words import ACTIONS, PURPOSES, ROLES
from dyepack.vault.refusal import refusal

FIXTURES = files("dyepack.vault.policies").joinpath("tests")
ROLE_TABLE = tomllib.loads(FIXTURES.joinpath("roles.toml").read_text(encoding="utf-8"))
CASES = tomllib.loads(FIXTURES.joinpath("cases.toml").read_text(encoding="utf-8"))["case"]
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "policy.md"


@pytest.fixture(scope="module")
def policies() -> PolicySet:
    return PolicySet.load(*shipped())


def ask_of(facts: dict) -> Ask:
    return Ask(
        **{
            **facts,
            "role": Role(facts["role"]),
            "action": Action(facts["action"]),
            "purpose": Purpose(facts["purpose"]),
        }
    )


@pytest.mark.parametrize(("role", "action"), list(product(Role, Action)))
def test_every_combination_of_role_action_and_purpose_is_as_written(policies, role, action):
    state = "held" if action is Action.ADMIT else "open"
    ask = Ask(role=role, action=action, purpose=Purpose.CASE, field="phone", field_class="contact", state=state)

    permitted = {p for p in Purpose if policies.possible(ask.but(purpose=p, rows=501))}

    assert permitted == set(ROLE_TABLE[role].get(action, []))


@pytest.mark.parametrize(("role", "purpose", "state"), list(product(Role, Purpose, ["held", "locked"])))
def test_what_is_held_or_locked_is_used_by_nobody(policies, role, purpose, state):
    allowed = {Action.ADMIT, Action.ERASE} if state == "held" else set()

    for action in set(Action) - allowed:
        ask = Ask(role=role, action=action, purpose=purpose, field="phone", field_class="contact", state=state)
        assert not policies.possible(ask.but(rows=501)), action


@pytest.mark.parametrize(("role", "purpose"), list(product(Role, Purpose)))
def test_with_every_fact_at_its_worst_no_person_is_seen(policies, role, purpose):
    looks = {a for a in Action if a not in {Action.LOOKS, Action.INTAKE, Action.ERASE, Action.TRACE, Action.VERDICT}}

    for action in looks:
        state = "held" if action is Action.ADMIT else "open"
        assert not policies.decide(Ask(role=role, action=action, purpose=purpose, state=state)).permitted, action


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_request_is_decided_as_its_fixture_says(policies, case):
    ask = ask_of(case["ask"])

    decision = policies.decide(ask)

    assert decision.outcome == case["outcome"]
    assert list(decision.rules) == case.get("rules", [])
    assert list(decision.missing) == case.get("missing", [])
    assert list(decision.purposes) == case.get("purposes", [])
    assert not decision.broken
    if "code" in case:
        assert refusal(ask, decision).code == case["code"]


def test_every_refusal_has_a_sentence_in_both_languages_without_blanks(policies):
    for case in CASES:
        ask = ask_of(case["ask"])
        decision = policies.decide(ask)
        assert decision.why_zh
        assert decision.why_en
        if decision.outcome is not Outcome.PERMIT:
            error = refusal(ask, decision, cap=3)
            assert "?" not in error.sentence("en") + error.sentence("zh")


def test_every_word_of_a_refusal_is_there():
    assert set(ROLES) == set(Role)
    assert set(ACTIONS) == set(Action)
    assert set(PURPOSES) == set(Purpose)


def test_every_role_has_one_file(policies):
    by_file = {rule.file: rule.id.split(".")[0] for rule in policies.rules.values() if rule.permits}
    assert by_file == {f"10-{role}.cedar": role for role in Role}
    assert {rule.file for rule in policies.rules.values() if not rule.permits} == {"00-base.cedar"}


@pytest.mark.parametrize("field", sorted(CATALOG))
def test_the_privacy_officer_may_see_any_field_of_the_catalog_in_a_case(policies, field):
    ask = Ask(role=Role.PRIVACY_OFFICER, action=Action.REVEAL, purpose=Purpose.CASE, state="open")
    assert policies.possible(ask.but(field=field, field_class=CATALOG[field].kind.word))


def test_the_page_of_the_role_table_is_what_the_policies_enumerate_to(policies):
    page = render(policies, {field.name: field.kind.word for field in CATALOG.values()})
    assert PAGE.read_text(encoding="utf-8") == page


def test_the_page_changes_with_a_policy(policies):
    texts, schema = shipped()
    changed = {**texts, "10-front_desk.cedar": texts["10-front_desk.cedar"].replace('"visit"', '"consult"')}
    page = render(PolicySet.load(changed, schema), {})
    assert "| `front_desk` | `search` | consult 咨询 |" in page
    assert page != render(policies, {})


def test_the_best_situation_names_real_facts():
    ask = Ask(role=Role.OWNER, action=Action.LIST, purpose=Purpose.SUPERVISE)
    assert all(getattr(ask, name) != best for name, best in BEST_SITUATION.items())
