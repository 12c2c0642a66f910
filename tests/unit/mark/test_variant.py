"""The table of variants: the examples of the design on real texts, guards that keep meaning, and the linter."""

import pytest

from dyepack.mark.errors import BadRuleError
from dyepack.mark.folding import fold
from dyepack.mark.variant import TEXT_FIELDS, Rules, shipped_rules
from dyepack.mark.variant_check import check_rules

RULES = shipped_rules()


def forms_of(text: str) -> dict[int, tuple[str, str]]:
    return {rule: (RULES.write(text, rule, 0), RULES.write(text, rule, 1)) for rule in RULES.read([text])}


@pytest.mark.parametrize(
    ("zero", "one"),
    [
        ("去英国读研", "赴英国读研"),
        ("去新西兰留学", "赴新西兰留学"),
        ("去印度尼西亚读高中", "赴印度尼西亚读高中"),
        ("去日本读本", "赴日本读本"),
        ("家长已沟通", "已与家长沟通"),
        ("预算约30万", "预算30万左右"),
        ("预算约12.5万元", "预算12.5万元左右"),
        ("预算约20-25万", "预算20-25万左右"),
        ("高二在读", "在读高二"),
        ("大三在读", "在读大三"),
        ("#硕士 #英国", "#英国 #硕士"),
        ("【硕士】【英国】", "【英国】【硕士】"),
        ("[硕士][英国]", "[英国][硕士]"),
        ("硕士、英国", "英国、硕士"),
        ("硕士/英国", "英国/硕士"),
    ],
)
@pytest.mark.parametrize("frame", ["{}", "今天来电。{}。下周回复", "客户：{}, 其余待定", " {} "])
def test_the_examples_of_the_design_carry_a_symbol_in_any_surroundings(zero, one, frame):
    expected = frame.format(zero), frame.format(one)

    assert expected in forms_of(expected[0]).values()
    assert expected in forms_of(expected[1]).values()


@pytest.mark.parametrize("separator", ["，", ",", "；", ";", "|", " "])
def test_a_cell_that_is_a_list_of_tags_carries_the_order_of_the_first_two(separator):
    zero, one = f"硕士{separator}英国{separator}雅思", f"英国{separator}硕士{separator}雅思"

    assert (zero, one) in forms_of(one).values()


@pytest.mark.parametrize(
    "text",
    [
        "学生家长已沟通",  # 学生已与家长沟通 would say that the student did it
        "与家长已沟通",
        "失去英国读研的机会",
        "预算约30万左右",
        "预算约30万以上",
        "预算约30万/年",
        "雅思已报名班课",
        "已加微信群",
        "英国、美国",  # two countries may be an order of preference
        "王伟、李娜",
        "英国，想去看看",
        "#英国 #2025",
        "#英国 #英国",
        "unparents informed",
        "parents informedly",
        "",
        "138****0012",
    ],
)
def test_a_text_whose_meaning_could_change_carries_nothing(text):
    assert RULES.read([text]) == {}


def test_a_text_in_the_wanted_form_is_not_touched():
    text = "　去 英国　，預算約３０万，已与家长沟通 ﻿"

    assert RULES.write(text, 2, 1) == text


def test_typed_characters_are_carried_over_as_they_were_typed():
    assert RULES.write("预算：约３０万，急", 3, 1) == "预算：３０万左右，急"
    assert RULES.write("Parents informed. IELTS due", 102, 1) == "Parents have been informed. IELTS due"
    assert RULES.write("GRE已报名", 5, 1) == "已报名GRE"


def test_every_occurrence_of_a_rule_is_written():
    text = "去英国读研，或赴美国读研"

    assert RULES.write(text, 1, 0) == "去英国读研，或去美国读研"
    assert RULES.write(text, 1, 1) == "赴英国读研，或赴美国读研"


def test_a_text_that_shows_both_forms_reads_as_a_contradiction():
    assert RULES.read(["去英国读研，或赴美国读研"]) == {1: None}
    assert RULES.read(["去英国读研", "赴英国读研"]) == {1: None}


def test_two_cells_that_agree_are_one_reading():
    assert RULES.read(["去英国读研", "准备去英国读研"]) == {1: 0}


def test_the_rule_with_the_lower_id_has_overlapping_characters():
    text = "硕士、英国"

    assert set(RULES.read([text])) == {53}
    assert RULES.write(text, 54, 1) == text


@pytest.mark.parametrize("change", ["full-width", "spaces", "case", "zero-width", "line-ends"])
def test_a_symbol_survives_what_programs_do_to_text(change):
    text = "budget about 30 USD, 预算约30万, 去英国读研, [UK][Master]"
    changed = {
        "full-width": text.translate({code: code + 0xFEE0 for code in range(0x21, 0x7F)}),
        "spaces": "  " + text.replace(" ", "　 ") + " ",
        "case": text.upper(),
        "zero-width": text.replace("约", "约\u200b"),
        "line-ends": text.replace(", ", ",\r\n"),
    }[change]
    read = RULES.read([text])

    assert len(read) == 4
    assert {rule: RULES.read([changed]).get(rule) for rule in read} == read


def test_a_text_that_cannot_be_mapped_character_by_character_is_left_alone():
    text = "㈱ 预算约30万"

    assert RULES.write(text, 3, 1) == text


def test_a_rule_is_chosen_only_if_both_forms_can_be_read_back():
    def rank(rule):
        return bytes([rule])

    free = RULES.choose({"remark": "去英国读研", "name": "某人"}, rank)
    blocked = RULES.choose({"remark": "去英国读研", "school": "赴英国读研"}, rank)

    assert (free.rule, free.zero, free.one) == (1, {"remark": "去英国读研"}, {"remark": "赴英国读研"})
    assert blocked is None


def test_a_rule_is_never_written_outside_its_fields():
    assert RULES.choose({"school": "去英国读研", "target_program": "家长已沟通"}, lambda rule: bytes([rule])) is None


def test_the_rank_decides_which_rule_a_record_carries():
    cells = {"remark": "去英国读研，预算约30万"}

    assert RULES.choose(cells, lambda rule: bytes([rule])).rule == 1
    assert RULES.choose(cells, lambda rule: bytes([255 - rule])).rule == 3


def test_the_shipped_table_passes_its_linter():
    assert check_rules(RULES) == ()


def test_the_shipped_table_is_as_large_as_promised():
    languages = [rule.language for rule in RULES.rules]

    assert languages.count("zh") >= 24
    assert languages.count("en") >= 12
    assert all(set(rule.fields) <= set(TEXT_FIELDS) for rule in RULES.rules)


def table(**changes) -> Rules:
    entry = {"id": 7, "language": "zh", "fields": ["remark"], "forms": ["甲{word}", "乙{word}"], **changes}
    return Rules({"v": 1, "vocabulary": {"word": ["丙", "丁"]}, "rule": [entry]})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"forms": ["甲{word}", "甲{word}"]}, "forms-equal"),
        ({"forms": ["甲1{word}", "乙{word}"]}, "digit-in-literal"),
        ({"forms": ["Ａ{word}", "乙{word}"]}, "unstable-literal"),
        ({"forms": ["甲{word}", "甲{word}乙"]}, "not-read-back"),
        ({"not_before": "。"}, "not-read-back"),
        ({"fields": ["name"]}, "field-unknown"),
    ],
)
def test_the_linter_finds_a_rule_that_breaks_the_admission_test(changes, code):
    assert code in {finding.code for finding in check_rules(table(**changes))}


def test_the_linter_finds_a_rule_whose_text_another_rule_claims():
    first = {"id": 1, "language": "zh", "fields": ["remark"], "forms": ["甲乙", "丙丁"]}
    second = {"id": 2, "language": "zh", "fields": ["remark"], "forms": ["前甲乙", "前丙丁"]}

    assert {(f.rule, f.code) for f in check_rules(Rules({"v": 1, "rule": [first, second]}))} == {
        (2, "claimed-by-another")
    }


@pytest.mark.parametrize(
    "document",
    [
        b"\xff",
        b"v = ",
        b"v = 2",
        b"v = 1\nextra = 1",
        b"v = 1\nrule = 3",
        b"v = 1\n[[rule]]\nid = 256",
        b"v = 1\n[vocabulary]\nword = ['A']",
        b"v = 1\n[vocabulary]\namount = ['x']",
        b"v = 1\n[[rule]]\nid = 1\nlanguage = 'zh'\nfields = ['remark']\nforms = ['{word}', 'x']",
        b"v = 1\n[[rule]]\nid = 1\nlanguage = 'zh'\nfields = ['remark']\nforms = ['{gap}', '{gap}']",
        b"v = 1\n[[rule]]\nid = 1\nlanguage = 'zh'\nfields = ['remark']\nforms = ['a{gap}', 'b']",
        b"v = 1\n[[rule]]\nid = 1\nlanguage = 'zh'\nfields = ['remark']\nforms = ['a', 'b']\nodd = 1",
        b"v = 1\n[[rule]]\nid = 1\nlanguage = 'zh'\nfields = ['remark']\nforms = ['a', 'b']\n" * 2,
    ],
)
def test_a_table_against_the_grammar_is_refused(document):
    with pytest.raises(BadRuleError):
        Rules.from_toml(document)


def test_the_digest_follows_every_word_of_the_table():
    assert table().digest == table().digest
    assert table().digest != table(note="other").digest


def test_folding_is_stable():
    for text in ("Ａ　ｂ \u200bＣ\r\n", "①㈱ﬀ", " 去 "):
        assert fold(fold(text)) == fold(text)
