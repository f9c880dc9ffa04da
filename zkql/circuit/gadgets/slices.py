"""Parts of columns: running sums, one place after another, and what stands from a private place on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import (
    Advice,
    Gadget,
    Made,
    Parameter,
    Signature,
    Spell,
    Taken,
    element,
)
from zkql.circuit.wires import Dims, Environment, Linear, Values, Wire, indices
from zkql.toolchain.calls import Run, field_type


@dataclass(frozen=True)
class Numbering(Gadget):
    """0, 1, 2 …, constants. They belong into sums with other wires: a product with a constant is no
    constraint."""

    name: str
    origin: Any
    count: int
    template: ClassVar[str] = "numbering.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return ()

    @property
    def returned(self) -> Wire:
        return Wire(f"{self.name}_value", (self.count,), 0, self.count - 1)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return [list(range(self.count))]

    def constraints(self) -> int:
        return 0

    def variables(self) -> dict[str, Any]:
        return {"count": self.count}


@dataclass(frozen=True)
class Copy(Gadget):
    """The same values as wires of their own, one for each place, even if there is one value for all."""

    name: str
    origin: Any
    value: Linear
    size: int
    template: ClassVar[str] = "copy.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value,)

    def read(self, environment: Environment) -> list[Values]:
        return [self.value.values(environment, (self.size,))]

    @property
    def copy(self) -> Wire:
        """The output."""
        return Wire(f"{self.name}_value", (self.size,), self.value.low, self.value.high)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.copy,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(self.copy.name, self.copy.dims),)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return [inputs[0]]

    def constraints(self) -> int:
        return self.size

    def variables(self) -> dict[str, Any]:
        return {"size": self.size, "copy": self.copy.name, "value": self.value.text("[i]")}


@dataclass(frozen=True)
class Sum(Gadget):
    """The sum of all slots, whether they are rows or not."""

    name: str
    origin: Any
    value: Linear
    template: ClassVar[str] = "sum.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value,)

    @property
    def returned(self) -> Wire:
        (size,) = self.value.dims
        return Wire(f"{self.name}_value", (), size * self.value.low, size * self.value.high)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return [[sum(inputs[0])]]

    def constraints(self) -> int:
        return 0

    def variables(self) -> dict[str, Any]:
        (size,) = self.value.dims
        return {"size": size, "value": self.value.text("[i]")}


@dataclass(frozen=True)
class RunningSum(Gadget):
    """For each place the sum of the values up to it, itself included. The sums are advice, so that what
    uses them has one wire for each; every one follows from the one before."""

    name: str
    origin: Any
    value: Linear
    template: ClassVar[str] = "running_sum.zok.j2"

    @property
    def size(self) -> int:
        """Places."""
        (size,) = self.value.dims
        return size

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value,)

    @property
    def total(self) -> Wire:
        """The output."""
        low, high = min(self.value.low, 0), max(self.value.high, 0)
        return Wire(f"{self.name}_value", (self.size,), self.size * low, self.size * high)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.total,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(self.total.name, self.total.dims),)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        made, total = [], 0
        for value in inputs[0]:
            total += value
            made.append(total)
        return [made]

    def constraints(self) -> int:
        return self.size

    def variables(self) -> dict[str, Any]:
        return {"size": self.size, "total": self.total.name, "value": self.value.text("[i]")}


@dataclass(frozen=True)
class Item(Gadget):
    """What stands at one place; of each group, if the values are of groups and places. It is written into
    ``main``, since ZoKrates takes long over many functions of whole columns."""

    name: str
    origin: Any
    values: Linear
    place: int
    template: ClassVar[str] = "item.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.values,)

    @property
    def returned(self) -> Wire:
        return Wire(f"{self.name}_value", self.values.dims[:-1], self.values.low, self.values.high)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return [inputs[0][self.place :: self.values.dims[-1]]]

    def constraints(self) -> int:
        return 0

    @property
    def called(self) -> None:
        return None

    def calls(self) -> Iterator[tuple[Taken, Made]]:
        count = prod(self.returned.dims)
        places = range(self.place, count * self.values.dims[-1], self.values.dims[-1])
        yield tuple(element(self.values, place) for place in places), (Run(self.returned.name, 0, count),)

    def invocation(self) -> str:
        dims = self.returned.dims
        items = [self.values.text(f"{group}[{self.place}]") for group in indices(dims)]
        value = f"[{', '.join(items)}]" if dims else items[0]
        return f"{field_type(dims)} {self.returned.name} = {value};"

    def variables(self) -> dict[str, Any]:
        return {"made": self.returned.name, "place": self.place}


@dataclass(frozen=True)
class Slice(Gadget):
    """``length`` values of a column from place ``start`` on (``backward``: of the column read from its end);
    for each group, if ``start`` is of groups. After the column's end stand zeros. ``start`` is at most
    ``most``, which says how many bits it has; a larger one has no proof."""

    name: str
    origin: Any
    column: Linear
    start: Linear
    length: int
    most: int
    backward: bool = False
    template: ClassVar[str] = "slice.zok.j2"

    @property
    def capacity(self) -> int:
        """Slots."""
        (capacity,) = self.column.dims
        return capacity

    @property
    def width(self) -> int:
        """Bits of the start."""
        return max(self.most.bit_length(), 2)

    @property
    def dims(self) -> Dims:
        """The dimensions of the start."""
        return self.start.dims

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.column, self.start)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(f"{self.name}_upper", (*self.dims, self.width - 1)),)

    @property
    def slice(self) -> Wire:
        """The output: items, of each group."""
        low, high = min(self.column.low, 0), max(self.column.high, 0)
        return Wire(f"{self.name}_value", (*self.dims, self.length), low, high)

    @property
    def returned(self) -> Wire:
        return self.slice

    @property
    def called(self) -> Signature:
        return Signature(f"{self.name}_from", ((self.capacity,), (), (self.width - 1,)), (self.length,))

    def calls(self) -> Iterator[tuple[Taken, Made]]:
        places = reversed(range(self.capacity)) if self.backward else range(self.capacity)
        column = [element(self.column, place) for place in places]
        upper, length = self.width - 1, self.length
        for group in range(prod(self.dims)):
            own = element(self.start, group), Run(f"{self.name}_upper", group * upper, upper)
            yield (*column, *own), (Run(self.slice.name, group * length, length),)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        column, starts = inputs
        line = column[::-1] if self.backward else column
        places = [start + j for start in starts for j in range(self.length)]
        return [[line[place] if 0 <= place < self.capacity else 0 for place in places]]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        return {f"{self.name}_upper": [bit for start in inputs[1] for bit in spell(start, self.width)[1:]]}

    def _sizes(self) -> list[int]:
        """How many values are looked at before the first shift, and after each: by 2^(width - 1) … 2, 1."""
        return [self.length - 1 + (1 << j) for j in range(self.width, -1, -1)]

    def constraints(self) -> int:
        # After each shift, those that are no zero from behind the column's end.
        shifts = sum(min(size, self.capacity) for size in self._sizes()[1:])
        return prod(self.dims) * (self.width + shifts)

    def variables(self) -> dict[str, Any]:
        sizes = self._sizes()
        return {
            "capacity": self.capacity,
            "length": self.length,
            "width": self.width,
            "groups": self.dims[0] if self.dims else 0,
            "type": field_type(self.slice.dims),
            "column": self.column.text(f"[{self.capacity - 1} - i]" if self.backward else "[i]"),
            "start": self.start.text("[g]" if self.dims else ""),
            "backward": self.backward,
            "first": sizes[0],
            "filled": min(sizes[0], self.capacity),
            "shifts": [(self.width - 1 - k, size) for k, size in enumerate(sizes[1:])],
        }


@dataclass(frozen=True)
class Differences(Gadget):
    """Each value less the one before; the first as it is."""

    name: str
    origin: Any
    value: Linear
    template: ClassVar[str] = "differences.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value,)

    @property
    def returned(self) -> Wire:
        low, high = self.value.low, self.value.high
        return Wire(f"{self.name}_value", self.value.dims, min(low - high, low), max(high - low, high))

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        (values,) = inputs
        return [[after - before for before, after in zip([0, *values], values, strict=False)]]

    def constraints(self) -> int:
        return 0

    def variables(self) -> dict[str, Any]:
        (size,) = self.value.dims
        return {
            "size": size,
            "value": self.value.text("[i]"),
            "value_0": self.value.text("[0]"),
            "before": self.value.text("[i - 1]"),
        }


@dataclass(frozen=True)
class Neighbour(Gadget):
    """For each place the value ``away`` places further on, or before it if that is negative; ``default``
    where that is beyond the first place or beyond the last that is ``live``. Live places come first."""

    name: str
    origin: Any
    value: Linear
    default: Linear
    live: Linear
    away: int
    template: ClassVar[str] = "neighbour.zok.j2"

    @property
    def capacity(self) -> int:
        """Places."""
        (capacity,) = self.live.dims
        return capacity

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value, self.default, self.live)

    def read(self, environment: Environment) -> list[Values]:
        return [linear.values(environment, (self.capacity,)) for linear in self.inputs]

    @property
    def found(self) -> Wire:
        """The output."""
        low, high = min(self.value.low, self.default.low), max(self.value.high, self.default.high)
        return Wire(f"{self.name}_value", (self.capacity,), low, high)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.found,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(self.found.name, self.found.dims),)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        values, defaults, live = inputs
        made = []
        for place, default in enumerate(defaults):
            other = place + self.away
            inside = 0 <= other < self.capacity
            made.append(default + live[other] * (values[other] - default) if inside else default)
        return [made]

    def constraints(self) -> int:
        return self.capacity

    def variables(self) -> dict[str, Any]:
        away = abs(self.away)
        other = f"[i {'+' if self.away >= 0 else '-'} {away}]"
        inner = max(self.capacity - away, 0)
        return {
            "found": self.found.name,
            "away": self.away,
            "inside": (0, inner) if self.away >= 0 else (self.capacity - inner, self.capacity),
            "outside": (inner, self.capacity) if self.away >= 0 else (0, self.capacity - inner),
            "default": self.default.text("[i]"),
            "step": (self.value.text(other), self.default.text("[i]")),
            "live": self.live.text(other),
        }
