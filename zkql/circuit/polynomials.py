"""Polynomials over the field, and how to evaluate them with few products. In: points. Out: coefficients,
lowest first, in chunks.

Paterson and Stockmeyer, "On the Number of Nonscalar Multiplications Necessary to Evaluate Polynomials"
(SIAM J. Comput. 2, 1973): with the powers x … x^k, each chunk of k coefficients is a linear combination,
which costs nothing in a circuit, and chunks are joined by Horner's rule in x^k.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from zkql.crypto.field import P

if TYPE_CHECKING:
    from collections.abc import Sequence

Polynomial = tuple[int, ...]


@lru_cache(maxsize=64)
def vanishing(points: tuple[int, ...]) -> Polynomial:
    """``∏ (x - point)``."""
    made = [1]
    for point in points:
        shifted = [0, *made]
        made = [(high - point * low) % P for high, low in zip(shifted, [*made, 0], strict=True)]
    return tuple(made)


@lru_cache(maxsize=64)
def through(points: tuple[int, ...], values: tuple[int, ...]) -> Polynomial:
    """The polynomial of least degree that has these values at these points, which differ (Lagrange)."""
    whole = vanishing(points)
    made = [0] * len(points)
    for point, value in zip(points, values, strict=True):
        if value:
            others = _without(whole, point)
            factor = value * pow(_at(others, point), -1, P) % P
            made = [(total + factor * c) % P for total, c in zip(made, others, strict=True)]
    while made and not made[-1]:
        made.pop()
    return tuple(made)


def _without(polynomial: Polynomial, root: int) -> Polynomial:
    """The polynomial divided by ``x - root``."""
    made = [0]
    for coefficient in reversed(polynomial[1:]):
        made.append((coefficient + root * made[-1]) % P)
    return tuple(reversed(made[1:]))


def _at(polynomial: Polynomial, point: int) -> int:
    total = 0
    for coefficient in reversed(polynomial):
        total = (total * point + coefficient) % P
    return total


def chunks(polynomial: Polynomial, size: int) -> list[Polynomial]:
    """Of so many coefficients each, the highest first."""
    starts = range(0, len(polynomial), size)
    return [polynomial[start : start + size] for start in reversed(starts)]


def products(polynomial: Polynomial, size: int) -> int:
    """How many products join the chunks: none with a constant."""
    own = chunks(polynomial, size)
    return max(len(own) - 1, 0) - (len(own) > 1 and not any(own[0][1:]))


def best_size(polynomials: Sequence[Polynomial]) -> int:
    """The size of chunks with the fewest products, those for the powers included."""

    def cost(size: int) -> int:
        return size - 1 + sum(products(p, size) for p in polynomials)

    return min(range(1, max(map(len, polynomials))), key=cost)
