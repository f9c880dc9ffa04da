"""Verify many Groth16 proofs of one key at once, and find out which of them do not hold.

In: a verification key, and proofs with their public inputs. Out: for each proof whether it holds, as
:class:`~zkql.toolchain.groth16.ProofVerifier` says it one by one.

A proof has an equation between pairings, e(A, B) = e(α, β) · e(IC(x), γ) · e(C, δ). The equations are raised
to random powers r and multiplied, so that three of the four pairings are shared:

    Π e(r A, B) = e(Σr · α, β) · e(Σ r IC(x), γ) · e(Σ r C, δ)

If an equation is false, the product holds for at most one of the 2^128 − 1 values of its r. That is so only
among points of prime order (Boyd and Pavlovski, "Attacking and Repairing Batch Verification Schemes",
ASIACRYPT 2000), which is why every point is checked to be in its group.

Sources: Groth, "On the Size of Pairing-based Non-interactive Arguments" (EUROCRYPT 2016); the small exponents
test of Bellare, Garay, Rabin, "Fast Batch Verification for Modular Exponentiation and Digital Signatures"
(EUROCRYPT 1998); for Groth16, Zcash Protocol Specification, appendix B.2.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gmpy2 import mpz

from zkql.crypto.field import P
from zkql.errors import toolchain_error
from zkql.toolchain.groth16 import PROOF_BYTES, ProofVerifier
from zkql.toolchain.mcl import Mcl, mcl

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

WEIGHT_BITS = 128


@dataclass(frozen=True, slots=True)
class _Key:
    """α, and IC of the constant and of each input; β, γ and δ are negative."""

    alpha: bytes
    ic: tuple[bytes, ...]
    minus_beta: bytes
    minus_gamma: bytes
    minus_delta: bytes


@dataclass(frozen=True, slots=True)
class _Proof:
    """The ``index``-th proof, its points checked, and its weight r in the product."""

    index: int
    weight: int
    weighted_a: bytes
    b: bytes
    c: bytes
    inputs: Sequence[int]


class BatchVerifier:
    """A prepared verification key. ``verify`` may be called from several threads."""

    def __init__(self, vk_json: str) -> None:
        """Raises :class:`ToolchainError` where that is no verification key in snarkjs' JSON. On a machine
        without mcl, proofs are verified one by one."""
        self._single = ProofVerifier(vk_json)
        self.inputs = self._single.inputs
        self._key: _Key | None = None
        try:
            library = mcl()
        except (ImportError, OSError):
            return
        self._key = _read_key(library, vk_json)

    def verify(self, items: Sequence[tuple[bytes, Sequence[int]]]) -> tuple[bool, ...]:
        """For each proof whether it holds for exactly its public inputs. Raises :class:`ValueError` where
        there are no proofs, since all of none would hold."""
        if not items:
            raise ValueError("there are no proofs to verify")
        if self._key is None:
            return tuple(self._single.verify(proof, inputs) for proof, inputs in items)
        library = mcl()
        verdicts = [False] * len(items)
        readable = []
        for index, (data, inputs) in enumerate(items):
            proof = self._read(library, index, data, inputs)
            if proof is not None:
                readable.append(proof)
                verdicts[index] = True
        if readable and not _holds(library, self._key, readable):
            for proof in _false(library, self._key, readable):
                verdicts[proof.index] = False
        return tuple(verdicts)

    def _read(self, library: Mcl, index: int, data: bytes, inputs: Sequence[int]) -> _Proof | None:
        """A proof that could hold: points in their groups and inputs in the field."""
        if len(data) != PROOF_BYTES or len(inputs) != self.inputs:
            return None
        if not all(0 <= value < P for value in inputs):
            return None
        ax, ay, bx1, bx0, by1, by0, cx, cy = (
            int.from_bytes(data[i : i + 32], "big") for i in range(0, PROOF_BYTES, 32)
        )
        a, b, c = library.g1(ax, ay), library.g2(bx0, bx1, by0, by1), library.g1(cx, cy)
        if a is None or b is None or c is None:
            return None
        weight = 1 + secrets.randbelow((1 << WEIGHT_BITS) - 1)
        return _Proof(index, weight, library.g1_multiple(a, weight), b, c, inputs)


def _holds(library: Mcl, key: _Key, proofs: Sequence[_Proof]) -> bool:
    """Whether the product of the weighted equations holds."""
    weights = [mpz(proof.weight) for proof in proofs]
    total = int(sum(weights))
    columns = zip(*(proof.inputs for proof in proofs), strict=True)
    inputs = (sum(r * x for r, x in zip(weights, column, strict=True)) for column in columns)
    claimed = library.g1_combination(key.ic, [total, *(int(value % P) for value in inputs)])
    c = library.g1_combination([proof.c for proof in proofs], [proof.weight for proof in proofs])
    return library.pairs_to_one(
        [
            *((proof.weighted_a, proof.b) for proof in proofs),
            (library.g1_multiple(key.alpha, total), key.minus_beta),
            (claimed, key.minus_gamma),
            (c, key.minus_delta),
        ]
    )


def _false(library: Mcl, key: _Key, proofs: Sequence[_Proof]) -> Iterator[_Proof]:
    """Those that do not hold, of proofs whose product does not. The equation of one proof alone is exact."""
    if len(proofs) == 1:
        yield proofs[0]
        return
    half = len(proofs) // 2
    first, second = proofs[:half], proofs[half:]
    if _holds(library, key, first):
        yield from _false(library, key, second)  # the product is that of both halves
        return
    yield from _false(library, key, first)
    if not _holds(library, key, second):
        yield from _false(library, key, second)


def _read_key(library: Mcl, vk_json: str) -> _Key:
    try:
        values = json.loads(vk_json)
        alpha = _g1(library, values["vk_alpha_1"])
        ic = tuple(_g1(library, x) for x, _ in zip(values["IC"], range(values["nPublic"] + 1), strict=True))
        negative = (
            library.g2_negative(_g2(library, values[f"vk_{name}_2"])) for name in ("beta", "gamma", "delta")
        )
        return _Key(alpha, ic, *negative)
    except (ValueError, KeyError, TypeError) as error:
        raise toolchain_error("ZKQL0931", f"not a verification key: {error}") from None


def _g1(library: Mcl, value: Any) -> bytes:
    x, y, z = map(int, value)
    point = library.g1(x, y)
    if z != 1 or point is None:
        raise ValueError("a point that is not in G1")
    return point


def _g2(library: Mcl, value: Any) -> bytes:
    (x0, x1), (y0, y1), z = (map(int, pair) for pair in value)
    point = library.g2(x0, x1, y0, y1)
    if tuple(z) != (1, 0) or point is None:
        raise ValueError("a point that is not in G2")
    return point
