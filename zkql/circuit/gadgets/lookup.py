"""Rows looked up in a table: what is said to be found, how often each entry is, and that it is there."""

from __future__ import annotations

from abc import abstractmethod
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import Advice, Gadget, Parameter, Spell
from zkql.circuit.wires import Environment, Linear, Values, Wire, constant, width_of
from zkql.crypto.field import P
from zkql.crypto.linked import Layout

Row = tuple[int, ...]
_PART = 64
"""Terms of a sum that are added up at once."""


class Ranged(Gadget):
    """Numbers of the prover's choice, within bounds."""

    @property
    @abstractmethod
    def ranges(self) -> tuple[tuple[Wire, int], ...]:
        """The outputs, each with the bits of what it is above its lower bound."""

    @property
    def wires(self) -> tuple[Wire, ...]:
        return ()

    @property
    def outputs(self) -> tuple[Wire, ...]:
        return tuple(wire for wire, _ in self.ranges)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        uppers = ((w.name, w.dims, width - 1) for w, width in self.ranges if width > 1)
        own = (Parameter(wire.name, wire.dims) for wire in self.outputs)
        return (*own, *(Parameter(f"{name}_upper", (*dims, above)) for name, dims, above in uppers))

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        return {
            f"{wire.name}_upper": [bit for v in values for bit in spell(v - wire.low, width)[1:]]
            for (wire, width), values in zip(self.ranges, outputs, strict=True)
            if width > 1
        }

    def constraints(self) -> int:
        return sum(prod(wire.dims) * width for wire, width in self.ranges)

    @property
    def formula(self) -> str:
        terms = (f"{width} · {prod(wire.dims)}" for wire, width in self.ranges)
        return f"{' + '.join(terms)} = {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        columns = (
            {"name": w.name, "size": prod(w.dims), "width": width, "value": (w.linear - w.low).text("[i]")}
            for w, width in self.ranges
        )
        return {"columns": list(columns)}


@dataclass(frozen=True)
class Found(Ranged):
    """What a row says that it found by its key: how far the table's key at or below it is away, how many
    keys are free above it until the next, and the payload. Of a table without gaps (``reaches`` is None)
    the payload alone. That it is an entry of the table is proven elsewhere."""

    name: str
    origin: Any
    key: Linear
    entries: tuple[Linear, ...]
    """Keys, next keys and payload; without gaps keys and payload."""
    reaches: tuple[int, int] | None
    """The most that the distances can be."""
    template: ClassVar[str] = "found.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.key, *self.entries)

    def read(self, environment: Environment) -> list[Values]:
        return [self.key.values(environment), *_read(self.entries, environment)]

    @property
    def below(self) -> Wire | None:
        """How far the table's key is below, if it can be."""
        return self._distance("below", 0)

    @property
    def above(self) -> Wire | None:
        """How many keys there are above, up to the next in the table, if there can be any."""
        return self._distance("above", 1)

    def _distance(self, label: str, side: int) -> Wire | None:
        if self.reaches is None or not self.reaches[side]:
            return None
        most = (1 << self.reaches[side].bit_length()) - 1
        return Wire(f"{self.name}_{label}", self.key.dims, 0, most)

    @property
    def payload(self) -> tuple[Wire | None, ...]:
        """The payload; None where it is the same everywhere."""
        return tuple(self._column(k, c) for k, c in enumerate(self._payload))

    @property
    def _payload(self) -> tuple[Linear, ...]:
        return self.entries[1 if self.reaches is None else 2 :]

    def _column(self, number: int, column: Linear) -> Wire | None:
        width = width_of(column.low, column.high)
        if not width:
            return None
        return Wire(f"{self.name}_value_{number}", self.key.dims, column.low, column.low + (1 << width) - 1)

    @property
    def ranges(self) -> tuple[tuple[Wire, int], ...]:
        wires = (self.below, self.above, *self.payload)
        return tuple((w, width_of(w.low, w.high)) for w in wires if w is not None)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        keys, starts, *others = inputs
        order = sorted(range(len(starts)), key=starts.__getitem__)
        ascending = [starts[j] for j in order]
        found = [order[max(bisect_right(ascending, key) - 1, 0)] for key in keys]
        columns: list[tuple[Wire | None, Values]] = []
        if self.reaches is not None:
            nexts = others.pop(0)
            columns.append((self.below, [key - starts[j] for key, j in zip(keys, found, strict=True)]))
            columns.append((self.above, [nexts[j] - 1 - key for key, j in zip(keys, found, strict=True)]))
        for wire, values in zip(self.payload, others, strict=True):
            columns.append((wire, [values[j] for j in found]))
        return [values for wire, values in columns if wire is not None]


@dataclass(frozen=True)
class Multiplicities(Ranged):
    """Numbers with which rows and entries weigh the same, entry by entry: of entries how many rows are
    theirs; or, if ``by_rows``, of entries whether any row is (``scale`` times), and of rows weights from 1
    that add up to the scale for each entry. Whether they do is proven elsewhere."""

    name: str
    origin: Any
    rows: tuple[Linear, ...]
    entries: tuple[Linear, ...]
    by_rows: bool
    template: ClassVar[str] = "multiplicities.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (*self.rows, *self.entries)

    def read(self, environment: Environment) -> list[Values]:
        return _read(self.rows, environment) + _read(self.entries, environment)

    @property
    def count(self) -> int:
        """Rows."""
        return _length(self.rows)

    @property
    def weight(self) -> Wire | None:
        """Of each row; None where all are 1."""
        most = 1 << width_of(1, self.count)
        return Wire(f"{self.name}_weight", (self.count,), 1, most) if self.by_rows else None

    @property
    def times(self) -> Wire:
        """Of each entry."""
        most = 1 if self.by_rows else (1 << self.count.bit_length()) - 1
        return Wire(f"{self.name}_times", (_length(self.entries),), 0, most)

    @property
    def scale(self) -> int:
        """What ``times`` is multiplied with."""
        return self.count if self.by_rows else 1

    @property
    def ranges(self) -> tuple[tuple[Wire, int], ...]:
        wires = (self.times,) if self.weight is None else (self.times, self.weight)
        return tuple((w, width_of(w.low, w.high)) for w in wires)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        rows = list(zip(*inputs[: len(self.rows)], strict=True))
        entries = list(zip(*inputs[len(self.rows) :], strict=True))
        counts = Counter(rows)
        first = {entry: j for j, entry in reversed(list(enumerate(entries)))}
        hits = [counts[e] if first[e] == j else 0 for j, e in enumerate(entries)]
        if not self.by_rows:
            return [hits]
        seen: set[Row] = set()
        weights = []
        for row in rows:
            weights.append(1 if row in seen else self.count - counts[row] + 1)
            seen.add(row)
        return [[int(hit > 0) for hit in hits], weights]


@dataclass(frozen=True)
class Lookup(Gadget):
    """Every row is one of the entries: ``Σ weight / (r - row) = scale · Σ times / (r - entry)`` (Haböck,
    "Multivariate lookups based on logarithmic derivatives", eprint 2022/1530). Where a row is no entry,
    the two sides are different functions of r, since equal rows together weigh 1 at least and far less than
    p; these agree in fewer than rows + entries of p places, and r is a challenge that is fixed after them.
    Rows and entries of several elements are compressed by a challenge of their own, ``Σ s^k element_k``."""

    name: str
    origin: Any
    rows: tuple[Linear, ...]
    entries: tuple[Linear, ...]
    weight: Linear
    """Of each row, or 1."""
    times: Linear
    scale: int
    challenge: Linear
    compressor: Linear | None
    """s; None if there is one element."""
    template: ClassVar[str] = "lookup.zok.j2"

    @property
    def challenges(self) -> tuple[Linear, ...]:
        """r, and s if there is one."""
        return (self.challenge,) if self.compressor is None else (self.challenge, self.compressor)

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (*self.challenges, self.weight, self.times, *self.rows, *self.entries)

    def read(self, environment: Environment) -> list[Values]:
        found = [challenge.values(environment) for challenge in self.challenges]
        found.append(self.weight.values(environment, (_length(self.rows),)))
        found.append(self.times.values(environment))
        return found + _read(self.rows, environment) + _read(self.entries, environment)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (
            Parameter(f"{self.name}_row_share", (_length(self.rows),)),
            Parameter(f"{self.name}_entry_share", (_length(self.entries),)),
            *(Parameter(f"{self.name}_{label}", (size, self.more)) for label, size in self._partial),
        )

    @property
    def more(self) -> int:
        """Elements beyond the first."""
        return len(self.rows) - 1

    @property
    def _partial(self) -> tuple[tuple[str, int], ...]:
        """Advice that each compression goes through, by what it is of and how many these are."""
        if not self.more:
            return ()
        return ("row_partial", _length(self.rows)), ("entry_partial", _length(self.entries))

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return []

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        (r,), *others = inputs
        (s,) = others.pop(0) if self.compressor is not None else (0,)
        weights, times, *columns = others
        partial = {"row": _compressed(columns[: len(self.rows)], s)}
        partial["entry"] = _compressed(columns[len(self.rows) :], s)
        rows, entries = ([steps[-1] for steps in partial[label]] for label in ("row", "entry"))
        steps = {
            f"{self.name}_{label}_partial": [p for own in partial[label] for p in own[1:]]
            for label in ("row", "entry")
            if self.more
        }
        return steps | {
            f"{self.name}_row_share": [
                w * _inverse(r - row) % P for row, w in zip(rows, weights, strict=True)
            ],
            f"{self.name}_entry_share": [
                n * _inverse(r - entry) % P if n else 0 for entry, n in zip(entries, times, strict=True)
            ],
        }

    def constraints(self) -> int:
        return (1 + self.more) * (_length(self.rows) + _length(self.entries)) + 1

    @property
    def formula(self) -> str:
        return f"{1 + self.more} (N + M) + 1 = {self.constraints()}"

    def variables(self) -> dict[str, Any]:
        size = _length(self.entries)
        return {
            "rows": _length(self.rows),
            "entries": size,
            "row": [element.text("[i]") for element in self.rows],
            "entry": [element.text("[i]") for element in self.entries],
            "weight": self.weight.text("[i]"),
            "times": self.times.text("[i]"),
            "scale": self.scale,
            "parts": [(start, min(_PART, size - start)) for start in range(0, size, _PART)],
            "challenge": self.challenge.text(""),
            "compressor": None if self.compressor is None else self.compressor.text(""),
        }


def packed(layout: Layout, columns: tuple[Linear, ...]) -> tuple[Linear, ...]:
    """The elements of columns."""
    made = [constant(0)] * layout.elements
    for column, (low, _), (element, shift) in zip(columns, layout.bounds, layout.places, strict=True):
        made[element] += (column - low) * (1 << shift)
    return tuple(made)


def _length(elements: tuple[Linear, ...]) -> int:
    (length,) = {size for element in elements for size in element.dims}
    return length


def _read(elements: tuple[Linear, ...], environment: Environment) -> list[Values]:
    """Their values; a constant is the same everywhere."""
    return [element.values(environment, (_length(elements),)) for element in elements]


def _compressed(elements: Sequence[Values], compressor: int) -> list[Values]:
    """Horner's rule, step by step, from the last element to the first."""
    made = []
    for numbers in zip(*elements, strict=True):
        *others, total = numbers
        steps = [total]
        for number in reversed(others):
            steps.append((number + compressor * steps[-1]) % P)
        made.append(steps)
    return made


def _inverse(value: int) -> int:
    """In the field; 0 where there is none."""
    return pow(value, -1, P) if value % P else 0
