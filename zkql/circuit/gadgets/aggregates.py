"""Aggregates over the selected rows: presence, totals, extremes, averages, revealed results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from zkql.circuit.gadgets.base import Advice, Assignment, Gadget, Origin, Parameter, bits_of
from zkql.circuit.slots import fill_slots
from zkql.crypto.field import P
from zkql.plan.calls import Aggregation
from zkql.plan.evaluate import rounds
from zkql.plan.expressions import Column, Expression
from zkql.plan.types import as_int


@dataclass(frozen=True)
class Count(Gadget):
    """How many rows are selected."""

    capacity: int
    origin: Origin
    name: str = "count_rows"
    template: str = "count.zok.j2"

    def constraints(self, rows: int) -> int:
        return 1

    def invocation(self) -> str:
        return f"field count = {self.name}(selected, rows);"

    def variables(self) -> dict[str, Any]:
        return {"capacity": self.capacity}


@dataclass(frozen=True)
class Presence(Gadget):
    """Whether any row is selected; decides between NULL and a value."""

    origin: Origin
    name: str = "check_presence"
    template: str = "presence.zok.j2"

    @property
    def advice_parameters(self) -> tuple[Parameter, ...]:
        return (Parameter("count_inverse", ()),)

    def advice(self, assignment: Assignment) -> dict[str, Advice]:
        passing = assignment.passing
        return {"count_inverse": pow(passing, -1, P) if passing else 0}

    def constraints(self, rows: int) -> int:
        return 3

    def invocation(self) -> str:
        return f"assert({self.name}(count, present, count_inverse));"


@dataclass(frozen=True)
class Argument:
    """What is aggregated, a private column or a public expression: its array of offsets in ``main`` and
    where its values are. ``anchored`` offsets are written from a MAX or MIN and may leave the width by
    one bit."""

    expression: Expression
    array: str
    shown: int | None
    anchored: bool

    @property
    def lowest(self) -> int:
        """The value of offset 0."""
        return self.expression.type.lowest

    @property
    def bits(self) -> int:
        """The width of an offset."""
        return self.expression.type.bits

    def offsets(self, assignment: Assignment) -> list[int]:
        """Offsets of all slots; zero over no rows."""
        if self.shown is None:
            assert isinstance(self.expression, Column)
            values = assignment.offsets[self.expression.name]
        else:
            values = assignment.shown[self.shown]
        return fill_slots(values, assignment.capacity, 0)


@dataclass(frozen=True)
class Total(Gadget):
    """The sum of one column, shared by SUM and AVG. ``masked`` where a private condition selects."""

    argument: Argument
    masked: bool
    capacity: int
    name: str
    origin: Origin
    template: str = "total.zok.j2"

    @property
    def largest(self) -> int:
        """The largest magnitude that the sum can have."""
        width = self.argument.bits + self.argument.anchored
        return self.capacity * ((1 << width) + abs(self.argument.lowest))

    @property
    def variable(self) -> str:
        """The wire in ``main``."""
        return f"{self.name}_value"

    def constraints(self, rows: int) -> int:
        return rows + 1 if self.masked else 1

    def invocation(self) -> str:
        masked = "selected, " if self.masked else ""
        return f"field {self.variable} = {self.name}({masked}count, rows, {self.argument.array});"

    def variables(self) -> dict[str, Any]:
        return {
            "lowest": self.argument.lowest,
            "masked": self.masked,
            "capacity": self.capacity,
            "bits": self.largest.bit_length(),
        }


@dataclass(frozen=True)
class Reveal(Gadget):
    """A public result equals a computed wire: SUM and COUNT."""

    result: str
    computed: str
    name: str
    origin: Origin
    template: str = "equal.zok.j2"

    def constraints(self, rows: int) -> int:
        return 1

    def invocation(self) -> str:
        return f"assert({self.name}({self.result}, {self.computed}));"


@dataclass(frozen=True)
class Extreme(Gadget):
    """MAX or MIN of the selected rows. ``anchored``: the opening has shown that no row is beyond it."""

    argument: Argument
    largest: bool
    anchored: bool
    masked: bool
    call_index: int
    capacity: int
    result: str
    name: str
    origin: Origin
    template: str = "extreme.zok.j2"

    @property
    def advice_parameters(self) -> tuple[Parameter, ...]:
        if self.anchored:
            return ()
        return (Parameter(f"{self.name}_bits", (self.capacity, self.argument.bits - 1)),)

    def advice(self, assignment: Assignment) -> dict[str, Advice]:
        if self.anchored:
            return {}
        value = assignment.results[self.call_index]
        extreme = 0 if value is None else as_int(value) - self.argument.lowest
        offsets = self.argument.offsets(assignment)
        chosen = fill_slots(assignment.selected, self.capacity, empty=True)
        sign = 1 if self.largest else -1
        distances = [
            sign * (extreme - offset) if picked else 0 for offset, picked in zip(offsets, chosen, strict=True)
        ]
        return {f"{self.name}_bits": [bits_of(d, self.argument.bits)[1:] for d in distances]}

    def constraints(self, rows: int) -> int:
        return rows * self.per_row

    @property
    def per_row(self) -> int:
        """Constraints a slot: the range of its distance, the mask, the product."""
        return (0 if self.anchored else self.argument.bits) + (1 if self.masked else 0) + 1

    def invocation(self) -> str:
        masked = ("selected", "present") if self.masked else ()
        advice = (p.name for p in self.advice_parameters)
        return f"assert({self.name}({', '.join((*masked, self.result, self.argument.array, *advice))}));"

    def variables(self) -> dict[str, Any]:
        return {
            "largest": self.largest,
            "anchored": self.anchored,
            "masked": self.masked,
            "width": self.argument.bits,
            "per_row": self.per_row,
        }


@dataclass(frozen=True)
class Average(Gadget):
    """AVG: division of the total by the count, with Flink's rounding."""

    total: Total
    call: Aggregation
    result: str
    name: str
    origin: Origin
    template: str = "average.zok.j2"

    @property
    def scale(self) -> int:
        """What the total is multiplied by, so that the mean is an unscaled integer."""
        assert self.call.argument is not None
        return int(10 ** (self.call.type.scale - self.call.argument.type.scale))

    @property
    def total_width(self) -> int:
        """Bits of the largest scaled total."""
        return (self.total.largest * self.scale).bit_length()

    @property
    def _remainder_width(self) -> int:
        largest = self.total.capacity * (2 if rounds(self.call) else 1) - 1
        return max(1, largest.bit_length())

    def _parameter(self, part: str) -> str:
        return f"{self.name}_{part}"

    @property
    def advice_parameters(self) -> tuple[Parameter, ...]:
        return (
            Parameter(self._parameter("negative"), ()),
            Parameter(self._parameter("total_bits"), (self.total_width,)),
            Parameter(self._parameter("remainder_bits"), (self._remainder_width,)),
            Parameter(self._parameter("room_bits"), (self._remainder_width,)),
        )

    def advice(self, assignment: Assignment) -> dict[str, Advice]:
        offsets = self.total.argument.offsets(assignment)
        picked = [o for o, chosen in zip(offsets, assignment.selected, strict=False) if chosen]
        total = (sum(picked) + self.total.argument.lowest * len(picked)) * self.scale
        divisor = max(len(picked), 1)
        dividend = 2 * abs(total) + divisor if rounds(self.call) else abs(total)
        divisor *= 2 if rounds(self.call) else 1
        remainder = dividend % divisor
        negative = int(total < 0)
        width = self._remainder_width
        return {
            self._parameter("negative"): negative,
            self._parameter("total_bits"): bits_of(abs(total) - negative, self.total_width),
            self._parameter("remainder_bits"): bits_of(remainder, width),
            self._parameter("room_bits"): bits_of(divisor - 1 - remainder, width),
        }

    def constraints(self, rows: int) -> int:
        return self.total_width + 2 * self._remainder_width + 5

    def invocation(self) -> str:
        advice = (p.name for p in self.advice_parameters)
        arguments = ("count", "present", self.total.variable, self.result, *advice)
        return f"assert({self.name}({', '.join(arguments)}));"

    def variables(self) -> dict[str, Any]:
        return {
            "scale": self.scale,
            "rounded": rounds(self.call),
            "total_width": self.total_width,
            "remainder_width": self._remainder_width,
        }
