"""Values of aggregates. In: what the argument is on each row of a group or a frame, in row order. Out:
the value, exact, or NULL (None); a value that its type cannot hold raises :class:`EvaluationError`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from operator import and_, or_, xor
from typing import Any

from zkql.plan.functions import statistics
from zkql.plan.functions.aggregates import Function, result_type
from zkql.plan.scalar import EvaluationError
from zkql.plan.types import Kind, SqlType, Value, format_value

_HALF = Fraction(1, 2)
_BITWISE: dict[Function, Callable[[int, int], int]] = {
    Function.BIT_AND: and_,
    Function.BIT_OR: or_,
    Function.BIT_XOR: xor,
}


def aggregate_value(
    function: Function,
    operands: tuple[SqlType, ...],
    values: Sequence[Value | None],
    fraction: Fraction | None = None,
) -> Value | None:
    """An aggregate over the values of its argument; ``operands`` are the call's operand types. COUNT(*)
    takes any value a row. A percentile takes the values of WITHIN GROUP's key, in that order, and its
    ``fraction``."""
    if function is Function.FIRST_VALUE:
        return values[0] if values else None
    if function is Function.LAST_VALUE:
        return values[-1] if values else None
    known: list[Any] = [v for v in values if v is not None]
    if function is Function.COUNT:
        return len(known)
    if not known:
        return None
    value: Value | None = _value(function, operands, known, fraction)
    result = result_type(function, operands)
    if isinstance(value, int) and not result.contains(value):
        raise EvaluationError(f"{function} is {format_value(value, result)}, which {result} cannot hold")
    return value


def _value(
    function: Function, operands: tuple[SqlType, ...], known: list[Any], fraction: Fraction | None
) -> Any:
    result = result_type(function, operands)
    argument = operands[-1]
    match function:
        case Function.SUM:
            return sum(known)
        case Function.MIN | Function.BOOL_AND:
            return min(known)
        case Function.MAX | Function.BOOL_OR:
            return max(known)
        case Function.AVG:
            return statistics.average(sum(known), len(known), argument, result)
        case Function.VAR_POP | Function.VAR_SAMP:
            spread = statistics.variance(known, sample=function is Function.VAR_SAMP)
            return None if spread is None else statistics.rounded_variance(spread, argument, result)
        case Function.STDDEV_POP | Function.STDDEV_SAMP:
            spread = statistics.variance(known, sample=function is Function.STDDEV_SAMP)
            return None if spread is None else statistics.rounded_root(spread, argument, result)
        case Function.MEDIAN:
            return _percentile(sorted(known), _HALF, argument, result)
        case Function.PERCENTILE_CONT:
            assert fraction is not None
            return _percentile(known, fraction, argument, result)
        case Function.PERCENTILE_DISC:
            assert fraction is not None
            return statistics.discrete_percentile(known, fraction)
        case Function.BIT_AND | Function.BIT_OR | Function.BIT_XOR:
            return reduce(_BITWISE[function], known)
        case Function.COLLECT_DISTINCT:
            return tuple(sorted(set(known)))
        case _:
            raise AssertionError(f"{function} is no aggregate")


def _percentile(ordered: Sequence[int], fraction: Fraction, argument: SqlType, result: SqlType) -> int:
    exact = statistics.continuous_percentile(ordered, fraction)
    if result.kind is Kind.TIMESTAMP:
        return statistics.rounded_up(exact)
    return statistics.rounded(statistics.rescaled(exact, argument, result))
