"""Points of BLS12-381 by arkworks, which shares no code with the library that zkql signs with: what an
attacker computes, and a verification as it must not be, which checks the pairings and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar

AUGMENTED = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_AUG_"
BASIC = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_"
ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001

GENERATOR = G1Point()
INFINITE_KEY = G1Point.identity().to_compressed_bytes()
INFINITE_SIGNATURE = G2Point.identity().to_compressed_bytes()

Point = TypeVar("Point", G1Point, G2Point)


def scalar(value: int) -> Scalar:
    """A number modulo the groups' order."""
    return Scalar.from_be_bytes((value % ORDER).to_bytes(32, "big"))


def hashed(key: bytes, message: bytes) -> G2Point:
    """What the augmented scheme signs."""
    return G2Point.hash_to_curve(key + message, AUGMENTED)


def key_point(key: bytes) -> G1Point:
    """A key as a point of the curve, whichever."""
    return G1Point.from_compressed_bytes_unchecked(key)


def signature_point(signature: bytes) -> G2Point:
    """A signature as a point of the curve, whichever."""
    return G2Point.from_compressed_bytes_unchecked(signature)


def pairings_hold(signed: Iterable[tuple[G1Point, G2Point]], signature: G2Point) -> bool:
    """Whether ∏ e(key, hashed) = e(generator, signature), of any points."""
    pairs = [*signed, (-GENERATOR, signature)]
    return GT.pairing_check([key for key, _ in pairs], [point for _, point in pairs])


def augmented_pairings_hold(signed: Iterable[tuple[bytes, bytes]], signature: bytes) -> bool:
    """The equation of the augmented scheme, without any of its checks of points."""
    points = [(key_point(key), hashed(key, message)) for key, message in signed]
    return pairings_hold(points, signature_point(signature))


def outside(kind: type[Point], size: int) -> Point:
    """A point of the curve outside its subgroup: the first one by its coordinate."""
    for x in range(1, 100):
        try:
            point = kind.from_compressed_bytes_unchecked(bytes([0x80]) + x.to_bytes(size - 1, "big"))
        except ValueError:
            continue
        if not point.is_in_subgroup():
            return point
    raise AssertionError("every point is in the subgroup")


def torsion(kind: type[Point], size: int) -> Point:
    """A point whose order divides the cofactor: a point outside the subgroup times the subgroup's order."""
    point = outside(kind, size)
    return point * scalar(-1) + point
