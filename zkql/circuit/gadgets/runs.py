"""Runs of equal keys in a sorted column: where they begin and end, and the value of the longest."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Advice, Gadget, Parameter, Spell
from zkql.circuit.wires import Linear, Values, Wire
from zkql.crypto.field import P


@dataclass(frozen=True)
class Starts(Gadget):
    """1 where a key is not the one before, else 0; 1 at the first place."""

    name: str
    origin: Any
    key: Linear
    template: ClassVar[str] = "starts.zok.j2"

    @property
    def capacity(self) -> int:
        """Places."""
        (capacity,) = self.key.dims
        return capacity

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.key,)

    @property
    def start(self) -> Wire:
        """The output."""
        return Wire(f"{self.name}_value", (self.capacity,), 0, 1)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.start,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(self.start.name, self.start.dims), *_inverses(self.name, self.capacity))

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        (keys,) = inputs
        return [[1, *(int(after != before) for before, after in _neighbours(keys))]]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        steps = (
            (b - a, claimed) for (a, b), claimed in zip(_neighbours(inputs[0]), outputs[0][1:], strict=True)
        )
        return {f"{self.name}_inverse": [claimed * inverse(step) % P for step, claimed in steps]}

    def constraints(self) -> int:
        return 3 * self.capacity - 2

    @property
    def formula(self) -> str:
        return f"3 N - 2 = {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        return {
            "capacity": self.capacity,
            "start": self.start.name,
            "key": self.key.text("[i]"),
            "before": self.key.text("[i - 1]"),
        }


@dataclass(frozen=True)
class RunEdges(Gadget):
    """For each place the first place of its run; or, with ``end``, the place after the last of its run."""

    name: str
    origin: Any
    start: Wire
    end: bool
    template: ClassVar[str] = "run_edges.zok.j2"

    @property
    def capacity(self) -> int:
        """Places."""
        (capacity,) = self.start.dims
        return capacity

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.start.linear,)

    @property
    def edge(self) -> Wire:
        """The output."""
        low, high = (1, self.capacity) if self.end else (0, self.capacity - 1)
        return Wire(f"{self.name}_value", (self.capacity,), low, high)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.edge,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(self.edge.name, self.edge.dims),)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        (starts,) = inputs
        if not self.end:
            found = [0]
            for place, start in enumerate(starts[1:], 1):
                found.append(found[-1] + start * (place - found[-1]))
            return [found]
        found = [self.capacity]
        for place in range(self.capacity - 1, 0, -1):
            found.append(found[-1] + starts[place] * (place - found[-1]))
        return [found[::-1]]

    def constraints(self) -> int:
        return self.capacity

    def variables(self) -> dict[str, Any]:
        return {
            "capacity": self.capacity,
            "start": self.start.name,
            "edge": self.edge.name,
            "end": self.end,
        }


@dataclass(frozen=True)
class RunningMode(Gadget):
    """For each place of a sorted column the most frequent of the values up to it, the least of several.
    ``start`` is 1 where a run begins; places where ``live`` is 0 count for nothing. With ``restart``, 1
    where a group begins, only the values of the place's group."""

    name: str
    origin: Any
    value: Linear
    start: Wire
    live: Linear
    restart: Wire | None
    template: ClassVar[str] = "running_mode.zok.j2"

    @property
    def capacity(self) -> int:
        """Places."""
        (capacity,) = self.value.dims
        return capacity

    @property
    def inputs(self) -> tuple[Linear, ...]:
        restart = () if self.restart is None else (self.restart.linear,)
        return (self.value, self.start.linear, self.live, *restart)

    @property
    def mode(self) -> Wire:
        """The output."""
        return Wire(f"{self.name}_value", (self.capacity,), self.value.low, self.value.high)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.mode,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (
            Parameter(self.mode.name, self.mode.dims),
            Parameter(f"{self.name}_most", (self.capacity,)),
            *_inverses(self.name, self.capacity),
        )

    def _steps(self, inputs: Sequence[Values]) -> list[tuple[int, int]]:
        """At each place how long its run is so far, and how long the longest before it."""
        values, starts, live = inputs[:3]
        restarts = inputs[3] if self.restart is not None else [0] * len(values)
        found = [(live[0], 0)]
        most = live[0]
        for place in range(1, len(values)):
            length = live[place] + (1 - starts[place]) * found[-1][0]
            most *= 1 - restarts[place]
            found.append((length, most))
            most += int(length == most + 1)
        return found

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        values = inputs[0]
        mode = [values[0]]
        for value, (length, most) in zip(values[1:], self._steps(inputs)[1:], strict=True):
            mode.append(value if length == most + 1 else mode[-1])
        return [mode]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        first, *others = self._steps(inputs)
        wins = [int(length == most + 1) for length, most in others]
        most = [first[0], *(before + win for (_, before), win in zip(others, wins, strict=True))]
        inverses = [inverse(length - before - 1) for length, before in others]
        return {f"{self.name}_most": most, f"{self.name}_inverse": inverses}

    def constraints(self) -> int:
        return (5 if self.restart is None else 6) * (self.capacity - 1) + 2

    @property
    def formula(self) -> str:
        return f"{5 if self.restart is None else 6} (N - 1) + 2 = {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        return {
            "capacity": self.capacity,
            "mode": self.mode.name,
            "value": self.value.text("[i]"),
            "value_0": self.value.text("[0]"),
            "start": self.start.name,
            "live": self.live.text("[i]"),
            "live_0": self.live.text("[0]"),
            "restart": None if self.restart is None else self.restart.name,
        }


@dataclass(frozen=True)
class Buckets(Gadget):
    """NTILE: for each place its bucket, from 1. A bucket that begins where ``larger`` is 1 has ``size + 1``
    places, any other ``size``; after one of no places there is no other."""

    name: str
    origin: Any
    size: Linear
    larger: Linear
    template: ClassVar[str] = "buckets.zok.j2"

    @property
    def capacity(self) -> int:
        """Places."""
        (capacity,) = self.larger.dims
        return capacity

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.size, self.larger)

    @property
    def bucket(self) -> Wire:
        """The output."""
        return Wire(f"{self.name}_value", (self.capacity,), 1, self.capacity)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return (self.bucket,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        own = Parameter(self.bucket.name, self.bucket.dims)
        if self.capacity == 1:
            return (own,)
        steps = (self.capacity - 1,)
        return (own, Parameter(f"{self.name}_first", steps), Parameter(f"{self.name}_inverse", steps))

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        (size,), larger = inputs
        bucket, first = [1], 0
        for place in range(1, self.capacity):
            begins = place - first == size + larger[place - 1]
            bucket.append(bucket[-1] + begins)
            first = place if begins else first
        return [bucket]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        (size,), larger = inputs
        firsts, inverses = [0], []
        for place, (before, after) in enumerate(_neighbours(outputs[0]), 1):
            inverses.append(inverse(place - firsts[-1] - size - larger[place - 1]))
            firsts.append(firsts[-1] + (after - before) * (place - firsts[-1]))
        return {f"{self.name}_first": firsts[1:], f"{self.name}_inverse": inverses}

    def constraints(self) -> int:
        return 4 * (self.capacity - 1) + 1

    @property
    def formula(self) -> str:
        return f"4 (N - 1) + 1 = {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        return {
            "capacity": self.capacity,
            "bucket": self.bucket.name,
            "size": self.size.text(""),
            "larger": self.larger.text("[i - 1]"),
        }


def _inverses(name: str, capacity: int) -> tuple[Parameter, ...]:
    """One for each step from a place to the next; ZoKrates takes no empty array."""
    return (Parameter(f"{name}_inverse", (capacity - 1,)),) if capacity > 1 else ()


def inverse(value: int) -> int:
    """In the field; 0 where there is none."""
    return pow(value, -1, P) if value % P else 0


def _neighbours(values: Values) -> list[tuple[int, int]]:
    return list(itertools.pairwise(values))
