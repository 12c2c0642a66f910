"""What one key seals many times must not depend on randomness alone."""

from hypothesis import given, settings
from hypothesis import strategies as st

from dyepack.crypto.aead import seal_hedged, unseal
from fakes.keeper_world import CountedRandom, StuckRandom, World

KEY = bytes(range(32))


@given(st.lists(st.tuples(st.binary(max_size=40), st.binary(max_size=40)), unique=True, max_size=30))
@settings(max_examples=60)
def test_with_a_stuck_source_different_contents_or_places_have_different_nonces(
    pairs: list[tuple[bytes, bytes]],
) -> None:
    sealed = [seal_hedged(KEY, plain, place, StuckRandom()) for plain, place in pairs]
    assert len({one[:12] for one in sealed}) == len(pairs)
    assert [unseal(KEY, one, place) for one, (_, place) in zip(sealed, pairs, strict=True)] == [
        plain for plain, _ in pairs
    ]


def test_with_a_sound_source_the_same_content_has_another_nonce_each_time() -> None:
    random = CountedRandom()
    assert len({seal_hedged(KEY, b"x", b"", random)[:12] for _ in range(50)}) == 50


def test_notes_sealed_with_a_stuck_source_repeat_no_nonce() -> None:
    keeper = World().started(random=StuckRandom())
    sealed = [keeper.seal_note("canary", f"c{number}", b"same") for number in range(50)]
    sealed += [keeper.seal_note("canary", "c0", f"other {number}".encode()) for number in range(50)]
    assert len({one[:12] for one in sealed}) == 100
