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

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FIELD_OF_POINTS = 21888242871839275222246405745257275088696311157297823662689037894645226208583
COFACTOR = 2 * FIELD_OF_POINTS - P
"""Points of the curve of G2, divided by the points of G2."""
ROUNDS = 6
_COEFFICIENT_BITS = 8
_Q = mpz(FIELD_OF_POINTS)
_R = mpz(1 << 256) % _Q
_BY_R = pow(_R, -1, _Q)
_ELEMENT = 32

Pair = tuple[mpz, mpz]
"""a + b·i of the field of G2, i² = −1."""
Affine = tuple[Pair, Pair]
Jacobian = tuple[Pair, Pair, Pair]


def check_g1(data: memoryview, what: str) -> None:
    """Every point is on the curve y² = x³ + 3, its coordinates below the field's size."""
    scaled = 3 * _R * _R * _R % _Q  # (xR)³ + 3R³ = (yR)²·R
    for number, (x, y) in enumerate(_tuples(data, 2, what)):
        if (y * y * _R - x * x * x - scaled) % _Q and (x or y):
            raise ValueError(f"point {number} of {what} is not on the curve")


def check_g2(data: memoryview, what: str) -> None:
    """Every point is on the curve y² = x³ + 3/(9 + i), and in G2."""
    points = []
    for number, (x0, x1, y0, y1) in enumerate(_tuples(data, 4, what)):
        if not (x0 or x1 or y0 or y1):
            continue
        x, y = (x0 * _BY_R % _Q, x1 * _BY_R % _Q), (y0 * _BY_R % _Q, y1 * _BY_R % _Q)
        if _times(y, y) != _plus(_times(_times(x, x), x), _B):
            raise ValueError(f"point {number} of {what} is not on the curve")
        points.append((x, y))
    if points and not all(_vanishes(_combination(points)) for _ in range(ROUNDS)):
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
        if max(values) >= _Q:
            raise ValueError(f"point {start // width} of {what} has a coordinate that is no field element")
        yield values


# --- random combinations ------------------------------------------------------------------------


def _combination(points: Sequence[Affine]) -> Jacobian:
    """The sum of all points times random coefficients: points with one coefficient are added up first."""
    size = 1 << _COEFFICIENT_BITS
    buckets: list[Jacobian] = [_INFINITY] * size
    for point in points:
        chosen = secrets.randbelow(size)
        buckets[chosen] = _add(buckets[chosen], point)
    total = running = _INFINITY
    for bucket in reversed(buckets[1:]):
        if bucket[2] != _ZERO:
            running = _add_any(running, bucket)
        total = _add_any(total, running)
    return total


def _vanishes(point: Jacobian) -> bool:
    """Whether the point times the group's order is infinity."""
    result = _INFINITY
    for bit in bin(P)[2:]:
        result = _double(result)
        if bit == "1":
            result = _add_any(result, point)
    return result[2] == _ZERO


# --- the field of G2, and its curve (formulas: hyperelliptic.org/EFD, short Weierstrass, Jacobian, a = 0) ---

_ZERO, _ONE = (mpz(0), mpz(0)), (mpz(1), mpz(0))
_INFINITY: Jacobian = (_ONE, _ONE, _ZERO)


def _times(a: Pair, b: Pair) -> Pair:
    low, high = a[0] * b[0], a[1] * b[1]
    return (low - high) % _Q, ((a[0] + a[1]) * (b[0] + b[1]) - low - high) % _Q


def _plus(a: Pair, b: Pair) -> Pair:
    return (a[0] + b[0]) % _Q, (a[1] + b[1]) % _Q


def _minus(a: Pair, b: Pair) -> Pair:
    return (a[0] - b[0]) % _Q, (a[1] - b[1]) % _Q


def _twice(a: Pair) -> Pair:
    return _plus(a, a)


_B: Pair = _times((mpz(3), mpz(0)), (9 * pow(mpz(82), -1, _Q) % _Q, -pow(mpz(82), -1, _Q) % _Q))


def _double(point: Jacobian) -> Jacobian:
    """dbl-2009-l."""
    x, y, z = point
    a, b = _times(x, x), _times(y, y)
    c = _times(b, b)
    s = _plus(x, b)
    d = _twice(_minus(_minus(_times(s, s), a), c))
    e = _plus(_twice(a), a)
    x3 = _minus(_times(e, e), _twice(d))
    y3 = _minus(_times(e, _minus(d, x3)), _twice(_twice(_twice(c))))
    return x3, y3, _twice(_times(y, z))


def _add(point: Jacobian, other: Affine) -> Jacobian:
    """madd-2007-bl's idea: ``other`` has z = 1."""
    x1, y1, z1 = point
    x2, y2 = other
    if z1 == _ZERO:
        return x2, y2, _ONE
    zz = _times(z1, z1)
    h = _minus(_times(x2, zz), x1)
    slope = _minus(_times(_times(y2, z1), zz), y1)
    if h == _ZERO:
        return _double(point) if slope == _ZERO else _INFINITY
    return _chord(x1, y1, _times(z1, h), h, slope)


def _add_any(point: Jacobian, other: Jacobian) -> Jacobian:
    """add-2007-bl's idea, for any z."""
    (x1, y1, z1), (x2, y2, z2) = point, other
    if z1 == _ZERO:
        return other
    if z2 == _ZERO:
        return point
    zz1, zz2 = _times(z1, z1), _times(z2, z2)
    u1, s1 = _times(x1, zz2), _times(_times(y1, z2), zz2)
    h = _minus(_times(x2, zz1), u1)
    slope = _minus(_times(_times(y2, z1), zz1), s1)
    if h == _ZERO:
        return _double(point) if slope == _ZERO else _INFINITY
    return _chord(u1, s1, _times(_times(z1, z2), h), h, slope)


def _chord(x: Pair, y: Pair, z: Pair, h: Pair, slope: Pair) -> Jacobian:
    hh = _times(h, h)
    hhh, v = _times(h, hh), _times(x, hh)
    x3 = _minus(_minus(_times(slope, slope), hhh), _twice(v))
    return x3, _minus(_times(slope, _minus(v, x3)), _times(y, hhh)), z
