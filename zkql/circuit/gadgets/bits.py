"""Bits of numbers, and numbers of bits. A wire of bits has one dimension more than its numbers; the lowest
bit is the first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import (
    Advice,
    Gadget,
    Made,
    Parameter,
    Signature,
    Spell,
    Taken,
    element,
)
from zkql.circuit.wires import Dims, Linear, Values, Wire
from zkql.toolchain.calls import Run, field_type


@dataclass(frozen=True)
class Bits(Gadget):
    """The ``width`` bits of each value; asserts that it has no more."""

    name: str
    origin: Any
    value: Linear
    width: int
    pure: ClassVar[bool] = True
    template: ClassVar[str] = "bits.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value,)

    @property
    def bits(self) -> Wire:
        """The output."""
        return Wire(f"{self.name}_value", (*self.value.dims, self.width), 0, 1)

    @property
    def returned(self) -> Wire:
        return self.bits

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(f"{self.name}_upper", (*self.value.dims, self.width - 1)),)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return [[value >> j & 1 for value in inputs[0] for j in range(self.width)]]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        upper: Values = []
        for place, value in enumerate(inputs[0]):
            claimed = outputs[0][place * self.width : (place + 1) * self.width]
            # A claim about the bits changes the number that is spelled; what does not fit is left to spell.
            wrong = sum(bit << j for j, bit in enumerate(claimed)) - value % (1 << self.width)
            upper += spell(value + wrong, self.width)[1:]
        return {f"{self.name}_upper": upper}

    @property
    def called(self) -> Signature:
        return Signature(f"{self.name}_one", ((), (self.width - 1,)), (self.width,))

    def calls(self) -> Iterator[tuple[Taken, Made]]:
        upper, width = self.width - 1, self.width
        for place in range(prod(self.value.dims)):
            given = element(self.value, place), Run(f"{self.name}_upper", place * upper, upper)
            yield given, (Run(self.bits.name, place * width, width),)

    def constraints(self) -> int:
        return prod(self.value.dims) * self.width

    @property
    def formula(self) -> str:
        return f"{self.width} each, {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        return _loop(self.value.dims, self.bits.dims) | {
            "width": self.width,
            "value": self.value.text(_index(self.value.dims)),
        }


@dataclass(frozen=True)
class Weighted(Gadget):
    """The sum of each number's bits times ``weights``: another number of the same bits."""

    name: str
    origin: Any
    bits: Wire
    weights: tuple[int, ...]
    pure: ClassVar[bool] = True
    template: ClassVar[str] = "weighted.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.bits.linear,)

    @property
    def returned(self) -> Wire:
        low = sum(min(w, 0) * self.bits.high for w in self.weights)
        high = sum(max(w, 0) * self.bits.high for w in self.weights)
        return Wire(f"{self.name}_value", self.bits.dims[:-1], low, high)

    @property
    def called(self) -> Signature:
        return Signature(f"{self.name}_one", (self.bits.dims[-1:],), ())

    def calls(self) -> Iterator[tuple[Taken, Made]]:
        return _of_numbers(self.bits, self.returned, 1)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        bits, width = inputs[0], len(self.weights)
        numbers = (bits[start : start + width] for start in range(0, len(bits), width))
        return [[sum(b * w for b, w in zip(own, self.weights, strict=True)) for own in numbers]]

    def constraints(self) -> int:
        return 0

    def variables(self) -> dict[str, Any]:
        dims = self.bits.dims[:-1]
        return _loop(dims, dims) | {
            "width": len(self.weights),
            "bits": self.bits.name,
            "terms": [(j, str(w) if w >= 0 else f"(0 - {-w})") for j, w in enumerate(self.weights) if w],
        }


@dataclass(frozen=True)
class Digits(Gadget):
    """Numbers of ``size`` bits each, cut from the bits of one number, the lowest first."""

    name: str
    origin: Any
    bits: Wire
    size: int
    pure: ClassVar[bool] = True
    template: ClassVar[str] = "digits.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.bits.linear,)

    @property
    def count(self) -> int:
        """Digits in a number."""
        return self.bits.dims[-1] // self.size

    @property
    def returned(self) -> Wire:
        return Wire(f"{self.name}_value", (*self.bits.dims[:-1], self.count), 0, (1 << self.size) - 1)

    @property
    def called(self) -> Signature:
        return Signature(f"{self.name}_one", (self.bits.dims[-1:],), (self.count,))

    def calls(self) -> Iterator[tuple[Taken, Made]]:
        return _of_numbers(self.bits, self.returned, self.count)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        bits, size = inputs[0], self.size
        digits = (bits[start : start + size] for start in range(0, len(bits), size))
        return [[sum(bit << t for t, bit in enumerate(digit)) for digit in digits]]

    def constraints(self) -> int:
        return 0

    def variables(self) -> dict[str, Any]:
        dims = self.bits.dims[:-1]
        return _loop(dims, (*dims, self.count)) | {
            "bits": self.bits.name,
            "width": self.bits.dims[-1],
            "size": self.size,
            "count": self.count,
        }


@dataclass(frozen=True)
class BitSums(Gadget):
    """At each place of the bits, in how many slots the bit is what is ``counted`` there."""

    name: str
    origin: Any
    bits: Wire
    counted: tuple[int, ...]
    pure: ClassVar[bool] = True
    template: ClassVar[str] = "bit_sums.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.bits.linear,)

    @property
    def returned(self) -> Wire:
        capacity, width = self.bits.dims
        return Wire(f"{self.name}_value", (width,), 0, capacity)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        bits, width = inputs[0], len(self.counted)
        places = (bits[j::width] for j in range(width))
        return [
            [sum(b if one else 1 - b for b in place) for place, one in zip(places, self.counted, strict=True)]
        ]

    def constraints(self) -> int:
        return 0

    def variables(self) -> dict[str, Any]:
        capacity, width = self.bits.dims
        return {"capacity": capacity, "width": width, "bits": self.bits.name, "counted": self.counted}


def _of_numbers(bits: Wire, made: Wire, size: int) -> Iterator[tuple[Taken, Made]]:
    """A call for the bits of each number, which makes ``size`` elements."""
    width = bits.dims[-1]
    for place in range(prod(bits.dims[:-1])):
        yield (Run(bits.name, place * width, width),), (Run(made.name, place * size, size),)


def _loop(dims: Dims, made: Dims) -> dict[str, Any]:
    """What a template needs to go through numbers of ``dims`` and make a wire of other dimensions."""
    return {"length": dims[0] if dims else 0, "index": _index(dims), "type": field_type(made)}


def _index(dims: Dims) -> str:
    return "[i]" if dims else ""
