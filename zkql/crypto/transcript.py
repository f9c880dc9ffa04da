"""Challenges by Fiat and Shamir's transform, over Poseidon. In: a context and field elements. Out: one field
element that nobody can know before all of them are fixed.

Poseidon is chained as in the constructions of Merkle and of Damgård (CRYPTO '89): the first input is the
context, then the result so far; 7 more are absorbed each time (more would cost less a time, but ZoKrates
compiles wide instances slowly). How many elements there are is fixed by the circuit and stands in the
first of them, so no input is a prefix of another: then the chain is as good as a random oracle where
Poseidon is one (Coron, Dodis, Malinaud, Puniya, CRYPTO 2005). The last call takes fewer inputs where fewer
are left, with the parameters for that number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.crypto.poseidon import poseidon

if TYPE_CHECKING:
    from collections.abc import Sequence

DATA_BITS = 232
"""Bits of an element that are data; the number of elements stands above those of the first."""


_ABSORBED = 7


def blocks(count: int) -> list[int]:
    """How many elements each call of Poseidon absorbs, beside the result so far."""
    return [min(_ABSORBED, count - start) for start in range(0, count, _ABSORBED)]


def challenge(context: int, elements: Sequence[int]) -> int:
    """A challenge over ``elements`` of :data:`DATA_BITS` bits, one at least."""
    assert elements
    assert all(0 <= element < 1 << DATA_BITS for element in elements)
    rest = [elements[0] + (len(elements) << DATA_BITS), *elements[1:]]
    digest = context
    for size in blocks(len(rest)):
        digest = poseidon([digest, *rest[:size]])
        rest = rest[size:]
    return digest
