"""Private WHERE conditions: one selected flag a slot, and nothing else revealed.

``a < b`` is the top bit of ``b - a - 1 + 2^w``, spelled out in ``w + 1`` bits; w comes from the bounds
of both sides. ``a = b`` is the usual test for zero with an inverse, pinned to 0 where there is none.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, assert_never

from zkql.circuit.gadgets.base import (
    Advice,
    Assignment,
    Gadget,
    Origin,
    Parameter,
    bits_of,
    one_line,
)
from zkql.circuit.gadgets.rows import Opening
from zkql.circuit.slots import fill_slots
from zkql.crypto.field import P
from zkql.plan.expressions import (
    Call,
    Column,
    Comparator,
    Comparison,
    Connective,
    Expression,
    Literal,
    Logical,
    Not,
    render,
)


@dataclass(frozen=True, slots=True)
class Linear:
    """An integer that is linear in one column or shown value: ``factor · offset + constant``, within
    bounds. ``read`` is what the offset is of, None for a constant."""

    factor: int
    variable: str
    read: Expression | None
    constant: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Test:
    """One comparison in the circuit. ``width`` bits below the sign bit, or None for equality."""

    sql: str
    name: str
    left: Linear
    right: Linear
    width: int | None

    @property
    def span_bits(self) -> int:
        """Bits that hold the number that is spelled out, and any difference of the two sides."""
        widest = max(abs(self.right.low - self.left.high), abs(self.right.high - self.left.low)) + 1
        return max(widest.bit_length(), (self.width or 0) + 1)

    @property
    def shift(self) -> int:
        """What is added to ``right - left`` to make it a non-negative number."""
        return 0 if self.width is None else (1 << self.width) - 1


@dataclass
class _Program:
    """Comparisons, products of conditions, and the condition in the end."""

    tests: list[Test] = field(default_factory=list)
    steps: list[tuple[str, str]] = field(default_factory=list)
    condition: str = ""


@dataclass(frozen=True)
class Selection(Gadget):
    """Marks the rows that pass a private condition."""

    predicate: Expression
    shown: tuple[Expression, ...]
    opening: Opening
    origin: Origin
    name: str = "select_rows"
    template: str = "selection.zok.j2"

    @cached_property
    def _program(self) -> _Program:
        program = _Program()
        program.condition = self._condition(self.predicate, program)
        return program

    @property
    def tests(self) -> tuple[Test, ...]:
        """The comparisons."""
        return tuple(self._program.tests)

    # --- lowering ---

    def _condition(self, predicate: Expression, program: _Program) -> str:
        if predicate in self.shown:
            return f"{shown_name(self.shown.index(predicate))}[i]"
        match predicate:
            case Comparison():
                return self._comparison(predicate, program)
            case Logical(connective, operands):
                parts = [self._condition(o, program) for o in operands]
                result = parts[0]
                for part in parts[1:]:
                    name = f"both_{len(program.steps)}"
                    if connective is Connective.OR:
                        name = f"either_{len(program.steps)}"
                        value = f"1 - (1 - {result}) * (1 - {part})"
                    else:
                        value = f"{result} * {part}"
                    program.steps.append((name, value))
                    result = name
                return result
            case Not(operand):
                return f"(1 - {self._condition(operand, program)})"
            case Column():
                return f"{self._array(predicate)}[i]"
            case Literal() | Call():
                raise TypeError(f"{render(predicate)} has no circuit")  # cut() refuses it
        assert_never(predicate)

    def _comparison(self, comparison: Comparison, program: _Program) -> str:
        scale = max(comparison.left.type.scale, comparison.right.type.scale)
        left = self._linear(comparison.left, scale)
        right = self._linear(comparison.right, scale)
        name = f"test_{len(program.tests)}"
        operator = comparison.operator
        if operator in (Comparator.EQUAL, Comparator.NOT_EQUAL):
            program.tests.append(Test(one_line(render(comparison)), name, left, right, None))
            result = f"{name}_result[i]"
            return result if operator is Comparator.EQUAL else f"(1 - {result})"
        if operator in (Comparator.GREATER, Comparator.AT_MOST):
            left, right = right, left
        least, most = right.low - left.high - 1, right.high - left.low - 1
        width = max((-least - 1).bit_length() if least < 0 else 0, max(most, 0).bit_length(), 1)
        program.tests.append(Test(one_line(render(comparison)), name, left, right, width))
        less = f"{name}_bits[i][{width - 1}]"
        strict = operator in (Comparator.LESS, Comparator.GREATER)
        return less if strict else f"(1 - {less})"

    def _linear(self, operand: Expression, scale: int) -> Linear:
        factor = 10 ** (scale - operand.type.scale)
        if isinstance(operand, Literal):
            assert isinstance(operand.value, int)
            value = operand.value * factor
            return Linear(0, "", None, value, value, value)
        low = operand.type.lowest * factor
        high = low + ((1 << operand.type.bits) - 1) * factor
        return Linear(factor, f"{self._array(operand)}[i]", operand, low, low, high)

    def _array(self, operand: Expression) -> str:
        if isinstance(operand, Column) and operand.private:
            return f"columns[{self._position(operand)}]"
        return shown_name(self.shown.index(operand))

    def _position(self, column: Column) -> int:
        opened = [s.columns[0] for e in self.opening.segments for s in e if s.used]
        return opened.index(column.name)

    # --- gadget ---

    @property
    def advice_parameters(self) -> tuple[Parameter, ...]:
        capacity = self.opening.capacity
        found: list[Parameter] = []
        for test in self._program.tests:
            if test.width is None:
                found.append(Parameter(f"{test.name}_result", (capacity,)))
                found.append(Parameter(f"{test.name}_inverse", (capacity,)))
            else:
                found.append(Parameter(f"{test.name}_bits", (capacity, test.width)))
        return tuple(found)

    def advice(self, assignment: Assignment) -> dict[str, Advice]:
        advice: dict[str, Advice] = {}
        for test in self._program.tests:
            left, right = (self._values(side, assignment) for side in (test.left, test.right))
            differences = [b - a for a, b in zip(left, right, strict=True)]
            if test.width is None:
                advice[f"{test.name}_result"] = [int(d == 0) for d in differences]
                advice[f"{test.name}_inverse"] = [pow(d, -1, P) if d else 0 for d in differences]
            else:
                advice[f"{test.name}_bits"] = [
                    bits_of(d + test.shift, test.width + 1)[1:] for d in differences
                ]
        return advice

    def _values(self, side: Linear, assignment: Assignment) -> list[int]:
        if side.read is None:
            return [side.constant] * assignment.capacity
        if isinstance(side.read, Column) and side.read.private:
            offsets = assignment.offsets[side.read.name]
        else:
            offsets = assignment.shown[self.shown.index(side.read)]
        return [
            side.factor * offset + side.constant for offset in fill_slots(offsets, assignment.capacity, 0)
        ]

    def constraints(self, rows: int) -> int:
        return rows * self.per_row

    @property
    def per_row(self) -> int:
        """Constraints a row."""
        tests = sum(3 if t.width is None else t.width + 1 for t in self._program.tests)
        return tests + len(self._program.steps)

    def invocation(self) -> str:
        names = [p.name for p in self._inputs()]
        return f"field[N] selected = {self.name}({', '.join(names)});"

    def _inputs(self) -> tuple[Parameter, ...]:
        capacity = self.opening.capacity
        shown = (Parameter(shown_name(i), (capacity,)) for i in range(len(self.shown)))
        columns = Parameter("columns", (len(self.opening.used), capacity))
        return (columns, *shown, *self.advice_parameters)

    def variables(self) -> dict[str, Any]:
        tests = []
        for test in self._program.tests:
            tests.append(
                {
                    "sql": test.sql,
                    "name": test.name,
                    "width": None if test.width is None else test.width + 1,
                    "bits": f"{test.name}_bits" if test.width is not None else "",
                    "result": f"{test.name}_result",
                    "inverse": f"{test.name}_inverse",
                    "difference": _difference(test),
                }
            )
        return {
            "inputs": self._inputs(),
            "tests": tests,
            "steps": [{"name": n, "value": v} for n, v in self._program.steps],
            "condition": self._program.condition,
            "per_row": self.per_row,
        }


def shown_name(index: int) -> str:
    """The parameter of a shown value."""
    return f"shown_{index}"


def _difference(test: Test) -> str:
    """``right - left + shift`` as ZoKrates source, with every literal non-negative."""
    constant = test.right.constant - test.left.constant + test.shift
    text = str(constant) if constant >= 0 else f"0 - {-constant}"
    if test.right.read is not None:
        text += f" + {test.right.factor} * {test.right.variable}"
    if test.left.read is not None:
        text += f" - {test.left.factor} * {test.left.variable}"
    return text
