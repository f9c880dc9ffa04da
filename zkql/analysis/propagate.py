"""Narrow intervals until nothing changes. In: normal form and store. Out: the store, narrowed.

Bounds propagation as in solvers for integer constraints (Apt, Principles of Constraint Programming,
6.5), with the field's wrap: ``Σ c · x = 0`` modulo p says that the integer sum is one of the
multiples of p that its range allows. Every step keeps all solutions.
"""

from __future__ import annotations

from math import isqrt
from typing import TYPE_CHECKING

from zkql.analysis.modular import inverse, polynomial_roots, signed
from zkql.analysis.normal import Affine
from zkql.analysis.store import Contradiction, Store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zkql.analysis.normal import Interval, Normal, Product


class Propagator:
    """The constraints of a normal form, by variable."""

    def __init__(self, system: Normal) -> None:
        self.system = system
        self.prime = system.prime
        self.equations_of: list[list[int]] = [[] for _ in range(system.variables)]
        self.products_of: list[list[int]] = [[] for _ in range(system.variables)]
        for index, equation in enumerate(system.equations):
            for variable in equation.variables:
                self.equations_of[variable].append(index)
        for index, product in enumerate(system.products):
            for variable in {a.variable for a in product if a.scale}:
                self.products_of[variable].append(index)

    def start(self) -> Store:
        """The store of the premises, propagated."""
        if self.system.contradictory:
            raise Contradiction
        store = Store.empty(self.prime, self.system.variables)
        for variable, (low, high) in self.system.premises:
            store.narrow(variable, low, high)
        store.changed.clear()
        self._run(store, range(len(self.system.equations)), range(len(self.system.products)))
        return store

    def run(self, store: Store) -> Store:
        """Propagate what has changed in a store."""
        self._run(store, (), ())
        return store

    def _run(self, store: Store, equations: Iterable[int], products: Iterable[int]) -> None:
        # dictionaries are used as queues without repetition
        waiting, waiting_products = dict.fromkeys(equations), dict.fromkeys(products)
        while True:
            for variable in store.changed:
                for index in self.equations_of[variable]:
                    waiting[index] = None
                for index in self.products_of[variable]:
                    waiting_products[index] = None
            store.changed.clear()
            if waiting_products:
                index = next(iter(waiting_products))
                del waiting_products[index]
                self.product(store, self.system.products[index])
            elif waiting:
                index = next(iter(waiting))
                del waiting[index]
                variables, coefficients, constant = self.system.equations[index]
                self.sum(store, variables, coefficients, constant)
            else:
                return

    # --- linear ---

    def sum(
        self, store: Store, variables: tuple[int, ...], coefficients: tuple[int, ...], constant: int
    ) -> None:
        """``Σ coefficient · variable + constant = 0``."""
        prime, lows, highs = self.prime, store.low, store.high
        least = most = constant
        unknown: list[tuple[int, int]] = []
        for variable, coefficient in zip(variables, coefficients, strict=True):
            low, high = lows[variable], highs[variable]
            if low == high:
                least += coefficient * low
                most += coefficient * low
                continue
            unknown.append((variable, coefficient))
            if coefficient > 0:
                least += coefficient * low
                most += coefficient * high
            else:
                least += coefficient * high
                most += coefficient * low
        if not unknown:
            if least % prime:
                raise Contradiction
            return
        if len(unknown) == 1:
            ((variable, coefficient),) = unknown
            rest = least - min(coefficient * lows[variable], coefficient * highs[variable])
            store.fix(variable, signed(-rest * inverse(coefficient % prime, prime), prime))
            return
        bottom, top = -(-least // prime) * prime, most // prime * prime  # multiples of p in between
        if bottom > top:
            raise Contradiction
        for variable, coefficient in unknown:
            one, other = coefficient * lows[variable], coefficient * highs[variable]
            own_least, own_most = (one, other) if coefficient > 0 else (other, one)
            rest_least, rest_most = least - own_least, most - own_most
            if rest_most - rest_least < prime - 1 and coefficient in (1, -1):
                bounds = (-rest_most, -rest_least) if coefficient == 1 else (rest_least, rest_most)
                store.narrow(variable, *bounds)
            elif bottom - rest_most > own_least or top - rest_least < own_most:
                store.clip_multiple(variable, coefficient, bottom - rest_most, top - rest_least)

    # --- products ---

    def product(self, store: Store, product: Product) -> None:
        """``left · right = result``."""
        left, right, result = product
        prime = self.prime
        a, b = store.value_of(left), store.value_of(right)
        if a is not None and b is not None:
            store.narrow_affine(result, *[signed(a * b, prime)] * 2)
        elif a is not None:
            self._multiple(store, signed(a, prime), right, result)
        elif b is not None:
            self._multiple(store, signed(b, prime), left, result)
        elif left.variable == right.variable:
            self._square(store, left, right, result)
        else:
            self._proper(store, left, right, result)

    def _multiple(self, store: Store, factor: int, term: Affine, result: Affine) -> None:
        """``factor · term = result``: a linear equation."""
        terms = {term.variable: factor * term.scale}
        terms[result.variable] = terms.get(result.variable, 0) - result.scale
        kept = {v: c for v, c in terms.items() if c % self.prime}
        self.sum(store, tuple(kept), tuple(kept.values()), factor * term.offset - result.offset)

    def _square(self, store: Store, left: Affine, right: Affine, result: Affine) -> None:
        """Both factors have the same unknown variable."""
        value = store.value_of(result)
        if value is None:
            if left == right:
                self._perfect_square(store, left, result)
            return
        roots = roots_of(left, right, value, self.prime)
        possible = [r for r in roots if not store.never(Affine(1, left.variable, 0), r)]
        if not possible:
            raise Contradiction
        if len(possible) == 1:
            store.fix(left.variable, possible[0])
        elif not store.bounded(left.variable):
            store.narrow(left.variable, possible[0], possible[-1])

    def _perfect_square(self, store: Store, root: Affine, result: Affine) -> None:
        low, high = store.range_of(root)
        least, most = _squares(low, high)
        if most - least < self.prime:
            store.narrow_affine(result, least, most)
        bounds = _without_wrap((least, most), store.range_of(result), self.prime)
        if bounds is None:
            return
        largest = isqrt(bounds[1])
        smallest = isqrt(bounds[0] - 1) + 1 if bounds[0] > 0 else 0
        if low > -smallest:  # the root is not negative enough, so it is positive
            store.narrow_affine(root, smallest, largest)
        elif high < smallest:
            store.narrow_affine(root, -largest, -smallest)
        else:
            store.narrow_affine(root, -largest, largest)

    def _proper(self, store: Store, left: Affine, right: Affine, result: Affine) -> None:
        prime = self.prime
        if store.value_of(result) == 0:
            if store.never(left, 0):
                store.narrow_affine(right, 0, 0)
            if store.never(right, 0):
                store.narrow_affine(left, 0, 0)
            return
        if store.never(result, 0):
            store.exclude(left, 0)
            store.exclude(right, 0)
        elif store.never(left, 0) and store.never(right, 0):
            store.exclude(result, 0)
        a, b = store.range_of(left), store.range_of(right)
        if (a[1] - a[0]) * (b[1] - b[0]) > prime * prime:
            return
        whole = _times(a, b)
        if whole[1] - whole[0] >= prime:
            return
        store.narrow_affine(result, *whole)
        bounds = _without_wrap(whole, store.range_of(result), prime)
        if bounds is not None:
            for term, other in ((left, store.range_of(right)), (right, store.range_of(left))):
                quotients = _divided(bounds, other)
                if quotients is not None:
                    store.narrow_affine(term, *quotients)


def roots_of(left: Affine, right: Affine, value: int, prime: int) -> tuple[int, ...]:
    """The values of the one variable of ``left`` and ``right`` with ``left · right = value``."""
    roots = polynomial_roots(
        left.scale * right.scale,
        left.scale * right.offset + left.offset * right.scale,
        left.offset * right.offset - value,
        prime,
    )
    assert roots is not None, "both factors have a variable"
    return roots


def _squares(low: int, high: int) -> Interval:
    least = 0 if low <= 0 <= high else min(low * low, high * high)
    return least, max(low * low, high * high)


def _times(a: Interval, b: Interval) -> Interval:
    corners = [x * y for x in a for y in b]
    return min(corners), max(corners)


def _divided(whole: Interval, divisor: Interval) -> Interval | None:
    """Integers whose product with one of ``divisor`` can be in ``whole``; None if all can."""
    low, high = divisor
    if low <= 0 <= high:
        return None
    if high < 0:
        return _divided((-whole[1], -whole[0]), (-high, -low))
    return (
        -(-whole[0] // (low if whole[0] < 0 else high)),
        whole[1] // (high if whole[1] < 0 else low),
    )


def _without_wrap(computed: Interval, stated: Interval, prime: int) -> Interval | None:
    """The integers of ``computed`` that are congruent to one of ``stated``, if that is one stretch.

    An integer of ``computed`` is congruent to one of ``stated`` only within the shifts of
    ``stated`` by multiples of p that meet ``computed``.
    """
    if computed[1] - computed[0] >= prime or stated[1] - stated[0] >= prime:
        return None
    first, last = -((stated[1] - computed[0]) // prime), (computed[1] - stated[0]) // prime
    if first > last:
        raise Contradiction
    if first < last:
        return None
    low, high = stated[0] + first * prime, stated[1] + first * prime
    return max(low, computed[0]), min(high, computed[1])
