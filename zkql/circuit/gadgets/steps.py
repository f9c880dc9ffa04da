"""Flags that rise once, and where they do: which rows of a chain are in a window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Advice, Gadget, Parameter, Spell
from zkql.circuit.wires import Linear, Values, Wire

EDGE_BITS = 50
"""Bits of a time, and of how far it is from the edge of a window."""
_PACKED = 1 << 64


@dataclass(frozen=True)
class Rising(Gadget):
    """Flags of which the last ones are 1: as many as the prover says."""

    name: str
    origin: Any
    size: int
    template: ClassVar[str] = "rising.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (Wire(f"{self.name} count", (), 0, self.size).linear,)

    @property
    def wires(self) -> tuple[Wire, ...]:
        return ()

    @property
    def flags(self) -> Wire:
        """The output."""
        return Wire(f"{self.name}_flag", (self.size,), 0, 1)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.flags,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(self.flags.name, self.flags.dims),)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        ((count,),) = inputs
        return [[int(place >= self.size - count) for place in range(self.size)]]

    def constraints(self) -> int:
        return 2 * self.size - 1

    def variables(self) -> dict[str, Any]:
        return {"size": self.size}


@dataclass(frozen=True)
class Edge(Gadget):
    """Of times that never go back, which are at or after ``bound``: flags that are 0, and 1 from the first
    such place on. Only the last ``count`` places may be; before them all are earlier. Where ``shown`` is 0,
    in the places of a block that there is not, a flag is 0; the times there are 0, and such blocks come
    first.
    """

    name: str
    origin: Any
    time: Linear
    shown: Linear
    bound: Linear
    count: int
    size: int
    template: ClassVar[str] = "edge.zok.j2"

    @property
    def places(self) -> int:
        """Of all blocks."""
        return prod(self.time.dims)

    @property
    def blocks(self) -> int:
        """Blocks that have flags."""
        return self.count // self.size

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.time, self.shown, self.bound)

    @property
    def flags(self) -> Wire:
        """The output, for the last places."""
        return Wire(f"{self.name}_flag", (self.count,), 0, 1)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.flags,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        bits = (EDGE_BITS,)
        return (
            Parameter(self.flags.name, (self.count,)),
            Parameter(f"{self.name}_over", bits),
            Parameter(f"{self.name}_under", bits),
        )

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        times, shown, (bound,) = inputs
        own = times[-self.count :]
        used = [flag for flag in shown[-self.blocks :] for _ in range(self.size)]
        return [[int(time >= bound and bool(u)) for time, u in zip(own, used, strict=True)]]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        times, _, (bound,) = inputs
        flags = [0] * (self.places - self.count) + outputs[0]
        steps = [b - a for a, b in zip([0, *flags], flags, strict=False)]
        first = sum(step * time for step, time in zip(steps, times, strict=True))
        before = sum(step * time for step, time in zip(steps[1:], times, strict=False))
        before += (1 - flags[-1]) * times[-1]
        return {
            f"{self.name}_over": spell(first - flags[-1] * bound, EDGE_BITS),
            f"{self.name}_under": spell(bound - 1 - before, EDGE_BITS),
        }

    def constraints(self) -> int:
        # Each flag: 0 or 1, not falling, the times at its step; blocks that there are not; bits; two
        # products, the sum.
        return 3 * self.count - 1 + self.blocks + 2 * EDGE_BITS + 3

    @property
    def formula(self) -> str:
        return f"3 for each of {self.count} places, {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        last, offset = self.places - 1, self.places - self.count
        return {
            "count": self.count,
            "size": self.size,
            "blocks": self.blocks,
            "bits": EDGE_BITS,
            "packed": _PACKED,
            "offset": offset,
            "time": self.time.text("[i]"),
            "last_time": self.time.text(f"[{last}]"),
            "earlier": self.time.text("[i - 1]"),
            "first_time": self.time.text(f"[{offset}]"),
            "first_earlier": self.time.text(f"[{offset - 1}]") if offset else "0",
            "shown": self.shown.text(f"[b + {self.shown.dims[0] - self.blocks}]"),
            "bound": self.bound.text(""),
        }
