"""Commitments to rows that leave a circuit; :class:`zkql.circuit.gadgets.rows.Opening` is how others
enter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Elementwise, Gadget, Parameter
from zkql.circuit.gadgets.poseidon import poseidon_constraints, poseidon_name
from zkql.circuit.wires import Linear, Values, Wire
from zkql.crypto.field import USABLE_BITS, P
from zkql.crypto.poseidon import MAX_INPUTS, poseidon


@dataclass(frozen=True)
class Salts(Gadget):
    """The salts of ``rows`` that leave the circuit. The prover draws them
    (:func:`zkql.crypto.commitment.new_salt`), and they are given under the name :func:`secret_salts`. They
    hide the rows; no constraint is needed, since whoever opens a commitment needs its salt."""

    name: str
    origin: Any
    rows: str
    capacity: int
    template: ClassVar[str] = "salts.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (Wire(secret_salts(self.rows), (self.capacity,), 0, P - 1).linear,)

    @property
    def wires(self) -> tuple[Wire, ...]:
        return ()

    @property
    def salt(self) -> Wire:
        """The output."""
        return Wire(f"{self.name}_value", (self.capacity,), 0, P - 1)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.salt,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(self.salt.name, self.salt.dims),)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return [inputs[0]]

    def constraints(self) -> int:
        return 0

    def variables(self) -> dict[str, Any]:
        return {"rows": self.rows, "capacity": self.capacity, "salt": self.salt.name}


def secret_salts(rows: str) -> str:
    """What the salts of rows that leave a circuit are called among the given values."""
    return f"salts of {rows}"


@dataclass(frozen=True)
class Commitments(Elementwise):
    """``Poseidon(elements …, salt)`` of each row (:mod:`zkql.crypto.commitment`). The elements are packed
    columns, the first with a tag of the schema above them; none is a constant. The salts are the prover's,
    random, and given with the rows."""

    name: str
    origin: Any
    elements: tuple[Linear, ...]
    salt: Linear
    template: ClassVar[str] = "commitments.zok.j2"
    output: ClassVar[str] = "value"

    def __post_init__(self) -> None:
        if len(self.elements) >= MAX_INPUTS:
            raise ValueError(f"{self.name}: more than {MAX_INPUTS - 1} elements")
        for element in self.elements:
            if element.is_constant or element.low < 0 or element.high >= 1 << USABLE_BITS:
                raise ValueError(f"{self.name}: an element that is constant, negative or too wide")

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (*self.elements, self.salt)

    def bounds(self) -> tuple[int, int]:
        return 0, P - 1

    def compute_one(self, *inputs: int) -> int:
        return poseidon(inputs)

    @property
    def hashes(self) -> Mapping[int, int]:
        return {len(self.inputs): prod(self.dims)}

    def constraints_of_one(self) -> int:
        return poseidon_constraints(len(self.inputs))

    def variables(self) -> dict[str, Any]:
        return {"count": len(self.elements), "hash": poseidon_name(len(self.inputs))}
