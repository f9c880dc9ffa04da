"""Sums over the slots, and what belongs to a group."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Gadget
from zkql.circuit.wires import Linear, Values, Wire


@dataclass(frozen=True)
class Total(Gadget):
    """The sum of a term over the rows. Slots after the last row repeat it, and what they add is taken
    off again."""

    name: str
    origin: Any
    term: Linear
    rows: Linear
    template: ClassVar[str] = "total.zok.j2"
    pure: ClassVar[bool] = True

    @property
    def capacity(self) -> int:
        """Slots."""
        (capacity,) = self.term.dims
        return capacity

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.term, self.rows)

    @property
    def returned(self) -> Wire:
        low, high = self.capacity * min(self.term.low, 0), self.capacity * max(self.term.high, 0)
        return Wire(f"{self.name}_value", (), low, high)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        terms, (rows,) = inputs
        return [[sum(terms) - (self.capacity - rows) * terms[-1]]]

    def constraints(self) -> int:
        return 1

    def variables(self) -> dict[str, Any]:
        return {
            "capacity": self.capacity,
            "term": self.term.text("[i]"),
            "last": self.term.text(f"[{self.capacity - 1}]"),
            "rows": self.rows.text(""),
        }


@dataclass(frozen=True)
class GroupTotals(Gadget):
    """For each group the sum of a term over its rows: ``Σ member[g][i] · term[i]``. ``member`` is 0 in
    slots that repeat the last row."""

    name: str
    origin: Any
    member: Wire
    term: Linear
    template: ClassVar[str] = "group_totals.zok.j2"
    pure: ClassVar[bool] = True

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.member.linear, self.term)

    def read(self, environment: Any) -> list[Values]:
        _, capacity = self.member.dims
        return [environment[self.member.name], self.term.values(environment, (capacity,))]

    @property
    def returned(self) -> Wire:
        groups, capacity = self.member.dims
        low, high = capacity * min(self.term.low, 0), capacity * max(self.term.high, 0)
        return Wire(f"{self.name}_value", (groups,), low, high)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        member, terms = inputs
        groups, capacity = self.member.dims
        rows = (member[g * capacity : (g + 1) * capacity] for g in range(groups))
        return [[sum(m * t for m, t in zip(row, terms, strict=True)) for row in rows]]

    def constraints(self) -> int:
        groups, capacity = self.member.dims
        return 0 if self.term.is_constant else groups * capacity

    def variables(self) -> dict[str, Any]:
        groups, capacity = self.member.dims
        return {
            "groups": groups,
            "capacity": capacity,
            "member": self.member.name,
            "term": self.term.text("[i]"),
        }


@dataclass(frozen=True)
class GroupValues(Gadget):
    """For each row the value of its group: ``Σ member[g][i] · value[g]``; 0 for rows of no group."""

    name: str
    origin: Any
    member: Wire
    value: Linear
    template: ClassVar[str] = "group_values.zok.j2"
    pure: ClassVar[bool] = True

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.member.linear, self.value)

    def read(self, environment: Any) -> list[Values]:
        groups, _ = self.member.dims
        return [environment[self.member.name], self.value.values(environment, (groups,))]

    @property
    def returned(self) -> Wire:
        _, capacity = self.member.dims
        return Wire(f"{self.name}_value", (capacity,), min(0, self.value.low), max(0, self.value.high))

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        member, values = inputs
        groups, capacity = self.member.dims
        return [[sum(member[g * capacity + i] * values[g] for g in range(groups)) for i in range(capacity)]]

    def constraints(self) -> int:
        groups, capacity = self.member.dims
        return 0 if self.value.is_constant else groups * capacity

    def variables(self) -> dict[str, Any]:
        groups, capacity = self.member.dims
        return {
            "groups": groups,
            "capacity": capacity,
            "member": self.member.name,
            "value": self.value.text("[g]"),
        }
