"""Arithmetic on BN254 (alt_bn128) by mcl, of the package mclbn256. In and out: points as bytes, and scalars.

A point is what mcl holds in memory: affine or Jacobian coordinates of 32 bytes each, little-endian, in
Montgomery form. The curve that mcl computes on is one for the whole process, and whoever imports mclbn256
selects another; :func:`mcl` selects ours again. Everything else may be called from several threads.

What mcl calls valid is on the curve and no more: the order of a point of G2 is a question of its own, which
:meth:`Mcl.g2` asks. It has to come first, since mcl computes with endomorphisms that hold in G2 only.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from zkql.crypto.field import P
from zkql.errors import bug
from zkql.toolchain.twist import FIELD_OF_POINTS

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALT_BN128 = 4  # mcl's MCL_BN_SNARK1
_MONTGOMERY = 1 << 256
_WORD = 32  # bytes of a coordinate or scalar
_G1_BYTES = 3 * _WORD
_G2_BYTES = 6 * _WORD
_GT_BYTES = 12 * _WORD

GENERATOR_OF_G1 = (1, 2)
GENERATOR_OF_G2 = (
    10857046999023057135944570762232829481370756359578518086990519993285655852781,
    11559732032986387107991004021392285783925812861821192530917403151452391805634,
    8495653923123431417604973247489272438418190587263600148770280649306958101930,
    4082367875863433681332203403145435568316851327593401208105741076214120093531,
)
"""EIP-197; of x and of y the real and the imaginary part."""
_OUTSIDE_G2 = (
    1,
    0,
    18278151005453108793778860132295291098363647455926340152056652516292830556603,
    5912654199736721486680175016176231956195085055698687135131307249486702594212,
)
"""On the twist, and not in G2."""

_selecting = Lock()


@dataclass(frozen=True, slots=True)
class Mcl:
    """The loaded library, on the curve alt_bn128."""

    _lib: Any

    def g1(self, x: int, y: int) -> bytes | None:
        """The point (x, y) of G1, which is the whole curve, or None. Infinity has no coordinates."""
        if not (0 <= x < FIELD_OF_POINTS and 0 <= y < FIELD_OF_POINTS):
            return None
        if (y * y - x * x * x - 3) % FIELD_OF_POINTS:
            return None
        return _coordinate(x) + _coordinate(y) + _coordinate(1)

    def g2(self, x0: int, x1: int, y0: int, y1: int) -> bytes | None:
        """The point (x0 + x1·i, y0 + y1·i) of G2, or None: it is not on the twist, or not of the order."""
        values = (x0, x1, y0, y1)
        if not all(0 <= value < FIELD_OF_POINTS for value in values):
            return None
        point = b"".join(map(_coordinate, (*values, 1, 0)))
        if not self._lib.mclBnG2_isValid(point) or not self._lib.mclBnG2_isValidOrder(point):
            return None
        return point

    def g2_negative(self, point: bytes) -> bytes:
        out = ctypes.create_string_buffer(_G2_BYTES)
        self._lib.mclBnG2_neg(out, point)
        return out.raw

    def g1_generated(self, value: int) -> bytes:
        """``value`` · generator, affine; not for the scalar 0."""
        return self._generated("G1", _generator_of_g1(), value)

    def g2_generated(self, value: int) -> bytes:
        """``value`` · generator, affine; not for the scalar 0."""
        return self._generated("G2", _generator_of_g2(), value)

    def _generated(self, group: str, generator: bytes, value: int) -> bytes:
        out = ctypes.create_string_buffer(len(generator))
        getattr(self._lib, f"mclBn{group}_mul")(out, generator, _scalar(value))
        getattr(self._lib, f"mclBn{group}_normalize")(out, out)
        return out.raw

    def g1_multiple(self, point: bytes, value: int) -> bytes:
        """``value`` · point."""
        out = ctypes.create_string_buffer(_G1_BYTES)
        self._lib.mclBnG1_mul(out, point, _scalar(value))
        return out.raw

    def g1_combination(self, points: Sequence[bytes], values: Sequence[int]) -> bytes:
        """Σ value · point."""
        if len(points) != len(values):
            raise ValueError(f"{len(points)} points, {len(values)} values")
        out = ctypes.create_string_buffer(_G1_BYTES)
        copy = ctypes.create_string_buffer(b"".join(points))  # mcl makes them affine where they stand
        scalars = b"".join(map(_scalar, values))
        self._lib.mclBnG1_mulVec(out, copy, scalars, ctypes.c_size_t(len(points)))
        return out.raw

    def pairs_to_one(self, pairs: Sequence[tuple[bytes, bytes]]) -> bool:
        """Whether the product of the pairings of points of G1 and G2 is one; the Miller loops share their
        squarings, and there is one final exponentiation."""
        first = b"".join(p for p, _ in pairs)
        second = b"".join(q for _, q in pairs)
        out = ctypes.create_string_buffer(_GT_BYTES)
        self._lib.mclBn_millerLoopVec(out, first, second, ctypes.c_size_t(len(pairs)))
        self._lib.mclBn_finalExp(out, out)
        return bool(self._lib.mclBnGT_isOne(out))


def mcl() -> Mcl:
    """The library, on our curve. Raises :class:`ImportError` or :class:`OSError` where there is no build of
    it for this machine, and :class:`BugError` where it does not compute as it should."""
    with _selecting:
        module, lib = _loaded()
        if lib.mclBn_getCurveType() != _ALT_BN128:
            _select(module, lib)
        return Mcl(lib)


@cache
def _loaded() -> tuple[Any, Any]:
    from mclbn256 import mclbn256

    return mclbn256, mclbn256.lib


def _select(module: Any, lib: Any) -> None:
    if lib.mclBn_init(_ALT_BN128, module.MCLBN_COMPILED_TIME_VAR):
        raise bug("ZKQL0921", "mcl does not know the curve alt_bn128")
    trial = Mcl(lib)
    if trial.g2(*GENERATOR_OF_G2) is None or trial.g2(*_OUTSIDE_G2) is not None:
        raise bug("ZKQL0921", "mcl does not tell which points are in G2")


def _coordinate(value: int) -> bytes:
    return (value * _MONTGOMERY % FIELD_OF_POINTS).to_bytes(_WORD, "little")


def _scalar(value: int) -> bytes:
    return int(value * _MONTGOMERY % P).to_bytes(_WORD, "little")


@cache
def _generator_of_g1() -> bytes:
    return b"".join(map(_coordinate, (*GENERATOR_OF_G1, 1)))


@cache
def _generator_of_g2() -> bytes:
    return b"".join(map(_coordinate, (*GENERATOR_OF_G2, 1, 0)))
