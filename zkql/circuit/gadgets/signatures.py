"""Signatures (:mod:`zkql.crypto.eddsa`), but for the multiples of points in
:mod:`zkql.circuit.gadgets.multiples`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Elementwise, Gadget, Parameter, Spell
from zkql.circuit.gadgets.poseidon import poseidon_constraints, poseidon_name
from zkql.circuit.wires import Dims, Linear, Values, Wire
from zkql.crypto.babyjubjub import A, D
from zkql.crypto.field import P
from zkql.crypto.poseidon import poseidon


@dataclass(frozen=True)
class Handed(Gadget):
    """Field elements that the prover has from others, by label. They are given under the names
    :func:`handed`; what they are is checked where they are used."""

    name: str
    origin: Any
    of: str
    labels: tuple[str, ...]
    dims: Dims
    template: ClassVar[str] = "handed.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return tuple(Wire(handed(self.of, label), self.dims, 0, P - 1).linear for label in self.labels)

    @property
    def wires(self) -> tuple[Wire, ...]:
        return ()

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return tuple(Wire(f"{self.name}_{label}", self.dims, 0, P - 1) for label in self.labels)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return tuple(Parameter(wire.name, wire.dims) for wire in self.outputs)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return list(inputs)

    def constraints(self) -> int:
        return 0

    def variables(self) -> dict[str, Any]:
        return {"of": self.of.replace("\n", " ")}


def handed(of: str, label: str) -> str:
    """What such elements are called among the given values."""
    return f"{label} of {of}"


@dataclass(frozen=True)
class Hash(Elementwise):
    """Poseidon of field elements, none of which is a constant."""

    name: str
    origin: Any
    elements: tuple[Linear, ...]
    template: ClassVar[str] = "hash.zok.j2"
    output: ClassVar[str] = "value"

    def __post_init__(self) -> None:
        if any(element.is_constant for element in self.elements):
            raise ValueError(f"{self.name}: an element that is constant")

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return self.elements

    def bounds(self) -> tuple[int, int]:
        return 0, P - 1

    def compute_one(self, *inputs: int) -> int:
        return poseidon(inputs)

    @property
    def hashes(self) -> Mapping[int, int]:
        return {len(self.elements): prod(self.dims)}

    def constraints_of_one(self) -> int:
        return poseidon_constraints(len(self.elements))

    def variables(self) -> dict[str, Any]:
        return {"count": len(self.elements), "hash": poseidon_name(len(self.elements))}


@dataclass(frozen=True)
class DifferenceOfPoints(Elementwise):
    """``(x, y)`` is the difference of two points of the curve."""

    name: str
    origin: Any
    one: tuple[Linear, Linear]
    other: tuple[Linear, Linear]
    x: Linear
    y: Linear
    template: ClassVar[str] = "difference_of_points.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (*self.one, *self.other, self.x, self.y)

    def compute_one(self, *inputs: int) -> int:
        raise NotImplementedError

    def advise_one(self, inputs: Sequence[int], output: int, spell: Spell) -> Sequence[int]:
        return ()

    def constraints_of_one(self) -> int:
        return 6

    def variables(self) -> dict[str, Any]:
        return {"a": A, "d": D}
