"""Which rows there are: the context of the proof, and the opening of commitments."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import prod
from typing import Any, ClassVar

from zkql.circuit.gadgets.base import (
    Advice,
    Elementwise,
    Gadget,
    Made,
    Parameter,
    Signature,
    Spell,
    Taken,
)
from zkql.circuit.gadgets.poseidon import poseidon_constraints, poseidon_name
from zkql.circuit.wires import Dims, Linear, Spelling, Values, Wire
from zkql.crypto.commitment import Element, layout
from zkql.crypto.field import P
from zkql.plan.codes import column_bits, width
from zkql.plan.schema import ColumnSchema, StreamSchema
from zkql.plan.types import Kind
from zkql.toolchain.calls import Run


@dataclass(frozen=True)
class Context(Gadget):
    """Binds the proof to its context."""

    name: str
    origin: Any
    context: Linear
    template: ClassVar[str] = "context.zok.j2"

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.context,)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return (Parameter(f"{self.name}_square", ()),)

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        return []

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        return {f"{self.name}_square": [inputs[0][0] ** 2 % P]}

    def constraints(self) -> int:
        return 1


@dataclass(frozen=True)
class Unread(Elementwise):
    """Binds the proof to public inputs that nothing else reads."""

    name: str
    origin: Any
    given: Linear
    template: ClassVar[str] = "unread.zok.j2"
    advice: ClassVar[tuple[str, ...]] = ("square",)

    @property
    def inputs(self) -> tuple[Linear, ...]:
        return (self.given,)

    def compute_one(self, given: int) -> int:
        raise NotImplementedError

    def advise_one(self, inputs: Sequence[int], output: int, spell: Spell) -> Sequence[int]:
        return [inputs[0] ** 2 % P]

    def constraints_of_one(self) -> int:
        return 1


@dataclass(frozen=True, slots=True)
class Field:
    """Neighbouring bits of one element that are spelled out together: the code of one used column, its
    flag of NULL, or a run of columns that nothing reads. ``largest`` says that the field is written from
    the column's largest (or smallest) value, which is an output. ``returned`` says that its number is one,
    too. ``whole`` says that nothing reads the element: it is not spelled out, since Poseidon binds it."""

    name: str
    columns: tuple[ColumnSchema, ...]
    bits: int
    shift: int
    used: bool
    returned: bool = False
    flag: bool = False
    largest: bool | None = None
    whole: bool = False

    @property
    def parameter(self) -> str:
        """The parameter with its bits, or with all of it."""
        return self.name if self.whole else f"{self.name}_bits"

    @property
    def size(self) -> Dims:
        """The parameter's dimensions for one row."""
        return () if self.whole else (self.bits,)

    @property
    def anchor(self) -> str:
        """The parameter with the largest or smallest value."""
        return f"{self.name}_{'most' if self.largest else 'least'}"

    @property
    def lowest(self) -> int:
        """The value whose code is 0."""
        column = self.columns[0]
        return 0 if self.flag or column.type.kind is Kind.VARCHAR else column.type.lowest

    def wire(self, capacity: int) -> Wire:
        """The column's values, or its flags. An anchored column may leave its type by its own width: it
        has the hash's element to itself, so that Poseidon binds it and no range is checked."""
        if self.flag:
            return Wire(self.name, (capacity,), 0, 1)
        column = self.columns[0]
        reach = 1 << self.bits
        low, high = self.lowest, self.lowest + reach - 1
        if column.type.is_bounded:
            high = column.type.bounds[1] if self.largest is None else high
        if self.largest is not None:
            low, high = low - reach, high + reach
        return Wire(self.name, (capacity,), low, high)


@dataclass(frozen=True)
class Opening(Gadget):
    """Opens every slot's commitment and gives the columns that the query uses: their values, and flags of
    NULL where they may be. ``anchors`` says of columns whether their largest (True) or smallest value is
    asked for anyway; these are outputs as well, and no row is beyond them. ``unread`` are fields of whose
    numbers nothing is read, but perhaps bits; they are no outputs: ZoKrates drops a call of whose results
    nothing is read, and its constraints."""

    name: str
    origin: Any
    stream: StreamSchema
    capacity: int
    used: tuple[str, ...]
    anchors: tuple[tuple[str, bool], ...]
    unread: tuple[str, ...] = ()
    template: ClassVar[str] = "opening.zok.j2"

    # --- layout ---

    @property
    def elements(self) -> tuple[tuple[Field, ...], ...]:
        """Per element of the commitment, its fields from the low bits up."""
        return tuple(self._fields(e, i) for i, e in enumerate(layout(self.stream)))

    def _fields(self, element: Element, index: int) -> tuple[Field, ...]:
        found: list[Field] = []
        shift = 0
        positions = {c.name: i for i, c in enumerate(element.columns)}
        runs = groupby(element.columns, lambda c: positions[c.name] if c.name in self.used else -1)
        for position, run in runs:
            columns = tuple(run)
            bits = sum(map(column_bits, columns))
            if position < 0:
                # The first element's constant, above its bits, tells schemas apart: these are spelled out.
                whole = columns == element.columns and index > 0
                name = f"rest_{index}_{len(found)}"
                found.append(Field(name, columns, bits, shift, used=False, whole=whole))
            else:
                (column,) = columns
                name, own = identifier(self.stream, column.name), width(column.type)
                anchor = dict(self.anchors).get(column.name)
                found.append(self._own_field(name, column, own, shift, largest=anchor))
                if column.nullable:
                    found.append(self._own_field(f"{name}_null", column, 1, shift + own, flag=True))
            shift += bits
        return tuple(found)

    def _own_field(self, name: str, column: ColumnSchema, bits: int, shift: int, **more: Any) -> Field:
        return Field(name, (column,), bits, shift, used=True, returned=name not in self.unread, **more)

    @property
    def fields(self) -> tuple[Field, ...]:
        """All of them."""
        return tuple(f for element in self.elements for f in element)

    def _used(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields if f.used)

    def _returned(self) -> tuple[Field, ...]:
        return tuple(f for f in self.fields if f.returned)

    def column(self, name: str) -> tuple[Wire, Wire | None]:
        """The values of a used column and its flags of NULL."""
        found = [f.wire(self.capacity) for f in self._used() if f.columns[0].name == name]
        return found[0], found[1] if len(found) > 1 else None

    @property
    def spellings(self) -> tuple[tuple[Linear, Spelling], ...]:
        """Numbers whose bits are parameters: what every column has above its lowest value."""
        found = []
        for own in self._used():
            if not own.flag and own.largest is None:
                bits = Wire(own.parameter, (self.capacity, own.bits), 0, 1)
                value = own.wire(self.capacity).linear - own.lowest
                found.append((value, Spelling(bits, 0, own.bits)))
        return tuple(found)

    def anchor(self, name: str) -> Wire:
        """The largest or smallest value of an anchored column. What reveals it answers for its range."""
        own = next(f for f in self._used() if f.columns[0].name == name)
        return Wire(own.anchor, (), *own.columns[0].type.bounds)

    # --- gadget ---

    @property
    def commitment(self) -> Linear:
        """The public input."""
        return Wire("commitment", (self.capacity,), 0, P - 1).linear

    @property
    def inputs(self) -> tuple[Linear, ...]:
        """The commitments, and what the prover knows of the rows: salts and codes."""
        secret = [Wire("salt", (self.capacity,), 0, P - 1)]
        for column in self.stream.private_columns:
            name = secret_name(column.name)
            secret.append(Wire(name, (self.capacity,), 0, (1 << column_bits(column)) - 1))
        return (self.commitment, *(wire.linear for wire in secret))

    @property
    def wires(self) -> tuple[Wire, ...]:
        return tuple(wire for wire, _ in self.commitment.terms)

    @property
    def outputs(self) -> tuple[Wire, ...]:
        anchors = (self.anchor(f.columns[0].name) for f in self._used() if f.largest is not None)
        return (*(f.wire(self.capacity) for f in self._returned()), *anchors)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        anchors = (Parameter(f.anchor, ()) for f in self._used() if f.largest is not None)
        bits = (Parameter(f.parameter, (self.capacity, *f.size)) for f in self.fields)
        return (*anchors, Parameter(f"{self.name}_salt", (self.capacity,)), *bits)

    def _codes(self, inputs: Sequence[Values]) -> dict[str, Values]:
        return {c.name: codes for c, codes in zip(self.stream.private_columns, inputs[2:], strict=True)}

    def compute(self, inputs: Sequence[Values]) -> list[Values]:
        codes = self._codes(inputs)
        values = {own.name: _numbers(own, codes) for own in self._used()}
        made = [values[own.name] for own in self._returned()]
        anchored = (own for own in self._used() if own.largest is not None)
        extremes = ([(max if own.largest else min)(values[own.name])] for own in anchored)
        return [*made, *extremes]

    def advise(self, inputs: Sequence[Values], outputs: Sequence[Values], spell: Spell) -> Advice:
        codes, salts = self._codes(inputs), inputs[1]
        found: Advice = {f"{self.name}_salt": salts}
        returned = self._returned()
        claimed = dict(zip((f.name for f in returned), outputs, strict=False))
        anchored = (f for f in self._used() if f.largest is not None)
        extremes = dict(zip((f.name for f in anchored), outputs[len(returned) :], strict=True))
        for own in self.fields:
            if own.used:
                numbers = claimed[own.name] if own.returned else _numbers(own, codes)
                values = [number - own.lowest for number in numbers]
                if own.largest is not None:
                    sign, (extreme,) = (1 if own.largest else -1), extremes[own.name]
                    values = [sign * (extreme - number) for number in numbers]
                    found[own.anchor] = [extreme]
            else:
                values = self._packed(own, codes)
            found[own.parameter] = values if own.whole else [b for v in values for b in spell(v, own.bits)]
        return found

    def _packed(self, rest: Field, codes: Mapping[str, Values]) -> Values:
        values, shift = [0] * self.capacity, 0
        for column in rest.columns:
            values = [v + (c << shift) for v, c in zip(values, codes[column.name], strict=True)]
            shift += column_bits(column)
        return values

    @property
    def hashes(self) -> Mapping[int, int]:
        return {len(self.elements) + 1: self.capacity}

    @property
    def folded(self) -> Mapping[int, int]:
        """The first S-box of an element without columns."""
        return {len(self.elements) + 1: self.capacity * self._folded_per_row}

    @property
    def _folded_per_row(self) -> int:
        return 3 * sum(not fields for fields in self.elements)

    def constraints(self) -> int:
        return self.capacity * self.per_row

    @property
    def per_row(self) -> int:
        """Constraints a row: hash, bits, one comparison."""
        bits = sum(f.bits for f in self.fields if not f.whole)
        return poseidon_constraints(len(self.elements) + 1) - self._folded_per_row + bits + 1

    @property
    def called(self) -> Signature:
        given: list[Dims] = [(), ()]
        for own in self.fields:
            given += [own.size, *([()] if own.largest is not None else [])]
        count = len(self._returned())
        return Signature(f"{self.name}_row", tuple(given), (count,) if count else None)

    def calls(self) -> Iterator[tuple[Taken, Made]]:
        returned = self._returned()
        for row in range(self.capacity):
            given = [Run("commitment", row, 1), Run(f"{self.name}_salt", row, 1)]
            for own in self.fields:
                size = prod(own.size)
                given.append(Run(own.parameter, row * size, size))
                given += [Run(own.anchor, 0, 1)] if own.largest is not None else []
            yield tuple(given), tuple(Run(own.name, row, 1) for own in returned)

    def invocation(self) -> str:
        returned = self._returned()
        call = super().invocation().removeprefix("assert(").removesuffix(");")
        if not returned:
            return f"assert({call});"
        lines = [f"field[{len(returned)}][{self.capacity}] columns = {call};"]
        lines += [f"field[{self.capacity}] {f.name} = columns[{i}];" for i, f in enumerate(returned)]
        return "\n    ".join(lines)

    def variables(self) -> dict[str, Any]:
        packed = []
        for element, fields in zip(layout(self.stream), self.elements, strict=True):
            terms = [f"{f.name} * {1 << f.shift}" if f.shift else f.name for f in fields]
            if element.constant or not terms:
                terms.append(str(element.constant << element.width))
            packed.append(" + ".join(terms))
        return {
            "capacity": self.capacity,
            "fields": self.fields,
            "returned": self._returned(),
            "elements": packed,
            "hash": poseidon_name(len(self.elements) + 1),
            "per_row": self.per_row,
        }


def _numbers(own: Field, codes: Mapping[str, Values]) -> Values:
    """The numbers of a used field: values, or flags of NULL."""
    column = own.columns[0]
    split = 1 << width(column.type)
    if own.flag:
        return [code // split for code in codes[column.name]]
    return [(code % split if column.nullable else code) + own.lowest for code in codes[column.name]]


def secret_name(column: str) -> str:
    """What a prover's codes of a column are called among the given values."""
    return f"code of {column}"


def identifier(stream: StreamSchema, name: str) -> str:
    """A column's name as a ZoKrates identifier, unlike any keyword and any other column's."""
    position = [c.name for c in stream.columns].index(name)
    return f"c{position}_" + re.sub(r"[^0-9A-Za-z]", "_", name).lower()
