"""Poseidon over BN254: parameters from the specification, and the permutation.

Source: Grassi, Khovratovich, Rechberger, Roy, Schofnegger, "Poseidon: A New Hash Function for
Zero-Knowledge Proof Systems" (USENIX Security 2021, eprint 2019/458). Round constants and MDS
matrix come from the Grain LFSR of its appendix E; the sparse form of the partial rounds from its
appendix B. S-box x^5, 8 full rounds, 128-bit security: the instance that circomlib and ZoKrates'
standard library use (state word 0 is the capacity and starts at zero).

In: field elements. Out: one field element, or the round schedule that the circuit template unrolls.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING

from zkql.crypto.field import P

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

FULL_ROUNDS = 8
PARTIAL_ROUNDS = (56, 57, 56, 60, 60, 63, 64, 63, 60, 66, 60, 65, 70, 60, 64, 68)
"""Partial rounds for 1 … 16 inputs (table 2 of the paper, as instantiated by circomlib)."""
MAX_INPUTS = len(PARTIAL_ROUNDS)

Matrix = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Parameters:
    """One instance: ``width`` state words, ``constants[round][word]``, ``mds[row][column]``."""

    width: int
    partial_rounds: int
    constants: tuple[tuple[int, ...], ...]
    mds: Matrix


@dataclass(frozen=True, slots=True)
class SparseRound:
    """One partial round: S-box on word 0, add ``constant`` to it, then the sparse matrix.

    word 0' = ``row`` · state; word i' = state[i] + ``column[i-1]`` · state[0].
    """

    constant: int
    row: tuple[int, ...]
    column: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The permutation with sparse partial rounds; equal to the plain one for every input.

    ``first`` and ``last`` hold, per full round, the constants added before the S-boxes;
    ``entry`` the constants added before the first partial round. Every full round ends with
    ``mds``, except the last of ``first``, which ends with ``pre_sparse``.
    """

    width: int
    mds: Matrix
    pre_sparse: Matrix
    first: tuple[tuple[int, ...], ...]
    entry: tuple[int, ...]
    partial: tuple[SparseRound, ...]
    last: tuple[tuple[int, ...], ...]


def _grain_bits(width: int, partial_rounds: int) -> Iterator[int]:
    """The self-shrinking Grain LFSR, seeded with the instance's description."""
    description = (
        (1, 2),  # prime field
        (0, 4),  # S-box x^alpha
        (P.bit_length(), 12),
        (width, 12),
        (FULL_ROUNDS, 10),
        (partial_rounds, 10),
        ((1 << 30) - 1, 30),
    )
    state = [int(bit) for value, size in description for bit in format(value, f"0{size}b")]

    def step() -> int:
        bit = state[62] ^ state[51] ^ state[38] ^ state[23] ^ state[13] ^ state[0]
        state.pop(0)
        state.append(bit)
        return bit

    for _ in range(160):
        step()
    while True:
        keep, bit = step(), step()
        if keep:
            yield bit


def _integer(bits: Iterator[int]) -> int:
    value = 0
    for bit in islice(bits, P.bit_length()):
        value = value << 1 | bit
    return value


@cache
def parameters(inputs: int) -> Parameters:
    """Parameters for ``inputs`` field elements (1 … 16)."""
    if not 1 <= inputs <= MAX_INPUTS:
        raise ValueError(f"Poseidon takes 1 to {MAX_INPUTS} inputs, not {inputs}")
    width, partial_rounds = inputs + 1, PARTIAL_ROUNDS[inputs - 1]
    bits = _grain_bits(width, partial_rounds)

    def below_p() -> int:
        while (value := _integer(bits)) >= P:
            pass
        return value

    constants = tuple(tuple(below_p() for _ in range(width)) for _ in range(FULL_ROUNDS + partial_rounds))
    xs = [_integer(bits) % P for _ in range(width)]
    ys = [_integer(bits) % P for _ in range(width)]
    mds = tuple(tuple(pow(x + y, -1, P) for y in ys) for x in xs)
    return Parameters(width, partial_rounds, constants, mds)


def _apply(matrix: Matrix, vector: Sequence[int]) -> list[int]:
    return [sum(m * v for m, v in zip(row, vector, strict=True)) % P for row in matrix]


def _product(a: Matrix, b: Matrix) -> Matrix:
    columns = tuple(zip(*b, strict=True))
    return tuple(tuple(sum(x * y for x, y in zip(row, col, strict=True)) % P for col in columns) for row in a)


def _inverse(matrix: Matrix) -> Matrix:
    """Gauss-Jordan elimination modulo P."""
    size = len(matrix)
    work = [[*row, *(int(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for i in range(size):
        pivot = next(j for j in range(i, size) if work[j][i])
        work[i], work[pivot] = work[pivot], work[i]
        factor = pow(work[i][i], -1, P)
        work[i] = [x * factor % P for x in work[i]]
        for j in range(size):
            if j != i:
                scale = work[j][i]
                work[j] = [(x - scale * y) % P for x, y in zip(work[j], work[i], strict=True)]
    return tuple(tuple(row[size:]) for row in work)


@cache
def schedule(inputs: int) -> Schedule:
    """The sparse schedule for ``inputs`` field elements (appendix B of the paper)."""
    params = parameters(inputs)
    half, rounds = FULL_ROUNDS // 2, params.partial_rounds
    middle = params.constants[half : half + rounds]
    inverse = _inverse(params.mds)

    # Constants: what a partial round adds to words 1… commutes with its S-box, so it moves
    # one round up through the inverse of the matrix; only word 0 keeps a constant.
    carried = list(middle[-1])
    kept: list[int] = []
    for constants in reversed(middle[:-1]):
        moved = _apply(inverse, carried)
        kept.append(moved[0])
        carried = [
            constants[0],
            *((c + m) % P for c, m in zip(constants[1:], moved[1:], strict=True)),
        ]
    scalars = [*reversed(kept), 0]

    # Matrices: M = S · D with D = diag(1, M̂), which commutes with the partial S-box layer.
    matrix = params.mds
    sparse: list[SparseRound] = []
    for scalar in reversed(scalars):
        block = tuple(row[1:] for row in matrix[1:])
        top = _apply(tuple(zip(*_inverse(block), strict=True)), matrix[0][1:])
        column = tuple(row[0] for row in matrix[1:])
        sparse.append(SparseRound(scalar, (matrix[0][0], *top), column))
        dense = ((1, *(0,) * inputs), *((0, *row) for row in block))
        matrix = _product(dense, params.mds)
        entry = _apply(dense, carried)
    return Schedule(
        width=params.width,
        mds=params.mds,
        pre_sparse=matrix,
        first=params.constants[:half],
        entry=tuple(entry),
        partial=tuple(reversed(sparse)),
        last=params.constants[half + rounds :],
    )


def _sbox(x: int) -> int:
    square = x * x % P
    return square * square % P * x % P


def poseidon(inputs: Sequence[int]) -> int:
    """Hash 1 … 16 field elements to one, by the sparse schedule."""
    plan = schedule(len(inputs))
    state = [0, *(x % P for x in inputs)]
    for index, constants in enumerate(plan.first):
        state = [_sbox(x + c) for x, c in zip(state, constants, strict=True)]
        state = _apply(plan.pre_sparse if index == len(plan.first) - 1 else plan.mds, state)
    state = [x + c for x, c in zip(state, plan.entry, strict=True)]
    for step in plan.partial:
        head = _sbox(state[0]) + step.constant
        tail = [(x + c * head) % P for x, c in zip(state[1:], step.column, strict=True)]
        state = [sum(r * x for r, x in zip(step.row, (head, *state[1:]), strict=True)) % P, *tail]
    for constants in plan.last:
        state = _apply(plan.mds, [_sbox(x + c) for x, c in zip(state, constants, strict=True)])
    return state[0]


def poseidon_reference(inputs: Sequence[int]) -> int:
    """The same hash by the plain permutation of the specification; slower, for tests."""
    params = parameters(len(inputs))
    half = FULL_ROUNDS // 2
    state = [0, *(x % P for x in inputs)]
    for index, constants in enumerate(params.constants):
        state = [x + c for x, c in zip(state, constants, strict=True)]
        full = not half <= index < half + params.partial_rounds
        state = [_sbox(x) if full or word == 0 else x for word, x in enumerate(state)]
        state = _apply(params.mds, state)
    return state[0]
