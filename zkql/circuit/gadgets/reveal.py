"""Public results: what leaves a circuit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import (
    Advice,
    Elementwise,
    Gadget,
    Made,
    Parameter,
    Signature,
    Spell,
    Taken,
    element,
)
from zkql.circuit.wires import Dims, Environment, Linear, Values, Wire
from zkql.toolchain.calls import Run


@dataclass(frozen=True)
class Reveal(Elementwise):
    """The public input ``result`` equals a computed value. The verifier puts it in."""

    name: str
    origin: Any
    computed: Linear
    result: str
    size: Dims
    template: ClassVar[str] = "reveal.zok.j2"
    output: ClassVar[str] = "result"
    advised: ClassVar[bool] = True

    @property
    def dims(self) -> Dims:
        return self.size

    @property
    def made(self) -> Wire:
        return Wire(self.result, self.dims, *self.bounds())

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.computed,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return tuple(Parameter(w.name, w.dims, public=True) for w in self.outputs)

    def bounds(self) -> tuple[int, int]:
        return self.computed.low, self.computed.high

    def compute_one(self, computed: int) -> int:
        return computed

    def constraints_of_one(self) -> int:
        return 1


@dataclass(frozen=True)
class RevealKnown(Elementwise):
    """The public input ``result`` equals a computed value where that is known, and is 0 where it is NULL."""

    name: str
    origin: Any
    computed: Linear
    known: Linear
    result: str
    size: Dims
    template: ClassVar[str] = "reveal_known.zok.j2"
    output: ClassVar[str] = "result"
    advised: ClassVar[bool] = True

    @property
    def dims(self) -> Dims:
        return self.size

    @property
    def made(self) -> Wire:
        return Wire(self.result, self.dims, *self.bounds())

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.computed, self.known)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return tuple(Parameter(w.name, w.dims, public=True) for w in self.outputs)

    def bounds(self) -> tuple[int, int]:
        return min(0, self.computed.low), max(0, self.computed.high)

    def compute_one(self, computed: int, known: int) -> int:
        return computed if known else 0

    def constraints_of_one(self) -> int:
        return 1


@dataclass(frozen=True)
class RevealItems(Gadget):
    """The public input ``result`` has the first ``length`` of the values, and zeros up to ``most`` of them;
    with groups for each. ``size`` are the dimensions of the length: none, or one a group. Values without a
    dimension of their own beside it are the same at every place."""

    name: str
    origin: Any
    value: Linear
    length: Linear
    result: str
    size: Dims
    most: int
    template: ClassVar[str] = "reveal_items.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value, self.length)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        low, high = min(0, self.value.low), max(0, self.value.high)
        return (Wire(self.result, (*self.size, self.most), low, high),)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        dims = (*self.size, self.most)
        return (Parameter(self.result, dims, public=True), Parameter(f"{self.name}_used", dims))

    @property
    def _is_repeated(self) -> bool:
        return len(self.value.dims) <= len(self.size)

    def read(self, environment: Environment) -> list[Values]:
        dims = self.size if self._is_repeated else (*self.size, self.most)
        values = self.value.values(environment, dims)
        if self._is_repeated:
            values = [value for value in values for _ in range(self.most)]
        return [values, self.length.values(environment, self.size)]

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        values, lengths = inputs
        used = self._used(lengths)
        return [[value if is_used else 0 for value, is_used in zip(values, used, strict=True)]]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        return {f"{self.name}_used": self._used(inputs[1])}

    def _used(self, lengths: Values) -> Values:
        return [int(place < length) for length in lengths for place in range(self.most)]

    @property
    def called(self) -> Signature:
        many = (self.most,)
        return Signature(f"{self.name}_of", (many, (), many, many), None)

    def calls(self) -> Iterator[tuple[Taken, Made]]:
        most = self.most
        for group in range(prod(self.size)):
            places = [group] * most if self._is_repeated else range(group * most, (group + 1) * most)
            values = (element(self.value, place) for place in places)
            shown = (Run(name, group * most, most) for name in (self.result, f"{self.name}_used"))
            yield (*values, element(self.length, group), *shown), ()

    def constraints(self) -> int:
        return 3 * prod(self.size) * self.most

    def variables(self) -> dict[str, Any]:
        group = "[g]" if self.size else ""
        return {
            "most": self.most,
            "groups": self.size[0] if self.size else 0,
            "value": self.value.text(group if self._is_repeated else f"{group}[i]"),
            "length": self.length.text(group),
            "result": self.result,
        }
