"""A row has the extreme value: the other half of MIN and MAX where the opening has shown that no row is
beyond it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Gadget
from zkql.circuit.wires import Linear, Values


@dataclass(frozen=True)
class Attained(Gadget):
    """One of the slots has the value ``extreme``."""

    name: str
    origin: Any
    value: Linear
    extreme: Linear
    template: ClassVar[str] = "attained.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value, self.extreme)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return []

    def constraints(self) -> int:
        (capacity,) = self.value.dims
        return capacity

    def variables(self) -> dict[str, Any]:
        (capacity,) = self.value.dims
        return {"capacity": capacity, "value": self.value.text("[i]"), "extreme": self.extreme.text("")}
