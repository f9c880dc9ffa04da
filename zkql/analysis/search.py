"""Search all assignments. In: normal form and store. Out: assignments, one at a time.

Depth first: propagate, then split one variable. What propagation and splitting leave is without
bounds, and is solved by elimination and square roots. The search is complete unless it says that it
ran out of nodes, or that it had to guess (``open_leaves``): a factor without bounds in a product that
nothing else fixes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from zkql.analysis.differences import between, contradictory
from zkql.analysis.modular import ONE, Row, eliminate, polynomial_roots, signed
from zkql.analysis.propagate import roots_of
from zkql.analysis.store import Contradiction, is_between, is_not_zero, is_value, is_zero

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping
    from random import Random

    from zkql.analysis.normal import Affine
    from zkql.analysis.propagate import Propagator
    from zkql.analysis.store import Assumption, Store

_MOST_TERMS = 100_000
_TRIES = 4
_ENUMERATED = 64
"""A factor with at most so many values is split before any bits are."""
_WIDEST = 1 << 128


@dataclass
class Search:
    """One search. ``avoid``: skip what has exactly these values. ``widest``: variables of a wider
    interval are guessed, not split. ``focus``: constraints on these variables are split first.
    ``most_open``: give up after so many guesses."""

    propagator: Propagator
    random: Random
    nodes_left: int
    avoid: dict[int, int] = field(default_factory=dict)
    widest: int = _WIDEST
    focus: frozenset[int] = frozenset()
    most_open: int = 1 << 30
    open_leaves: int = 0
    exhausted: bool = False

    @property
    def complete(self) -> bool:
        """Whether everything was looked at."""
        return not self.exhausted and not self.open_leaves

    def run(self, store: Store) -> Iterator[list[int]]:
        """Satisfying assignments of all variables (not all that differ in variables without a bound)."""
        stack: list[tuple[Store, list[Assumption]]] = [(store, [])]
        equations = between(self.propagator.system.equations, store) if self.focus else []
        while stack:
            if self.nodes_left <= 0 or self.open_leaves > self.most_open:
                self.exhausted = True
                return
            self.nodes_left -= 1
            state, learned = stack.pop()
            state = state.copy()
            try:
                for learn in learned:
                    learn(state)
                self.propagator.run(state)
                if self._avoided(state) or (equations and contradictory(equations, state)):
                    continue
                split = self._split(state)
                if split is None:
                    split = yield from self._leaf(state)
            except Contradiction:
                continue
            stack += [(state, case) for case in reversed(split)]

    def _avoided(self, store: Store) -> bool:
        return bool(self.avoid) and all(
            store.fixed(v) and (store.low[v] - value) % store.prime == 0 for v, value in self.avoid.items()
        )

    # --- splitting ---

    def _split(self, store: Store) -> list[list[Assumption]] | None:
        """Cases for the next variable; None if only variables without bounds are left."""
        for focus in (self.focus, frozenset[int]()):
            smallest, chosen = _ENUMERATED, None
            for product in self.propagator.system.products:
                left, right, result = product
                if store.value_of(left) is not None or store.value_of(right) is not None:
                    continue
                if focus and focus.isdisjoint(term.variable for term in product):
                    continue
                if left.variable == right.variable:
                    if (value := store.value_of(result)) is not None:
                        return [
                            [is_value(left.variable, r)] for r in roots_of(left, right, value, store.prime)
                        ]
                elif store.value_of(result) == 0:
                    return [[is_zero(left)], [is_not_zero(left), is_zero(right)]]
                for factor in (left, right):
                    if store.width(factor.variable) < smallest:
                        smallest, chosen = store.width(factor.variable), factor.variable
            if chosen is None:
                chosen = self._heaviest(store, focus)
            if chosen is not None:
                low, high = store.low[chosen], store.high[chosen]
                middle = (low + high) // 2
                return [[is_between(chosen, low, middle)], [is_between(chosen, middle + 1, high)]]
        return None

    def _heaviest(self, store: Store, focus: frozenset[int]) -> int | None:
        """The variable that decides most: a bit of the highest weight, else the widest interval."""
        best, chosen = (False, 0), None
        for variables, coefficients, _ in self.propagator.system.equations:
            if focus and focus.isdisjoint(variables):
                continue
            for variable, coefficient in zip(variables, coefficients, strict=True):
                width = store.width(variable)
                if width and width <= self.widest:
                    weight = (width == 1, abs(coefficient) * width)
                    if weight > best:
                        best, chosen = weight, variable
        if chosen is None:
            for product in self.propagator.system.products:
                if focus and focus.isdisjoint(term.variable for term in product):
                    continue
                for term in product:
                    if term.scale and 0 < store.width(term.variable) <= self.widest:
                        return term.variable
        return chosen

    # --- leaves: variables without bounds ---

    def _leaf(self, store: Store) -> Generator[list[int], None, list[list[Assumption]]]:
        rows = list(self._rows(store))
        solved = eliminate(rows, store.prime, _MOST_TERMS)
        if solved is None:
            return []
        for variable, row in solved.items():
            if set(row) <= {variable, ONE}:
                value = -row.get(ONE, 0)
                return [[is_value(variable, signed(value, store.prime))]]
        free: dict[int, None] = {}
        for product in self.propagator.system.products:
            if any(store.value_of(factor) is not None for factor in product[:2]):
                continue
            terms = [_substituted(term, solved, store) for term in product]
            variables = {v for term in terms for v in term if v != ONE}
            if len(variables) == 1:
                (variable,) = variables
                (a, c), (b, d), (e, f) = ((t.get(variable, 0), t.get(ONE, 0)) for t in terms)
                roots = polynomial_roots(a * b, a * d + b * c - e, c * d - f, store.prime)
                if roots is not None:
                    return [[is_value(variable, root)] for root in roots]
            elif variables:
                free.update(dict.fromkeys(sorted(variables)))
            elif (terms[0].get(ONE, 0) * terms[1].get(ONE, 0) - terms[2].get(ONE, 0)) % store.prime:
                return []
        if free:
            self.open_leaves += 1
            variable = next(iter(free))
            return [[is_value(variable, guess)] for guess in self._guesses(store, variable)]
        found = self._completed(store, solved)
        if found is None:
            self.open_leaves += 1
        else:
            yield found
        return []

    def _rows(self, store: Store) -> Iterator[Row]:
        for variables, coefficients, constant in self.propagator.system.equations:
            if any(not store.fixed(v) for v in variables):
                yield _row(store, zip(variables, coefficients, strict=True), constant)
        for left, right, result in self.propagator.system.products:
            for factor, term in ((left, right), (right, left)):
                value = store.value_of(factor)
                if value is not None:
                    terms = ((term.variable, value * term.scale), (result.variable, -result.scale))
                    yield _row(store, terms, value * term.offset - result.offset)
                    break

    def _guesses(self, store: Store, variable: int) -> list[int]:
        low, high = store.low[variable], store.high[variable]
        return [min(max(0, low), high), min(max(1, low), high)] + [
            self.random.randint(low, high) for _ in range(_TRIES - 2)
        ]

    def _completed(self, store: Store, solved: Mapping[int, Row]) -> list[int] | None:
        """Random values for what is free. None if none was found that satisfies everything."""
        prime = store.prime
        for _ in range(_TRIES):
            values = [low % prime for low in store.low]
            for variable in range(len(values)):
                if not store.fixed(variable) and variable not in solved:
                    values[variable] = self.random.randint(store.low[variable], store.high[variable]) % prime
            for variable, row in solved.items():
                rest = (c if v == ONE else c * values[v] for v, c in row.items() if v != variable)
                values[variable] = -sum(rest) % prime
            new = not self.avoid or any((values[v] - value) % prime for v, value in self.avoid.items())
            if new and self.propagator.system.holds(values) and _within(store, values):
                return values
        return None


def _within(store: Store, values: list[int]) -> bool:
    inside = all(
        (value - low) % store.prime <= high - low
        for value, low, high in zip(values, store.low, store.high, strict=True)
    )
    return inside and all(values[variable] != value for variable, value in store.excluded)


def _row(store: Store, terms: Iterable[tuple[int, int]], constant: int) -> Row:
    prime = store.prime
    row: Row = {}
    for variable, coefficient in terms:
        if store.fixed(variable):
            constant += coefficient * store.low[variable]
        else:
            row[variable] = (row.get(variable, 0) + coefficient) % prime
    row[ONE] = constant % prime
    return {v: c for v, c in row.items() if c}


def _substituted(term: Affine, solved: Mapping[int, Row], store: Store) -> Row:
    """An affine term by free variables."""
    scale, variable, offset = term
    if not scale or store.fixed(variable) or variable not in solved:
        return _row(store, [(variable, scale)], offset)
    row = {v: -scale * c % store.prime for v, c in solved[variable].items() if v != variable}
    row[ONE] = (row.get(ONE, 0) + offset) % store.prime
    return {v: c for v, c in row.items() if c}
