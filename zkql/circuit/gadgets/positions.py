"""Values by the place of their row: one slot's value, and the first or last that is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Advice, Gadget, Parameter, Spell
from zkql.circuit.wires import Dims, Linear, Values, Wire


@dataclass(frozen=True)
class Element(Gadget):
    """The value of one slot. The others are added up: ZoKrates would leave out the constraints of what
    nothing reads, and a gadget makes its values for all slots or none."""

    name: str
    origin: Any
    values: Linear
    slot: int
    pure: ClassVar[bool] = True
    template: ClassVar[str] = "element.zok.j2"

    @property
    def capacity(self) -> int:
        """Slots."""
        (capacity,) = self.values.dims
        return capacity

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.values,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(f"{self.name}_total", ()),)

    @property
    def returned(self) -> Wire:
        return Wire(f"{self.name}_value", (), self.values.low, self.values.high)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return [[inputs[0][self.slot]]]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        return {f"{self.name}_total": [sum(inputs[0])]}

    def constraints(self) -> int:
        return 1

    def variables(self) -> dict[str, Any]:
        return {
            "capacity": self.capacity,
            "slot": self.slot,
            "value": self.values.text("[i]"),
            "element": self.values.text(f"[{self.slot}]"),
        }


@dataclass(frozen=True)
class EndValue(Gadget):
    """The value in the first or the last of the slots where ``chosen`` (0 or 1) is 1, for each group if
    ``chosen`` is of groups and slots; where there is none, the least that the value's bounds allow.

    The slots are gone through towards that end, and a chosen one replaces what was found so far. What
    was found is advice, so that each constraint has few wires; it is determined step by step."""

    name: str
    origin: Any
    value: Linear
    chosen: Linear
    last: bool
    pure: ClassVar[bool] = True
    template: ClassVar[str] = "end_value.zok.j2"

    @property
    def capacity(self) -> int:
        """Slots."""
        (capacity,) = self.value.dims
        return capacity

    @property
    def dims(self) -> Dims:
        """The dimensions of the result."""
        return self.chosen.dims[:-1]

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value, self.chosen)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(f"{self.name}_found", (*self.dims, self.capacity)),)

    @property
    def returned(self) -> Wire:
        return Wire(f"{self.name}_value", self.dims, self.value.low, self.value.high)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return [[found[-1] for found in self._found(inputs)]]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        steps: Values = []
        for found, claimed in zip(self._found(inputs), outputs[0], strict=True):
            steps += [*found[:-1], claimed]
        return {f"{self.name}_found": steps}

    def _found(self, inputs: Sequence[Values]) -> list[Values]:
        """For each group what is found after each slot."""
        values, chosen = inputs
        made: list[Values] = []
        for start in range(0, len(chosen), self.capacity):
            slots = list(zip(values, chosen[start : start + self.capacity], strict=True))
            found = self.value.low
            steps: Values = []
            for value, is_chosen in slots if self.last else slots[::-1]:
                found += is_chosen * (value - found)
                steps.append(found)
            made.append(steps)
        return made

    def constraints(self) -> int:
        groups = self.dims[0] if self.dims else 1
        return groups * self.capacity

    def variables(self) -> dict[str, Any]:
        index = "[g][i]" if self.dims else "[i]"
        return {
            "groups": self.dims[0] if self.dims else 0,
            "capacity": self.capacity,
            "last": self.last,
            "low": self.value.low,
            "value": self.value.text("[i]"),
            "chosen": self.chosen.text(index),
        }
