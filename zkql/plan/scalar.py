"""Evaluate scalar expressions on rows, in three-valued logic. In: a typed expression and a row. Out: the
value, None for NULL. AND, OR, CASE and COALESCE evaluate left to right, and no more than they need; every
other expression evaluates all of its operands.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import lru_cache
from typing import Any, assert_never

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
    Row,
    render,
)
from zkql.plan.functions.base import Compiled, Fault
from zkql.plan.functions.scalars import EVALUATED
from zkql.plan.types import Value

_COMPARE: dict[Comparator, Callable[[Any, Any], bool]] = {
    Comparator.EQUAL: operator.eq,
    Comparator.NOT_EQUAL: operator.ne,
    Comparator.LESS: operator.lt,
    Comparator.AT_MOST: operator.le,
    Comparator.GREATER: operator.gt,
    Comparator.AT_LEAST: operator.ge,
}


class EvaluationError(ValueError):
    """An expression has no value on a row: an overflow, a division by zero, text that is no number."""


def evaluate(expression: Expression, row: Row) -> Value | None:
    """The value on a row. Raises :class:`EvaluationError`."""
    return compiled(expression)(row)


def holds(predicate: Expression, row: Row) -> bool:
    """Whether a condition is true, neither false nor NULL. Raises :class:`EvaluationError`."""
    return compiled(predicate)(row) == 1


@lru_cache(maxsize=4096)
def compiled(expression: Expression) -> Compiled:
    """The expression as a function of a row."""
    return _compile(expression)


def _compile(expression: Expression) -> Compiled:
    match expression:
        case Column(name):
            return operator.itemgetter(name)
        case Literal(value):
            return lambda _: value
        case Comparison():
            return _comparison(expression)
        case Logical(connective, operands):
            return _logical(int(connective is Connective.OR), tuple(map(_compile, operands)))
        case Not(operand):
            return _negation(_compile(operand))
        case Call():
            return _call(expression)
    assert_never(expression)


def _comparison(expression: Comparison) -> Compiled:
    """Numbers at a common scale; text by code point."""
    left, right = _compile(expression.left), _compile(expression.right)
    compare = _COMPARE[expression.operator]
    left_scale, right_scale = expression.left.type.scale, expression.right.type.scale
    if left_scale == right_scale:

        def plain(row: Row) -> Value | None:
            a, b = left(row), right(row)
            return None if a is None or b is None else int(compare(a, b))

        return plain
    scale = max(left_scale, right_scale)
    grow_left, grow_right = 10 ** (scale - left_scale), 10 ** (scale - right_scale)

    def scaled(row: Row) -> Value | None:
        a: Any = left(row)
        b: Any = right(row)
        return None if a is None or b is None else int(compare(a * grow_left, b * grow_right))

    return scaled


def _logical(decisive: int, operands: tuple[Compiled, ...]) -> Compiled:
    """AND ends at the first false (0), OR at the first true (1); NULL is what neither decides."""

    def run(row: Row) -> Value | None:
        unknown = False
        for operand in operands:
            value = operand(row)
            if value == decisive:
                return decisive
            unknown = unknown or value is None
        return None if unknown else 1 - decisive

    return run


def _negation(operand: Compiled) -> Compiled:
    def run(row: Row) -> Value | None:
        value = operand(row)
        return None if value is None else int(not value)

    return run


def _call(call: Call) -> Compiled:
    function = EVALUATED.get(call.function)
    if function is None or function.compile is None:
        return _unknown(call)
    compute = function.compile(call, tuple(map(_compile, call.operands)))

    def run(row: Row) -> Value | None:
        try:
            return compute(row)
        except Fault as fault:
            raise EvaluationError(f"{fault}: {render(call)}") from None

    return run


def _unknown(call: Call) -> Compiled:
    def run(_: Row) -> Value | None:
        raise EvaluationError(f"zkql has no function {call.function}: {render(call)}")

    return run
