"""How a circuit multiplies points of BabyJubJub: what is constant, and what a prover adds.

In: scalars as bits, points. Out: tables, bounds, and the slopes and points of every step.

Scalars are sums of signed digits, ``Σ (2b_i - 1)·2^i = 2·Σ b_i·2^i - (2^n - 1)``, so that no digit is zero
and no step needs a case of its own (Joye and Tunstall, AFRICACRYPT 2009). Steps are sums of points in affine
Montgomery form, which take three constraints, and are sound where the two points differ in u; the templates
say why they do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import gmpy2
from gmpy2 import mpz

from zkql.crypto.babyjubjub import BASE, COFACTOR, MONTGOMERY_A, ORDER, A, Point, montgomery, multiply
from zkql.crypto.field import P

# --- S·B: the base point is known ------------------------------------------------------------------

S_BITS = ORDER.bit_length()
WINDOWS = (S_BITS - 1) // 2
"""Of two bits each; the highest bit is a step of its own."""


@dataclass(frozen=True, slots=True)
class Window:
    """The points ±1·G and ±3·G of two signed digits: ``u = u_1 + u_same·[they are the same]`` and
    ``v = v_low·(2·low - 1) + v_high·(2·high - 1)``, for the bits low and high."""

    u_1: int
    u_same: int
    v_low: int
    v_high: int

    def at(self, low: int, high: int) -> tuple[int, int]:
        """The point for two bits."""
        same = 1 - low - high + 2 * low * high
        v = self.v_low * (2 * low - 1) + self.v_high * (2 * high - 1)
        return (self.u_1 + self.u_same * same) % P, v % P


@dataclass(frozen=True, slots=True)
class Top:
    """The point of the highest digit, with what makes the sum S·B: ``(u_0 + u_1·bit, v_0 + v_1·bit)``."""

    u_0: int
    u_1: int
    v_0: int
    v_1: int

    def at(self, bit: int) -> tuple[int, int]:
        """The point for a bit."""
        return (self.u_0 + self.u_1 * bit) % P, (self.v_0 + self.v_1 * bit) % P


@cache
def windows() -> tuple[Window, ...]:
    """For digits of 2^i·B/2, from the lowest up."""
    half = (ORDER + 1) // 2
    return tuple(_window(multiply(half * 4**w % ORDER, BASE)) for w in range(WINDOWS))


def _window(unit: Point) -> Window:
    (u1, v1), (u3, v3) = montgomery(unit), montgomery(multiply(3, unit))
    half = (P + 1) // 2
    return Window(u1, (u3 - u1) % P, (v3 - v1) * half % P, (v1 + v3) * half % P)


@cache
def top() -> Top:
    """``(2^n - 1)·B/2`` and the highest digit, of n."""
    half, digit = (ORDER + 1) // 2, 1 << (S_BITS - 1)
    (u0, v0), (u1, v1) = (
        montgomery(multiply((2 * digit - 1 + sign * digit) * half % ORDER, BASE)) for sign in (-1, 1)
    )
    return Top(u0, (u1 - u0) % P, v0, (v1 - v0) % P)


# --- h·8·A: the point is private -------------------------------------------------------------------

H_BITS = P.bit_length()
H_MULTIPLE = 11
H_SHIFT = (H_MULTIPLE * ORDER - 1) // 2 - (1 << (H_BITS - 1))
"""What is added to h, so that its digits and a leading 2 are ``2h + 11ℓ``. This multiple of 4·A is h·8·A, and
its digits never begin with a run that leaves A itself, which a step cannot add to A."""
UNCHECKED = (2 * ORDER // 3).bit_length()
"""Steps before which the multiple is below ``2ℓ - 1``, whatever the bits: at most ``3·2^i - 1`` after i."""
assert 3 << (UNCHECKED - 1) < 2 * ORDER
assert 0 <= H_SHIFT < H_SHIFT + P <= 1 << H_BITS
assert COFACTOR == 8


# --- bounds of bits --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bit:
    """How a bit of a bounded number is checked, from the highest down. ``low`` and ``high`` are 1 where
    the bits above are those of the lower and of the upper bound, and "0" where this bit may be either all the
    same. ``made`` are the products that say so for the bits below: name, left, right."""

    place: int
    low: str
    high: str
    made: tuple[tuple[str, str, str], ...]


def bounded(width: int, low: int, high: int) -> Iterator[Bit]:
    """Checks of ``low <= number <= high`` for a number of ``width`` bits, one a bit and one a product (Zcash
    protocol specification, A.3.2.2, there for an upper bound)."""
    assert 0 <= low < high < 1 << width
    at_low, at_high = "1", "1"
    for place in reversed(range(width)):
        bottom, ceiling = low >> place & 1, high >> place & 1
        bit, mask = f"b[{place}]", (1 << place) - 1
        made: list[tuple[str, str, str]] = []
        below, above = at_low if bottom else "0", at_high if not ceiling else "0"
        if not bottom and low & mask:
            at_low = _product(made, f"low_{place}", at_low, f"(1 - {bit})")
        elif not low & mask:
            at_low = "0"
        if ceiling and ~high & mask:
            at_high = _product(made, f"high_{place}", at_high, bit)
        elif not ~high & mask:
            at_high = "0"
        yield Bit(place, below, above, tuple(made))


def _product(made: list[tuple[str, str, str]], name: str, left: str, right: str) -> str:
    if left in ("0", "1"):
        return "0" if left == "0" else right
    made.append((name, left, right))
    return name


# --- what a prover adds ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BaseSteps:
    """S·B step by step, as the parameters of the circuit have it: slopes, points, the inverse of the last
    distance; and the point."""

    slope: list[int]
    u: list[int]
    v: list[int]
    apart: int
    result: Point


def base_steps(bits: Sequence[int]) -> BaseSteps:
    """The steps that the circuit checks, also for bits that are none; an inverse that there is not is 0."""
    first, *others = (w.at(*bits[2 * i : 2 * i + 2]) for i, w in enumerate(windows()))
    last = top().at(bits[-1])
    slopes, us, vs = [], [], []
    p_u, p_v = map(mpz, first)
    apart = mpz(0)
    for q_u, q_v in (*others, last):
        apart = _inverse(q_u - p_u)
        slope = (q_v - p_v) * apart % P
        u = (slope * slope - MONTGOMERY_A - q_u - p_u) % P
        p_u, p_v = u, (slope * (p_u - u) - p_v) % P
        slopes.append(int(slope))
        us.append(int(p_u))
        vs.append(int(p_v))
    return BaseSteps(slopes, us, vs, int(apart), _edwards(p_u, _inverse(p_v)))


@dataclass(frozen=True, slots=True)
class PointSteps:
    """h·8·A step by step, as the parameters of the circuit have it: 2A and 4A; u of 4A, the inverse of its x,
    and its double with the slope; two slopes and a height a step; inverses of the last distances, and of the
    last height; and the point."""

    doubled: list[int]
    start: list[int]
    first: list[int]
    second: list[int]
    v: list[int]
    apart: list[int]
    inverse: int
    result: Point


def point_steps(bits: Sequence[int], point: Point) -> PointSteps:
    """The steps that the circuit checks, also for bits that are none and a point that is off the curve; an
    inverse that there is not is 0."""
    twice = _doubled(point)
    fourfold = _doubled(twice)
    inverse = _inverse(mpz(fourfold.x))
    u = (1 + fourfold.y) * _inverse(1 - fourfold.y) % P
    v = u * inverse % P
    slope = (3 * u * u + 2 * MONTGOMERY_A * u + 1) * _inverse(2 * v) % P
    p_u = (slope * slope - MONTGOMERY_A - 2 * u) % P
    p_v = (slope * (u - p_u) - v) % P
    start = [int(x) for x in (u, inverse, slope, p_u, p_v)]
    firsts, seconds, vs, distances = [], [], [], []
    for bit in reversed(bits):
        from_q = _inverse(u - p_u)
        first = ((2 * bit - 1) * v - p_v) * from_q % P
        between = (first * first - MONTGOMERY_A - u - p_u) % P
        second = (2 * p_v * _inverse(p_u - between) - first) % P
        next_u = (second * second - MONTGOMERY_A - between - p_u) % P
        p_u, p_v = next_u, (second * (p_u - next_u) - p_v) % P
        firsts.append(int(first))
        seconds.append(int(second))
        vs.append(int(p_v))
        distances.append(int(from_q))
    inverse = _inverse(p_v)
    apart, doubled = distances[UNCHECKED:], [*twice, *fourfold]
    return PointSteps(doubled, start, firsts, seconds, vs, apart, int(inverse), _edwards(p_u, inverse))


def _doubled(point: Point) -> Point:
    """Twice a point in Edwards form, by formulas without d."""
    x, y = map(mpz, point)
    xx, yy = x * x, y * y
    return Point(
        int(2 * x * y * _inverse(A * xx + yy) % P), int((yy - A * xx) * _inverse(2 - A * xx - yy) % P)
    )


def _edwards(u: mpz, inverse: mpz) -> Point:
    """The point (u, v) in Edwards form, from the inverse of v."""
    return Point(int(u * inverse % P), int((u - 1) * _inverse(u + 1) % P))


def _inverse(value: mpz) -> mpz:
    return gmpy2.invert(value, P) if value % P else mpz(0)
