"""Two assignments at once. In: a system and its unique variables. Out: a system of pairs.

Each variable that is not known to be unique has a second copy and their difference; the constraints
hold for both copies, and their differences are constraints of their own. A variable is unique if no
pair has a difference in it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zkql.analysis.normal import Affine, Equation, Normal, Product
from zkql.analysis.store import is_between, is_not_zero

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from zkql.analysis.normal import Interval
    from zkql.analysis.store import Assumption, Store


@dataclass(frozen=True, slots=True)
class Twins:
    """``second[v]`` is the other copy of v, ``difference[v]`` their difference; unique variables
    are in neither. ``apart`` are all the variables that are not shared."""

    system: Normal
    second: Mapping[int, int]
    difference: Mapping[int, int]
    excluded: tuple[Assumption, ...]
    apart: frozenset[int]

    def differ(self, variable: int, store: Store) -> Assumption:
        """The copies of ``variable`` differ; the first is the larger, since copies can be swapped."""
        difference = self.difference[variable]
        if store.bounded(difference):
            return is_between(difference, 1, store.high[difference])
        return is_not_zero(Affine(1, difference, 0))

    def neighbours(self, variable: int) -> frozenset[int]:
        """The variables that may differ and are linked to ``variable`` by constraints on such: if no pair
        differs in ``variable``, they are why."""
        linked: dict[int, list[tuple[int, ...]]] = {}
        constraints = [e.variables for e in self.system.equations]
        constraints += [tuple(term.variable for term in p) for p in self.system.products]
        for constraint in constraints:
            apart = tuple(v for v in constraint if v in self.apart)
            for member in apart:
                linked.setdefault(member, []).append(apart)
        found, waiting = {variable}, [variable]
        while waiting:
            for apart in linked.get(waiting.pop(), []):
                waiting += [v for v in apart if v not in found]
                found.update(apart)
        return frozenset(found)

    def other(self, values: list[int]) -> list[int]:
        """The second assignment of a pair."""
        return [values[self.second.get(v, v)] for v in range(len(values))]


def twins(system: Normal, store: Store, unique: set[int], wanted: Collection[int]) -> Twins:
    """The pairs of assignments that agree on ``unique``; what neither a constraint nor ``wanted``
    mentions is left out."""
    mentioned = set(wanted)
    for equation in system.equations:
        mentioned.update(equation.variables)
    for product in system.products:
        mentioned.update(term.variable for term in product)
    apart = sorted(v for v in mentioned - unique if not store.fixed(v))
    count = system.variables
    second = {v: count + i for i, v in enumerate(apart)}
    difference = {v: count + len(apart) + i for i, v in enumerate(apart)}
    premises: list[tuple[int, Interval]] = []
    for variable in range(count):
        interval = store.low[variable], store.high[variable]
        premises.append((variable, interval))
        if variable in second:
            width = store.width(variable)
            premises += [(second[variable], interval), (difference[variable], (-width, width))]
    equations = [Equation((v, second[v], difference[v]), (1, -1, -1), 0) for v in apart]
    for equation in system.equations:
        variables, coefficients, constant = equation
        equations.append(equation)
        if any(v in second for v in variables):
            other = tuple(second.get(v, v) for v in variables)
            equations.append(Equation(other, coefficients, constant))
            terms = [
                (difference[v], c) for v, c in zip(variables, coefficients, strict=True) if v in difference
            ]
            equations.append(Equation(tuple(v for v, _ in terms), tuple(c for _, c in terms), 0))
    builder = _Products(count + 2 * len(apart), second, difference, equations)
    for product in system.products:
        builder.add(product)
    points = [(v, point) for v, point in store.excluded] + [
        (second[v], point) for v, point in store.excluded if v in second
    ]
    return Twins(
        Normal(system.prime, builder.variables, tuple(premises), tuple(equations), tuple(builder.products)),
        second,
        difference,
        tuple(is_not_zero(Affine(1, v, -point)) for v, point in points),
        frozenset((*apart, *range(count, builder.variables))),
    )


@dataclass
class _Products:
    """Both copies of each product, and ``a·b - a'·b' = a·(b - b') + (a - a')·b'``."""

    variables: int
    second: Mapping[int, int]
    difference: Mapping[int, int]
    equations: list[Equation]
    products: list[Product] = field(default_factory=list)

    def add(self, product: Product) -> None:
        self.products.append(product)
        left, right, result = product
        other = Product(*(a._replace(variable=self.second.get(a.variable, a.variable)) for a in product))
        if other == product:
            return
        self.products.append(other)
        changes = [(left, self._change(right)), (self._change(left), other.right)]
        changes = [(a, b) for a, b in changes if a.scale and b.scale]
        change = self._change(result)
        if len(changes) == 1:
            self.products.append(Product(*changes[0], change))
        elif changes:
            parts = [self._new(a, b) for a, b in changes]
            terms = [*((part, 1) for part in parts), (change.variable, -change.scale)]
            terms = [(v, c) for v, c in terms if c]
            self.equations.append(Equation(tuple(v for v, _ in terms), tuple(c for _, c in terms), 0))

    def _change(self, term: Affine) -> Affine:
        if term.variable in self.difference:
            return Affine(term.scale, self.difference[term.variable], 0)
        return Affine(0, 0, 0)

    def _new(self, left: Affine, right: Affine) -> int:
        variable, self.variables = self.variables, self.variables + 1
        self.products.append(Product(left, right, Affine(1, variable, 0)))
        return variable
