"""Merkle trees, and tables as their owners commit to them, natively."""

from __future__ import annotations

import pytest

from zkql.crypto.field import P
from zkql.crypto.linked import Layout, LinkedTable
from zkql.crypto.merkle import ARITY, NO_LEAF, depth_of, merkle_path, merkle_root
from zkql.crypto.poseidon import poseidon


@pytest.mark.parametrize("leaves, depth", [(0, 1), (1, 1), (4, 1), (5, 2), (16, 2), (17, 3), (4_097, 7)])
def test_a_tree_is_as_deep_as_its_leaves_need(leaves: int, depth: int) -> None:
    assert depth_of(leaves) == depth


def test_a_root_is_over_all_leaves_and_nothing_else() -> None:
    nothing = poseidon([NO_LEAF] * ARITY)
    nodes = [poseidon([1, 2, 3, 4]), poseidon([5, NO_LEAF, NO_LEAF, NO_LEAF]), nothing, nothing]
    assert merkle_root([1, 2, 3, 4, 5]) == poseidon(nodes)
    assert merkle_root([]) == nothing
    roots = {
        merkle_root(leaves) for leaves in ([1, 2], [2, 1], [1, 2, 3], [1], [1, 2, 0, 1], [1, 2, 3, 4, 5])
    }
    assert len(roots) == 6


@pytest.mark.parametrize("count", [1, 3, 4, 5, 17, 20])
def test_every_leaf_has_a_way_to_the_root(count: int) -> None:
    leaves = [100 + j for j in range(count)]
    for index, leaf in enumerate(leaves):
        node = leaf
        path = merkle_path(leaves, index)
        assert len(path) == depth_of(count)
        for children in path:
            assert node in children
            node = poseidon(children)
        assert node == merkle_root(leaves)


def test_numbers_share_elements_and_never_overlap() -> None:
    layout = Layout(((-4, 3), (0, 2**240), (5, 5), (0, 2**9 - 1)), first=10)
    assert layout.places == ((0, 0), (1, 0), (1, 241), (1, 241))
    assert layout.pack((-4, 0, 5, 0)) == (0, 0)
    assert layout.pack((3, 2**240, 5, 2**9 - 1)) == (7, 2**240 + (2**9 - 1 << 241))
    assert all(element < 2**250 for element in layout.pack((3, 2**240, 5, 2**9 - 1)))


def test_records_name_the_next_key() -> None:
    table = LinkedTable(1, (0, 9), ((-2, 2),))
    assert table.records([(9, 1), (0, -1), (4, 2)]) == [(-1, 0, -2), (0, 4, -1), (4, 9, 2), (9, 10, 1)]
    assert table.records([]) == [(-1, 10, -2)]


def test_a_commitment_is_of_one_record_of_one_table() -> None:
    table = LinkedTable(1, (0, 9), ((-2, 2),))
    other = LinkedTable(2, (0, 9), ((-2, 2),))
    record = table.records([])[0]
    commitments = {
        table.commit(record, 5),
        table.commit(record, 6),
        other.commit(record, 5),
        table.commit((-1, 9, -2), 5),
        table.commit((-1, 10, -1), 5),
    }
    assert len(commitments) == 5
    assert all(0 <= commitment < P for commitment in commitments)
    first = table.layout.pack(record)[0] + (1 << 133)
    assert table.commit(record, 5) == poseidon([first, 5])


def test_what_a_row_says_of_its_neighbours_has_a_place_of_its_own() -> None:
    """Also where the neighbours are as far away as a circuit lets them be said to be."""
    table = LinkedTable(1, (0, 9), ((0, 1),))
    far = (1 << table.reach) - 1
    said = {
        table.layout.pack((key - below, key + 1 + above, bit))
        for key in range(10)
        for below in range(far + 1)
        for above in range(far + 1)
        for bit in (0, 1)
    }
    starts = {key - below for key in range(10) for below in range(far + 1)}
    assert len(said) > len(starts)
    pairs = {
        (key - below, key + 1 + above, bit)
        for key in range(10)
        for below in range(far + 1)
        for above in range(far + 1)
        for bit in (0, 1)
    }
    assert len(said) == len(pairs)


def test_a_table_of_too_many_columns_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 15"):
        LinkedTable(1, (0, 9), ((0, 2**240),) * 16)
