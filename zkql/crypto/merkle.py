"""Merkle trees over Poseidon. In: leaves, which are hashes. Out: a root, and each leaf's way to it.

Merkle, "A Digital Signature Based on a Conventional Encryption Function" (CRYPTO '87), with four children a
node: a level of Poseidon with 4 inputs takes 297 constraints, two levels with 2 inputs take 480. Leaves
are commitments with a tag of their own (:mod:`zkql.crypto.linked`), so no node is a leaf; and every way to a
root has the same length, which the circuit fixes.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from zkql.crypto.poseidon import poseidon

if TYPE_CHECKING:
    from collections.abc import Sequence

ARITY = 4
"""Children of a node."""
NO_LEAF = 0
"""What stands where there is no leaf: nobody knows what hashes to it."""
Level = tuple[int, ...]


def depth_of(leaves: int) -> int:
    """Levels of hashes over so many leaves, one at least."""
    depth = 1
    while ARITY**depth < leaves:
        depth += 1
    return depth


def merkle_root(leaves: Sequence[int]) -> int:
    """The root over the leaves."""
    return _levels(tuple(leaves))[-1][0]


def merkle_path(leaves: Sequence[int], index: int) -> list[Level]:
    """From the leaf up, the children of each node on the way to the root."""
    path = []
    for level in _levels(tuple(leaves))[:-1]:
        index //= ARITY
        path.append(level[ARITY * index : ARITY * (index + 1)])
    return path


@lru_cache(maxsize=8)
def _levels(leaves: Level) -> tuple[Level, ...]:
    """Leaves, and the nodes above them up to the root. Where there is nothing, nodes are over nothing."""
    levels, empty = [], NO_LEAF
    level = leaves or (NO_LEAF,)
    for _ in range(depth_of(len(leaves))):
        level = (*level, *[empty] * (-len(level) % ARITY))
        levels.append(level)
        level = tuple(poseidon(level[i : i + ARITY]) for i in range(0, len(level), ARITY))
        empty = poseidon([empty] * ARITY)
    return (*levels, level)
