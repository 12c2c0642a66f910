import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dyepack.crypto.errors import UnsealError
from dyepack.terms.ids import record_token
from dyepack.vault.errors import EnvelopeError, InvalidFieldError
from dyepack.vault.keeper.wrapping import PersonKeys
from dyepack.vault.record import DISPLAY, Envelope, PartHeader, parse_sealed
from dyepack.vault.seal import display_of, parts_needed, seal_record
from dyepack.vault.unseal import unseal_display, unseal_part
from fakes.keeper_world import INSTITUTION, PERSON, CountedRandom, StuckRandom

TOKEN = record_token(b"r" * 16)
OTHER = record_token(b"s" * 16)
KEYS = PersonKeys.draw(b"r" * 16, CountedRandom())


def _sealed(values: dict[str, list[str]] = PERSON, token: str = TOKEN) -> dict[tuple[int, int], Envelope]:
    keys = {part: KEYS.part_key(part, 1) for part in parts_needed(values)}
    return parse_sealed(seal_record(keys, INSTITUTION, token, values, CountedRandom()))


def test_a_record_has_a_display_part_and_one_part_for_each_protected_value() -> None:
    assert parts_needed(PERSON) == (DISPLAY, (10, 0), (10, 1), (12, 0), (50, 0))
    assert list(_sealed()) == list(parts_needed(PERSON))


def test_each_value_comes_back_from_its_own_part() -> None:
    envelope = _sealed()[10, 1]
    opened = unseal_part(KEYS.part_key((10, 1), 1), INSTITUTION, TOKEN, envelope)
    assert opened.disclose() == "+8613900000034"
    assert repr(opened) == "Sensitive(139****0034)"


def test_the_display_part_shows_names_plans_and_masks() -> None:
    display = unseal_display(KEYS.part_key(DISPLAY, 1), INSTITUTION, TOKEN, _sealed()[DISPLAY])
    assert display.disclose() == display_of(PERSON)
    assert display.disclose().fields == {"name": "王小样", "target_country": "uk"}
    assert display.disclose().masks["phone"] == {0: "138****0012", 1: "139****0034"}
    assert "王小样" not in f"{display!r} {display}"


def test_no_value_stands_in_the_sealed_blob() -> None:
    keys = {part: KEYS.part_key(part, 1) for part in parts_needed(PERSON)}
    blob = seal_record(keys, INSTITUTION, TOKEN, PERSON, CountedRandom())
    for text in ("王小样", "13800000012", "138****0012", "example.com"):
        for encoding in ("utf-8", "utf-16-le", "gb18030"):
            assert text.encode(encoding) not in blob


def test_values_of_one_length_class_have_parts_of_one_length() -> None:
    short, long = _sealed({"wechat": ["abcdef"]}), _sealed({"wechat": ["abcdefghijklmno"]})
    assert len(short[13, 0].body) == len(long[13, 0].body)


def test_an_envelope_moved_to_another_place_never_opens() -> None:
    envelopes = _sealed({"phone": ["+8613800000012"] * 2, "guardian_phone": ["+8613800000012"]})
    places = [(10, 0), (10, 1), (22, 0)]
    for here in places:
        for there in places:
            if here == there:
                continue
            key = KEYS.part_key(there, 1)
            relabelled = Envelope(PartHeader(there), envelopes[here].body)
            for moved in (envelopes[here], relabelled):
                with pytest.raises(UnsealError):
                    unseal_part(key, INSTITUTION, TOKEN, moved)


def test_an_envelope_of_another_record_institution_or_version_never_opens() -> None:
    envelope, key = _sealed()[10, 0], KEYS.part_key((10, 0), 1)
    attempts = [
        (key, INSTITUTION, OTHER, envelope),
        (key, b"x" * 16, TOKEN, envelope),
        (KEYS.part_key((10, 0), 2), INSTITUTION, TOKEN, envelope),
        (key, INSTITUTION, TOKEN, Envelope(PartHeader((10, 0), version=2), envelope.body)),
        (key, INSTITUTION, TOKEN, Envelope(PartHeader((10, 0), generation=2), envelope.body)),
        (PersonKeys.draw(b"s" * 16, CountedRandom()).part_key((10, 0), 1), INSTITUTION, TOKEN, envelope),
    ]
    for attempt in attempts:
        with pytest.raises(UnsealError):
            unseal_part(*attempt)


@given(st.integers(0, 8 * (12 + 28 + 16) - 1))
@settings(max_examples=120)
def test_every_flipped_bit_is_found(bit: int) -> None:
    raw = bytearray(_sealed({"phone": ["+8613800000012"]})[10, 0].encode())
    raw[bit // 8] ^= 1 << bit % 8
    with pytest.raises((UnsealError, EnvelopeError)):
        unseal_part(KEYS.part_key((10, 0), 1), INSTITUTION, TOKEN, Envelope.decode(bytes(raw)))


def test_the_display_part_is_no_value_and_a_value_is_no_display_part() -> None:
    envelopes = _sealed()
    with pytest.raises(EnvelopeError):
        unseal_part(KEYS.part_key(DISPLAY, 1), INSTITUTION, TOKEN, envelopes[DISPLAY])
    with pytest.raises(EnvelopeError):
        unseal_display(KEYS.part_key((10, 0), 1), INSTITUTION, TOKEN, envelopes[10, 0])


@pytest.mark.parametrize(
    "values", [{"nickname": ["a"]}, {"wechat": ["abcdef", "ghijkl"]}, {"phone": ["+8613800000012"] * 5}, {"name": "王"}]
)
def test_values_without_a_place_are_refused(values: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidFieldError):
        parts_needed(values)


def test_with_a_stuck_random_source_no_key_meets_a_nonce_twice() -> None:
    pairs = set()
    count = 0
    for number in range(40):
        record = number.to_bytes(16, "big")
        keys = PersonKeys.draw(record, StuckRandom())
        part_keys = {part: keys.part_key(part, 1) for part in parts_needed(PERSON)}
        blob = seal_record(part_keys, INSTITUTION, record_token(record), PERSON, StuckRandom())
        for part, envelope in parse_sealed(blob).items():
            pairs.add((part_keys[part], envelope.body[:12]))
            count += 1
    assert len(pairs) == count
