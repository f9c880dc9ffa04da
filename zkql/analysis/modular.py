"""Arithmetic modulo a prime. In: residues. Out: signed representatives, square roots, roots, elimination.

The prime is a parameter so that tests can compare with brute force over a tiny field.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

Row = dict[int, int]
"""A linear equation ``Σ row[v] · v = 0``; the constant is at :data:`ONE`."""
ONE = -1


def signed(value: int, prime: int) -> int:
    """The representative closest to 0."""
    value %= prime
    return value - prime if value > prime // 2 else value


@lru_cache(1 << 16)
def inverse(value: int, prime: int) -> int:
    """1 / value."""
    return pow(value, -1, prime)


@lru_cache(1 << 16)
def square_root(value: int, prime: int) -> int | None:
    """A square root, or None. Tonelli and Shanks's algorithm (Cohen, A Course in Computational
    Algebraic Number Theory, 1.5.1)."""
    value %= prime
    if value == 0:
        return 0
    if pow(value, prime // 2, prime) != 1:
        return None
    odd, twos = prime - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    non_residue = next(n for n in range(2, prime) if pow(n, prime // 2, prime) != 1)
    generator = pow(non_residue, odd, prime)
    root, rest = pow(value, (odd + 1) // 2, prime), pow(value, odd, prime)
    while rest != 1:
        order, power = 0, rest
        while power != 1:
            order, power = order + 1, power * power % prime
        factor = pow(generator, 1 << (twos - order - 1), prime)
        root, generator, twos = root * factor % prime, factor * factor % prime, order
        rest = rest * generator % prime
    return root


def polynomial_roots(two: int, one: int, zero: int, prime: int) -> tuple[int, ...] | None:
    """Roots of ``two · x² + one · x + zero``, signed and rising; None if every x is a root."""
    two, one, zero = two % prime, one % prime, zero % prime
    if two == 0:
        if one == 0:
            return None if zero == 0 else ()
        return (signed(-zero * inverse(one, prime), prime),)
    root = square_root(one * one - 4 * two * zero, prime)
    if root is None:
        return ()
    half = inverse(2 * two % prime, prime)
    return tuple(sorted({signed((sign * root - one) * half, prime) for sign in (1, -1)}))


def eliminate(rows: Iterable[Row], prime: int, most_terms: int) -> dict[int, Row] | None:
    """Gauss and Jordan's elimination: each pivot with its row, whose other variables are free.

    The pivot has coefficient 1. None if the rows contradict each other. Stops taking rows when the
    result has ``most_terms`` terms: what it then returns is still implied by the rows.
    """
    solved: dict[int, Row] = {}
    used_by: dict[int, set[int]] = {}
    size = 0
    for row in sorted(rows, key=len):
        rest = dict(row)
        for variable in row:
            if variable in solved:
                _subtract(rest, solved[variable], rest[variable], prime)
        pivot = next((v for v in rest if v != ONE), None)
        if pivot is None:
            if rest.get(ONE, 0):
                return None
            continue
        factor = inverse(rest[pivot], prime)
        rest = {v: c * factor % prime for v, c in rest.items()}
        for other in used_by.pop(pivot, set()):
            _subtract(solved[other], rest, solved[other][pivot], prime)
            for variable in rest:
                if variable in solved[other]:
                    used_by.setdefault(variable, set()).add(other)
                elif variable in used_by:
                    used_by[variable].discard(other)
        solved[pivot] = rest
        for variable in rest:
            if variable not in (pivot, ONE):
                used_by.setdefault(variable, set()).add(pivot)
        size += len(rest)
        if size > most_terms:
            break
    return solved


def _subtract(row: Row, other: Row, factor: int, prime: int) -> None:
    for variable, coefficient in other.items():
        value = (row.get(variable, 0) - factor * coefficient) % prime
        if value:
            row[variable] = value
        else:
            row.pop(variable, None)
