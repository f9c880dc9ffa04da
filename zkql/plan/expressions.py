"""Typed scalar expressions of WHERE, and their evaluation on one row.

In: a row, a mapping from column name to value. Out: a value. Frozen, serialisable, no spans: the
verifier evaluates the public part of a plan with nothing but these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from zkql.plan.types import Kind, SqlType, Value, format_value

Row = Mapping[str, Value]


class Comparator(StrEnum):
    """The six comparisons."""

    EQUAL = "="
    NOT_EQUAL = "<>"
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="


class Connective(StrEnum):
    """AND and OR. There is no NULL in WHERE yet, so logic is two-valued."""

    AND = "AND"
    OR = "OR"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the stream."""

    name: str
    type: SqlType
    private: bool


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant."""

    value: Value
    type: SqlType


@dataclass(frozen=True, slots=True)
class Comparison:
    """``left operator right``; both sides numbers, or both of one other kind."""

    operator: Comparator
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Logical:
    """Two or more predicates joined by one connective."""

    connective: Connective
    operands: tuple[Predicate, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Negation."""

    operand: Predicate


@dataclass(frozen=True, slots=True)
class Truth:
    """A BOOLEAN operand used as a predicate."""

    operand: Operand


Operand = Column | Literal
Predicate = Comparison | Logical | Not | Truth


def columns_of(expression: Operand | Predicate) -> frozenset[Column]:
    """Every column an expression reads."""
    match expression:
        case Column():
            return frozenset((expression,))
        case Literal():
            return frozenset()
        case Comparison(_, left, right):
            return columns_of(left) | columns_of(right)
        case Logical(_, operands):
            return frozenset().union(*map(columns_of, operands))
        case Not(operand) | Truth(operand):
            return columns_of(operand)
    assert_never(expression)


def is_private(expression: Operand | Predicate) -> bool:
    """Whether it reads a private column, so that only a circuit may evaluate it."""
    return any(column.private for column in columns_of(expression))


def common_scale(left: Operand, right: Operand) -> int:
    """The scale on which two numbers are compared exactly."""
    return max(left.type.scale, right.type.scale)


def scaled(value: Value, operand: Operand, scale: int) -> Value:
    """An operand's value brought to ``scale``; strings stay as they are."""
    return value if isinstance(value, str) else value * 10 ** (scale - operand.type.scale)


def value_of(operand: Operand, row: Row) -> Value:
    """The value of an operand on a row."""
    match operand:
        case Column(name):
            return row[name]
        case Literal(value):
            return value
    assert_never(operand)


def holds(predicate: Predicate, row: Row) -> bool:
    """Whether a predicate is true on a row."""
    match predicate:
        case Comparison(operator, left, right):
            scale = common_scale(left, right)
            return _compare(
                operator,
                scaled(value_of(left, row), left, scale),
                scaled(value_of(right, row), right, scale),
            )
        case Logical(connective, operands):
            results = (holds(operand, row) for operand in operands)
            return all(results) if connective is Connective.AND else any(results)
        case Not(operand):
            return not holds(operand, row)
        case Truth(operand):
            return bool(value_of(operand, row))
    assert_never(predicate)


def _compare(operator: Comparator, left: Value, right: Value) -> bool:
    match operator:
        case Comparator.EQUAL:
            return left == right
        case Comparator.NOT_EQUAL:
            return left != right
        case Comparator.LESS:
            return left < right  # type: ignore[operator]  # both int or both str, by binding
        case Comparator.AT_MOST:
            return left <= right  # type: ignore[operator]
        case Comparator.GREATER:
            return left > right  # type: ignore[operator]
        case Comparator.AT_LEAST:
            return left >= right  # type: ignore[operator]
    assert_never(operator)


def conjuncts(predicate: Predicate | None) -> tuple[Predicate, ...]:
    """The operands of nested ANDs, left to right."""
    if predicate is None:
        return ()
    if isinstance(predicate, Logical) and predicate.connective is Connective.AND:
        return tuple(part for operand in predicate.operands for part in conjuncts(operand))
    return (predicate,)


def conjunction(predicates: tuple[Predicate, ...]) -> Predicate | None:
    """The inverse of :func:`conjuncts`; None where there is nothing to ask."""
    if len(predicates) <= 1:
        return predicates[0] if predicates else None
    return Logical(Connective.AND, predicates)


def render(expression: Operand | Predicate) -> str:
    """SQL text, for explain and for comments in circuits."""
    match expression:
        case Column(name):
            return name
        case Literal(value, kind):
            shown = format_value(value, kind)
            if isinstance(shown, bool):
                return str(shown).upper()
            quoted = kind.kind in (Kind.VARCHAR, Kind.TIMESTAMP)
            return "'" + str(shown).replace("'", "''") + "'" if quoted else str(shown)
        case Comparison(operator, left, right):
            return f"{render(left)} {operator} {render(right)}"
        case Logical(connective, operands):
            return f" {connective} ".join(
                f"({render(o)})" if isinstance(o, Logical) else render(o) for o in operands
            )
        case Not(operand):
            return f"NOT ({render(operand)})"
        case Truth(operand):
            return render(operand)
    assert_never(expression)
