"""Constraints in the form that the analysis works on.

In: an R1CS. Out: variables with intervals, linear equations, products of affine terms. A variable is
a wire, or stands for a linear combination of wires that is a factor somewhere; equal combinations
(up to scale and constant) share one. A quadratic constraint on one variable is solved here:
``b · b = b`` leaves the interval [0, 1] and no constraint.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from zkql.analysis.modular import inverse, polynomial_roots, signed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from zkql.toolchain.constraints import Combination, Constraint

Interval = tuple[int, int]
"""The residues of the integers ``low`` to ``high``, both included; either may be negative."""


class Affine(NamedTuple):
    """``scale · variable + offset``; a constant has scale 0 and variable 0."""

    scale: int
    variable: int
    offset: int


class Equation(NamedTuple):
    """``Σ coefficient · variable + constant = 0``, coefficients signed and scaled to be small."""

    variables: tuple[int, ...]
    coefficients: tuple[int, ...]
    constant: int


class Product(NamedTuple):
    """``left · right = result``."""

    left: Affine
    right: Affine
    result: Affine


@dataclass(frozen=True, slots=True)
class Normal:
    """``premises`` are intervals that variables are in; ``contradictory``: some constraint cannot hold."""

    prime: int
    variables: int
    premises: tuple[tuple[int, Interval], ...]
    equations: tuple[Equation, ...]
    products: tuple[Product, ...]
    contradictory: bool = False

    def holds(self, values: list[int]) -> bool:
        """Whether an assignment satisfies every equation and product."""
        for variables, coefficients, constant in self.equations:
            total = sum(c * values[v] for v, c in zip(variables, coefficients, strict=True))
            if (total + constant) % self.prime:
                return False
        for product in self.products:
            left, right, result = (a.scale * values[a.variable] + a.offset for a in product)
            if (left * right - result) % self.prime:
                return False
        return True


def normalise(
    constraints: Iterable[Constraint], wires: int, premises: Mapping[int, Interval], prime: int
) -> Normal:
    """Bring constraints into normal form; wire w is variable w."""
    builder = _Builder(prime, wires, [(0, (1, 1)), *premises.items()])
    for a, b, c in constraints:
        builder.add(*(_form(part, prime) for part in (a, b, c)))
    return builder.build()


_Form = tuple[dict[int, int], int]


def _form(combination: Combination, prime: int) -> _Form:
    terms: dict[int, int] = {}
    constant = 0
    for wire, value in zip(*combination, strict=True):
        if wire:
            terms[wire] = (terms.get(wire, 0) + int(value)) % prime
        else:
            constant += int(value)
    return {w: c for w, c in terms.items() if c}, constant % prime


@dataclass
class _Builder:
    prime: int
    variables: int
    premises: list[tuple[int, Interval]]
    equations: list[Equation] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    known: dict[tuple[tuple[int, int], ...], tuple[int, int]] = field(default_factory=dict)
    contradictory: bool = False

    def build(self) -> Normal:
        self.combine()
        return Normal(
            self.prime,
            self.variables,
            tuple(self.premises),
            tuple(self.equations),
            tuple(self.products),
            self.contradictory,
        )

    def add(self, a: _Form, b: _Form, c: _Form) -> None:
        if not a[0] or not b[0]:
            factor, other = (a[1], b) if not a[0] else (b[1], a)
            terms = dict(c[0])
            for wire, value in other[0].items():
                terms[wire] = (terms.get(wire, 0) - factor * value) % self.prime
            self.equate({w: v for w, v in terms.items() if v}, c[1] - factor * other[1])
            return
        left, right, result = self.affine(a), self.affine(b), self.affine(c)
        if left.variable == right.variable and result.variable in (0, left.variable):
            self.solve(left, right, result)
        else:
            self.products.append(Product(left, right, result))

    def equate(self, terms: Mapping[int, int], constant: int) -> None:
        """``Σ terms + constant = 0``."""
        prime = self.prime
        if not terms:
            self.contradictory |= constant % prime != 0
            return
        factors = {1, *(inverse(c, prime) for c in list(dict.fromkeys(terms.values()))[:_SCALES])}
        scaled = [(tuple(signed(c * f, prime) for c in terms.values()), f) for f in sorted(factors)]
        coefficients, factor = min(scaled, key=lambda s: sum(c.bit_length() for c in s[0]))
        self.equations.append(Equation(tuple(terms), coefficients, signed(constant * factor, prime)))

    def combine(self) -> None:
        """Add differences of equations that have much in common: bounds propagation does not see that
        ``x - y`` is small from ``x - y = bits`` and ``x - y = z`` alike."""
        rows = [dict(zip(e.variables, e.coefficients, strict=True)) for e in self.equations]
        rows_of: dict[int, list[int]] = {}
        for index, row in enumerate(rows):
            for variable in row:
                rows_of.setdefault(variable, []).append(index)
        pairs = {
            pair
            for variable, indices in rows_of.items()
            if len(indices) <= _MOST_ROWS
            for pair in combinations(indices, 2)
        }
        for one, other in sorted(pairs):
            a, b = rows[one], rows[other]
            shared = a.keys() & b.keys()
            if len(shared) < _LEAST_SHARED:
                continue
            ratios = Counter(a[v] * inverse(b[v] % self.prime, self.prime) % self.prime for v in shared)
            ratio, cancelled = ratios.most_common(1)[0]
            if cancelled < _LEAST_SHARED or 2 * cancelled < min(len(a), len(b)):
                continue
            terms = {v: (a.get(v, 0) - ratio * b.get(v, 0)) % self.prime for v in {**a, **b}}
            constant = self.equations[one].constant - ratio * self.equations[other].constant
            self.equate({v: c for v, c in terms.items() if c}, constant)

    def affine(self, form: _Form) -> Affine:
        terms, constant = form
        offset = signed(constant, self.prime)
        if not terms:
            return Affine(0, 0, offset)
        if len(terms) == 1:
            ((wire, coefficient),) = terms.items()
            return Affine(signed(coefficient, self.prime), wire, offset)
        ordered = sorted(terms.items())
        first = ordered[0][1]
        scale = inverse(first, self.prime)
        key = tuple((w, c * scale % self.prime) for w, c in ordered)
        if key not in self.known:
            variable, self.variables = self.variables, self.variables + 1
            self.known[key] = variable, first
            self.equate({**terms, variable: self.prime - 1}, 0)
        variable, stored = self.known[key]
        return Affine(signed(first * inverse(stored, self.prime), self.prime), variable, offset)

    def solve(self, a: Affine, b: Affine, c: Affine) -> None:
        """A quadratic equation in one variable: at most two values."""
        roots = polynomial_roots(
            a.scale * b.scale,
            a.scale * b.offset + a.offset * b.scale - c.scale,
            a.offset * b.offset - c.offset,
            self.prime,
        )
        assert roots is not None, "both factors have a variable"
        if not roots:
            self.contradictory = True
            return
        variable, (low, *_), high = a.variable, roots, roots[-1]
        if high - low > 1:
            chosen, self.variables = self.variables, self.variables + 1
            self.premises.append((chosen, (0, 1)))
            self.equate({variable: self.prime - 1, chosen: (high - low) % self.prime}, low)
        self.premises.append((variable, (low, high)))


_MOST_ROWS = 16
_LEAST_SHARED = 2
_SCALES = 8
"""How many coefficients are tried as the unit of an equation."""
