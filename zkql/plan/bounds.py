"""Interval analysis: the smallest and the largest value that an expression can have, by exact arithmetic on
the ranges of its operands. In: a typed expression, and what is known of columns. Out: a range of unscaled
values, from which a circuit takes its widths.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import assert_never

from zkql.plan.expressions import Call, Column, Comparison, Expression, Literal, Logical, Not
from zkql.plan.functions.base import EMPTY, Range
from zkql.plan.functions.rounding import clipped
from zkql.plan.functions.scalars import EVALUATED
from zkql.plan.types import Kind, SqlType

_NOTHING: Mapping[str, Range] = MappingProxyType({})


def bounds_of(expression: Expression, known: Mapping[str, Range] = _NOTHING) -> Range | None:
    """Smallest and largest unscaled value, both included, over rows on which there is one; None where the
    type is not held as an integer. ``known`` narrows columns by name. ``(0, 0)`` where there is never a
    value: it is always NULL, or always an error."""
    if not expression.type.is_bounded:
        return None
    found = _range(expression, known)
    return (0, 0) if found in (None, EMPTY) else found


def bits_of_range(values: Range) -> int:
    """Width of the offset ``value - lowest``."""
    low, high = values
    return (high - low).bit_length()


def may_overflow(call: Call, known: Mapping[str, Range] = _NOTHING) -> bool:
    """Whether the exact result can be outside the call's type, so that it must be checked."""
    if not call.type.is_bounded:
        return False
    found = _unclipped(call, known)
    return found is None or (found != EMPTY and clipped(found, call.type.bounds) != found)


def _range(expression: Expression, known: Mapping[str, Range]) -> Range | None:
    """As :func:`bounds_of`, with EMPTY where there is no value."""
    kind = expression.type
    if kind.kind is Kind.NULL:
        return EMPTY
    match expression:
        case Column(name):
            limit = _limits(kind)
            return clipped(known[name], limit) if limit and name in known else limit
        case Literal(value):
            if value is None:
                return EMPTY
            return (value, value) if isinstance(value, int) else None
        case Comparison() | Logical() | Not():
            return 0, 1
        case Call():
            limit, found = _limits(kind), _unclipped(expression, known)
            return clipped(found, limit) if limit and found else limit
    assert_never(expression)


def _unclipped(call: Call, known: Mapping[str, Range]) -> Range | None:
    """The range by the function's rule, where it has one and knows enough of the operands."""
    function = EVALUATED.get(call.function)
    if function is None or not call.type.is_bounded:
        return None
    ranges = tuple(_range(operand, known) for operand in call.operands)
    if function.nulls.strict and EMPTY in ranges:
        return EMPTY
    return function.bounds(call, ranges) if function.bounds else None


def _limits(kind: SqlType) -> Range | None:
    return kind.bounds if kind.is_bounded else None
