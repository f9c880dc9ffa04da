"""What is known of each variable: an interval of integers, and values that it does not have.

A variable with interval [low, high] is congruent to exactly one integer of it: an interval never has
more than p integers. All of them, from -(p // 2) to p // 2, means that nothing is known.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from zkql.analysis.modular import inverse, signed

if TYPE_CHECKING:
    from zkql.analysis.normal import Affine, Interval


class Contradiction(Exception):
    """No value is left."""


_SMALL = 1 << 10
"""Intervals this narrow take every improvement, wider ones only an eighth at a time, so that
propagation ends."""


class Store:
    """Intervals of all variables; ``changed`` collects those whose knowledge grew."""

    __slots__ = ("changed", "excluded", "high", "low", "prime")

    def __init__(self, prime: int, low: list[int], high: list[int], excluded: set[tuple[int, int]]) -> None:
        self.prime, self.low, self.high, self.excluded = prime, low, high, excluded
        self.changed: list[int] = []

    @classmethod
    def empty(cls, prime: int, variables: int) -> Store:
        """Nothing is known."""
        half = prime // 2
        return cls(prime, [-half] * variables, [half] * variables, set())

    def copy(self) -> Store:
        """An independent copy."""
        copied = Store(self.prime, self.low[:], self.high[:], set(self.excluded))
        copied.changed = self.changed[:]
        return copied

    # --- reading ---

    def fixed(self, variable: int) -> bool:
        """Whether the value is known."""
        return self.low[variable] == self.high[variable]

    def width(self, variable: int) -> int:
        """How far apart two values of the variable can be."""
        return self.high[variable] - self.low[variable]

    def bounded(self, variable: int) -> bool:
        """Whether anything is known of its size."""
        return self.width(variable) < self.prime - 1

    def range_of(self, affine: Affine) -> Interval:
        """The integers that ``scale · x + offset`` can be."""
        scale, variable, offset = affine
        low, high = scale * self.low[variable] + offset, scale * self.high[variable] + offset
        return (low, high) if scale >= 0 else (high, low)

    def value_of(self, affine: Affine) -> int | None:
        """The residue of an affine term, if it is known."""
        scale, variable, offset = affine
        if scale and self.low[variable] != self.high[variable]:
            return None
        return (scale * self.low[variable] + offset) % self.prime

    def never(self, affine: Affine, value: int) -> bool:
        """Whether an affine term is never congruent to ``value``."""
        low, high = self.range_of(affine)
        if -((value - low) // self.prime) > (high - value) // self.prime:
            return True
        scale, variable, offset = affine
        if not scale:
            return False
        point = (value - offset) * inverse(scale % self.prime, self.prime) % self.prime
        low, high = self.low[variable], self.high[variable]
        if -((point - low) // self.prime) > (high - point) // self.prime:
            return True
        return (variable, point) in self.excluded

    # --- learning; each raises Contradiction where no value is left ---

    def narrow(self, variable: int, low: int, high: int) -> None:
        """``variable`` is congruent to an integer in [low, high]."""
        prime = self.prime
        if low > high:
            raise Contradiction
        if high - low >= prime - 1:
            return
        old_low, old_high = self.low[variable], self.high[variable]
        if old_high - old_low >= prime - 1:
            shift = signed(low + high, 2 * prime) - (low + high)  # so that the middle is closest to 0
            self._set(variable, low + shift // 2, high + shift // 2)
            return
        first, last = -((high - old_low) // prime), (old_high - low) // prime
        if first > last:
            raise Contradiction
        if first < last:
            return
        self.clip(variable, low + first * prime, high + first * prime)

    def clip(self, variable: int, low: int, high: int) -> None:
        """The integer that stands for ``variable`` is in [low, high]."""
        old_low, old_high = self.low[variable], self.high[variable]
        low, high = max(low, old_low), min(high, old_high)
        if low > high:
            raise Contradiction
        old, new = old_high - old_low, high - low
        if new == old or (new and old > _SMALL and (old - new) * 8 < old):
            return
        self._set(variable, low, high)

    def fix(self, variable: int, value: int) -> None:
        """The value is known."""
        self.narrow(variable, value, value)

    def exclude(self, affine: Affine, value: int) -> None:
        """An affine term does not have this value."""
        scale, variable, offset = affine
        if not scale:
            if (offset - value) % self.prime == 0:
                raise Contradiction
            return
        point = (value - offset) * inverse(scale % self.prime, self.prime) % self.prime
        if (variable, point) in self.excluded:
            return
        self.excluded.add((variable, point))
        self._set(variable, self.low[variable], self.high[variable])

    def narrow_affine(self, affine: Affine, low: int, high: int) -> None:
        """An affine term is congruent to an integer in [low, high]."""
        scale, variable, offset = affine
        prime = self.prime
        if low > high:
            raise Contradiction
        if not scale:
            if (offset - low) % prime > high - low:
                raise Contradiction
            return
        if low == high:
            self.fix(variable, signed((low - offset) * inverse(scale % prime, prime), prime))
        elif scale == 1:
            self.narrow(variable, low - offset, high - offset)
        elif scale == -1:
            self.narrow(variable, offset - high, offset - low)
        else:
            least, most = self.range_of(affine)
            if most - least >= prime or high - low >= prime:
                return
            first, last = -((high - least) // prime), (most - low) // prime
            if first > last:
                raise Contradiction
            if first == last:
                bounds = low + first * prime - offset, high + first * prime - offset
                self.clip_multiple(variable, scale, *bounds)

    def clip_multiple(self, variable: int, factor: int, low: int, high: int) -> None:
        """``factor`` times the integer that stands for ``variable`` is in [low, high]."""
        if factor < 0:
            factor, low, high = -factor, -high, -low
        self.clip(variable, -(-low // factor), high // factor)

    def _set(self, variable: int, low: int, high: int) -> None:
        if low == high:
            if (variable, low % self.prime) in self.excluded:
                raise Contradiction
        else:
            while low <= high and (variable, low % self.prime) in self.excluded:
                low += 1
            while low <= high and (variable, high % self.prime) in self.excluded:
                high -= 1
            if low > high:
                raise Contradiction
        self.low[variable], self.high[variable] = low, high
        self.changed.append(variable)


Assumption = Callable[[Store], None]
"""What one case learns."""


def is_value(variable: int, value: int) -> Assumption:
    """``variable`` has this value."""
    return lambda store: store.fix(variable, value)


def is_between(variable: int, low: int, high: int) -> Assumption:
    """The integer that stands for ``variable`` is in [low, high]."""
    return lambda store: store.clip(variable, low, high)


def is_zero(term: Affine) -> Assumption:
    """An affine term is 0."""
    return lambda store: store.narrow_affine(term, 0, 0)


def is_not_zero(term: Affine) -> Assumption:
    """An affine term is not 0."""
    return lambda store: store.exclude(term, 0)
