import pytest

from dyepack.identifiers import (
    DamagedNumberError,
    IdentifierError,
    find_phones,
    mask_phone,
    masked_phone,
    normalize_landline,
    normalize_phone,
    split_phones,
)

NUMBER = "+8613800000012"


@pytest.mark.parametrize(
    "written",
    [
        "13800000012",
        "１３８００００００１２",
        "+8613800000012",
        "+86 138-0000-0012",
        "0086 13800000012",
        "86 138 0000 0012",
        "（+86）13800000012",
        "13800000012.0",
        "8613800000012.0",
        "1.3800000012E+10",
        "138.0000.0012",
        "138‐0000–0012",
        "138\u200b0000\u20600012",
        "138　0000　0012",
        "'13800000012",
        '="13800000012"',
        "一三八零零零零零零幺二",
        "013800000012",
    ],
)
def test_every_spelling_of_a_number_has_one_normal_form(written: str) -> None:
    assert normalize_phone(written) == NUMBER


@pytest.mark.parametrize(
    "written",
    [
        "",
        "+",
        "12800000012",
        "1380000001",
        "138000000123",
        "+86 12800000012",
        "1380000001.2",
        "138****0012",
        "abc",
        "+1234",
        "110",
    ],
)
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(IdentifierError) as refusal:
        normalize_phone(written)
    assert refusal.value.code == "identifiers.phone"


@pytest.mark.parametrize("written", ["1.38E+10", "1.38e10", "1.380000001E+10", "１．３８Ｅ＋１０", "8.61E+12"])
def test_a_rounded_number_is_damaged_and_never_guessed(written: str) -> None:
    with pytest.raises(DamagedNumberError):
        normalize_phone(written)


def test_a_prefix_that_no_operator_has_still_counts() -> None:
    assert normalize_phone("16900000012") == "+8616900000012"


def test_a_foreign_number_needs_its_plus() -> None:
    assert normalize_phone("+44 7700 900123") == "+447700900123"
    with pytest.raises(IdentifierError):
        normalize_phone("7700 900123")


def test_outside_of_the_mainland_nothing_is_assumed() -> None:
    with pytest.raises(IdentifierError):
        normalize_phone("13800000012", region="GB")
    assert normalize_phone("+8613800000012", region="GB") == NUMBER


def test_an_error_does_not_hold_the_value() -> None:
    with pytest.raises(IdentifierError) as refusal:
        normalize_phone("1380000001")
    assert "1380000001" not in str(refusal.value) + refusal.value.sentence("zh") + repr(refusal.value.__cause__)


@pytest.mark.parametrize("between", ["/", ",", ";", "、", "；", "，", " ", "\n", "|", "或"])
def test_two_numbers_in_a_cell_are_two_pieces(between: str) -> None:
    pieces = split_phones(f"13800000012{between}139-0000-0013")
    assert [normalize_phone(piece) for piece in pieces] == [NUMBER, "+8613900000013"]


def test_spaces_inside_of_one_number_do_not_split_it() -> None:
    assert split_phones("138 0000 0012") == ["138 0000 0012"]
    assert [normalize_phone(piece) for piece in split_phones("138 0000 0012 139 0000 0013")] == [
        NUMBER,
        "+8613900000013",
    ]


def test_a_remark_in_brackets_is_cut_from_a_number() -> None:
    assert [normalize_phone(piece) for piece in split_phones("13800000012（妈妈）")] == [NUMBER]


def test_a_piece_that_is_no_number_stays_to_be_reported() -> None:
    assert split_phones("13800000012/1390000") == ["13800000012", "1390000"]


@pytest.mark.parametrize(
    "text",
    [
        "电话：138 0000 0012，下午打",
        "张三_13800000012.xlsx",
        "tel13800000012",
        "他的号是１３８００００００１２。",
        "幺三八零零零零零零一二".replace("幺三八", "一三八"),
        "1 3 8 0 0 0 0 0 0 1 2",
        "(+86)138-0000-0012",
        "138\u200d0000\u200d0012",
        "138·0000·0012",
    ],
)
def test_a_number_inside_of_any_text_is_found(text: str) -> None:
    assert find_phones(text) == [NUMBER]


@pytest.mark.parametrize(
    "text",
    [
        "运单1380000001234567",
        "a13800000012b",
        "0.13800000012",
        "13800000012.5",
        "15-18-2023-01-05",
        "2023-01-05 13:00:00",
        "",
    ],
)
def test_digits_of_other_things_are_no_numbers(text: str) -> None:
    assert find_phones(text) == []


def test_numbers_in_a_text_come_once_each_in_their_order() -> None:
    assert find_phones("13900000013，13800000012，139-0000-0013，+44 7700 900123") == [
        "+8613900000013",
        NUMBER,
        "+447700900123",
    ]


def test_a_mask_shows_the_head_and_the_last_four() -> None:
    assert mask_phone(NUMBER) == "138****0012"
    assert mask_phone("+447700900123") == "+44****0123"


@pytest.mark.parametrize(
    ("written", "pattern"),
    [
        ("138****0012", "138****0012"),
        ("1380000****", "1380000****"),
        ("138 0000 0**2", "13800000**2"),
        ("138xxxx0012", "138****0012"),
        ("138●●●●0012", "138****0012"),
        ("１３８＊＊＊＊００１２", "138****0012"),
        ("138…0012", "138****0012"),
        ("138**0012", "138****0012"),
        ("138-****-0012", "138****0012"),
        ("+86 138****0012", "138****0012"),
        ("86138XXXX0012", "138****0012"),
        ("****0012", "*******0012"),
        ("1*0086*0012", "1*0086*0012"),
    ],
)
def test_a_masked_number_becomes_a_pattern_of_eleven(written: str, pattern: str) -> None:
    masked = masked_phone(written)
    assert masked is not None
    assert masked.pattern == pattern


@pytest.mark.parametrize(
    "written",
    [
        "13800000012",
        "",
        "****",
        "1**********",
        "110101********001X",
        "20**-05-01",
        "X0012345",
        "010-****1234",
        "王**",
        "1" * 70,
    ],
)
def test_what_is_no_masked_number_has_no_pattern(written: str) -> None:
    assert masked_phone(written) is None


def test_a_masked_number_tells_what_is_visible() -> None:
    masked = masked_phone("138 0000 0**2")
    assert masked is not None
    assert (masked.head3, masked.last4, masked.visible) == ("138", None, 9)


def test_a_masked_number_matches_only_numbers_that_agree_in_every_visible_digit() -> None:
    masked = masked_phone("138****0012")
    assert masked is not None
    assert masked.matches("+8613899990012")
    assert not masked.matches("+8613800000013")
    assert not masked.matches("+4413800000012")
    assert not masked.matches("13800000012")


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("010-60000012", "010-60000012"),
        ("（0755）6000 0012", "0755-60000012"),
        ("+86 10 6000 0012", "010-60000012"),
        ("05716000001", "0571-6000001"),
        ("0755-60000012转801", "0755-60000012-801"),
        ("0755-60000012-801", "0755-60000012-801"),
    ],
)
def test_a_landline_is_area_code_and_number(written: str, normal: str) -> None:
    assert normalize_landline(written) == normal


@pytest.mark.parametrize("written", ["60000012", "400-800-1234", "13800000012", "010-6000001", "010-10000012", ""])
def test_what_is_no_landline_is_refused(written: str) -> None:
    with pytest.raises(IdentifierError):
        normalize_landline(written)
