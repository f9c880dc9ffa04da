"""What a scalar function is: how it is written, what it takes and gives, its value and its bounds.

In: the operands of a call. Out: a :class:`Call` with its type (:func:`Scalar.bind`); for a call, a function
of rows (``Scalar.compile``), and the range of its values (``Scalar.bounds``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from zkql.plan.expressions import Call, Expression, Literal, Row
from zkql.plan.functions.errors import FunctionError, here
from zkql.plan.types import INTEGERS, VARCHAR, Kind, SqlType, Value

Operands = tuple[Expression, ...]
Compiled = Callable[[Row], "Value | None"]
"""An expression as a function of a row."""
Range = tuple[int, int]
"""Smallest and largest unscaled value, both included."""
EMPTY: Range = (1, 0)
"""The range of an expression that is always NULL, or always an error."""
Typed = tuple[Operands, SqlType]
"""Operands, with implicit casts around them, and the type of the result."""


class Fault(Exception):
    """A function has no value for these operands: the reason, for the user."""


# --- operands -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Family:
    """The types that an operand may have; the type of NULL is always one of them."""

    description: str
    kinds: frozenset[Kind]

    def takes(self, kind: SqlType) -> bool:
        """Whether an operand may be of a type."""
        return kind.kind in self.kinds or kind.kind is Kind.NULL


TEXT = Family("VARCHAR", frozenset((Kind.VARCHAR,)))
INTEGER = Family("an integer", frozenset(INTEGERS))
NUMBER = Family("a number", frozenset((*INTEGERS, Kind.DECIMAL)))
CONDITION = Family("BOOLEAN", frozenset((Kind.BOOLEAN,)))
TIME = Family("TIMESTAMP(3)", frozenset((Kind.TIMESTAMP,)))
QUANTITY = Family("a number, a timestamp or an interval", NUMBER.kinds | {Kind.TIMESTAMP, Kind.INTERVAL})
SIGNED = Family("a number or an interval", NUMBER.kinds | {Kind.INTERVAL})
LIST = Family("an array", frozenset((Kind.ARRAY,)))
RECORD = Family("a row", frozenset((Kind.ROW,)))
ANY = Family("any value", frozenset(Kind))


# --- NULL -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class NullRule:
    """When a function is NULL, and whether a call may be. A strict one is NULL where an operand is."""

    description: str
    strict: bool
    nullable: Callable[[Operands], bool]


def any_nullable(operands: Operands) -> bool:
    """Whether an operand may be NULL."""
    return any(o.nullable for o in operands)


STRICT = NullRule("NULL where an operand is", strict=True, nullable=any_nullable)
NEVER = NullRule("never NULL", strict=False, nullable=lambda _: False)


def strict_or(description: str, may_be: Callable[[Operands], bool] = lambda _: True) -> NullRule:
    """NULL where an operand is, and in one more case."""
    return NullRule(
        f"NULL where an operand is, and {description}",
        strict=True,
        nullable=lambda operands: any_nullable(operands) or may_be(operands),
    )


# --- functions ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar function, whole: what is not said here is not known about it. ``example`` is a call over the
    tables of :mod:`zkql.reference.examples`.

    ``rule`` gets operands that ``parameters`` allow, and gives operands and type of the call, or another
    expression that means the same; then ``compile`` is None. ``bounds`` gets the ranges of the operands
    (None where one is not held as an integer) and gives the range of the result, before it is clipped to
    the type; without a rule it is the type's.
    """

    name: str
    usage: str
    summary: str
    example: str
    parameters: tuple[Family, ...]
    rule: Callable[[Operands], Typed | Expression]
    compile: Callable[[Call, tuple[Compiled, ...]], Compiled] | None = None
    nulls: NullRule = STRICT
    bounds: Callable[[Call, tuple[Any, ...]], Range | None] | None = None
    optional: int = 0
    """How many of the last parameters may be left out."""
    variadic: bool = False
    """Whether the last parameter may be repeated."""

    def bind(self, operands: Operands) -> Expression:
        """The call. Raises :class:`FunctionError`."""
        self._check(operands)
        match self.rule(operands):
            case (tuple() as typed, SqlType() as kind):
                if self.nulls.strict and any(isinstance(o, Literal) and o.value is None for o in typed):
                    return Literal(None, kind)
                return Call(self.name, typed, kind, self.nulls.nullable(typed))
            case expression:
                return expression

    def _check(self, operands: Operands) -> None:
        least, most = len(self.parameters) - self.optional, len(self.parameters)
        count = len(operands)
        if count < least or (count > most and not self.variadic):
            text = str(least) if least == most else f"{least} to {most}"
            text = f"{least} or more" if self.variadic else text
            plural = "" if text == "1" else "s"
            raise FunctionError(
                f"{self.name} takes {text if most else 'no'} operand{plural}; {here(count)}",
                notes=(self.usage,),
            )
        for position, operand in enumerate(operands):
            family = self.parameters[min(position, most - 1)]
            if not family.takes(operand.type):
                raise FunctionError(
                    f"{self.name} takes {family.description}, not {operand.type}",
                    position,
                    (self.usage, *_advice(family, operand)),
                )


def _advice(family: Family, operand: Expression) -> tuple[str, ...]:
    """How to make an operand fit."""
    if family is TEXT and operand.type.is_bounded:
        return ("write CAST(… AS VARCHAR) to make it text",)
    if operand.type.kind is not Kind.VARCHAR:
        return ()
    if isinstance(operand, Literal) and family in (INTEGER, NUMBER, SIGNED, QUANTITY):
        return ("write numbers without quotes",)
    if family is QUANTITY:
        return ("text is joined with ||",)
    if family is TIME:
        return ("write CAST(… AS TIMESTAMP(3)) to read text as a timestamp",)
    return ("write CAST(… AS …) to read text as a number",) if family in (INTEGER, NUMBER) else ()


def gives(kind: SqlType) -> Callable[[Operands], Typed]:
    """A type rule: always this type."""
    return lambda operands: (operands, kind)


def like_first(operands: Operands) -> Typed:
    """A type rule: the type of the first operand."""
    return operands, operands[0].type


def text_like_first(operands: Operands) -> Typed:
    """A type rule: the first operand's, VARCHAR for a bare NULL."""
    kind = operands[0].type
    return operands, kind if kind.kind is Kind.VARCHAR else VARCHAR


def written(operands: Operands, position: int, function: str, what: str) -> Any:
    """The value of an operand that must be a literal; None is NULL."""
    operand = operands[position]
    if not isinstance(operand, Literal):
        raise FunctionError(f"{function} takes {what} that is written out", position)
    return operand.value


# --- compiling ------------------------------------------------------------------------------------

Make = Callable[[Call], Callable[..., "Value | None"]]
"""From a call, a function of the values of its operands."""


def strict(make: Make) -> Callable[[Call, tuple[Compiled, ...]], Compiled]:
    """NULL where an operand is; every operand is evaluated first."""

    def compile_strict(call: Call, operands: tuple[Compiled, ...]) -> Compiled:
        compute = make(call)
        if len(operands) == 1:
            (only,) = operands

            def unary(row: Row) -> Value | None:
                value = only(row)
                return None if value is None else compute(value)

            return unary
        if len(operands) == 2:
            first, second = operands

            def binary(row: Row) -> Value | None:
                left, right = first(row), second(row)
                return None if left is None or right is None else compute(left, right)

            return binary

        def nary(row: Row) -> Value | None:
            values = [operand(row) for operand in operands]
            return None if None in values else compute(*values)

        return nary

    return compile_strict


def eager(make: Make) -> Callable[[Call, tuple[Compiled, ...]], Compiled]:
    """Every operand is evaluated first; the function gets NULLs too."""

    def compile_eager(call: Call, operands: tuple[Compiled, ...]) -> Compiled:
        compute = make(call)
        return lambda row: compute(*[operand(row) for operand in operands])

    return compile_eager


def index(functions: tuple[Scalar, ...]) -> Mapping[str, Scalar]:
    """Functions by name."""
    return {function.name: function for function in functions}
