"""Columns compared as multisets, by a product at a challenge; and values that are sorted by it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Advice, Gadget, Parameter, Spell
from zkql.circuit.gadgets.permutation import step_width
from zkql.circuit.gadgets.poseidon import poseidon_constraints, poseidon_name
from zkql.circuit.wires import Linear, Values, Wire, width_of
from zkql.crypto.field import P
from zkql.crypto.transcript import DATA_BITS, blocks, challenge


@dataclass(frozen=True)
class Challenge(Gadget):
    """A number that is fixed only after the context and all values of the columns: Fiat and Shamir's
    transform (:mod:`zkql.crypto.transcript`). The context binds rows and results; the columns are the
    advice that the challenge is for, within bounds that are proven elsewhere."""

    name: str
    origin: Any
    context: Linear
    columns: tuple[Linear, ...]
    template: ClassVar[str] = "challenge.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.context, *self.columns)

    @property
    def elements(self) -> int:
        """Packed field elements."""
        return sum(packed_elements(column) for column in self.columns)

    @property
    def returned(self) -> Wire:
        return Wire(f"{self.name}_value", (), 0, P - 1)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        ((context,), *columns) = inputs
        packed: Values = []
        for column, values in zip(self.columns, columns, strict=True):
            width, share = _packing(column)
            offsets = [(value - column.low) % (1 << width) for value in values]
            for start in range(0, len(offsets), share):
                packed.append(sum(o << width * j for j, o in enumerate(offsets[start : start + share])))
        return [[challenge(context, packed)]]

    @property
    def hashes(self) -> Mapping[int, int]:
        found: dict[int, int] = {}
        for size in blocks(self.elements):
            found[size + 1] = found.get(size + 1, 0) + 1
        return found

    def constraints(self) -> int:
        return challenge_constraints(self.elements)

    def variables(self) -> dict[str, Any]:
        columns = []
        for position, column in enumerate(self.columns):
            width, share = _packing(column)
            size, elements = prod(column.dims), packed_elements(column)
            columns.append(
                {
                    "own": f"own_{position}",
                    "size": size,
                    "text": (column - column.low).text("[i]" if column.dims else ""),
                    "elements": elements,
                    "share": share,
                    "width": width,
                    "left": size - share * (elements - 1),
                }
            )
        return {
            "columns": columns,
            "elements": self.elements,
            "shift": DATA_BITS,
            "context": self.context.text(""),
            "calls": [(poseidon_name(size + 1), size) for size in blocks(self.elements)],
        }


def _packing(column: Linear) -> tuple[int, int]:
    """Bits of a value, and how many share an element."""
    width = width_of(column.low, column.high)
    if not 1 <= width <= DATA_BITS:
        raise ValueError(f"a challenge takes values of 1 to {DATA_BITS} bits, not {width}")
    return width, DATA_BITS // width


def packed_elements(column: Linear) -> int:
    """Field elements that a column fills."""
    return -(-prod(column.dims) // _packing(column)[1])


def challenge_constraints(elements: int) -> int:
    """Constraints of a challenge over so many elements."""
    return sum(poseidon_constraints(size + 1) for size in blocks(elements))


@dataclass(frozen=True)
class SameMultiset(Gadget):
    """The two columns have the same values, each as often: ``∏ (r - left) = ∏ (r - right)``. If they have
    not,
    the two sides are different polynomials of r, which agree in at most N of p places (Schwartz,
    J. ACM 1980; Zippel 1979); r is a challenge that is fixed after both."""

    name: str
    origin: Any
    left: Linear
    right: Linear
    challenge: Linear
    template: ClassVar[str] = "same_multiset.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.left, self.right, self.challenge)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return []

    def constraints(self) -> int:
        (capacity,) = self.left.dims
        return 2 * capacity - 2

    @property
    def formula(self) -> str:
        return f"2 N - 2 = {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        (capacity,) = self.left.dims
        return {
            "capacity": capacity,
            "left": (self.challenge - self.left).text("[i]"),
            "right": (self.challenge - self.right).text("[i]"),
            "left_0": (self.challenge - self.left).text("[0]"),
            "right_0": (self.challenge - self.right).text("[0]"),
            "left_end": (self.challenge - self.left).text(f"[{capacity - 1}]"),
        }


@dataclass(frozen=True)
class Sorted(Gadget):
    """Values that ascend, within the bounds of ``value``; an honest prover gives those of ``value``."""

    name: str
    origin: Any
    value: Linear
    template: ClassVar[str] = "sorted.zok.j2"

    @property
    def capacity(self) -> int:
        """Slots."""
        (capacity,) = self.value.dims
        return capacity

    @property
    def width(self) -> int:
        """Bits of a step."""
        return step_width(self.value)

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.value,)

    @property
    def wires(self) -> tuple[Wire, ...]:
        return ()

    @property
    def ordered(self) -> Wire:
        """The output."""
        return Wire(f"{self.name}_value", (self.capacity,), self.value.low, self.value.high)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.ordered,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (
            Parameter(self.ordered.name, self.ordered.dims),
            Parameter(f"{self.name}_upper", (self.capacity + 1, self.width - 1)),
        )

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return [sorted(inputs[0])]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        line = [self.value.low, *outputs[0], self.value.high]
        steps = (after - before for before, after in itertools.pairwise(line))
        return {f"{self.name}_upper": [bit for step in steps for bit in spell(step, self.width)[1:]]}

    def constraints(self) -> int:
        return (self.capacity + 1) * self.width

    @property
    def formula(self) -> str:
        return f"{self.width} (N + 1) = {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        low, high = self.value.low, self.value.high
        return {
            "capacity": self.capacity,
            "width": self.width,
            "ordered": self.ordered.name,
            "from_low": (self.ordered.linear - low).text("[0]"),
            "to_high": (high - self.ordered.linear).text(f"[{self.capacity - 1}]"),
        }
