"""What an aggregate or analytic call may look like. In: the types of its operands, and what else is written
around it. Out: nothing, or a :class:`FunctionError` that says what is wrong with the call.
"""

from __future__ import annotations

from zkql.plan import typing as t
from zkql.plan.expressions import Expression, Literal
from zkql.plan.functions.aggregates import (
    ANALYTIC,
    BITS,
    BY_OTHER,
    HYPOTHETICAL,
    LARGEST_OR_SMALLEST,
    OFFSETS,
    PERCENTILES,
    SPREADS,
    Function,
)
from zkql.plan.functions.errors import FunctionError, here
from zkql.plan.types import NULL, Kind, SqlType

MOST_LISTED = 1_000
"""The largest number of values that TOP and BOTTOM list."""
_OF_NUMBERS = SPREADS | {Function.SUM, Function.AVG, Function.COVAR_POP, Function.COVAR_SAMP, Function.CORR}
_OF_ORDERED = (
    BY_OTHER
    | LARGEST_OR_SMALLEST
    | {Function.MIN, Function.MAX, Function.PERCENTILE_DISC, Function.COLLECT_DISTINCT, Function.MODE}
)


def check(
    function: Function,
    operands: tuple[SqlType, ...],
    *,
    over: bool,
    keys: int = 0,
    distinct: bool = False,
    filtered: bool = False,
    ordered: bool = False,
    framed: bool = False,
) -> None:
    """Raises :class:`FunctionError` where a call means nothing. ``operands`` are the arguments (none for
    ``COUNT(*)``) and after them as many ``keys`` of WITHIN GROUP; ``ordered`` and ``framed`` say what OVER
    has, ``distinct`` and ``filtered`` what else is written."""
    if keys and not function.takes_order:
        notes = ("write MODE(x)",) if function is Function.MODE else ()
        raise FunctionError(f"{function} does not take WITHIN GROUP", notes=notes)
    _check_place(function, over=over, keys=keys, ordered=ordered, framed=framed)
    if distinct and not function.takes_distinct:
        raise FunctionError(f"{function} does not take DISTINCT")
    if distinct and not operands:
        raise FunctionError(f"{function}(DISTINCT …) needs an argument")
    if filtered and over and function in ANALYTIC:
        raise FunctionError(
            f"{function} does not take FILTER", notes=("filter the rows in a subquery, with WHERE",)
        )
    if function.takes_order and not over and keys != 1:
        constant = "0.5" if function in PERCENTILES else "5"
        raise FunctionError(
            f"{function} needs WITHIN GROUP (ORDER BY one expression)",
            notes=(f"for example {function}({constant}) WITHIN GROUP (ORDER BY x)",),
        )
    _check_count(function, len(operands) - keys, keys)
    _check_types(function, operands)


def _check_place(function: Function, *, over: bool, keys: int, ordered: bool, framed: bool) -> None:
    if not over:
        if function in ANALYTIC and not keys:
            notes = [f"for example {_example(function)} OVER (ORDER BY x)"]
            if function in HYPOTHETICAL:
                notes.append(f"or {function}(5) WITHIN GROUP (ORDER BY x): what a row with x = 5 would have")
            raise FunctionError(f"{function} needs OVER", notes=tuple(notes))
        return
    if not function.is_analytic:
        raise FunctionError(
            f"{function} cannot be used with OVER",
            notes=("nearest: MEDIAN(x) OVER (…), or GROUP BY in a subquery",),
        )
    if framed and not function.takes_frame:
        raise FunctionError(
            f"{function} takes no ROWS or RANGE", notes=("it always sees the whole partition",)
        )
    if function.needs_order and not ordered:
        raise FunctionError(f"{function} needs ORDER BY inside OVER (…)")


def _example(function: Function) -> str:
    if function in OFFSETS:
        return f"{function}(x)"
    return f"{function}(4)" if function is Function.NTILE else f"{function}()"


def _check_count(function: Function, count: int, keys: int) -> None:
    match function:
        case Function.COUNT:
            allowed, text = range(2), "one argument or *"
        case Function.LAG | Function.LEAD:
            allowed, text = range(1, 4), "a value, an offset and a default"
        case Function.NTILE:
            allowed, text = range(1, 2), "one argument, the number of buckets"
        case Function.PERCENTILE_CONT | Function.PERCENTILE_DISC:
            allowed, text = range(1, 2), "one argument, the fraction"
        case Function.TOP | Function.BOTTOM:
            allowed, text = range(2, 3), "two arguments, a value and how many of them"
        case Function.ARG_MAX | Function.ARG_MIN:
            allowed, text = range(2, 3), "two arguments, a value and what to choose its row by"
        case Function.COVAR_POP | Function.COVAR_SAMP | Function.CORR:
            allowed, text = range(2, 3), "two arguments"
        case _ if keys:
            allowed, text = range(1, 2), "one argument, the value to rank among the others"
        case _ if function in ANALYTIC:
            allowed, text = range(1), "no arguments"
        case _:
            allowed, text = range(1, 2), "one argument"
    if count not in allowed:
        raise FunctionError(f"{function} takes {text}; {here(count)}")


def _check_types(function: Function, operands: tuple[SqlType, ...]) -> None:
    match function:
        case Function.PERCENTILE_CONT | Function.PERCENTILE_DISC:
            if not (operands[0].is_numeric or operands[0] == NULL):
                raise FunctionError(f"{function} takes a fraction between 0 and 1, not {operands[0]}", 0)
            _check_value(function, operands[1], 1)
        case Function.NTILE:
            if not (operands[0].is_integer or operands[0] == NULL):
                raise FunctionError(f"NTILE takes a number of buckets, not {operands[0]}", 0)
        case Function.LAG | Function.LEAD:
            if len(operands) > 1 and not (operands[1].is_integer or operands[1] == NULL):
                raise FunctionError(f"{function}'s offset is a number of rows, not {operands[1]}", 1)
            if len(operands) == 3 and t.common_type(operands[0], operands[2]) is None:
                raise FunctionError(f"{function}'s default is {operands[2]}, its value {operands[0]}", 2)
        case Function.TOP | Function.BOTTOM:
            _check_value(function, operands[0], 0)
            if not (operands[1].is_integer or operands[1] == NULL):
                raise FunctionError(f"{function} takes a number of values, not {operands[1]}", 1)
        case Function.ARG_MAX | Function.ARG_MIN:
            _check_value(function, operands[1], 1)
        case _:
            for position, kind in enumerate(operands):
                _check_value(function, kind, position)


def _check_value(function: Function, kind: SqlType, operand: int) -> None:
    if kind == NULL:
        return
    wanted, fits = _wanted(function, kind)
    if not fits:
        raise FunctionError(f"{function} takes {wanted}, not {kind}", operand, _nearest(function, kind))


def _wanted(function: Function, kind: SqlType) -> tuple[str, bool]:
    """What a function takes, and whether a type is that."""
    match function:
        case Function.MEDIAN | Function.PERCENTILE_CONT:
            return "a number or a timestamp", kind.is_numeric or kind.kind is Kind.TIMESTAMP
        case Function.BOOL_AND | Function.BOOL_OR:
            return "a condition", kind.kind is Kind.BOOLEAN
        case _ if function in BITS:
            return "an integer", kind.is_integer
        case _ if function in _OF_NUMBERS:
            return "a number", kind.is_numeric
        case _ if function in _OF_ORDERED:
            return "what can be put in order", kind.kind not in (Kind.ARRAY, Kind.ROW)
        case _:
            return "anything", True


def _nearest(function: Function, kind: SqlType) -> tuple[str, ...]:
    """What might have been meant."""
    if function in (Function.BOOL_AND, Function.BOOL_OR):
        return (f"nearest: {function}(x <> 0)",) if kind.is_numeric else ()
    match kind.kind:
        case Kind.BOOLEAN:
            return ("nearest: COUNT(*) FILTER (WHERE x), BOOL_AND(x), BOOL_OR(x)",)
        case Kind.DECIMAL:
            return ("nearest: cast it, as in CAST(x AS BIGINT)",)
        case Kind.TIMESTAMP:
            return ("nearest: MIN(x), MAX(x), MEDIAN(x)",)
        case Kind.ARRAY | Kind.ROW:
            return ("nearest: COUNT(x), FIRST_VALUE(x)",)
        case _:
            return ("nearest: COUNT(x), MIN(x), MAX(x)",)


def takes(function: Function) -> str:
    """What the arguments of an aggregate can be."""
    wanted, _ = _wanted(function, NULL)
    if function in PERCENTILES:
        return f"a fraction from 0 to 1, written out; in ORDER BY, {wanted}"
    if function in LARGEST_OR_SMALLEST:
        return f"{wanted}; n from 1 to {MOST_LISTED:,}, written out"
    if function in BY_OTHER:
        return f"anything; beside it, {wanted}"
    if function in HYPOTHETICAL:
        return "a constant; in ORDER BY, what can be compared with it"
    return wanted


def check_constants(function: Function, arguments: tuple[Expression, ...]) -> None:
    """Raises :class:`FunctionError` where a fraction, an offset or a number of buckets or values is not a
    literal, or is out of its range: a circuit is built for one."""
    if function in PERCENTILES:
        value, kind = _literal("the fraction of a percentile", arguments[0], 0)
        if not 0 <= value <= 10**kind.scale:
            raise FunctionError("the fraction of a percentile is not between 0 and 1", 0, ("90 % is 0.9",))
    elif function is Function.NTILE:
        if _literal("NTILE's number of buckets", arguments[0], 0)[0] < 1:
            raise FunctionError("NTILE needs one bucket at least", 0)
    elif function in LARGEST_OR_SMALLEST:
        count, _ = _literal(f"{function}'s number of values", arguments[1], 1)
        if not 1 <= count <= MOST_LISTED:
            raise FunctionError(f"{function} lists between 1 and {MOST_LISTED:,} values", 1)
    elif function in OFFSETS and len(arguments) > 1:
        offset, _ = _literal(f"{function}'s offset", arguments[1], 1)
        if offset < 0:
            other = Function.LEAD if function is Function.LAG else Function.LAG
            note = f"use {other} to look the other way"
            raise FunctionError(f"{function}'s offset is negative", 1, (note,))


def _literal(what: str, argument: Expression, operand: int) -> tuple[int, SqlType]:
    if isinstance(argument, Literal) and isinstance(argument.value, int):
        return argument.value, argument.type
    raise FunctionError(f"{what} must be a number written out", operand)
