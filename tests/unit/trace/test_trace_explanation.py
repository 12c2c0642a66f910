import json
import math
import re
import xml.etree.ElementTree as ET

import pytest

from dyepack.trace import Note, Verdict, decide, evidence_svg, note_text, statement, summary, verdict_json
from dyepack.trace.explanation import one_in
from fakes.trace_worlds import copy_of, frame, hits, leak, mark, shown

NAMES = {"ann": "甲方留学", "bob": "Bright & Path <b>", "cat": "丙方", "dan": "丁方"}
WHO = ("ann", "bob", "cat", "dan")
COPIES = tuple(copy_of(s) for s in WHO)
EXPOSURES = tuple(shown(s, *range(40)) for s in WHO)
LISTS = {
    "person": leak(tuple(range(30)), found=hits("ann", 1), marks=(mark("ann", 4.0),)),
    "two-persons": leak(tuple(range(30)), found=(*hits("ann", 1), *hits("bob", 2))),
    "group": leak(tuple(range(30)), marks=(mark("cat", math.log(4_500)), mark("dan", math.log(4_500)))),
    "nothing": leak(tuple(range(30))),
    "not-ours": leak((1,), rows=500),
    "breach": leak((1,), found=(*hits("ann", 1), *hits("bob", 1), *hits("cat", 1))),
}
VERDICTS = {name: decide(frame(WHO), EXPOSURES, [item], COPIES) for name, item in LISTS.items()}
VERDICTS["inside"] = decide(frame(WHO, alpha=0.01), EXPOSURES, [LISTS["person"]], COPIES)
VERDICTS["nobody-there"] = decide(frame(()), (), [], ())
ALL = pytest.mark.parametrize("verdict", VERDICTS.values(), ids=VERDICTS.keys())
LANGUAGES = pytest.mark.parametrize("language", ["zh", "en"])


def sentences(verdict: Verdict) -> list[str]:
    told = summary(verdict, NAMES)
    many = (*told.rests_on, *told.assumptions, *told.refuters, *told.in_favor, *told.next_steps)
    texts = (told.finding, told.strength, *many, statement(verdict, NAMES))
    return [text for item in texts for text in (item.zh, item.en)]


def numbers_of_json(verdict: Verdict) -> set[float]:
    """Numbers that stand in the JSON as numbers, outside of the texts."""
    printed = verdict_json(verdict, NAMES)
    del printed["explanation"], printed["decision"]
    found, waiting = set(), [printed]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list):
            waiting += value.values() if isinstance(value, dict) else value
        elif isinstance(value, int | float):
            found.add(float(value))
    return found


CASES = re.compile(r"1 of ([\d,]+) cases|每 ([\d,]+) 个案件中至多 1 个")
POWER = re.compile(r"10\^(-?\d+(?:\.\d+)?)")


def numbers_of_text(text: str) -> set[float]:
    """Numbers a reader sees; "1 of 1,000 cases" is the number 0.001, and 10^x is x."""
    bare = re.sub(r"copy-\w+", "", text)
    found = {1 / float("".join(groups).replace(",", "")) for groups in CASES.findall(bare)}
    bare = CASES.sub("", bare)
    found |= {float(power) for power in POWER.findall(bare)}
    return found | {float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", POWER.sub("", bare))}


@ALL
def test_no_sentence_calls_anybody_guilty(verdict: Verdict) -> None:
    for text in sentences(verdict):
        assert not re.search(r"guilt|culprit|criminal|convict|thief|有罪|罪犯|犯人|凶手|小偷", text, re.IGNORECASE)


@ALL
def test_the_statement_says_copy_strength_assumptions_and_what_would_refute_it(verdict: Verdict) -> None:
    told = statement(verdict, NAMES)

    assert all(word in told.en for word in ("Finding:", "copy", "Strength:", "Assumptions:", "What would refute it:"))
    assert all(word in told.zh for word in ("结论：", "副本", "强度：", "假设：", "推翻"))


@ALL
def test_the_bound_is_told_in_words_with_the_alpha_of_the_case(verdict: Verdict) -> None:
    cases = f"{round(1 / verdict.frame.alpha):,}"

    told = summary(verdict, NAMES).strength

    assert f"an innocent in at most 1 of {cases} cases" in told.en
    assert f"每 {cases} 个案件中至多 1 个" in told.zh


@ALL
def test_every_number_of_the_sentences_occurs_in_the_json(verdict: Verdict) -> None:
    known = numbers_of_json(verdict)

    for text in sentences(verdict):
        assert numbers_of_text(text) <= known, text


@ALL
@LANGUAGES
def test_every_number_of_the_picture_occurs_in_the_json(verdict: Verdict, language: str) -> None:
    picture = ET.fromstring(evidence_svg(verdict, NAMES, language))

    for text in picture.itertext():
        assert numbers_of_text(text) <= numbers_of_json(verdict), text


@ALL
@LANGUAGES
def test_the_picture_stands_under_a_strict_policy_and_says_in_words_what_it_shows(verdict, language: str) -> None:
    svg = evidence_svg(verdict, NAMES, language)
    picture = ET.fromstring(svg)

    assert not re.search(r"<script|<style|style=|href|url\(|on\w+=", svg)
    assert picture.find("{*}title").text
    assert picture.find("{*}desc").text
    assert picture.get("viewBox").startswith("0 0 400 ")


def test_a_name_cannot_break_out_of_the_picture() -> None:
    svg = evidence_svg(VERDICTS["two-persons"], NAMES, "en")

    assert "<b>" not in svg
    assert "Bright &amp; Path &lt;b&gt;" in svg


def test_only_the_bars_of_who_is_named_cross_the_limit_and_carry_the_sign() -> None:
    picture = ET.fromstring(evidence_svg(VERDICTS["person"], NAMES, "en"))
    limit = float(picture.findall("{*}line")[1].get("x1"))
    ends = {
        bar.get("class"): float(bar.get("x")) + float(bar.get("width"))
        for bar in picture.findall("{*}rect")
        if "bar" in bar.get("class")
    }

    assert ends["bar named"] > limit > ends["bar"]
    assert [t for t in picture.itertext() if t.startswith("◆")][-1:] == ["◆ 甲方留学"]


def test_the_picture_of_a_group_shows_that_only_together_they_cross() -> None:
    picture = ET.fromstring(evidence_svg(VERDICTS["group"], NAMES, "en"))
    limit = float(picture.findall("{*}line")[1].get("x1"))
    named = [bar for bar in picture.findall("{*}rect") if bar.get("class") == "bar named"]

    crossing = [float(bar.get("x")) + float(bar.get("width")) > limit for bar in named]

    assert crossing == [False, False, True]


def test_a_long_name_is_cut_in_the_picture_and_whole_in_its_description() -> None:
    name = "某某国际教育咨询" * 6

    picture = ET.fromstring(evidence_svg(VERDICTS["person"], {"ann": name}, "zh"))

    assert name in picture.find("{*}desc").text
    assert all(len(text.text) < len(name) for text in picture.findall("{*}text"))


def test_a_person_is_named_by_the_copy_held() -> None:
    told = summary(VERDICTS["person"], NAMES)

    assert told.finding.en == "The leaked list was made from the copy held by 甲方留学."
    assert told.finding.zh == "泄露的名单出自「甲方留学」持有的副本。"
    assert told.release_path[0].path == ("approved by officer for ann",)


def test_two_persons_are_named_together() -> None:
    assert "held by 甲方留学 and Bright & Path <b>." in summary(VERDICTS["two-persons"], NAMES).finding.en


def test_a_group_is_told_as_at_least_one_of_them() -> None:
    told = summary(VERDICTS["group"], NAMES)

    assert "at least one of 丙方 and 丁方" in told.finding.en
    assert any("All of these together: evidence 10^3.0467." in text.en for text in told.rests_on)


@pytest.mark.parametrize("case", ["nothing", "not-ours", "breach", "inside", "nobody-there"])
def test_no_name_appears_where_nobody_is_named(case: str) -> None:
    verdict = VERDICTS[case]
    told = " ".join(sentences(verdict)) + json.dumps(verdict_json(verdict, NAMES), ensure_ascii=False)

    assert not any(name in told for name in NAMES.values())
    assert summary(verdict, NAMES).release_path == ()


def test_each_way_of_naming_nobody_has_its_own_finding() -> None:
    found = {case: summary(VERDICTS[case], NAMES).finding.en for case in ("nothing", "not-ours", "breach", "inside")}

    assert len(set(found.values())) == 4
    assert "below the ledger" in found["breach"]


def test_every_reservation_of_every_verdict_has_a_sentence() -> None:
    notes = [note for verdict in VERDICTS.values() for note in verdict.reliability.notes]

    assert {note.code for note in notes} >= {"breach-below-ledger", "few-items", "unknown-origin-list"}
    assert all(note_text(note).zh and note_text(note).en for note in notes)


def test_an_unknown_reservation_has_no_sentence() -> None:
    with pytest.raises(KeyError):
        note_text(Note(code="made-up", detail={}))


def test_an_alpha_that_is_no_whole_number_of_cases_is_told_as_a_share() -> None:
    assert one_in(0.003).en == "a share of 0.003 of all cases"
    assert "0.003" in one_in(0.003).zh
