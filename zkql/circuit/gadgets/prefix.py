"""The first places of a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Gadget
from zkql.circuit.wires import Linear, Values, Wire


@dataclass(frozen=True)
class Prefix(Gadget):
    """The first ``length`` elements. The others must be advice, or used elsewhere: ZoKrates drops what it
    computes for nobody."""

    name: str
    origin: Any
    value: Linear
    length: int
    template: ClassVar[str] = "prefix.zok.j2"
    pure: ClassVar[bool] = True

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value,)

    @property
    def returned(self) -> Wire:
        return Wire(f"{self.name}_value", (self.length,), self.value.low, self.value.high)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return [inputs[0][: self.length]]

    def constraints(self) -> int:
        return 0

    def variables(self) -> dict[str, Any]:
        return {"length": self.length, "value": self.value.text("[i]")}
