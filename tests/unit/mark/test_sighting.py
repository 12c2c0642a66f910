"""Numbers of canaries in the cells of a file: in full, masked, or not at all."""

import pytest

from dyepack.mark.sighting import NUMBERS, MaskedMatch, Numbers, sight
from fakes.marks import pool

CANARIES = pool(3)
FIRST = CANARIES[0].phone.removeprefix("+86")


@pytest.mark.parametrize(
    "cell", [FIRST, f"+86 {FIRST}", f"{FIRST}.0", f"电话{FIRST}。", f"{FIRST[:3]} {FIRST[3:7]} {FIRST[7:]}"]
)
def test_a_full_number_is_seen_in_any_dress(cell):
    assert sight([["x", cell]], CANARIES, NUMBERS).full == {CANARIES[0].id}


@pytest.mark.parametrize("places", [f"{FIRST[:3]}****{FIRST[-4:]}", f"*******{FIRST[-4:]}", f"{FIRST[:7]}****"])
def test_a_masked_number_is_listed_for_every_canary_it_would_fit(places):
    seen = sight([[], ["", places]], CANARIES, Numbers(lambda cell: [], lambda cell: cell or None))
    shown = [(digit, place) for digit, place in zip(FIRST, places, strict=True) if place != "*"]

    assert MaskedMatch(2, CANARIES[0].id) in seen.masked
    assert all(digit == place for digit, place in shown)
    assert seen.full == frozenset()
    assert not seen.any_number


@pytest.mark.parametrize("places", ["138****0012", "1380000", "169****9999"])
def test_a_masked_number_of_somebody_else_is_not_listed(places):
    seen = sight([[places]], CANARIES, Numbers(lambda cell: [], lambda cell: cell))

    assert seen.masked == ()


def test_a_strangers_number_makes_absence_readable():
    assert sight([["13800000012"]], CANARIES, NUMBERS).any_number
    assert not sight([["去英国读研", "", "138****0012"]], CANARIES, NUMBERS).any_number


def test_a_full_number_beats_a_mask_in_the_same_cell():
    seen = sight([[FIRST]], CANARIES, Numbers(lambda cell: ["+86" + cell], lambda cell: cell))

    assert seen.full == {CANARIES[0].id}
    assert seen.masked == ()
