import pytest

from dyepack import identifiers
from dyepack.vault import forms
from dyepack.vault.catalog import (
    CATALOG,
    FieldClass,
    Search,
    display_fields,
    field,
    field_by_id,
    index_number,
    indexed_field,
    load_catalog,
    protected_fields,
)
from dyepack.vault.errors import InvalidFieldError

ONE = '[phone]\nid = 10\nclass = "contact"\ntier = 5000\nnormal = "phone"\nlabel_zh = "a"\nlabel_en = "b"\n'


def test_wire_ids_are_those_of_the_design() -> None:
    ids = {name: one.id for name, one in CATALOG.items()}
    assert ids == {
        "name": 1, "latin_name": 2, "birth_date": 3, "gender": 4, "phone": 10, "landline": 11, "email": 12,
        "wechat": 13, "qq": 14, "address": 16, "guardian_name": 20, "guardian_relation": 21, "guardian_phone": 22,
        "guardian_wechat": 23, "school": 30, "class_group": 31, "grade": 32, "target_country": 33,
        "intake_season": 34, "budget_band": 35, "target_program": 36, "study_plan": 37, "exam_candidate_no": 43,
        "citizen_id": 50, "passport_no": 51, "remark": 90,
    }  # fmt: skip


def test_the_display_part_holds_name_and_plan_fields_and_nothing_else() -> None:
    assert {one.kind for one in display_fields()} == {FieldClass.NAME, FieldClass.PLAN}
    assert {one.kind for one in protected_fields()} == {FieldClass.CONTACT, FieldClass.GUARDIAN, FieldClass.IDENTITY}
    assert len(display_fields()) + len(protected_fields()) == len(CATALOG)


def test_contact_lines_may_have_four_values() -> None:
    assert [name for name, one in CATALOG.items() if one.slots == 4] == [
        "phone", "landline", "email", "guardian_phone", "guardian_wechat",
    ]  # fmt: skip


def test_index_numbers_tell_equality_from_last_four() -> None:
    assert index_number("phone") == 10
    assert index_number("phone", Search.LAST4) == 0x400A
    assert indexed_field(0x400A) is field("phone")


@pytest.mark.parametrize("number", [0, 3, 0x4001, 0x400C, 999])
def test_an_index_that_no_field_has_is_refused(number: int) -> None:
    with pytest.raises(InvalidFieldError):
        indexed_field(number)


def test_unknown_names_are_refused_without_repeating_them() -> None:
    with pytest.raises(InvalidFieldError) as refused:
        field("13800000012")
    assert "138" not in str(refused.value)
    with pytest.raises(InvalidFieldError):
        field_by_id(0)


def test_a_field_without_a_tier_cannot_exist() -> None:
    assert load_catalog(ONE)["phone"].tier == 5000
    with pytest.raises(ValueError, match="tier"):
        load_catalog(ONE.replace("tier = 5000\n", ""))


@pytest.mark.parametrize(
    "broken",
    [
        ONE.replace('"contact"', '"secret"'),
        ONE.replace('normal = "phone"', 'normal = "telephone"'),
        ONE.replace("id = 10", "id = 16384"),
        ONE.replace("id = 10", "id = 0"),
        ONE + ONE.replace("[phone]", "[mobile]"),
        ONE.replace('"contact"', '"plan"') + "multi = true\n",
        ONE + 'search = ["range"]\n',
    ],
)
def test_a_catalog_that_breaks_an_invariant_is_not_loaded(broken: str) -> None:
    with pytest.raises(ValueError):
        load_catalog(broken)


def test_every_field_has_a_mask() -> None:
    for name in CATALOG:
        assert identifiers.mask(name, "abcdefgh")


def test_search_keys_fold_what_people_write_in_two_ways() -> None:
    assert forms.search_keys("phone", "+8613800000012") == ((10, "+8613800000012"), (0x400A, "0012"))
    assert forms.search_keys("email", "Wang@example.com") == ((12, "wang@example.com"),)
    assert forms.search_keys("name", "Wang  Xiao") == forms.search_keys("name", "wang xiao")
    assert forms.search_keys("address", "浙江省杭州市") == ()


def test_a_value_without_its_form_is_refused_and_not_repeated() -> None:
    for name, text in (("phone", "1380000"), ("citizen_id", "110101190001010000"), ("remark", "  "), ("email", "a@b")):
        with pytest.raises(InvalidFieldError) as refused:
            forms.normalize(name, text)
        assert text.strip() == "" or text not in str(refused.value)
    assert forms.normalize("exam_candidate_no", "1908 0101") == "19080101"
    assert forms.normalize("remark", " 雅思6.5，想去英国 ") == "雅思6.5，想去英国"
