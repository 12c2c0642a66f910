import random
import re
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from dyepack.identifiers import (
    IdentifierError,
    check_digit,
    find_phones,
    looks_like_full_name,
    mask,
    mask_phone,
    masked_phone,
    name_key,
    normalize_citizen_id,
    normalize_date,
    normalize_email,
    normalize_landline,
    normalize_name,
    normalize_passport,
    normalize_phone,
    normalize_qq,
    normalize_wechat,
    split_name,
    split_phones,
)

NORMALIZERS = [
    normalize_phone,
    normalize_landline,
    normalize_email,
    normalize_wechat,
    normalize_qq,
    normalize_citizen_id,
    normalize_passport,
    normalize_name,
    normalize_date,
]
texts = st.text(max_size=40) | st.text(
    alphabet="0123456789+-.()*xX eE年月日@王李·〇一二三/，；、１２３\u200b\n", max_size=40
)
mobiles = st.builds(lambda head, rest: f"1{head}{rest:09}", st.integers(3, 9), st.integers(0, 10**9 - 1))


def _outcome(normalize: Callable[[str], str], text: str) -> tuple[dict[str, str | int], str | None]:
    """What an error would tell, and the normal form."""
    try:
        return {}, normalize(text)
    except IdentifierError as error:
        return dict(error.facts), None


@given(texts)
@settings(max_examples=300)
def test_nothing_but_our_error_escapes_from_any_text(text: str) -> None:
    for normalize in NORMALIZERS:
        facts, normal = _outcome(normalize, text)
        assert facts == {}
        assert normal is None or normalize(normal) == normal
    split_phones(text)
    find_phones(text)
    masked_phone(text)
    split_name(text)
    name_key(text)
    looks_like_full_name(text)


@given(mobiles, st.randoms(use_true_random=False))
@settings(max_examples=150)
def test_a_number_survives_every_way_of_writing_it(number: str, chance: random.Random) -> None:
    prefix = chance.choice(["", "+86", "0086", "86", "+86 ", "(+86)", "86-"])
    first, second = chance.choice([(3, 7), (3, 6), (4, 8)])
    between = chance.choice(["", " ", "-", "\u3000", "－", "\u2011"])
    written = prefix + between.join([number[:first], number[first:second], number[second:]])
    if chance.random() < 0.5:
        written = written.translate({ord(digit): chr(ord("０") + int(digit)) for digit in "0123456789"})
    assert normalize_phone(written) == "+86" + number
    assert find_phones(f"电话{written}。") == ["+86" + number]


@given(mobiles, mobiles, st.sampled_from(["/", "、", " ", "\n", ";", "，"]))
@settings(max_examples=60)
def test_two_numbers_in_a_cell_are_both_found(first: str, second: str, between: str) -> None:
    cell = first + between + second
    assert [normalize_phone(piece) for piece in split_phones(cell)] == ["+86" + first, "+86" + second]
    assert set(find_phones(cell)) == {"+86" + first, "+86" + second}


@given(mobiles, st.sets(st.integers(1, 10), min_size=1, max_size=7), st.sampled_from("*●•＊"))
@settings(max_examples=150)
def test_a_number_with_hidden_places_matches_itself_and_shows_no_more(number: str, hidden: set[int], sign: str) -> None:
    written = "".join(sign if place in hidden else digit for place, digit in enumerate(number))
    masked = masked_phone(written)
    assert masked is not None
    assert masked.matches("+86" + number)
    assert masked.visible == 11 - len(hidden)
    place = next(place for place in range(11) if place not in hidden)
    other = "+86" + number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
    assert not masked.matches(other)


@given(mobiles)
@settings(max_examples=60)
def test_the_mask_of_a_number_hides_four_places_and_reads_back_as_its_pattern(number: str) -> None:
    shown = mask_phone("+86" + number)
    masked = masked_phone(shown)
    assert masked is not None
    assert masked.visible == 7
    assert masked.matches("+86" + number)


@given(st.integers(1, 10**6), st.dates())
@settings(max_examples=60)
def test_exactly_one_check_digit_of_eleven_fits(sequence: int, day: object) -> None:
    first17 = f"110101{day:%Y%m%d}".replace(" ", "0")[:14].ljust(14, "0") + f"{sequence % 1000:03}"
    assert sum(check_digit(first17) == digit for digit in "0123456789X") == 1


@given(st.text(alphabet=st.characters(categories=["L", "N", "P"]), min_size=6, max_size=40))
@settings(max_examples=100)
def test_no_mask_of_a_contact_or_identity_field_holds_its_value(value: str) -> None:
    for kind in (
        "name",
        "phone",
        "landline",
        "email",
        "wechat",
        "qq",
        "citizen_id",
        "passport_no",
        "exam_candidate_no",
    ):
        shown = mask(kind, value)
        assert value not in shown
        assert len(re.sub(r"[*@.\-]", "", shown)) < len(value)
