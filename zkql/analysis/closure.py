"""Uniqueness by propagation: which variables follow from given ones, in every satisfying assignment.

In: a propagated store and the variables that are known to be unique. Out: more of them. The method is
that of Picus (Pailoor et al., PLDI 2023), ECNE (Wang, 2022) and circomspect: the set of unique
variables grows by rules that each look at one constraint, here with intervals. Two assignments that
agree on the known variables are compared by the differences δ of the others:

- equation: Σ c·δ = 0. One unknown is unique. Where the unknowns' ranges are so small that the sum
  cannot reach p, it holds over the integers and is split like digits: if the sum of the lower terms
  stays below the greatest common divisor of the coefficients above, both parts are 0. The bits of a
  number fall out one by one.
- product: a factor is unique if the other is known and never 0; two roots of a square have a
  constant sum, which the interval may rule out.
- Gauss's elimination over all equations.
- cases: a known variable is 0 or not, or has one of few values, in both assignments alike. What is
  unique in each case is unique.
"""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

from zkql.analysis.modular import ONE, Row, eliminate, inverse
from zkql.analysis.store import Contradiction, is_not_zero, is_value, is_zero

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from zkql.analysis.normal import Affine, Equation, Product
    from zkql.analysis.propagate import Propagator
    from zkql.analysis.store import Assumption, Store

_FEW_VALUES = 16
_MOST_TERMS = 200_000


class Closure:
    """The unique variables under one store, and the constraints that still have unknowns."""

    def __init__(self, propagator: Propagator, store: Store, known: Iterable[int]) -> None:
        self.propagator, self.system, self.store = propagator, propagator.system, store
        self.prime = self.system.prime
        self.known = set(known)
        self.equations = dict.fromkeys(range(len(self.system.equations)))
        self.products = dict.fromkeys(range(len(self.system.products)))

    def grow(self, *, cases: bool = True) -> set[int]:
        """Apply all rules until nothing more is found."""
        while True:
            self._apply(self.equations, self.products)
            if not self._eliminated() and not (cases and self._cases()):
                return self.known

    def unknown(self, variables: Iterable[int]) -> list[int]:
        """Those of ``variables`` that are not known to be unique."""
        return [v for v in variables if v not in self.known and not self.store.fixed(v)]

    # --- one constraint at a time ---

    def _apply(self, equations: Iterable[int], products: Iterable[int]) -> None:
        waiting, waiting_products = dict.fromkeys(equations), dict.fromkeys(products)
        while waiting or waiting_products:
            if waiting_products:
                index = next(iter(waiting_products))
                del waiting_products[index]
                product = self.system.products[index]
                found = self._from_product(product)
                if not self.unknown(a.variable for a in product):
                    self.products.pop(index, None)
            else:
                index = next(iter(waiting))
                del waiting[index]
                equation = self.system.equations[index]
                found = self._from_equation(equation)
                if not self.unknown(equation.variables):
                    self.equations.pop(index, None)
            for variable in found:
                if variable not in self.known:
                    self.known.add(variable)
                    waiting.update(dict.fromkeys(self.propagator.equations_of[variable]))
                    waiting_products.update(dict.fromkeys(self.propagator.products_of[variable]))

    def _from_equation(self, equation: Equation) -> list[int]:
        terms = [
            (v, abs(c))
            for v, c in zip(equation.variables, equation.coefficients, strict=True)
            if v not in self.known and not self.store.fixed(v)
        ]
        if len(terms) <= 1:
            return [v for v, _ in terms]
        terms.sort(key=lambda term: term[1])
        reach = [c * self.store.width(v) for v, c in terms]
        if sum(reach) >= self.prime:
            return []
        divisor_above = [0] * (len(terms) + 1)
        for i in range(len(terms) - 1, -1, -1):
            divisor_above[i] = gcd(terms[i][1], divisor_above[i + 1])
        found, start, below = [], 0, 0
        for i, (variable, _) in enumerate(terms):
            below += reach[i]
            if i + 1 == len(terms) or below < divisor_above[i + 1]:
                if start == i:
                    found.append(variable)
                start, below = i + 1, 0
        return found

    def _from_product(self, product: Product) -> list[int]:
        unknown = set(self.unknown(a.variable for a in product))
        if len(unknown) != 1:
            return []
        (variable,) = unknown
        left, right, result = product
        in_left, in_right, in_result = (a.scale != 0 and a.variable == variable for a in product)
        if in_left and in_right:
            unique = not in_result and self._one_root(left, right)
        elif in_left or in_right:
            own, other = (left, right) if in_left else (right, left)
            # (own.scale · other - result.scale) · variable is known
            forbidden = result.scale * inverse(own.scale % self.prime, self.prime) if in_result else 0
            unique = self.store.never(other, forbidden)
        else:
            unique = True
        return [variable] if unique else []

    def _one_root(self, left: Affine, right: Affine) -> bool:
        """Two roots of ``left · right = known`` have a constant sum, which their interval may rule out."""
        total = left.scale * right.offset + left.offset * right.scale
        total = -total * inverse(left.scale * right.scale % self.prime, self.prime)
        low, high = self.store.low[left.variable], self.store.high[left.variable]
        least, most = 2 * low + 1, 2 * high - 1  # the sum of two different values
        return -((total - least) // self.prime) > (most - total) // self.prime

    # --- all equations at once ---

    def _eliminated(self) -> bool:
        rows: list[Row] = []
        terms = 0
        for index in self.equations:
            equation = self.system.equations[index]
            row = {
                v: c % self.prime
                for v, c in zip(equation.variables, equation.coefficients, strict=True)
                if v not in self.known and not self.store.fixed(v)
            }
            terms += len(row)
            if row and terms < _MOST_TERMS:
                rows.append(row)
        for product in (self.system.products[i] for i in self.products):
            row = self._linearised(product)
            if row:
                rows.append(row)
        solved = eliminate(rows, self.prime, _MOST_TERMS)
        assert solved is not None, "homogeneous equations have a solution"
        found = [v for v, row in solved.items() if len(row) == 1 and v not in self.known]
        self.known.update(found)
        return bool(found)

    def _linearised(self, product: Product) -> Row:
        """A product with a constant factor, as an equation of differences."""
        left, right, result = product
        for factor, term in ((left, right), (right, left)):
            value = self.store.value_of(factor)
            if value is not None:
                row: Row = {}
                for scale, variable in (
                    (value * term.scale, term.variable),
                    (-result.scale, result.variable),
                ):
                    if scale % self.prime and self.unknown([variable]):
                        row[variable] = (row.get(variable, 0) + scale) % self.prime
                return {v: c for v, c in row.items() if c and v != ONE}
        return {}

    # --- cases ---

    def _cases(self) -> bool:
        progress = False
        for alternatives in self._splits():
            in_all: set[int] | None = None
            for case in alternatives:
                store = self.store.copy()
                try:
                    case(store)
                    self.propagator.run(store)
                except Contradiction:
                    continue
                inner = Closure(self.propagator, store, self.known)
                inner.equations, inner.products = dict(self.equations), dict(self.products)
                inner.grow(cases=False)
                unique = {v for v in self._open_variables() if not inner.unknown([v])}
                in_all = unique if in_all is None else in_all & unique
                if not in_all:
                    break
            if in_all is None:
                in_all = set(self._open_variables())  # no case is possible: there is no assignment at all
            for variable in in_all:
                self.known.add(variable)
                self._apply(self.propagator.equations_of[variable], self.propagator.products_of[variable])
                progress = True
        return progress

    def _open_variables(self) -> list[int]:
        found: dict[int, None] = {}
        for index in self.equations:
            found.update(dict.fromkeys(self.system.equations[index].variables))
        for index in self.products:
            found.update(dict.fromkeys(a.variable for a in self.system.products[index]))
        return self.unknown(found)

    def _splits(self) -> Iterator[list[Assumption]]:
        seen: set[Affine] = set()
        for index in list(self.products):
            left, right, _ = self.system.products[index]
            if index not in self.products:
                continue
            for factor in (left, right):
                known = factor.scale and not self.unknown([factor.variable])
                if not known or factor in seen or self.store.fixed(factor.variable):
                    continue
                seen.add(factor)
                low, high = self.store.low[factor.variable], self.store.high[factor.variable]
                if high - low < _FEW_VALUES:
                    yield [is_value(factor.variable, value) for value in range(low, high + 1)]
                elif not self.store.never(factor, 0):
                    yield [is_zero(factor), is_not_zero(factor)]
