import pytest

from dyepack.ledger import Tree, leaf_hash, verify_consistency, verify_inclusion
from dyepack.ledger.errors import ConsistencyError, InclusionError
from dyepack.ledger.merkle import EMPTY_ROOT, Edge, node_hash, root_of

LEAVES = [leaf_hash(bytes([number])) for number in range(7)]


def tree_of(leaves):
    tree = Tree(lambda _path: None)
    tree.append(leaves)
    return tree


def test_the_empty_tree_has_the_hash_of_nothing_as_its_root():
    assert tree_of([]).edge().root == EMPTY_ROOT == root_of([])


def test_the_root_of_seven_leaves_is_the_one_of_the_standard():
    a, b, c, d, e, f, g = LEAVES
    left = node_hash(node_hash(a, b), node_hash(c, d))

    assert tree_of(LEAVES).edge().root == node_hash(left, node_hash(node_hash(e, f), g))


def test_an_inclusion_proof_starts_with_the_sibling():
    edge = tree_of(LEAVES).edge()

    assert edge.inclusion(4)[0] == LEAVES[5]
    assert edge.inclusion(6) == (node_hash(LEAVES[4], LEAVES[5]), edge.inclusion(5)[-1])


@pytest.mark.parametrize("index", [-1, 7])
def test_there_is_no_proof_of_a_leaf_beyond_the_size(index):
    with pytest.raises(InclusionError):
        tree_of(LEAVES).edge().inclusion(index)


@pytest.mark.parametrize("old", [-1, 8])
def test_there_is_no_consistency_proof_from_a_larger_size(old):
    with pytest.raises(ConsistencyError):
        tree_of(LEAVES).edge().consistency(old)


@pytest.mark.parametrize("old", [0, 7])
def test_nothing_is_needed_from_the_empty_or_the_same_size(old):
    assert tree_of(LEAVES).edge().consistency(old) == ()


def test_a_proof_reads_only_stored_nodes():
    asked = []

    def nodes(level, index):
        asked.append((level, index))
        return bytes(32)

    Edge(6, nodes).inclusion(0)

    assert asked == [(1, 2), (2, 0), (0, 1), (1, 1)]


def test_a_hash_of_another_length_is_refused():
    edge = tree_of(LEAVES).edge()
    proof = edge.inclusion(0)

    with pytest.raises(InclusionError):
        verify_inclusion(LEAVES[0], 0, 7, (proof[0][:-1], *proof[1:]), edge.root)
    with pytest.raises(ConsistencyError):
        verify_consistency(3, 7, [item[:-1] for item in edge.consistency(3)], edge.root, edge.root)


def test_one_size_with_two_roots_is_refused():
    edge = tree_of(LEAVES).edge()

    with pytest.raises(ConsistencyError):
        verify_consistency(7, 7, (), edge.root, EMPTY_ROOT)


def test_nothing_follows_from_the_empty_tree():
    with pytest.raises(ConsistencyError):
        verify_consistency(0, 7, (), EMPTY_ROOT, tree_of(LEAVES).edge().root)


def test_a_consistency_proof_without_hashes_is_refused():
    tree = tree_of(LEAVES)

    with pytest.raises(ConsistencyError):
        verify_consistency(3, 7, (), tree.edge(3).root, tree.edge().root)


def test_each_end_of_a_consistency_proof_is_checked():
    tree = tree_of(LEAVES)
    proof = tree.edge().consistency(3)

    with pytest.raises(ConsistencyError, match="old root"):
        verify_consistency(3, 7, proof, tree.edge(2).root, tree.edge().root)
    with pytest.raises(ConsistencyError, match="new root"):
        verify_consistency(3, 7, proof, tree.edge(3).root, tree.edge(2).root)
