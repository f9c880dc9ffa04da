"""The curve that G2 of BN254 lies on, y² = x³ + 3/(9 + i), over the field of a + b·i with i² = −1.

Formulas: hyperelliptic.org/EFD, short Weierstrass, Jacobian coordinates, a = 0.
"""

from __future__ import annotations

from gmpy2 import mpz

FIELD_OF_POINTS = 21888242871839275222246405745257275088696311157297823662689037894645226208583
"""Coordinates are below this prime (EIP-196)."""
Q = mpz(FIELD_OF_POINTS)

Pair = tuple[mpz, mpz]
"""a + b·i."""
Affine = tuple[Pair, Pair]
Jacobian = tuple[Pair, Pair, Pair]

ZERO, ONE = (mpz(0), mpz(0)), (mpz(1), mpz(0))
INFINITY: Jacobian = (ONE, ONE, ZERO)


def times(a: Pair, b: Pair) -> Pair:
    """A · b."""
    low, high = a[0] * b[0], a[1] * b[1]
    return (low - high) % Q, ((a[0] + a[1]) * (b[0] + b[1]) - low - high) % Q


def plus(a: Pair, b: Pair) -> Pair:
    """A + b."""
    return (a[0] + b[0]) % Q, (a[1] + b[1]) % Q


def minus(a: Pair, b: Pair) -> Pair:
    """A − b."""
    return (a[0] - b[0]) % Q, (a[1] - b[1]) % Q


def twice(a: Pair) -> Pair:
    """A + a."""
    return plus(a, a)


B: Pair = times((mpz(3), mpz(0)), (9 * pow(mpz(82), -1, Q) % Q, -pow(mpz(82), -1, Q) % Q))


def double(point: Jacobian) -> Jacobian:
    """dbl-2009-l."""
    x, y, z = point
    a, b = times(x, x), times(y, y)
    c = times(b, b)
    s = plus(x, b)
    d = twice(minus(minus(times(s, s), a), c))
    e = plus(twice(a), a)
    x3 = minus(times(e, e), twice(d))
    y3 = minus(times(e, minus(d, x3)), twice(twice(twice(c))))
    return x3, y3, twice(times(y, z))


def add(point: Jacobian, other: Affine) -> Jacobian:
    """madd-2007-bl's idea: ``other`` has z = 1."""
    x1, y1, z1 = point
    x2, y2 = other
    if z1 == ZERO:
        return x2, y2, ONE
    zz = times(z1, z1)
    h = minus(times(x2, zz), x1)
    slope = minus(times(times(y2, z1), zz), y1)
    if h == ZERO:
        return double(point) if slope == ZERO else INFINITY
    return _chord(x1, y1, times(z1, h), h, slope)


def add_any(point: Jacobian, other: Jacobian) -> Jacobian:
    """add-2007-bl's idea, for any z."""
    (x1, y1, z1), (x2, y2, z2) = point, other
    if z1 == ZERO:
        return other
    if z2 == ZERO:
        return point
    zz1, zz2 = times(z1, z1), times(z2, z2)
    u1, s1 = times(x1, zz2), times(times(y1, z2), zz2)
    h = minus(times(x2, zz1), u1)
    slope = minus(times(times(y2, z1), zz1), s1)
    if h == ZERO:
        return double(point) if slope == ZERO else INFINITY
    return _chord(u1, s1, times(times(z1, z2), h), h, slope)


def _chord(x: Pair, y: Pair, z: Pair, h: Pair, slope: Pair) -> Jacobian:
    hh = times(h, h)
    hhh, v = times(h, hh), times(x, hh)
    x3 = minus(minus(times(slope, slope), hhh), twice(v))
    return x3, minus(times(slope, minus(v, x3)), times(y, hhh)), z
