"""The tree: one root however it was fed, and proofs that prove one thing only."""

from functools import cache
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dyepack.ledger import Log, Tree, leaf_hash, tiles_between, verify, verify_consistency, verify_inclusion
from dyepack.ledger.errors import InclusionError
from dyepack.ledger.merkle import root_of
from fakes.ledger_logs import ORIGIN, START, CountingRandom, commit, look, org

SIZE = 300
LEAVES = [leaf_hash(b"%d" % number) for number in range(SIZE)]


@cache
def tree():
    tree = Tree(lambda _path: None)
    tree.append(LEAVES)
    return tree


@cache
def edge(size):
    return tree().edge(size)


def test_the_proof_of_every_leaf_at_every_size_verifies():
    for size in range(1, SIZE + 1):
        for index in range(size):
            verify_inclusion(LEAVES[index], index, size, edge(size).inclusion(index), edge(size).root)


def test_every_root_is_the_one_computed_without_stored_nodes():
    assert all(edge(size).root == root_of(LEAVES[:size]) for size in range(SIZE + 1))


def test_every_size_is_consistent_with_every_later_one():
    for new in range(1, SIZE + 1, 7):
        for old in range(1, new + 1):
            verify_consistency(old, new, edge(new).consistency(old), edge(old).root, edge(new).root)


def test_a_proof_proves_no_other_leaf_and_no_other_place_of_any_size_up_to_24():
    for size in range(2, 25):
        for index in range(size):
            proof = edge(size).inclusion(index)
            for leaf, place in product(range(size), repeat=2):
                if leaf != index or place != index:
                    with pytest.raises(InclusionError):
                        verify_inclusion(LEAVES[leaf], place, size, proof, edge(size).root)


def test_at_every_size_up_to_300_the_next_leaf_is_not_proved_by_the_proof_of_this_one():
    for size in range(2, SIZE + 1):
        for index in range(size % 3, size, 3):
            proof = edge(size).inclusion(index)
            with pytest.raises(InclusionError):
                verify_inclusion(LEAVES[(index + 1) % size], index, size, proof, edge(size).root)
            with pytest.raises(InclusionError):
                verify_inclusion(LEAVES[index], (index + 1) % size, size, proof, edge(size).root)


@settings(max_examples=200)
@given(st.data())
def test_a_proof_proves_no_other_leaf_place_or_size(data):
    size = data.draw(st.integers(2, SIZE))
    index = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index))
    later = data.draw(st.integers(1, SIZE).filter(lambda number: number != size))
    proof = edge(size).inclusion(index)

    for leaf, place, width, root in (
        (LEAVES[other], index, size, edge(size).root),
        (LEAVES[index], other, size, edge(size).root),
        (LEAVES[index], index, size, edge(later).root),
    ):
        assert not verify.inclusion_holds(leaf, place, width, list(proof), root)
        with pytest.raises(InclusionError):
            verify_inclusion(leaf, place, width, proof, root)


@settings(max_examples=100)
@given(st.integers(1, SIZE), st.integers(1, SIZE))
def test_product_and_script_agree_about_consistency(first, second):
    old, new = sorted((first, second))
    proof = edge(new).consistency(old)

    assert verify.consistency_holds(old, new, proof, edge(old).root, edge(new).root)
    assert verify.consistency_holds(old, new, proof, edge(old).root, edge(old).root) is (old == new)


@settings(max_examples=25)
@given(st.lists(st.integers(0, 40), min_size=1, max_size=12))
def test_appending_in_any_batches_gives_the_same_log(batches):
    chance = CountingRandom(12)
    facts = [look(chance) for _ in range(sum(batches))]
    whole = Log(ORIGIN, org(), Tree(lambda _path: None))
    parts = Log(ORIGIN, org(), Tree(lambda _path: None))

    entries = commit(whole, facts, START).entries
    seen = []
    for count in batches:
        seen += commit(parts, facts[len(seen) : len(seen) + count], START).entries

    assert tuple(seen) == entries
    assert parts.tree.edge().root == whole.tree.edge().root


@settings(max_examples=50)
@given(st.integers(0, 140_000), st.integers(0, 140_000))
def test_tiles_written_while_growing_are_all_the_tiles(first, second):
    old, new = sorted((first, second))
    before, after = set(tiles_between(0, old)), set(tiles_between(0, new))

    added = set(tiles_between(old, new))

    assert added == after - before
    assert all(tile in added for tile in before ^ after if tile in after)
