"""Values of aggregates. In: what the argument is on each row of a group or a frame, in row order. Out:
the value, exact, or NULL (None); a value that its type cannot hold raises :class:`EvaluationError`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import reduce
from operator import and_, itemgetter, or_, xor
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
    constant: Fraction | None = None,
) -> Value | None:
    """An aggregate over the values of its argument; ``operands`` are the call's operand types. COUNT(*)
    takes any value a row, a function of two columns a pair, None where one of them is NULL. A percentile
    takes the values of WITHIN GROUP's key, in that order. ``constant`` is the fraction of a percentile, or
    how many values TOP and BOTTOM list."""
    if function is Function.FIRST_VALUE:
        return values[0] if values else None
    if function is Function.LAST_VALUE:
        return values[-1] if values else None
    known: list[Any] = [v for v in values if v is not None]
    if function is Function.COUNT:
        return len(known)
    if not known:
        return None
    value: Value | None = _value(function, operands, known, constant)
    result = result_type(function, operands)
    if isinstance(value, int) and not result.contains(value):
        raise EvaluationError(f"{function} is {format_value(value, result)}, which {result} cannot hold")
    return value


def _value(
    function: Function, operands: tuple[SqlType, ...], known: list[Any], constant: Fraction | None
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
            return _covariance(spread, argument, argument, result)
        case Function.STDDEV_POP | Function.STDDEV_SAMP:
            spread = statistics.variance(known, sample=function is Function.STDDEV_SAMP)
            return None if spread is None else statistics.rounded_root(spread, argument, result)
        case Function.COVAR_POP | Function.COVAR_SAMP:
            spread = statistics.covariance(known, sample=function is Function.COVAR_SAMP)
            return _covariance(spread, operands[0], argument, result)
        case Function.CORR:
            return statistics.correlation(known, result.scale)
        case Function.MEDIAN:
            return _percentile(sorted(known), _HALF, argument, result)
        case Function.PERCENTILE_CONT:
            assert constant is not None
            return _percentile(known, constant, argument, result)
        case Function.PERCENTILE_DISC:
            assert constant is not None
            return statistics.discrete_percentile(known, constant)
        case Function.BIT_AND | Function.BIT_OR | Function.BIT_XOR:
            return reduce(_BITWISE[function], known)
        case Function.COLLECT_DISTINCT:
            return tuple(sorted(set(known)))
        case Function.TOP | Function.BOTTOM:
            assert constant is not None
            return tuple(sorted(known, reverse=function is Function.TOP)[: int(constant)])
        case Function.MODE:
            return min(Counter(known).items(), key=lambda item: (-item[1], item[0]))[0]
        case Function.ARG_MAX:
            return max(known, key=itemgetter(1))[0]  # of equals the first
        case Function.ARG_MIN:
            return min(known, key=itemgetter(1))[0]
        case _:
            raise AssertionError(f"{function} is no aggregate")


def _covariance(value: Fraction | None, left: SqlType, right: SqlType, result: SqlType) -> int | None:
    return None if value is None else statistics.rounded_covariance(value, left, right, result)


def _percentile(ordered: Sequence[int], fraction: Fraction, argument: SqlType, result: SqlType) -> int:
    exact = statistics.continuous_percentile(ordered, fraction)
    if result.kind is Kind.TIMESTAMP:
        return statistics.rounded_up(exact)
    return statistics.rounded(statistics.rescaled(exact, argument, result))
