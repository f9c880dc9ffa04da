"""Groth16 keys for development, straight from known randomness. INSECURE by design.

Whoever makes such a key could forge proofs with it, so a verifier refuses it unless told otherwise.
Knowing the trapdoor, every key element is one multiplication of a generator: seconds where a
powers-of-tau file and phase 2 take many minutes. A real key comes from ``zkql setup --ptau``.

Source: Groth, "On the Size of Pairing-based Non-interactive Arguments" (EUROCRYPT 2016), with the
quotient's basis of circom and snarkjs: Lagrange polynomials at the odd points of the double domain.
In: a constraint system. Out: a ``.zkey`` file (iden3 binary format, version 1).
"""

from __future__ import annotations

import secrets
import struct
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gmpy2 import invert, mpz, powmod

from zkql.crypto.field import P
from zkql.errors import toolchain_error
from zkql.toolchain.cores import usable_cores
from zkql.toolchain.mcl import mcl
from zkql.toolchain.twist import FIELD_OF_POINTS
from zkql.toolchain.zkey import coefficients, power

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from zkql.toolchain.constraints import ConstraintSystem

_TWO_ADICITY = 28
_NON_RESIDUE = 5


@dataclass(frozen=True, slots=True)
class _Trapdoor:
    tau: mpz
    alpha: mpz
    beta: mpz
    delta: mpz


def dev_zkey(system: ConstraintSystem) -> bytes:
    """A ``.zkey`` from fresh operating-system randomness, which is then forgotten."""
    trapdoor = _Trapdoor(*(mpz(1 + secrets.randbelow(P - 1)) for _ in range(4)))
    return _zkey(system, trapdoor)


def _zkey(system: ConstraintSystem, trap: _Trapdoor) -> bytes:
    count, public = len(system.constraints), system.public
    steps = power(system)
    lagrange = _lagrange(trap.tau, steps)
    a, b, c = _polynomials_at(system, lagrange)
    for signal in range(public + 1):  # one extra row a public input keeps them independent
        a[signal] += lagrange[count + signal]
    linear = [(trap.beta * x + trap.alpha * y + z) % P for x, y, z in zip(a, b, c, strict=True)]
    by_delta = invert(trap.delta, mpz(P))
    quotient = _lagrange(trap.tau, steps + 1)[1::2]

    header = b"".join(
        (
            struct.pack("<I", 32) + FIELD_OF_POINTS.to_bytes(32, "little"),
            struct.pack("<I", 32) + P.to_bytes(32, "little"),
            struct.pack("<III", system.wires, public, 1 << steps),
            _points("G1", (trap.alpha, trap.beta)),
            _points("G2", (trap.beta, mpz(1))),
            _points("G1", (trap.delta,)),
            _points("G2", (trap.delta,)),
        )
    )
    sections = (
        (1, struct.pack("<I", 1)),
        (2, header),
        (3, _points("G1", linear[: public + 1])),
        (4, coefficients(system)),
        (5, _points("G1", a)),
        (6, _points("G1", b)),
        (7, _points("G2", b)),
        (8, _points("G1", [x * by_delta for x in linear[public + 1 :]])),
        (9, _points("G1", [x * by_delta for x in quotient])),
        (10, bytes(64) + struct.pack("<I", 0)),
    )
    framed = (struct.pack("<IQ", kind, len(body)) + body for kind, body in sections)
    return b"zkey" + struct.pack("<II", 1, len(sections)) + b"".join(framed)


def _lagrange(tau: mpz, power: int) -> list[mpz]:
    """The Lagrange basis of the ``2**power``-th roots of unity, at ``tau``."""
    size = 1 << power
    root = powmod(_NON_RESIDUE, (P - 1) >> power, P)
    roots = [mpz(1)]
    for _ in range(size - 1):
        roots.append(roots[-1] * root % P)
    scale = (powmod(tau, size, P) - 1) * invert(mpz(size), mpz(P)) % P
    return [
        scale * w % P * inverse % P
        for w, inverse in zip(roots, _invert_all([tau - w for w in roots]), strict=True)
    ]


def _invert_all(values: Sequence[mpz]) -> list[mpz]:
    """Montgomery's trick: one inversion for all."""
    running, products = mpz(1), []
    for value in values:
        products.append(running)
        running = running * value % P
    inverse = invert(running, mpz(P))
    out = []
    for value, before in zip(reversed(values), reversed(products), strict=True):
        out.append(inverse * before % P)
        inverse = inverse * value % P
    return out[::-1]


def _polynomials_at(
    system: ConstraintSystem, lagrange: Sequence[mpz]
) -> tuple[list[mpz], list[mpz], list[mpz]]:
    """A, B and C of every wire at tau."""
    columns = tuple([mpz(0)] * system.wires for _ in range(3))
    for constraint, basis in zip(system.constraints, lagrange, strict=False):
        for (wires, values), column in zip(constraint, columns, strict=True):
            for wire, value in zip(wires, values, strict=True):
                column[wire] += value * basis
    a, b, c = ([x % P for x in column] for column in columns)
    return a, b, c


# --- multiplication of the generators ------------------------------------------------------------


def check() -> None:
    """Raise :class:`ToolchainError` where development keys cannot be made."""
    try:
        mcl()
    except (ImportError, OSError) as error:
        raise toolchain_error(
            "ZKQL0920",
            f"development keys need the mclbn256 package, which does not load here: {error}",
            "use a powers-of-tau file instead: zkql setup BUNDLE --ptau FILE",
        ) from None


def _points(group: str, scalars: Iterable[mpz]) -> bytes:
    """``scalar · generator`` for each scalar, affine, in Montgomery form; infinity is all zero."""
    check()
    values = list(scalars)
    workers = usable_cores()
    size = max(1, -(-len(values) // (4 * workers)))
    chunks = [values[i : i + size] for i in range(0, len(values), size)]
    with ThreadPoolExecutor(workers) as pool:  # ctypes lets go of the interpreter lock
        return b"".join(pool.map(lambda chunk: _multiply(group, chunk), chunks))


def _multiply(group: str, scalars: Sequence[mpz]) -> bytes:
    library = mcl()
    times, affine = (library.g1_generated, 64) if group == "G1" else (library.g2_generated, 128)
    infinity = bytes(affine)
    return b"".join(times(r)[:affine] if (r := int(value % P)) else infinity for value in scalars)
