"""Wires of a circuit and linear combinations of them: what gadgets read and make.

A wire is an integer, or an array of integers, within bounds that every accepted witness keeps. Linear
combinations cost nothing: gadgets take them as they are, and their bounds say how many bits a
comparison needs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import gcd, prod

Dims = tuple[int, ...]
"""() for one field element, (N,) for one a slot, (G,) for one a group, (G, N) for one a group and slot."""
Values = list[int]
"""The integers of a wire, row by row of its dimensions; one for a scalar."""
Environment = Mapping[str, Values]
"""Values by name of the wire or parameter."""
WIDEST = 250
"""Every number stays below 2^WIDEST, so that no sum of a few reaches p."""


class TooWide(Exception):
    """``what`` would take numbers of ``bits`` bits."""

    def __init__(self, what: str, bits: int) -> None:
        super().__init__(f"{what}: {bits} bits, {WIDEST} at most")
        self.what = what
        self.bits = bits


def check_width(what: str, *numbers: int) -> None:
    """Raises :class:`TooWide` where one of the numbers has more than WIDEST bits."""
    bits = max(abs(number).bit_length() for number in numbers)
    if bits > WIDEST:
        raise TooWide(what, bits)


@dataclass(frozen=True, slots=True)
class Wire:
    """``name`` is an expression of ``main``; every element is in ``[low, high]``."""

    name: str
    dims: Dims
    low: int
    high: int

    def at(self, index: str) -> str:
        """ZoKrates source for one element; a scalar is the same everywhere."""
        return f"{self.name}{index if self.dims else ''}"

    @property
    def linear(self) -> Linear:
        """The wire as a combination of itself."""
        return Linear(((self, 1),), 0)


@dataclass(frozen=True, slots=True)
class Linear:
    """``Σ factor · wire + constant``; factors are not zero, and each wire stands there once. Scalars
    beside arrays are the same for every element. ``known`` are bounds that follow from elsewhere
    (:meth:`within`), where they may be tighter than those of the wires."""

    terms: tuple[tuple[Wire, int], ...]
    constant: int
    known: tuple[int, int] | None = None

    @property
    def dims(self) -> Dims:
        """The dimensions of its elements."""
        found = {wire.dims for wire, _ in self.terms if wire.dims}
        if len(found) > 1:
            raise ValueError(f"arrays of different sizes: {found}")
        return found.pop() if found else ()

    @property
    def low(self) -> int:
        """The least value that the bounds allow."""
        low = self.constant + sum(f * (w.low if f > 0 else w.high) for w, f in self.terms)
        return low if self.known is None else max(low, self.known[0])

    @property
    def high(self) -> int:
        """The largest value that the bounds allow."""
        high = self.constant + sum(f * (w.high if f > 0 else w.low) for w, f in self.terms)
        return high if self.known is None else min(high, self.known[1])

    @property
    def is_constant(self) -> bool:
        """Whether no wire is in it."""
        return not self.terms

    @property
    def primitive(self) -> Linear:
        """The same without the factor that all of it has in common: of the same sign."""
        return self.reduced(self.common)

    @property
    def common(self) -> int:
        """The factor that all of it has in common; 0 of zero."""
        return gcd(self.constant, *(factor for _, factor in self.terms))

    def reduced(self, common: int) -> Linear:
        """The same without a factor that all of it has in common."""
        if common < 2:
            return self
        known = (self.known[0] // common, -(-self.known[1] // common)) if self.known else None
        return Linear(tuple((w, f // common) for w, f in self.terms), self.constant // common, known)

    def within(self, low: int, high: int) -> Linear:
        """The same, known to be in ``[low, high]`` in every accepted witness. The caller answers for it."""
        known = max(low, self.low), min(high, self.high)
        return replace(self, known=known) if self.terms else self

    def __add__(self, other: Linear | int) -> Linear:
        added = other if isinstance(other, Linear) else constant(other)
        factors = dict(self.terms)
        for wire, factor in added.terms:
            factors[wire] = factors.get(wire, 0) + factor
        terms = tuple((w, f) for w, f in factors.items() if f)
        known = None
        if terms and (self.known or added.known):
            known = self.low + added.low, self.high + added.high
        return Linear(terms, self.constant + added.constant, known)

    def __mul__(self, factor: int) -> Linear:
        if not factor:
            return constant(0)
        known = None
        if self.known:
            ends = self.known[0] * factor, self.known[1] * factor
            known = min(ends), max(ends)
        return Linear(tuple((w, f * factor) for w, f in self.terms), self.constant * factor, known)

    def __neg__(self) -> Linear:
        return self * -1

    def __sub__(self, other: Linear | int) -> Linear:
        return self + (-other)

    def __rsub__(self, other: int) -> Linear:
        return -self + other

    def text(self, index: str) -> str:
        """ZoKrates source for one element, with every literal non-negative."""
        parts: list[str] = []
        for wire, factor in self.terms:
            sign = ("-" if factor < 0 else "+") if parts else ("0 -" if factor < 0 else "")
            scale = f" * {abs(factor)}" if abs(factor) != 1 else ""
            parts.append(f"{sign} {wire.at(index)}{scale}".strip())
        if self.constant or not parts:
            sign = ("-" if self.constant < 0 else "+") if parts else ("0 -" if self.constant < 0 else "")
            parts.append(f"{sign} {abs(self.constant)}".strip())
        return " ".join(parts)

    def values(self, environment: Environment, dims: Dims | None = None) -> Values:
        """Its elements, as many as ``dims`` has."""
        count = prod(self.dims if dims is None else dims)
        total = [self.constant] * count
        for wire, factor in self.terms:
            own = environment[wire.name]
            if wire.dims:
                total = [t + factor * v for t, v in zip(total, own, strict=True)]
            else:
                total = [t + factor * own[0] for t in total]
        return total


@dataclass(frozen=True, slots=True)
class Spelling:
    """``width`` neighbouring places of a wire of bits, from ``start`` on: a number, its lowest bit first."""

    bits: Wire
    start: int
    width: int

    @property
    def is_whole(self) -> bool:
        """Whether these are all places of the wire."""
        return self.width == self.bits.dims[-1]

    def part(self, start: int, stop: int) -> Spelling:
        """Some of its places."""
        return Spelling(self.bits, self.start + start, stop - start)

    def at_places(self, worth: Sequence[int]) -> tuple[int, ...]:
        """What each place of the wire is worth, if those of the number are ``worth`` so much."""
        after = self.bits.dims[-1] - self.start - self.width
        return (*[0] * self.start, *worth, *[0] * after)


def constant(value: int) -> Linear:
    """A number that is the same in every proof."""
    return Linear((), value)


def indices(dims: Dims) -> list[str]:
    """ZoKrates' index of every element: ``[0]``, ``[1]`` …; one empty text for a scalar."""
    return ["".join(f"[{i}]" for i in place) for place in product(*map(range, dims))]


def width_of(low: int, high: int) -> int:
    """Bits of ``v - low`` for any v in ``[low, high]``."""
    return (high - low).bit_length()
