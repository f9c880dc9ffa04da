"""Points of BN254 that are not what they should be: on the curve of G2 and outside of G2, on no curve, not
canonical. Bytes are those of key files."""

from __future__ import annotations

from gmpy2 import mpz

from zkql.crypto.field import P
from zkql.toolchain.points import COFACTOR
from zkql.toolchain.twist import INFINITY, ONE, ZERO, Affine, B, Jacobian, Pair, Q, add_any, double, times
from zkql.toolchain.twist import plus as fieldplus

R = mpz(1 << 256)
SMALL = 10_069
"""The least order of a point outside of G2."""


def power_of(value: Pair, exponent: int) -> Pair:
    result = ONE
    for bit in bin(exponent)[2:]:
        result = times(result, result)
        if bit == "1":
            result = times(result, value)
    return result


def inverse(value: Pair) -> Pair:
    norm = pow(value[0] * value[0] + value[1] * value[1], -1, Q)
    return value[0] * norm % Q, -value[1] * norm % Q


def root(value: Pair) -> Pair | None:
    """A square root for q = 3 mod 4 (Adj, Rodríguez-Henríquez, ePrint 2012/685, algorithm 9)."""
    first = power_of(value, int((Q - 3) // 4))
    alpha = times(first, times(first, value))
    candidate = times(first, value)
    if alpha == (Q - 1, 0):
        candidate = times((mpz(0), mpz(1)), candidate)
    else:
        candidate = times(power_of(fieldplus(ONE, alpha), int((Q - 1) // 2)), candidate)
    return candidate if times(candidate, candidate) == value else None


def multiple(scalar: int, point: Jacobian) -> Jacobian:
    result = INFINITY
    for bit in bin(scalar)[2:]:
        result = double(result)
        if bit == "1":
            result = add_any(result, point)
    return result


def affine(point: Jacobian) -> Affine:
    x, y, z = point
    by = inverse(z)
    by2 = times(by, by)
    return times(x, by2), times(y, times(by2, by))


def on_the_curve(x: int) -> Affine:
    """A point of the curve of G2, whatever its order; its first coordinate is the next that has one."""
    while True:
        chosen = (mpz(x), mpz(1))
        y = root(fieldplus(times(times(chosen, chosen), chosen), B))
        if y is not None:
            return chosen, y
        x += 1


def of_small_order() -> Affine:
    """A point of order :data:`SMALL`: outside of G2."""
    x = 1
    while True:
        point = on_the_curve(x)
        found = multiple(COFACTOR // SMALL * P, (*point, ONE))
        if found[2] != ZERO:
            return affine(found)
        x = int(point[0][0]) + 1


def plus(one: Affine, other: Affine) -> Affine:
    return affine(add_any((*one, ONE), (*other, ONE)))


def minus(point: Affine) -> Affine:
    (x, y) = point
    return x, (-y[0] % Q, -y[1] % Q)


def read_g2(data: bytes) -> Affine:
    """From a key file."""
    by = pow(R, -1, Q)
    a, b, c, d = (int.from_bytes(data[i : i + 32], "little") * by % Q for i in range(0, 128, 32))
    return (a, b), (c, d)


def g2(point: Affine) -> bytes:
    """For a key file."""
    return b"".join(int(v * R % Q).to_bytes(32, "little") for pair in point for v in pair)
