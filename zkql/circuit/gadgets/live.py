"""Which slots are rows, where repeating the last row would matter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Gadget, Parameter
from zkql.circuit.wires import Linear, Values, Wire


@dataclass(frozen=True)
class Live(Gadget):
    """1 in the first ``rows`` of the slots, 0 in the others."""

    name: str
    origin: Any
    rows: Linear
    capacity: int
    template: ClassVar[str] = "live.zok.j2"
    pure: ClassVar[bool] = True

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.rows,)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (Wire(f"{self.name}_value", (self.capacity,), 0, 1),)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(f"{self.name}_value", (self.capacity,)),)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        ((rows,),) = inputs
        return [[int(i < rows) for i in range(self.capacity)]]

    def constraints(self) -> int:
        return 2 * self.capacity

    def variables(self) -> dict[str, Any]:
        return {"capacity": self.capacity, "rows": self.rows.text("")}
