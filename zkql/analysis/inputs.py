"""Concrete inputs to search. In: a propagated store and the given wires. Out: stores in which they are fixed.

All inputs, if they are few. Else first the samples of the caller, then random ones: the given wires are
fixed one by one to extreme, equal or random values, as far as propagation allows; what the
constraints then leave open is found by the search for a first assignment.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from zkql.analysis.store import Contradiction

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from zkql.analysis.propagate import Propagator
    from zkql.analysis.store import Store
    from zkql.analysis.uniqueness import Limits, Question


@dataclass(frozen=True, slots=True)
class Inputs:
    """``exhaustive``: ``states`` are all the inputs that there are (that propagation does not exclude)."""

    states: Iterator[Store]
    exhaustive: bool


def concrete_inputs(propagator: Propagator, store: Store, question: Question, limits: Limits) -> Inputs:
    """Inputs within the limits."""

    def free(wires: Collection[int]) -> list[int]:
        used = (w for w in sorted(wires) if propagator.equations_of[w] or propagator.products_of[w])
        return [w for w in used if not store.fixed(w)]

    random = Random(limits.seed)  # noqa: S311  # repeatable choice of tests, not a secret
    hashes, chosen = free(question.freed), free(question.given - question.freed)
    count = 1
    for wire in chosen:
        count = min(count * (store.width(wire) + 1), limits.exhaustive + 1)
    exhaustive = count <= limits.exhaustive
    states = (
        _all(propagator, store, chosen)
        if exhaustive
        else _some(propagator, store, chosen, question.samples, limits.random, random)
    )
    return Inputs((_hashed(propagator, state, hashes, random) for state in states), exhaustive)


def _hashed(propagator: Propagator, store: Store, hashes: list[int], random: Random) -> Store:
    values = {wire: random.randint(store.low[wire], store.high[wire]) for wire in hashes}
    return _with(propagator, store, values) or store


def _all(propagator: Propagator, store: Store, free: list[int]) -> Iterator[Store]:
    if not free:
        yield store
        return
    first, *rest = free
    for value in range(store.low[first], store.high[first] + 1):
        state = _with(propagator, store, {first: value})
        if state is not None:
            yield from _all(propagator, state, rest)


def _some(
    propagator: Propagator,
    store: Store,
    free: list[int],
    samples: Sequence[Mapping[int, int]],
    count: int,
    random: Random,
) -> Iterator[Store]:
    for sample in samples:
        state = _with(propagator, store, sample)
        if state is not None:
            yield state
    for index in range(count):
        state, order = store.copy(), free[:]
        random.shuffle(order)
        for wire in order:
            if not state.fixed(wire):
                value = _value(random, index % _STYLES, state.low[wire], state.high[wire])
                state = _with(propagator, state, {wire: value}) or state
        yield state


def _with(propagator: Propagator, store: Store, values: Mapping[int, int]) -> Store | None:
    state = store.copy()
    try:
        for wire, value in values.items():
            state.fix(wire, value)
        return propagator.run(state)
    except Contradiction:
        return None


def _value(random: Random, style: int, low: int, high: int) -> int:
    """A value in [low, high]. The first styles give all wires of an input the same kind, later ones mix."""
    kinds = random.randint(low, high), 0, low, high, 1, random.randint(-3, 3)
    value = kinds[style] if style < len(kinds) else random.choice(kinds)
    return min(max(value, low), high)


_STYLES = 8
