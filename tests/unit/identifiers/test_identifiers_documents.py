import pytest

from dyepack.identifiers import (
    CheckDigitError,
    DamagedNumberError,
    IdentifierError,
    check_digit,
    citizen_birth_date,
    citizen_gender,
    is_chinese_passport,
    normalize_citizen_id,
    normalize_passport,
)

# The two examples printed in GB 11643-1999.
STANDARD = ["11010519491231002X", "440524188001010014"]


@pytest.mark.parametrize("number", STANDARD)
def test_the_examples_of_the_standard_are_valid(number: str) -> None:
    assert normalize_citizen_id(number) == number


def test_spaces_full_width_and_a_small_x_are_one_number() -> None:
    assert normalize_citizen_id("１１０１０５ 19491231 002x") == "11010519491231002X"


@pytest.mark.parametrize("number", STANDARD)
def test_every_wrong_single_place_is_found(number: str) -> None:
    for place in range(18):
        for other in "0123456789X" if place == 17 else "0123456789":
            if other == number[place]:
                continue
            with pytest.raises(IdentifierError):
                normalize_citizen_id(number[:place] + other + number[place + 1 :])


@pytest.mark.parametrize("number", STANDARD)
def test_every_swap_of_different_neighbors_is_found(number: str) -> None:
    for place in range(17):
        if number[place] == number[place + 1]:
            continue
        swapped = number[:place] + number[place + 1] + number[place] + number[place + 2 :]
        with pytest.raises(IdentifierError):
            normalize_citizen_id(swapped)


def test_the_check_digit_itself_finds_what_region_and_date_do_not() -> None:
    first17 = STANDARD[0][:17]
    for place in range(17):
        for other in "0123456789":
            changed = first17[:place] + other + first17[place + 1 :]
            assert (check_digit(changed) == check_digit(first17)) == (other == first17[place])


def test_a_wrong_check_digit_is_told_apart_from_a_wrong_shape() -> None:
    with pytest.raises(CheckDigitError) as refusal:
        normalize_citizen_id("110105194912310021")
    assert refusal.value.code == "identifiers.citizen-id-check-digit"


@pytest.mark.parametrize(
    "number",
    [
        "",
        "11010519491231002",
        "110105491231002",
        "11010519490231002X",
        "00010519491231002X",
        "160105194912310021",
        "11010518491231002X",
    ],
)
def test_wrong_shapes_regions_and_days_are_refused(number: str) -> None:
    with pytest.raises(IdentifierError) as refusal:
        normalize_citizen_id(number)
    assert refusal.value.code == "identifiers.citizen-id"


def test_a_number_rounded_by_a_spreadsheet_is_damaged() -> None:
    with pytest.raises(DamagedNumberError):
        normalize_citizen_id("1.10101190103E+17")


def test_a_county_code_that_no_list_knows_is_no_reason_to_refuse() -> None:
    first17 = "11999919010307000"
    assert normalize_citizen_id(first17 + check_digit(first17)).startswith("119999")


def test_birth_date_and_gender_are_inside() -> None:
    assert citizen_birth_date(STANDARD[0]) == "1949-12-31"
    assert citizen_gender(STANDARD[0]) == "female"
    assert citizen_gender(STANDARD[1]) == "male"


@pytest.mark.parametrize("number", ["E00000012", "e 0000 0012", "EA0000012", "G00000012"])
def test_passports_in_chinese_forms_are_recognized(number: str) -> None:
    assert is_chinese_passport(normalize_passport(number))


def test_a_foreign_passport_is_taken_but_not_recognized_alone() -> None:
    assert normalize_passport("x1234567") == "X1234567"
    assert not is_chinese_passport("X1234567")


@pytest.mark.parametrize("number", ["", "E1", "EEEEEEEEE", "E0000001234"])
def test_what_is_no_passport_is_refused(number: str) -> None:
    with pytest.raises(IdentifierError):
        normalize_passport(number)
