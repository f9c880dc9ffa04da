"""Expressions in circuits, held against native evaluation.

In: typed expressions, rows, and for each expression in which rows it is evaluated. Out: a :class:`Subject`,
which computes what an honest prover has, what a dishonest one may try, and what the constraints accept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from random import Random

from tests.gadgets import SPELLINGS, Bench
from zkql.circuit.build import write_circuit
from zkql.circuit.check import compile_circuit
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.base import bits_of
from zkql.circuit.gadgets.membership import NoneOf
from zkql.circuit.gadgets.reveal import Reveal
from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.expressions import Scope, lower
from zkql.circuit.solve import flatten, solve
from zkql.circuit.wires import Environment, Spelling, Values, Wire, constant
from zkql.crypto.field import P
from zkql.plan.codes import encode, width
from zkql.plan.expressions import Column, Expression, Row, columns_of, render
from zkql.plan.scalar import EvaluationError, evaluate
from zkql.plan.types import SqlType, Value, as_int


def outcome(expression: Expression, row: Row) -> Value | EvaluationError | None:
    """What native evaluation makes of a row."""
    try:
        return evaluate(expression, row)
    except EvaluationError as error:
        return error


def scope_of(draft: Draft, columns: Iterable[Column], *, spelled: bool = False) -> Scope:
    """A scope over public inputs, one for each column and one for its NULLs; and one for its bits, as an
    opening has them, if it is ``spelled``."""
    operands: dict[str, Operand] = {}
    for column in columns:
        low, high = _bounds(column)
        value = draft.public(column.name, (draft.capacity,), low, high).linear
        if spelled:
            bits = draft.public(f"{column.name}_bits", (draft.capacity, width(column.type)), 0, 1)
            draft.learn(value - low, Spelling(bits, 0, width(column.type)))
        null = None
        if column.nullable:
            null = draft.public(f"{column.name}_null", (draft.capacity,), 0, 1).linear
        operands[column.name] = Operand(value, null, column.type)
    return Scope(draft, operands)


def _bounds(column: Column) -> tuple[int, int]:
    return column.type.bounds if column.type.is_bounded else (0, (1 << width(column.type)) - 1)


@dataclass(frozen=True)
class Subject:
    """Expressions over rows in one draft, each evaluated where its guard is 1."""

    expressions: Sequence[Expression]
    columns: Sequence[Column]
    types: Sequence[SqlType]
    draft: Draft
    spelled: bool = False

    @classmethod
    def of(
        cls, *expressions: Expression, capacity: int, guarded: bool = True, spelled: bool = False
    ) -> Subject:
        """Without guards, every expression is evaluated in every slot."""
        columns = sorted({c for e in expressions for c in columns_of(e)}, key=lambda c: c.name)
        types: list[SqlType] = []
        draft = Draft(capacity)
        scope = scope_of(draft, columns, spelled=spelled)
        for number, expression in enumerate(expressions):
            own = scope
            if guarded:
                own = scope.narrowed(draft.public(f"guard_{number}", (capacity,), 0, 1).linear)
            operand = lower(expression, own)
            types.append(operand.type)
            draft.reveal(f"value_{number}", operand.value)
            draft.reveal(f"null_{number}", operand.null or constant(0))
        for given in draft.given:  # an input that nothing reads is refused
            draft.reveal(f"echo_{given.name}", Wire(given.name, given.dims, 0, 0).linear)
        draft.prune()
        return cls(expressions, columns, types, draft, spelled)

    @cached_property
    def bench(self) -> Bench:
        """Compiled."""
        circuit = write_circuit(self.draft, ("Expressions over rows.",))
        return Bench(circuit, compile_circuit(circuit))

    @property
    def constraints(self) -> int:
        """Constraints a row."""
        total = sum(g.constraints() for g in self.draft.gadgets if not isinstance(g, Reveal))
        return total // self.draft.capacity

    def inputs(self, rows: Sequence[Row], guards: Sequence[Values] = ()) -> dict[str, Values]:
        """What the verifier and the rows give."""
        found: dict[str, Values] = {}
        for column in self.columns:
            found[column.name] = [_coded(row[column.name], column.type) for row in rows]
            if column.nullable:
                found[f"{column.name}_null"] = [int(row[column.name] is None) for row in rows]
            if self.spelled:
                offsets = (value - _bounds(column)[0] for value in found[column.name])
                size = width(column.type)
                found[f"{column.name}_bits"] = [b for offset in offsets for b in bits_of(offset, size)]
        return found | {f"guard_{number}": guard for number, guard in enumerate(guards)}

    def outcomes(self, rows: Sequence[Row]) -> list[list[Value | EvaluationError | None]]:
        """What native evaluation makes of each expression on each row."""
        return [[outcome(expression, row) for row in rows] for expression in self.expressions]

    def computed(self, rows: Sequence[Row], guards: Sequence[Values] = ()) -> Environment | None:
        """All values of an honest prover; None where there are none, since a check cannot be passed."""
        try:
            values = solve(self.draft.gadgets, self.inputs(rows, guards))
        except ValueError:  # a number has no bits
            return None
        checks = [g for g in self.draft.gadgets if isinstance(g, NoneOf)]
        return None if any(v in g.options for g in checks for v in g.read(values)[0]) else values

    def check(self, rows: Sequence[Row], guards: Sequence[Values] = ()) -> Environment:
        """An honest prover says what native evaluation says where it is asked, within all bounds."""
        values = self.computed(rows, guards)
        assert values is not None, f"refused: {rows}"
        for number, (expression, kind) in enumerate(zip(self.expressions, self.types, strict=True)):
            made, nulls = (_spread(values[f"{what}_{number}"], len(rows)) for what in ("value", "null"))
            for place, row in enumerate(rows):
                if guards and not guards[number][place]:
                    continue
                native = evaluate(expression, row)
                said = None if nulls[place] else made[place]
                expected = None if native is None else _coded(native, kind)
                assert said == expected, f"{render(expression)} over {row}"
        for gadget in self.draft.gadgets:
            if isinstance(gadget, Reveal):
                continue
            for linear in (*gadget.inputs, *(wire.linear for wire in gadget.outputs)):
                assert all(linear.low <= v <= linear.high for v in linear.values(values)), gadget
        return values

    def attempts(
        self, rows: Sequence[Row], guards: Sequence[Values] = ()
    ) -> Iterator[tuple[str, Environment]]:
        """What a prover may try: numbers that do not fit are spelled somehow, and for each output of each
        gadget false values are claimed here and there, and all else worked out from them."""
        random, given, gadgets = Random(0), self.inputs(rows, guards), self.draft.gadgets
        for name, spell in SPELLINGS.items():
            base = solve(gadgets, given, spell=spell)
            yield name, base
            for wire in (w for g in gadgets if not isinstance(g, Reveal) for w in g.outputs):
                places = range(len(base[wire.name]))
                for place in random.sample(places, min(len(places), 4)):
                    true = base[wire.name][place]
                    for false in sorted({true + 1, true - 1, 1 - true, -true} - {true}):
                        claimed = list(base[wire.name])
                        claimed[place] = false
                        lies = {wire.name: claimed}
                        yield f"{wire.name} = {false}, {name}", solve(gadgets, given, lies=lies, spell=spell)

    def refuses(self, rows: Sequence[Row], guards: Sequence[Values] = ()) -> bool:
        """Whether no way to spell the numbers that do not fit is accepted."""
        given = self.inputs(rows, guards)
        tries = (solve(self.draft.gadgets, given, spell=spell) for spell in SPELLINGS.values())
        return not any(map(self.bench.accepts, tries))

    def flat(self, values: Environment) -> list[int]:
        """All inputs of the circuit, as the field has them."""
        return [v % P for v in flatten(self.draft.parameters, values)]


def _coded(value: Value | None, kind: SqlType) -> int:
    """A value as operands hold it; anything for NULL."""
    if value is None:
        return 0
    return encode(kind, value) if isinstance(value, str) else as_int(value)


def _spread(values: Values, count: int) -> Values:
    return values * count if len(values) == 1 else values
