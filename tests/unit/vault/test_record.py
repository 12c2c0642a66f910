import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dyepack.terms.ids import record_token
from dyepack.vault.errors import EnvelopeError, InvalidFieldError
from dyepack.vault.keeper.wrapping import PersonKeys, unwrap_person, wrap_person
from dyepack.vault.record import (
    DISPLAY,
    Display,
    Envelope,
    PartHeader,
    build_sealed,
    names_of,
    pad,
    parse_sealed,
    part_of,
    parts_of_field,
    unpad,
)
from dyepack.vault.seal import seal_part
from dyepack.vault.unseal import unseal_display, unseal_part

VECTORS = json.loads(
    (Path(__file__).parents[2] / "conformance/vectors/vault-envelopes-v1.json").read_text(encoding="utf-8")
)
SHOWN = Display({"name": "王小样"}, {"phone": {0: "138****0012"}})


class _Ramp:
    def token_bytes(self, size: int) -> bytes:
        return bytes(range(size))


def _envelope(part: tuple[int, int], blocks: int = 1) -> Envelope:
    return Envelope(PartHeader(part), bytes(28 + 16 * blocks))


@pytest.mark.parametrize("vector", VECTORS["parts"], ids=lambda vector: f"{vector['field']}-{vector['slot']}")
def test_frozen_envelopes_are_written_and_read(vector: dict[str, object]) -> None:
    institution, token = bytes.fromhex(VECTORS["institution"]), record_token(bytes.fromhex(VECTORS["record"]))
    part = (vector["field"], vector["slot"])
    key = PersonKeys(bytes.fromhex(VECTORS["data_key"]), b"").part_key(part, vector["version"])
    plain = pad(vector["text"].encode(), 64 if part == DISPLAY else 16)

    sealed = seal_part(key, institution, token, PartHeader(part), plain, _Ramp())

    assert token == VECTORS["token"]
    assert key.hex() == vector["key"]
    assert sealed.encode().hex() == vector["envelope"]
    read = Envelope.decode(bytes.fromhex(vector["envelope"]))
    if part == DISPLAY:
        assert unseal_display(key, institution, token, read).disclose() == SHOWN
    else:
        assert unseal_part(key, institution, token, read).disclose() == vector["text"]


def test_the_frozen_person_key_is_written_and_read() -> None:
    institution, record = bytes.fromhex(VECTORS["institution"]), bytes.fromhex(VECTORS["record"])
    keys = PersonKeys(bytes.fromhex(VECTORS["data_key"]), bytes.fromhex(VECTORS["alias_key"]))
    kek, version = bytes.fromhex(VECTORS["person"]["kek"]), VECTORS["person"]["kek_version"]

    wrapped = wrap_person(kek, version, institution, record, keys, _Ramp())

    assert len(wrapped) == 100
    assert wrapped.hex() == VECTORS["person"]["wrapped"]
    assert unwrap_person({version: kek}, institution, record, wrapped) == keys


def test_parts_are_stored_in_order_and_come_back() -> None:
    parts = [_envelope((22, 1)), _envelope(DISPLAY, 4), _envelope((10, 0))]
    assert list(parse_sealed(build_sealed(parts))) == [DISPLAY, (10, 0), (22, 1)]


def test_a_part_stands_once() -> None:
    with pytest.raises(EnvelopeError):
        build_sealed([_envelope((10, 0)), _envelope((10, 0))])


def test_a_blob_that_is_cut_continued_or_out_of_order_is_refused() -> None:
    blob = build_sealed([_envelope(DISPLAY), _envelope((10, 0))])
    half = len(blob) // 2
    for broken in (blob[:-1], blob + b"\0", blob[half:] + blob[:half], blob[:half] * 2, blob[:3]):
        with pytest.raises(EnvelopeError):
            parse_sealed(broken)


@pytest.mark.parametrize(
    "header",
    [
        "0203000a0000010000000001",  # another format
        "0102000a0000010000000001",  # another class
        "0103000a0400010000000001",  # a slot that the field lacks
        "0103000a0000010100000001",  # the zero byte
        "010100010000010000000001",  # a field of the display part
        "010000000100010000000001",  # the display part has one slot
        "0103270f0000010000000001",  # no such field
    ],
)
def test_a_header_of_another_format_or_catalog_is_refused(header: str) -> None:
    with pytest.raises(EnvelopeError):
        Envelope.decode(bytes.fromhex(header) + bytes(44))


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_foreign_bytes_raise_our_error_and_no_other(raw: bytes) -> None:
    for read in (parse_sealed, Envelope.decode, Display.decode):
        try:
            read(raw)
        except EnvelopeError:
            continue
        assert raw == b""


@given(st.binary(max_size=200), st.sampled_from([16, 64]))
@settings(max_examples=100)
def test_padding_comes_off_again_and_hides_the_length(value: bytes, block: int) -> None:
    padded = pad(value, block)
    assert len(padded) % block == 0
    assert unpad(padded, block) == value


@pytest.mark.parametrize("padded", [b"", bytes(16), b"a" * 16, b"a\x80" + bytes(13) + b"b", b"\x80" + bytes(31)])
def test_what_was_not_padded_is_refused(padded: bytes) -> None:
    with pytest.raises(EnvelopeError):
        unpad(padded, 16)


def test_the_display_part_keeps_masks_by_slot() -> None:
    display = Display({"name": "王小样", "grade": "g11"}, {"phone": {0: "138****0012", 2: "139****0034"}})
    assert Display.decode(display.encode()) == display


def test_no_protected_value_gets_into_the_display_part() -> None:
    for wrong in (Display({"phone": "+8613800000012"}, {}), Display({}, {"name": {0: "王**"}})):
        with pytest.raises(InvalidFieldError):
            wrong.encode()


def test_another_spelling_of_a_display_part_is_refused() -> None:
    with pytest.raises(EnvelopeError):
        Display.decode(SHOWN.encode().replace(b'"v":1', b'"v": 1'))


def test_parts_of_fields() -> None:
    assert part_of("name") == part_of("remark") == DISPLAY
    assert parts_of_field("phone") == ((10, 0), (10, 1), (10, 2), (10, 3))
    assert parts_of_field("wechat") == ((13, 0),)
    assert names_of([(10, 0), (10, 1), (50, 0)]) == ("phone", "citizen_id")
    assert "remark" in names_of([DISPLAY])
    with pytest.raises(InvalidFieldError):
        part_of("wechat", 1)
