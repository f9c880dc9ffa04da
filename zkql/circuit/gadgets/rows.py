"""Which rows there are: the context of the proof, and the opening of commitments."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from zkql.circuit.gadgets.base import (
    Advice,
    Assignment,
    Gadget,
    Origin,
    Parameter,
    bits_of,
    environment,
)
from zkql.circuit.slots import fill_slots
from zkql.crypto.commitment import Element, layout
from zkql.crypto.field import P
from zkql.crypto.poseidon import FULL_ROUNDS, PARTIAL_ROUNDS, schedule
from zkql.plan.schema import StreamSchema
from zkql.plan.types import as_int


@dataclass(frozen=True)
class Context(Gadget):
    """Binds the proof to its context."""

    origin: Origin
    name: str = "bind_context"
    template: str = "context.zok.j2"

    @property
    def advice_parameters(self) -> tuple[Parameter, ...]:
        return (Parameter("context_square", ()),)

    def advice(self, assignment: Assignment) -> dict[str, Advice]:
        return {"context_square": assignment.context**2 % P}

    def constraints(self, rows: int) -> int:
        return 1

    def invocation(self) -> str:
        return f"assert({self.name}(context, context_square));"


@dataclass(frozen=True, slots=True)
class Anchor:
    """A MAX or MIN whose result a column's offsets are written from: the public input ``result``."""

    sql: str
    result: str
    call_index: int
    largest: bool


@dataclass(frozen=True, slots=True)
class Segment:
    """Neighbouring columns of one element that are range-checked together: one used column, or a
    run of unused ones."""

    name: str
    columns: tuple[str, ...]
    used: bool
    width: int
    shift: int
    anchor: Anchor | None

    @property
    def bits(self) -> str:
        """The parameter with its bits."""
        return f"{self.name}_bits"


@dataclass(frozen=True)
class Opening(Gadget):
    """Opens every slot's commitment and gives the columns that the query uses."""

    stream: StreamSchema
    capacity: int
    used: tuple[str, ...]
    anchors: Mapping[str, Anchor]
    origin: Origin
    name: str = "open_rows"
    template: str = "opening.zok.j2"

    @property
    def segments(self) -> tuple[tuple[Segment, ...], ...]:
        """Per element, its segments from the low bits up."""
        return tuple(self._segments(e, i) for i, e in enumerate(layout(self.stream)))

    def _segments(self, element: Element, index: int) -> tuple[Segment, ...]:
        found: list[Segment] = []
        shift = 0
        positions = {c.name: i for i, c in enumerate(element.columns)}
        runs = groupby(element.columns, lambda c: positions[c.name] if c.name in self.used else -1)
        for position, run in runs:
            columns = tuple(run)
            width = sum(c.type.bits for c in columns)
            used = position >= 0
            name = identifier(self.stream, columns[0].name) if used else f"rest_{index}_{len(found)}"
            names = tuple(c.name for c in columns)
            anchor = self.anchors.get(names[0])
            found.append(Segment(name, names, used, width, shift, anchor))
            shift += width
        return tuple(found)

    def column(self, name: str) -> str:
        """The ZoKrates expression for a used column, an array of N offsets."""
        opened = [s.columns[0] for element in self.segments for s in element if s.used]
        return f"columns[{opened.index(name)}]"

    @property
    def advice_parameters(self) -> tuple[Parameter, ...]:
        bits = (s for element in self.segments for s in element)
        return (
            Parameter("salt", (self.capacity,)),
            *(Parameter(s.bits, (self.capacity, s.width)) for s in bits),
        )

    def advice(self, assignment: Assignment) -> dict[str, Advice]:
        advice: dict[str, Advice] = {"salt": fill_slots(assignment.salts, self.capacity, 0)}
        widths = {c.name: c.type.bits for c in self.stream.private_columns}
        for element in self.segments:
            for segment in element:
                values = [0] * self.capacity
                shift = 0
                for column in segment.columns:
                    offsets = fill_slots(assignment.offsets[column], self.capacity, 0)
                    values = [v + (o << shift) for v, o in zip(values, offsets, strict=True)]
                    shift += widths[column]
                if segment.anchor is not None:
                    values = _distances(segment, values, assignment, self.stream)
                advice[segment.bits] = [bits_of(v, segment.width) for v in values]
        return advice

    def constraints(self, rows: int) -> int:
        return rows * self.per_row

    @property
    def per_row(self) -> int:
        """Constraints a row: hash, bits, one comparison."""
        bits = sum(s.width for element in self.segments for s in element)
        return poseidon_constraints(len(self.segments) + 1) + bits + 1

    def invocation(self) -> str:
        names = ["commitment", "salt"]
        for segment in (s for element in self.segments for s in element):
            names += [segment.bits, segment.anchor.result] if segment.anchor else [segment.bits]
        arguments = ", ".join(names)
        return f"field[{len(self.used)}][N] columns = {self.name}({arguments});"

    def variables(self) -> dict[str, Any]:
        flat = [s for element in self.segments for s in element]
        packed = []
        position = {s.name: f"offset_{i}" for i, s in enumerate(flat)}
        for element, segments in zip(layout(self.stream), self.segments, strict=True):
            terms = [
                f"{position[s.name]} * {1 << s.shift}" if s.shift else position[s.name] for s in segments
            ]
            if element.constant or not terms:
                terms.append(str(element.constant << element.width))
            packed.append(" + ".join(terms))
        return {
            "segments": flat,
            "used": [i for i, s in enumerate(flat) if s.used],
            "elements": packed,
            "hash": poseidon_name(len(self.segments) + 1),
            "per_row": self.per_row,
        }


def _distances(
    segment: Segment, offsets: list[int], assignment: Assignment, stream: StreamSchema
) -> list[int]:
    """How far each offset is from the anchoring result."""
    assert segment.anchor is not None
    value = assignment.results[segment.anchor.call_index]
    lowest = stream.column(segment.columns[0]).type.lowest
    extreme = 0 if value is None else as_int(value) - lowest
    sign = 1 if segment.anchor.largest else -1
    return [sign * (extreme - offset) for offset in offsets]


def identifier(stream: StreamSchema, name: str) -> str:
    """A column's name as a ZoKrates identifier, unlike any keyword and any other column's."""
    position = [c.name for c in stream.columns].index(name)
    return f"c{position}_" + re.sub(r"[^0-9A-Za-z]", "_", name).lower()


def poseidon_name(inputs: int) -> str:
    """The function that :func:`render_poseidon` defines."""
    return f"poseidon{inputs}"


def poseidon_constraints(inputs: int) -> int:
    """Three constraints an S-box; the first S-box of the capacity word is a constant."""
    return 3 * (FULL_ROUNDS * (inputs + 1) + PARTIAL_ROUNDS[inputs - 1] - 1)


def render_poseidon(inputs: int) -> str:
    """The unrolled hash as ZoKrates source."""
    plan = schedule(inputs)
    return (
        environment()
        .get_template("poseidon.zok.j2")
        .render(
            name=poseidon_name(inputs),
            width=plan.width,
            mds=plan.mds,
            pre_sparse=plan.pre_sparse,
            first=plan.first,
            entry=plan.entry,
            partial=plan.partial,
            last=plan.last,
            sboxes=poseidon_constraints(inputs) // 3,
            names=lambda label, count: [f"{label}_{i}" for i in range(count)],
        )
        .strip()
    )
