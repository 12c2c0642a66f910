import pytest

from dyepack.scan import ScanError, Table, classify_columns, read_table, require_contact
from dyepack.scan.column_words import field_of_header

NAMES = ["王小明", "李芳", "张伟", "周子涵", "吴欣怡", "郑浩然", "欧阳明", "陈思远"]


def table(header: list[str], *columns: list[str]) -> Table:
    rows = tuple(zip(*columns, strict=True))
    named = any(not name.startswith("column ") for name in header)
    return Table("", tuple(header), rows, 2, tuple(range(2, len(rows) + 2)), named=named)


def phones(count: int, head: str = "138") -> list[str]:
    return [f"{head}00000{place:03}" for place in range(count)]


def fields(of: Table) -> list[str | None]:
    return [column.field for column in classify_columns(of)]


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("姓名", "name"),
        ("学生姓名", "name"),
        ("客户姓名（必填）", "name"),
        ("*联系人", "name"),
        ("full_name", "name"),
        ("studentName", "name"),
        ("手机号码", "phone"),
        ("手机号(微信同号)", "phone"),
        ("联系方式", "phone"),
        ("Mobile", "phone"),
        ("client_phone", "phone"),
        ("邮箱", "email"),
        ("E-mail", "email"),
        ("微信号", "wechat"),
        ("QQ", "qq"),
        ("身份证号", "citizen_id"),
        ("出生日期", "birth_date"),
        ("生日", "birth_date"),
        ("性别", "gender"),
        ("就读学校", "school"),
        ("年级", "grade"),
        ("意向国家", "target_country"),
        ("target_country", "target_country"),
        ("入学季", "intake_season"),
        ("预算(万)", "budget_band"),
        ("意向专业", "target_program"),
        ("备注", "remark"),
        ("Notes", "remark"),
        ("家长姓名", "guardian_name"),
        ("家长电话", "guardian_phone"),
        ("parent's phone", "guardian_phone"),
        ("mother_mobile", "guardian_phone"),
        ("城市", "address"),
        ("护照号", "passport_no"),
        ("准考证号", "exam_candidate_no"),
        ("通讯地址", "address"),
        ("英文名", "latin_name"),
    ],
)
def test_a_header_names_its_field(header: str, field: str) -> None:
    assert field_of_header(header) == field


@pytest.mark.parametrize(
    "header",
    [
        "",
        "序号",
        "来源渠道",
        "最后联系时间",
        "手机归属地",
        "是否加微信",
        "负责顾问姓名",
        "file_name",
        "company name",
        "col_a",
        "x" * 50,
    ],
)
def test_other_headers_name_none(header: str) -> None:
    assert field_of_header(header) is None


def test_content_alone_finds_the_phone_and_the_name_of_a_renamed_list() -> None:
    masked = [f"{number[:3]}****{number[7:]}" for number in phones(8)]
    half = [
        full if place % 3 == 0 else hidden for place, (full, hidden) in enumerate(zip(phones(8), masked, strict=True))
    ]
    assert fields(table(["col_a", "col_b", "col_c"], ["A"] * 8, half, NAMES)) == [None, "phone", "name"]
    assert fields(table(["column 1", "column 2"], NAMES, masked)) == ["name", "phone"]


def test_latin_names_are_found_too() -> None:
    assert fields(table(["x", "y"], ["Wang Li", "Anna Smith", "LI Ming", "Tom"], phones(4))) == ["name", "phone"]


def test_names_starred_out_or_with_titles_are_found_too() -> None:
    partial = ["王**", "李*", "张*伟", "周同学", "吴妈妈", "小郑", "欧阳老师", "陈某"]
    assert fields(table(["x", "y"], partial, phones(8))) == ["name", "phone"]


def test_grades_countries_and_cities_are_no_names() -> None:
    words = [
        ["高一", "高二", "高三", "高二"] * 10,
        ["韩国", "英国", "美国", "德国"] * 10,
        ["成都", "武汉", "温州", "常州"] * 10,
    ]
    assert fields(table(["a", "b", "c"], *words)) == [None, None, None]


def test_content_wins_where_the_header_speaks_of_something_else() -> None:
    addresses = [f"someone{place}@example.com" for place in range(8)]
    assert fields(table(["备注", "手机", "学校"], phones(8), addresses, ["11010519491231002X"] * 8)) == [
        "phone",
        "email",
        "citizen_id",
    ]


def test_a_wechat_column_full_of_numbers_stays_a_wechat_column() -> None:
    assert fields(table(["手机", "微信"], phones(8), phones(8, "139"))) == ["phone", "wechat"]


def test_a_second_phone_column_is_the_next_slot_and_a_guardian_keeps_his() -> None:
    found = classify_columns(table(["家长电话", "手机", "备用电话"], phones(8, "137"), phones(8), phones(8, "139")))
    assert [(column.field, column.slot) for column in found] == [("guardian_phone", 0), ("phone", 0), ("phone", 1)]


def test_a_fifth_phone_column_has_no_slot_left() -> None:
    found = classify_columns(
        table([f"p{place}" for place in range(5)], *(phones(4, f"13{place}") for place in range(5)))
    )
    assert [(column.field, column.slot) for column in found][3:] == [("phone", 3), (None, 0)]


def test_of_two_name_columns_the_one_that_its_header_names_is_kept() -> None:
    assert fields(table(["abc", "姓名"], NAMES, list(reversed(NAMES)))) == [None, "name"]


def test_a_type_needs_a_fifth_of_the_cells() -> None:
    few = ["13800000012"] + ["a text"] * 9
    enough = ["13800000012", "13800000013"] + ["a text"] * 8
    assert fields(table(["x"], few)) == [None]
    assert fields(table(["x"], enough)) == ["phone"]


def test_with_its_header_a_twentieth_is_enough() -> None:
    assert fields(table(["手机"], ["13800000012"] + ["无"] * 19)) == ["phone"]
    assert fields(table(["手机"], ["13800000012"] + ["无"] * 20)) == [None]


def test_a_column_of_rounded_numbers_is_still_the_phone_column() -> None:
    assert fields(table(["手机"], ["1.38E+10"] * 5)) == ["phone"]
    assert fields(table(["x"], ["1.38E+10"] * 5)) == [None]


def test_a_phone_column_of_landlines_holds_landlines() -> None:
    assert fields(table(["联系电话"], ["010-60000012", "0755-60000013"])) == ["landline"]


def test_the_sample_is_spread_over_the_whole_column() -> None:
    cells = ["a text"] * 1000 + phones(500) + ["a text"] * 500
    found = classify_columns(table(["x"], cells))[0]
    assert found.field == "phone"
    assert found.share == pytest.approx(0.25, abs=0.01)


def test_evading_characters_do_not_hide_a_phone_column() -> None:
    full_width = [
        number.translate({ord(digit): chr(ord("０") + int(digit)) for digit in "0123456789"}) for number in phones(6)
    ]
    zero_width = ["\u200b".join(number) for number in phones(6)]
    assert fields(table(["a", "b"], full_width, zero_width)) == ["phone", "phone"]


def test_tokens_and_order_numbers_are_no_phones() -> None:
    tokens = ["r1_" + "a1380000" * 3 + "ab"] * 5
    orders = [f"20260101{place:011}" for place in range(5)]
    assert fields(table(["微信", "x"], tokens, orders)) == ["wechat", None]
    assert classify_columns(table(["微信"], tokens))[0].share == 0


def test_a_table_by_which_nobody_can_be_reached_is_refused() -> None:
    columns = classify_columns(read_table("姓名,学校\n王小明,某某大学\n".encode(), name="a"))
    with pytest.raises(ScanError) as refusal:
        require_contact(columns)
    assert refusal.value.code == "scan.no-column"


def test_one_contact_column_is_enough() -> None:
    require_contact(classify_columns(read_table("姓名,微信\n王小明,wxid_abc123\n".encode(), name="a")))
