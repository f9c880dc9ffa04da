"""The curve BabyJubJub over the scalar field of BN254. In: points and scalars. Out: points, and their bytes.

ERC-2494 (Bellés-Muñoz, Whitehat, Baylina, Daza, Muñoz-Tapia, "Twisted Edwards Elliptic Curves for
Zero-Knowledge Circuits", Mathematics 2021): ``a·x² + y² = 1 + d·x²·y²`` with 8·ℓ points, ℓ a prime of 251
bits. ``a`` is a square and ``d`` is none, so the addition law has no exceptions (Bernstein, Birkner, Joye,
Lange, Peters, "Twisted Edwards Curves", AFRICACRYPT 2008).

Parameters, points and square roots are zokrates-pycrypto's. Sums are not: its ``mult`` takes 36 ms, the one
below 2 ms. Nor is the base point: its ``Point.generator()`` is another one than circomlib's and ERC-2494's.

Nothing here takes the same time for all scalars.
"""

from __future__ import annotations

from typing import NamedTuple

import gmpy2
from zokrates_pycrypto.babyjubjub import JUBJUB_A, JUBJUB_D, JUBJUB_L
from zokrates_pycrypto.numbertheory import SquareRootError, square_root_mod_prime

from zkql.crypto.field import P

A: int = JUBJUB_A
D: int = JUBJUB_D
ORDER: int = JUBJUB_L
"""ℓ, the order of the subgroup that signatures live in."""
COFACTOR = 8
POINT_BYTES = 32
MONTGOMERY_A = 2 * (A + D) // (A - D)
"""``v² = u³ + MONTGOMERY_A·u² + u`` is the same curve, since ``4 / (a - d)`` is 1: :func:`montgomery`."""


class Point(NamedTuple):
    """``x`` and ``y`` in ``[0, P)``. Not every pair is on the curve."""

    x: int
    y: int


IDENTITY = Point(0, 1)
BASE = Point(
    5299619240641551281634865583518297030282874472190772894086521144482721001553,
    16950150798460657717958625567821834550301663161624707787222815936182638968203,
)
"""Of order ℓ: ERC-2494's base point, circomlib's ``Base8``."""


def is_on_curve(point: Point) -> bool:
    """Whether it is a point of the curve, in the one spelling that it has."""
    x, y = point
    return 0 <= x < P and 0 <= y < P and (A * x * x + y * y - 1 - D * x * x * y * y) % P == 0


def is_in_subgroup(point: Point) -> bool:
    """Whether it is on the curve and of order ℓ; the identity is not."""
    return is_on_curve(point) and point != IDENTITY and multiply(ORDER, point) == IDENTITY


def add(one: Point, other: Point) -> Point:
    """The sum of two points of the curve."""
    x, y = _sum(one, other)
    return Point(int(x), int(y))


def _sum(one: Point, other: Point) -> Point:
    """The same, in numbers of gmpy2."""
    (x1, y1), (x2, y2) = one, other
    product = D * x1 * x2 % P * y1 % P * y2 % P
    # One inversion for both quotients.
    inverse = gmpy2.invert((1 + product) * (1 - product), P)
    x = (x1 * y2 + y1 * x2) * (1 - product) * inverse % P
    y = (y1 * y2 - A * x1 * x2) * (1 + product) * inverse % P
    return Point(x, y)


def negate(point: Point) -> Point:
    """The point with which it adds up to the identity."""
    return Point(-point.x % P, point.y)


def multiply(scalar: int, point: Point) -> Point:
    """A multiple, for a scalar of at least 0, of a point of the curve."""
    total, step = IDENTITY, point
    while scalar:
        if scalar & 1:
            total = _sum(total, step)
        step, scalar = _sum(step, step), scalar >> 1
    return Point(int(total.x), int(total.y))


def montgomery(point: Point) -> tuple[int, int]:
    """``(u, v)`` of a point that is neither the identity nor of order 2 (section 3 of the same paper)."""
    u = (1 + point.y) * pow(1 - point.y, -1, P) % P
    return u, u * pow(point.x, -1, P) % P


def encode_point(point: Point) -> bytes:
    """32 bytes, as circomlib packs a point: y, its lowest byte first; the top bit says that x > P/2."""
    sign = point.x > P // 2
    return (point.y | sign << 255).to_bytes(POINT_BYTES, "little")


def decode_point(data: bytes) -> Point:
    """The point of the curve that has this encoding. Raises ``ValueError`` if there is none."""
    if len(data) != POINT_BYTES:
        raise ValueError(f"a point has {POINT_BYTES} bytes, not {len(data)}")
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    # d is no square, so the divisor is not 0.
    square = (1 - y * y) * pow(A - D * y * y, -1, P) % P
    try:
        root = int(square_root_mod_prime(square, P))
    except SquareRootError:
        raise ValueError("no point of the curve has this y") from None
    point = Point(root if (root > P // 2) == bool(sign) else -root % P, y)
    if encode_point(point) != data or not is_on_curve(point):
        raise ValueError("not the encoding of a point")
    return point
