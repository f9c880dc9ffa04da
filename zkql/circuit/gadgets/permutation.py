"""Columns in another order: a permutation that the prover chooses, applied to as many columns as needed, and
what shows that it is the right one."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Advice, Gadget, Parameter, Spell
from zkql.circuit.waksman import network, route
from zkql.circuit.wires import Linear, Values, Wire, width_of


@dataclass(frozen=True)
class Switches(Gadget):
    """The switches of a permutation network (:mod:`zkql.circuit.waksman`) over the slots: any permutation,
    and nothing but a permutation. An honest prover sorts ``key`` with them, equal keys as they stand."""

    name: str
    origin: Any
    key: Linear
    template: ClassVar[str] = "switches.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.key,)

    @property
    def wires(self) -> tuple[Wire, ...]:
        return ()

    @property
    def count(self) -> int:
        """Switches."""
        (capacity,) = self.key.dims
        return len(network(capacity))

    @property
    def switch(self) -> Wire:
        """The output: 1 where a switch crosses."""
        return Wire(f"{self.name}_value", (self.count,), 0, 1)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.switch,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(self.switch.name, self.switch.dims),)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        (keys,) = inputs
        return [route(sorted(range(len(keys)), key=keys.__getitem__))]

    def constraints(self) -> int:
        return self.count

    def variables(self) -> dict[str, Any]:
        return {"count": self.count, "switch": self.switch.name}


@dataclass(frozen=True)
class Permuted(Gadget):
    """The first ``length`` places of a column in the order that the switches make; ``back``, of a column
    of that order as it stood before."""

    name: str
    origin: Any
    column: Linear
    switch: Wire
    length: int
    back: bool = False
    template: ClassVar[str] = "permuted.zok.j2"

    @property
    def capacity(self) -> int:
        """Slots."""
        (capacity,) = self.column.dims
        return capacity

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.column, self.switch.linear)

    @property
    def returned(self) -> Wire:
        return Wire(f"{self.name}_value", (self.length,), self.column.low, self.column.high)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        column, switch = list(inputs[0]), inputs[1]
        steps = list(zip(network(self.capacity), switch, strict=True))
        for (a, b), crosses in reversed(steps) if self.back else steps:
            moved = crosses * (column[b] - column[a])
            column[a], column[b] = column[a] + moved, column[b] - moved
        return [column[: self.length]]

    def constraints(self) -> int:
        return permuted_constraints(self.capacity, self.length, back=self.back)

    def variables(self) -> dict[str, Any]:
        first, second = zip(*network(self.capacity), strict=True)
        return {
            "capacity": self.capacity,
            "length": self.length,
            "count": len(first),
            "column": self.column.text("[i]"),
            "switch": self.switch.name,
            "back": self.back,
            "first": first,
            "second": second,
        }


@cache
def permuted_constraints(capacity: int, length: int, *, back: bool = False) -> int:
    """One for each switch that a value passes on its way to the first ``length`` places; ZoKrates drops
    the others."""
    wanted, count = set(range(length)), 0
    for pair in network(capacity) if back else reversed(network(capacity)):
        if not wanted.isdisjoint(pair):
            wanted.update(pair)
            count += 1
    return count


@dataclass(frozen=True)
class Ascending(Gadget):
    """No value is less than the one before."""

    name: str
    origin: Any
    value: Linear
    template: ClassVar[str] = "ascending.zok.j2"

    @property
    def capacity(self) -> int:
        """Slots."""
        (capacity,) = self.value.dims
        return capacity

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value,)

    @property
    def width(self) -> int:
        """Bits of a difference."""
        return step_width(self.value)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(f"{self.name}_upper", (self.capacity - 1, self.width - 1)),)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return []

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        (values,) = inputs
        steps = (after - before for before, after in itertools.pairwise(values))
        return {f"{self.name}_upper": [bit for step in steps for bit in spell(step, self.width)[1:]]}

    def constraints(self) -> int:
        return (self.capacity - 1) * self.width

    @property
    def formula(self) -> str:
        return f"{self.width} (N - 1) = {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        return {
            "capacity": self.capacity,
            "width": self.width,
            "value": self.value.text("[i]"),
            "before": self.value.text("[i - 1]"),
        }


def step_width(value: Linear) -> int:
    """Bits of the difference of two values, two at least."""
    return max(width_of(value.low, value.high), 2)


@dataclass(frozen=True)
class Counts(Gadget):
    """The values are 0, 1, 2 …"""

    name: str
    origin: Any
    value: Linear
    template: ClassVar[str] = "counts.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value,)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return []

    def constraints(self) -> int:
        (capacity,) = self.value.dims
        return capacity

    def variables(self) -> dict[str, Any]:
        (capacity,) = self.value.dims
        return {"capacity": capacity, "value": self.value.text("[i]")}
