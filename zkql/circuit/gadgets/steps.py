"""Which rows of chains are in a window: which blocks are opened, and which rows are at or after its edges."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Advice, Gadget, Made, Parameter, Signature, Spell, Taken, element
from zkql.circuit.wires import Linear, Values, Wire
from zkql.toolchain.calls import Run

EDGE_BITS = 50
"""Bits of a time, and of how far it is from the edge of a window."""
_PACKED = 1 << 64


@dataclass(frozen=True)
class Shown(Gadget):
    """Which of ``count`` blocks (two at least) of each chain are opened, as many as the prover says: first of
    all the ``last``, then the ``first``, then those ``between`` from the last on."""

    name: str
    origin: Any
    chains: int
    count: int
    template: ClassVar[str] = "shown.zok.j2"

    @property
    def inner(self) -> int:
        """Blocks between first and last."""
        return self.count - 2

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (Wire(f"{self.name} count", (self.chains,), 0, self.count).linear,)

    @property
    def wires(self) -> tuple[Wire, ...]:
        return ()

    @property
    def last(self) -> Wire:
        """1 where a chain's last block is opened."""
        return Wire(f"{self.name}_last", (self.chains,), 0, 1)

    @property
    def first(self) -> Wire:
        """1 where its first block is."""
        return Wire(f"{self.name}_first", (self.chains,), 0, 1)

    @property
    def between(self) -> Wire:
        """1 where a block between them is; of two blocks there is none."""
        return Wire(f"{self.name}_between", (self.chains * self.inner,), 0, 1)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.last, self.first, *((self.between,) if self.inner else ()))

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return tuple(Parameter(wire.name, wire.dims) for wire in self.outputs)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        (counts,) = inputs
        ends = [[int(count >= n) for count in counts] for n in (1, 2)]
        between = [int(place >= self.count - count) for count in counts for place in range(self.inner)]
        return [*ends, *([between] if self.inner else [])]

    def constraints(self) -> int:
        return self.chains * (2 * self.count - 1)

    def variables(self) -> dict[str, Any]:
        return {"chains": self.chains, "inner": self.inner}


@dataclass(frozen=True)
class Edge(Gadget):
    """Which rows of a block of each chain are at or after ``bound``, which is at least 1, by times that never
    go back: flags that are 0, and 1 from the first such row on. A block that is not opened has the time 0."""

    name: str
    origin: Any
    time: Linear
    bound: Linear
    size: int
    template: ClassVar[str] = "edge.zok.j2"

    @property
    def chains(self) -> int:
        """Blocks."""
        (places,) = self.time.dims
        return places // self.size

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.time, self.bound)

    @property
    def returned(self) -> Wire:
        return Wire(f"{self.name}_flag", self.time.dims, 0, 1)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        bits = (self.chains, EDGE_BITS)
        return (
            Parameter(f"{self.name}_step", (self.chains, self.size)),
            Parameter(f"{self.name}_over", bits),
            Parameter(f"{self.name}_under", bits),
        )

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        times, (bound,) = inputs
        return [[int(time >= bound) for time in times]]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        times, (bound,) = inputs
        found: Advice = {f"{self.name}_{what}": [] for what in ("step", "over", "under")}
        for start in range(0, len(times), self.size):
            own, flags = times[start : start + self.size], outputs[0][start : start + self.size]
            steps = [b - a for a, b in zip([0, *flags], flags, strict=False)]
            first = sum(step * time for step, time in zip(steps, own, strict=True))
            before = sum(step * time for step, time in zip(steps[1:], own, strict=False))
            before += (1 - flags[-1]) * own[-1]
            found[f"{self.name}_step"] += steps
            found[f"{self.name}_over"] += spell(first - flags[-1] * bound, EDGE_BITS)
            found[f"{self.name}_under"] += spell(bound - 1 - before, EDGE_BITS)
        return found

    def constraints(self) -> int:
        return self.chains * self.per_chain

    @property
    def per_chain(self) -> int:
        """Constraints of a block. Each step: 0 or 1, the times beside it; one step at most; bits; the time
        before it where there is none, the bound where there is one, the sum."""
        return 2 * self.size + (self.size > 1) + 2 * EDGE_BITS + 3

    @property
    def formula(self) -> str:
        return f"2 a row, {self.per_chain} a block, {self.constraints()}"

    @property
    def called(self) -> Signature:
        bits = (EDGE_BITS,)
        return Signature(f"{self.name}_block", ((self.size,), (), (self.size,), bits, bits), (self.size,))

    def calls(self) -> Iterator[tuple[Taken, Made]]:
        for chain in range(self.chains):
            first = chain * self.size
            yield (
                (
                    *(element(self.time, first + i) for i in range(self.size)),
                    element(self.bound, 0),
                    Run(f"{self.name}_step", first, self.size),
                    Run(f"{self.name}_over", chain * EDGE_BITS, EDGE_BITS),
                    Run(f"{self.name}_under", chain * EDGE_BITS, EDGE_BITS),
                ),
                (Run(self.returned.name, first, self.size),),
            )

    def variables(self) -> dict[str, Any]:
        return {
            "chains": self.chains,
            "size": self.size,
            "bits": EDGE_BITS,
            "packed": _PACKED,
            "time": self.time.text(f"[c * {self.size} + j]"),
            "bound": self.bound.text(""),
            "places": self.chains * self.size,
        }


@dataclass(frozen=True)
class Concatenated(Gadget):
    """Columns one after the other. It is written into ``main``, and makes no constraint."""

    name: str
    origin: Any
    parts: tuple[Wire, ...]
    template: ClassVar[str] = "concatenated.zok.j2"
    pure: ClassVar[bool] = True

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return tuple(part.linear for part in self.parts)

    @property
    def returned(self) -> Wire:
        (first, *_), size = self.parts, sum(part.dims[0] for part in self.parts)
        low, high = min(part.low for part in self.parts), max(part.high for part in self.parts)
        return Wire(f"{self.name}_value", (size, *first.dims[1:]), low, high)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return [[value for part in inputs for value in part]]

    def constraints(self) -> int:
        return 0

    @property
    def called(self) -> None:
        return None

    def calls(self) -> Iterator[tuple[Taken, Made]]:
        taken = tuple(Run(part.name, 0, Parameter(part.name, part.dims).size) for part in self.parts)
        yield taken, (Run(self.returned.name, 0, sum(run.count for run in taken)),)

    def invocation(self) -> str:
        made = Parameter(self.returned.name, self.returned.dims)
        return f"{made.declaration} = [{', '.join(f'...{part.name}' for part in self.parts)}];"
