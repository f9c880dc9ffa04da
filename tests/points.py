"""Points of BN254 in plain Python, and Groth16 proofs taken apart, to change them by no library.

Also Groth's simulator, which proves anything under a key of its own: with it, points that no prover comes to
get proofs whose equation holds.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from zkql.crypto.field import P
from zkql.toolchain.mcl import FIELD_OF_POINTS as Q
from zkql.toolchain.mcl import GENERATOR_OF_G1, GENERATOR_OF_G2

Fq2 = tuple[int, int]
Point = tuple[Fq2, Fq2] | None
"""Of G1 (imaginary parts are 0) or on the twist; None is the point at infinity."""

G1: Point = ((GENERATOR_OF_G1[0], 0), (GENERATOR_OF_G1[1], 0))
G2: Point = (GENERATOR_OF_G2[:2], GENERATOR_OF_G2[2:])
SMALL_ORDER = 10069
"""The smallest prime factor of the twist's order beside P."""


def _product(a: Fq2, b: Fq2) -> Fq2:
    return (a[0] * b[0] - a[1] * b[1]) % Q, (a[0] * b[1] + a[1] * b[0]) % Q


def _difference(a: Fq2, b: Fq2) -> Fq2:
    return (a[0] - b[0]) % Q, (a[1] - b[1]) % Q


def _inverse(a: Fq2) -> Fq2:
    norm = pow(a[0] * a[0] + a[1] * a[1], -1, Q)
    return a[0] * norm % Q, -a[1] * norm % Q


def add(p: Point, q: Point) -> Point:
    if p is None or q is None:
        return q if p is None else p
    (px, py), (qx, qy) = p, q
    if px == qx:
        if py != qy or py == (0, 0):
            return None
        square = _product(px, px)
        slope = _product((3 * square[0], 3 * square[1]), _inverse((2 * py[0], 2 * py[1])))
    else:
        slope = _product(_difference(qy, py), _inverse(_difference(qx, px)))
    x = _difference(_difference(_product(slope, slope), px), qx)
    return x, _difference(_product(slope, _difference(px, x)), py)


def negative(p: Point) -> Point:
    return p if p is None else (p[0], _difference((0, 0), p[1]))


def times(count: int, p: Point) -> Point:
    out: Point = None
    for bit in bin(count)[2:]:
        out = add(out, out)
        if bit == "1":
            out = add(out, p)
    return out


def outside() -> Point:
    """On the twist, and not in G2."""
    b = _product((3, 0), _inverse((9, 1)))
    for x in range(1, 100):
        square = ((x**3 + b[0]) % Q, b[1])
        root = _root(square)
        if root is not None:
            return (x, 0), root
    raise AssertionError


def small() -> Point:
    """On the twist, of order :data:`SMALL_ORDER`."""
    return times(P * (2 * Q - P) // SMALL_ORDER, outside())


def _root(a: Fq2) -> Fq2 | None:
    norm = pow(a[0] * a[0] + a[1] * a[1], (Q + 1) // 4, Q)
    for sign in (norm, -norm):
        real = pow((a[0] + sign) * pow(2, -1, Q), (Q + 1) // 4, Q)
        root = (real, a[1] * pow(2 * real, -1, Q) % Q)
        if _product(root, root) == a:
            return root
    return None


# --- proofs ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Proof:
    """A proof's points; infinity is written as zeros, as Ethereum does."""

    a: Point
    b: Point
    c: Point

    @classmethod
    def read(cls, data: bytes) -> Proof:
        ax, ay, bx1, bx0, by1, by0, cx, cy = (
            int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data), 32)
        )
        return cls(((ax, 0), (ay, 0)), ((bx0, bx1), (by0, by1)), ((cx, 0), (cy, 0)))

    def to_bytes(self) -> bytes:
        zero = ((0, 0), (0, 0))
        (ax, ay), ((bx0, bx1), (by0, by1)), (cx, cy) = self.a or zero, self.b or zero, self.c or zero
        return b"".join(v.to_bytes(32, "big") for v in (ax[0], ay[0], bx1, bx0, by1, by0, cx[0], cy[0]))

    def plus(self, *, a: Point = None, b: Point = None, c: Point = None) -> Proof:
        """With these added to its points."""
        return Proof(add(self.a, a), add(self.b, b), add(self.c, c))

    def scaled(self, factor: int) -> Proof:
        """The same statement proven by other points, as anyone can."""
        return replace(self, a=times(factor, self.a), b=times(pow(factor, -1, P), self.b))


@dataclass(frozen=True)
class Simulator:
    """A key of which everything is known: any inputs have proofs (Groth 2016, the simulator of theorem 1)."""

    alpha: int
    beta: int
    gamma: int
    delta: int
    ic: tuple[int, ...]

    @classmethod
    def make(cls, inputs: int, seed: int = 1) -> Simulator:
        source = random.Random(seed)
        alpha, beta, gamma, delta, *ic = (source.randrange(1, P) for _ in range(5 + inputs))
        return cls(alpha, beta, gamma, delta, tuple(ic))

    @cached_property
    def vk(self) -> str:
        """snarkjs' JSON."""
        return json.dumps(
            {
                "protocol": "groth16",
                "curve": "bn128",
                "nPublic": len(self.ic) - 1,
                "vk_alpha_1": _g1(times(self.alpha, G1)),
                "vk_beta_2": _g2(times(self.beta, G2)),
                "vk_gamma_2": _g2(times(self.gamma, G2)),
                "vk_delta_2": _g2(times(self.delta, G2)),
                "IC": [_g1(times(factor, G1)) for factor in self.ic],
            }
        )

    def claimed(self, inputs: Sequence[int]) -> int:
        """What A·B − δ·C has to be."""
        own = self.ic[0] + sum(f * x for f, x in zip(self.ic[1:], inputs, strict=True))
        return (self.alpha * self.beta + self.gamma * own) % P

    def prove(self, inputs: Sequence[int], a: int, b: int) -> Proof:
        """The proof with these multiples of the generators for A and B."""
        c = (a * b - self.claimed(inputs)) * pow(self.delta, -1, P) % P
        return Proof(times(a, G1), times(b, G2), times(c, G1))


def _g1(point: Point) -> list[str]:
    assert point is not None
    return [str(point[0][0]), str(point[1][0]), "1"]


def _g2(point: Point) -> list[list[str]]:
    assert point is not None
    return [*([str(v) for v in value] for value in point), ["1", "0"]]
