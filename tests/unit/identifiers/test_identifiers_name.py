import pytest

from dyepack.identifiers import (
    IdentifierError,
    looks_like_full_name,
    mask,
    name_key,
    name_tables,
    normalize_name,
    split_name,
)


@pytest.mark.parametrize(
    ("written", "normal"), [(" 王小明 ", "王小明"), ("Ｗａｎｇ  Li", "Wang Li"), ("阿依古丽•买买提", "阿依古丽·买买提")]
)
def test_a_name_is_kept_as_written_but_for_its_width_and_spaces(written: str, normal: str) -> None:
    assert normalize_name(written) == normal


@pytest.mark.parametrize("written", ["", "  ", "王2", "---", "x" * 65])
def test_what_is_no_name_is_refused(written: str) -> None:
    with pytest.raises(IdentifierError):
        normalize_name(written)


def test_names_are_compared_without_case_spaces_and_dots() -> None:
    assert name_key("王 小明") == name_key("王小明")
    assert name_key("Wang LI") == name_key("wang  li")
    assert name_key("阿依古丽·买买提") == name_key("阿依古丽・买买提")


@pytest.mark.parametrize(
    ("written", "surname", "given"),
    [
        ("王小明", "王", "小明"),
        ("欧阳明", "欧阳", "明"),
        ("欧阳小明", "欧阳", "小明"),
        ("王同学", "王", None),
        ("李妈妈", "李", None),
        ("小陈", "陈", None),
        ("王芳老师", "王", "芳"),
        ("王小明（家长）", "王", "小明"),
        ("Wang, Li", "Wang", "Li"),
        ("WANG Xiaoming", "WANG", "Xiaoming"),
        ("Ms. Li Wang", "Wang", "Li"),
    ],
)
def test_a_name_is_split_and_titles_are_cut(written: str, surname: str, given: str | None) -> None:
    name = split_name(written)
    assert (name.surname, name.given) == (surname, given)


@pytest.mark.parametrize(
    "text", ["王小明", "李娜", "欧阳明", "司马懿", "杨梓涵", "王 小明", "Wang Xiaoming", "阿依古丽·买买提"]
)
def test_full_names_look_like_names(text: str) -> None:
    assert looks_like_full_name(text)


@pytest.mark.parametrize(
    "text",
    [
        "王同学",
        "小陈",
        "Tom",
        "高二",
        "成都",
        "韩国",
        "英国",
        "金融",
        "计算机",
        "陈",
        "13800000012",
        "王小明在上海",
        "",
    ],
)
def test_words_titles_and_half_names_do_not(text: str) -> None:
    assert not looks_like_full_name(text)


def test_a_surname_that_is_also_a_word_needs_a_header() -> None:
    assert not looks_like_full_name("水静")
    assert looks_like_full_name("水静", announced=True)


def test_the_tables_are_read_once() -> None:
    assert name_tables() is name_tables()
    assert name_tables().surnames["王"] > name_tables().surnames["欧阳"]


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [
        ("name", "王小明", "王**"),
        ("name", "欧阳小明", "欧**"),
        ("latin_name", "Wang Li", "W***"),
        ("birth_date", "2003-05-01", "2003"),
        ("phone", "+8613800000012", "138****0012"),
        ("guardian_phone", "+447700900123", "+44****0123"),
        ("landline", "010-60000012", "010-****0012"),
        ("email", "wang@example.com", "w***@e***.com"),
        ("wechat", "wxid_abc123", "wx***"),
        ("qq", "123456789", "12***"),
        ("address", "浙江省杭州市西湖区某路1号", "浙江省杭州市***"),
        ("address", "北京市朝阳区", "北京市***"),
        ("address", "somewhere", "***"),
        ("citizen_id", "11010519491231002X", "1***2X"),
        ("passport_no", "E00000012", "E***12"),
        ("exam_candidate_no", "123456789012", "***12"),
        ("school", "某某大学", "某某大学"),
        ("phone", "", ""),
    ],
)
def test_each_field_has_its_mask(kind: str, value: str, shown: str) -> None:
    assert mask(kind, value) == shown


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("phone", "not a number"),
        ("email", "nothing"),
        ("birth_date", "1 May 2003"),
        ("landline", "60000012"),
        ("qq", "1234"),
    ],
)
def test_a_value_out_of_normal_form_shows_nothing(kind: str, value: str) -> None:
    assert mask(kind, value) == "***"


def test_a_field_without_a_mask_is_refused_and_not_shown() -> None:
    with pytest.raises(IdentifierError) as refusal:
        mask("bank_account", "62220000")
    assert refusal.value.code == "identifiers.unknown-kind"
