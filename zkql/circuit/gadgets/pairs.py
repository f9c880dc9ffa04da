"""Columns in other shapes: constants, columns with one more place, columns of pairs, sums of neighbouring
places. All of them only name wires that there are, and cost nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Gadget
from zkql.circuit.wires import Linear, Values, Wire


@dataclass(frozen=True)
class Constants(Gadget):
    """Constants. They belong into sums with other wires: a product with a constant is no constraint."""

    name: str
    origin: Any
    values: tuple[int, ...]
    template: ClassVar[str] = "constants.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return ()

    @property
    def returned(self) -> Wire:
        return Wire(f"{self.name}_value", (len(self.values),), min(self.values), max(self.values))

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return [list(self.values)]

    def constraints(self) -> int:
        return 0

    def variables(self) -> dict[str, Any]:
        texts = [str(value) if value >= 0 else f"0 - {-value}" for value in self.values]
        return {"values": texts}


@dataclass(frozen=True)
class Extended(Gadget):
    """A column with one more place, before the first or after the last."""

    name: str
    origin: Any
    column: Linear
    more: Linear
    """The value there."""
    before: bool
    template: ClassVar[str] = "extended.zok.j2"

    @property
    def size(self) -> int:
        """Places of the column."""
        (size,) = self.column.dims
        return size

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.column, self.more)

    @property
    def returned(self) -> Wire:
        low, high = min(self.column.low, self.more.low), max(self.column.high, self.more.high)
        return Wire(f"{self.name}_value", (self.size + 1,), low, high)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        column, more = inputs
        return [[*more, *column] if self.before else [*column, *more]]

    def constraints(self) -> int:
        return 0

    @property
    def _plain(self) -> str | None:
        """The column's name if it is a wire as it is: long arrays compile faster when they are not copied."""
        match self.column:
            case Linear(((wire, 1),), 0):
                return wire.name
        return None

    def variables(self) -> dict[str, Any]:
        return {
            "size": self.size,
            "column": self.column.text("[i]"),
            "plain": self._plain,
            "more": self.more.text(""),
            "before": self.before,
        }


@dataclass(frozen=True)
class OfPairs(Gadget):
    """A column of left rows, or of right ones, for each pair: the first left row with every right row, then
    the second, and so on. ``others`` is how many rows the other side has."""

    name: str
    origin: Any
    column: Linear
    others: int
    left: bool
    template: ClassVar[str] = "of_pairs.zok.j2"

    @property
    def size(self) -> int:
        """Rows."""
        (size,) = self.column.dims
        return size

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.column,)

    @property
    def returned(self) -> Wire:
        return Wire(f"{self.name}_value", (self.size * self.others,), self.column.low, self.column.high)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        (column,) = inputs
        if self.left:
            return [[value for value in column for _ in range(self.others)]]
        return [column * self.others]

    def constraints(self) -> int:
        return 0

    def variables(self) -> dict[str, Any]:
        return {
            "size": self.size,
            "others": self.others,
            "left": self.left,
            "column": self.column.text("[i]"),
        }


@dataclass(frozen=True)
class OfLeft(Gadget):
    """For each left row the sum over its pairs."""

    name: str
    origin: Any
    value: Linear
    left: int
    """Left rows."""
    template: ClassVar[str] = "of_left.zok.j2"

    @property
    def others(self) -> int:
        """Pairs of a left row."""
        (size,) = self.value.dims
        return size // self.left

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value,)

    @property
    def returned(self) -> Wire:
        low, high = self.others * self.value.low, self.others * self.value.high
        return Wire(f"{self.name}_value", (self.left,), low, high)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        (values,) = inputs
        starts = range(0, len(values), self.others)
        return [[sum(values[start : start + self.others]) for start in starts]]

    def constraints(self) -> int:
        return 0

    def variables(self) -> dict[str, Any]:
        return {"left": self.left, "others": self.others, "value": self.value.text("[place]")}
