"""Points of BN254 as key files hold them: are they in the groups that pairings are about?

In: affine points in Montgomery form, little-endian, 64 bytes in G1 and 128 in G2; infinity is all zero.
Out: nothing, or :class:`ValueError`.

Curves and groups: EIP-197. G1 is the whole curve. G2 is a part of its curve, and r times a point says whether
the point is in it; to ask that of each would take minutes. So random combinations of all are asked: the
small exponents test (Bellare, Garay, Rabin, EUROCRYPT 1998). That curve has points of small order, which
such a test may overlook (Boyd, Pavlovski, ASIACRYPT 2000), but of no order below 10,069, the least prime
factor of its cofactor. With coefficients below 2^8 a combination overlooks a bad point once in 2^8 times,
and :data:`ROUNDS` combinations once in 2^48.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from gmpy2 import mpz

from zkql.crypto.field import P
from zkql.toolchain.twist import (
    FIELD_OF_POINTS,
    INFINITY,
    ONE,
    ZERO,
    B,
    Q,
    add,
    add_any,
    double,
    plus,
    times,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zkql.toolchain.twist import Affine, Jacobian

COFACTOR = 2 * FIELD_OF_POINTS - P
"""Points of the curve of G2, divided by the points of G2."""
ROUNDS = 6
_COEFFICIENT_BITS = 8
_FEW = 16
"""Points that are asked one by one: it takes no longer."""
_R = mpz(1 << 256) % Q
_BY_R = pow(_R, -1, Q)
_ELEMENT = 32


def check_g1(data: memoryview, what: str) -> None:
    """Every point is on the curve y² = x³ + 3, its coordinates below the field's size."""
    scaled = 3 * _R * _R * _R % Q  # (xR)³ + 3R³ = (yR)²·R
    for number, (x, y) in enumerate(_tuples(data, 2, what)):
        if (y * y * _R - x * x * x - scaled) % Q and (x or y):
            raise ValueError(f"point {number} of {what} is not on the curve")


def check_g2(data: memoryview, what: str) -> None:
    """Every point is on the curve y² = x³ + 3/(9 + i), and in G2."""
    points = []
    for number, (x0, x1, y0, y1) in enumerate(_tuples(data, 4, what)):
        if not (x0 or x1 or y0 or y1):
            continue
        x, y = (x0 * _BY_R % Q, x1 * _BY_R % Q), (y0 * _BY_R % Q, y1 * _BY_R % Q)
        if times(y, y) != plus(times(times(x, x), x), B):
            raise ValueError(f"point {number} of {what} is not on the curve")
        points.append((x, y))
    asked = (
        ((*p, ONE) for p in points) if len(points) <= _FEW else (_combination(points) for _ in range(ROUNDS))
    )
    if not all(map(_vanishes, asked)):
        raise ValueError(f"a point of {what} is outside the group")


def _tuples(data: memoryview, size: int, what: str) -> Iterator[tuple[mpz, ...]]:
    width = size * _ELEMENT
    if len(data) % width:
        raise ValueError(f"{what} is cut short")
    for start in range(0, len(data), width):
        values = tuple(
            mpz(int.from_bytes(data[i : i + _ELEMENT], "little"))
            for i in range(start, start + width, _ELEMENT)
        )
        if max(values) >= Q:
            raise ValueError(f"point {start // width} of {what} has a coordinate that is no field element")
        yield values


# --- random combinations ------------------------------------------------------------------------


def _combination(points: Sequence[Affine]) -> Jacobian:
    """The sum of all points times random coefficients: points with one coefficient are added up first."""
    size = 1 << _COEFFICIENT_BITS
    buckets: list[Jacobian] = [INFINITY] * size
    for point in points:
        chosen = secrets.randbelow(size)
        buckets[chosen] = add(buckets[chosen], point)
    total = running = INFINITY
    for bucket in reversed(buckets[1:]):
        if bucket[2] != ZERO:
            running = add_any(running, bucket)
        total = add_any(total, running)
    return total


def _vanishes(point: Jacobian) -> bool:
    """Whether the point times the group's order is infinity."""
    result = INFINITY
    for bit in bin(P)[2:]:
        result = double(result)
        if bit == "1":
            result = add_any(result, point)
    return result[2] == ZERO
