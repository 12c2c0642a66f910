"""Keys, positions and symbols: the frozen vector, and the rules that hold whatever the key is."""

import math
from decimal import Decimal, getcontext

import pytest

from dyepack.crypto.digest import sha256
from dyepack.mark.codeword import Carrier, Position, bias_indices, commitments, derive_keys, symbols
from dyepack.mark.profiles import NUIDA_2009_C6

INSTITUTION_KEY = bytes(range(32))
KEYS = derive_keys(INSTITUTION_KEY, b"\x01" * 16, bytes(16))
POSITIONS = [Position(bytes([record]) * 16, Carrier.TEXT_VARIANT, slot) for record in range(4) for slot in range(4)]


def digits(values: bytes) -> str:
    return "".join(map(str, values))


def test_the_frozen_keys_are_derived():
    assert KEYS.bias_key.hex().startswith("03a95d65295271c5")
    assert KEYS.copy_key.hex().startswith("cef76dc257eb94a0")


def test_the_frozen_bias_indices_are_derived():
    assert digits(bias_indices(KEYS.bias_key, POSITIONS)) == "2210001000012012"


def test_the_frozen_symbols_are_derived():
    assert digits(symbols(KEYS, POSITIONS)) == "1100000100001011"


def test_the_thresholds_are_the_exact_values():
    getcontext().prec = 50
    root15, root10 = Decimal(15).sqrt(), Decimal(10).sqrt()
    half = Decimal(1) / 2
    biases = (half - root15 / 10, half, half + root15 / 10)
    outer = 5 * root10 / (10 * root10 + 16)
    weights = (outer, 1 - 2 * outer, outer)
    span = Decimal(2**64)

    assert NUIDA_2009_C6.symbol_thresholds == tuple(int(span * bias) for bias in biases)
    assert NUIDA_2009_C6.bias_thresholds == (int(span * weights[0]), int(span * (weights[0] + weights[1])))
    assert NUIDA_2009_C6.probabilities == pytest.approx([float(bias) for bias in biases], abs=1e-15)
    assert NUIDA_2009_C6.weights == pytest.approx([float(weight) for weight in weights], abs=1e-15)


def test_the_order_of_positions_does_not_change_a_symbol():
    backwards = POSITIONS[::-1]

    assert symbols(KEYS, backwards) == symbols(KEYS, POSITIONS)[::-1]


def test_all_copies_of_an_epoch_share_their_biases():
    other = derive_keys(INSTITUTION_KEY, b"\x02" * 16, bytes(16))

    assert bias_indices(other.bias_key, POSITIONS) == bias_indices(KEYS.bias_key, POSITIONS)
    assert symbols(other, POSITIONS) != symbols(KEYS, POSITIONS)


def test_another_epoch_has_other_biases():
    other = derive_keys(INSTITUTION_KEY, b"\x01" * 16, b"\x01" * 16)

    assert bias_indices(other.bias_key, POSITIONS) != bias_indices(KEYS.bias_key, POSITIONS)


def test_a_pool_canary_and_a_text_slot_of_one_record_are_different_positions():
    many = [bytes([k]) * 16 for k in range(64)]
    pool = symbols(KEYS, [Position(record, Carrier.POOL_CANARY, 0) for record in many])
    text = symbols(KEYS, [Position(record, Carrier.TEXT_VARIANT, 0) for record in many])

    assert pool != text


def test_symbols_are_one_as_often_as_their_bias_says():
    positions = [Position(k.to_bytes(16, "big"), Carrier.TEXT_VARIANT, slot) for k in range(2000) for slot in range(4)]
    biases = bias_indices(KEYS.bias_key, positions)
    shown = symbols(KEYS, positions)

    for index, probability in enumerate(NUIDA_2009_C6.probabilities):
        ones = [symbol for symbol, bias in zip(shown, biases, strict=True) if bias == index]
        spread = math.sqrt(len(ones) * probability * (1 - probability))
        assert abs(len(ones) - NUIDA_2009_C6.weights[index] * len(positions)) < 4 * math.sqrt(len(positions)) / 2
        assert abs(sum(ones) - probability * len(ones)) < 4 * spread


def test_commitments_are_the_hashes_of_the_keys():
    assert commitments(KEYS) == (sha256(KEYS.copy_key), sha256(KEYS.bias_key))


def test_keys_are_never_printed():
    assert KEYS.copy_key.hex() not in repr(KEYS)
    assert repr(KEYS) == "CopyKeys()"


@pytest.mark.parametrize("name", [b"", b"\x00" * 15, b"\x00" * 17])
def test_an_id_of_another_length_derives_nothing(name):
    with pytest.raises(ValueError, match="16 bytes"):
        derive_keys(INSTITUTION_KEY, name, bytes(16))
    with pytest.raises(ValueError, match="16 bytes"):
        derive_keys(INSTITUTION_KEY, bytes(16), name)
