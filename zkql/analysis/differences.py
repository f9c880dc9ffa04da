"""Do differences of variables go round in a circle? In: equations and a store. Out: whether they contradict.

Intervals alone do not see that v < x and x <= u and u < v cannot be. An equation between two variables
and small rest bounds their difference; a cycle of such bounds with a negative sum is a contradiction
(difference constraints: Cormen et al., Introduction to Algorithms, 24.4, by Bellman and Ford).
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from zkql.analysis.normal import Equation
    from zkql.analysis.store import Store

Edge = tuple[int, int, int]
"""``(x, y, most)``: x - y <= most, as integers that stand for x and y."""

_SIDES, _MOST_WIDE = 2, 4
_NARROW = 2
"""Bits and differences of bits are rest."""


def between(equations: Iterable[Equation], store: Store) -> list[Equation]:
    """The equations that may bound a difference, now or when the store is narrower."""
    return [e for e in equations if sum(store.width(v) > _NARROW for v in e.variables) >= _SIDES]


def contradictory(equations: Iterable[Equation], store: Store) -> bool:
    """Whether bounds on differences exclude all assignments."""
    edges = [edge for equation in equations for edge in _edges(equation, store)]
    variables = {v for x, y, _ in edges for v in (x, y)}
    for variable in variables - {0}:
        edges.append((variable, 0, store.high[variable] - 1))  # variable 0 is the constant 1
        edges.append((0, variable, 1 - store.low[variable]))
    largest = dict.fromkeys(variables, 0)
    for _ in range(len(variables) + 2):
        changed = False
        for x, y, most in edges:
            bound = largest.get(y, 0) + most
            if bound < largest.get(x, 0):
                largest[x] = bound
                changed = True
        if not changed:
            return False
    return True


def _edges(equation: Equation, store: Store) -> Iterator[Edge]:
    variables, coefficients, least = equation
    lows, highs = store.low, store.high
    wide = [(v, c) for v, c in zip(variables, coefficients, strict=True) if highs[v] - lows[v] > _NARROW]
    if not _SIDES <= len(wide) <= _MOST_WIDE:
        return
    most = least
    for variable, coefficient in zip(variables, coefficients, strict=True):
        one, other = coefficient * lows[variable], coefficient * highs[variable]
        least += min(one, other)
        most += max(one, other)
    if most - least >= store.prime:
        return
    multiple = most // store.prime * store.prime  # the only one: propagation has seen to there being one
    if multiple - store.prime >= least:
        return
    for (x, a), (y, b) in combinations(wide, 2):
        if a != -b:
            continue
        if a < 0:
            x, y, a = y, x, b
        rest_least = least - a * lows[x] + a * highs[y]
        rest_most = most - a * highs[x] + a * lows[y]
        # a (x - y) + rest = multiple
        yield x, y, (multiple - rest_least) // a
        yield y, x, (rest_most - multiple) // a
