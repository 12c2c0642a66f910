import json
import math
import re
from pathlib import Path

import pytest

from dyepack.trace import SCHEMA, Verdict, decide, schema_markdown, verdict_json
from dyepack.trace.rounding import ceiling_printed, log10_printed, share_printed
from fakes.trace_worlds import copy_of, frame, hits, leak, mark, shown

ROOT = Path(__file__).parents[3]
NAMES = {"ann": "甲方留学", "bob": "Bright Path"}
COPIES = (copy_of("ann"), copy_of("bob"), copy_of("cat"))
EXPOSURES = (shown("ann", *range(40)), shown("bob", *range(20, 60)), shown("cat", 1, 2))

DESIGNED = {
    "": "schema engine frame inputs evidence decision statistical inside persons groups sensitivity items curve "
    "reliability exonerating next_canaries explanation",
    "engine": "version profile numpy python",
    "frame": "alpha k g gamma contact_field lag_seconds from to suspects records canary_space groups groups_source "
    "sha256",
    "inputs[]": "role name sha256 rows used refused reasons",
    "evidence": "complaints lists hits marks items",
    "evidence.lists[]": "list origin rows hard soft foreign strangers",
    "evidence.hits": "none extension name story list masked",
    "evidence.marks[]": "copy holder log10_e",
    "decision": "tier reason accused group unit statement",
    "decision.statement": "zh en",
    "statistical": "persons inside crossed_at",
    "statistical.crossed_at": "item at",
    "inside": "log10_e posterior_outside outside",
    "inside.outside[]": "group posterior",
    "persons[]": "actor posterior log10_e log10_e_max bound log10_d design exposures exposed_items attributed_items "
    "log10_numerator k_star g_star gamma_star exposure_ratio rival requirements accused",
    "persons[].design": "canaries hits log10_c copies",
    "persons[].design.copies[]": "copy log10_m",
    "persons[].rival": "actor shared",
    "persons[].requirements[]": "code met detail",
    "groups[]": "kind name members log10_e posterior k_star g_star gamma_star accused",
    "items[]": "item kind record at received_at readings exposed attribution",
    "items[].readings": "contact exact",
    "items[].attribution[]": "actor group share",
    "curve[]": "item at log10_e_person log10_e_group log10_e_inside",
    "reliability": "grade notes null_gap_log10 evaluations search_cut prior_mass_evaluated",
    "reliability.notes[]": "code detail",
    "exonerating[]": "actor code detail",
    "explanation": "finding strength rests_on assumptions refuters in_favor next_steps release_path",
    "explanation.release_path[]": "copy path",
}


@pytest.fixture(scope="module")
def verdict() -> Verdict:
    evidence = leak(tuple(range(30)), rows=40, found=hits("ann", 2), marks=(mark("ann", 3.0), mark("bob", -1.0)))
    return decide(frame(("ann", "bob", "cat")), EXPOSURES, [evidence], COPIES)


def at(value, path: str):
    for step in filter(None, path.split(".")):
        value = value[step.removesuffix("[]")]
        value = value[0] if step.endswith("[]") else value
    return value


@pytest.mark.parametrize("path", DESIGNED)
def test_the_keys_are_those_of_the_schema(verdict: Verdict, path: str) -> None:
    assert list(at(verdict_json(verdict, NAMES), path)) == DESIGNED[path].split()


def test_every_printed_key_is_in_the_reference_and_every_line_of_it_is_printed(verdict: Verdict) -> None:
    lines = set(re.findall(r"^\| `([^`]+)` \|", schema_markdown(), re.MULTILINE))
    printed = {f"{path}.{key}".lstrip(".") for path, keys in DESIGNED.items() for key in keys.split()}
    texts = {f"{key}.{language}" for key in lines for language in ("zh", "en") if f"{key}.{language}" in lines}

    assert {line.removesuffix("[]") for line in lines} - texts == printed - texts


def test_the_reference_page_is_in_step_with_the_code() -> None:
    assert (ROOT / "docs/reference/trace-schema.md").read_text(encoding="utf-8") == schema_markdown()


def test_only_the_decision_and_the_explanation_hold_names(verdict: Verdict) -> None:
    printed = verdict_json(verdict, NAMES)

    decision, explanation = printed.pop("decision"), printed.pop("explanation")
    rest = json.dumps(printed, ensure_ascii=False)

    assert decision["accused"] == ["甲方留学"]
    assert "甲方留学" in json.dumps(explanation, ensure_ascii=False)
    assert not any(name in rest for name in NAMES.values())


def test_who_is_not_named_is_not_printed_by_name_anywhere(verdict: Verdict) -> None:
    assert "Bright Path" not in json.dumps(verdict_json(verdict, NAMES), ensure_ascii=False)


def test_who_has_no_name_keeps_the_opaque_id(verdict: Verdict) -> None:
    assert verdict_json(verdict, {})["decision"]["accused"] == ["ann"]


def test_the_verdict_is_plain_json(verdict: Verdict) -> None:
    printed = verdict_json(verdict, NAMES)

    assert json.loads(json.dumps(printed, allow_nan=False)) == printed
    assert printed["schema"] == SCHEMA


def test_no_evidence_is_printed_as_minus_ninety_nine() -> None:
    printed = verdict_json(decide(frame(()), (), [], ()), {})

    assert printed["inside"]["log10_e"] == -99.0
    assert log10_printed(-math.inf) == log10_printed(-99.01) == -99.0


def test_numbers_have_four_decimals_and_no_negative_zero() -> None:
    assert log10_printed(1.23456789) == 1.2346
    assert math.copysign(1.0, log10_printed(-1e-9)) == 1.0
    assert share_printed(1.0000001) == 1.0
    assert share_printed(-1e-12) == 0.0


def test_a_bound_is_never_printed_smaller_than_it_is() -> None:
    assert ceiling_printed(1e-12) == 0.0001
    assert ceiling_printed(0.00011) == 0.0002
    assert ceiling_printed(1.0) == 1.0


def test_a_small_alpha_is_printed_as_it_was_given() -> None:
    assert verdict_json(decide(frame((), alpha=1e-6), (), [], ()), {})["frame"]["alpha"] == 1e-6
