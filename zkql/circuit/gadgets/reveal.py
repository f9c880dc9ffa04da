"""Public results: what leaves a circuit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Elementwise, Parameter
from zkql.circuit.wires import Dims, Linear, Wire


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
