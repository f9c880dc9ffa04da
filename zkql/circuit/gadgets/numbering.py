"""Numbers for the groups of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Gadget
from zkql.circuit.wires import Linear, Values, Wire


@dataclass(frozen=True)
class GroupNumber(Gadget):
    """For each row the number of its group, from 0; for rows of no group the number of groups."""

    name: str
    origin: Any
    member: Wire
    template: ClassVar[str] = "group_number.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.member.linear,)

    @property
    def returned(self) -> Wire:
        groups, capacity = self.member.dims
        return Wire(f"{self.name}_value", (capacity,), 0, groups)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        (member,) = inputs
        groups, capacity = self.member.dims
        slots = range(capacity)
        return [[groups - sum((groups - g) * member[g * capacity + i] for g in range(groups)) for i in slots]]

    def constraints(self) -> int:
        return 0

    def variables(self) -> dict[str, Any]:
        groups, capacity = self.member.dims
        return {"groups": groups, "capacity": capacity, "member": self.member.name}
