"""Aggregate and analytic functions: what they are called, take and give. In: operand types. Out: the
type of the result, or a :class:`FunctionError` that says what is wrong with the call.

Their values are computed by :mod:`zkql.plan.functions.values` (over the rows of a group or a frame) and
:mod:`zkql.plan.functions.analytics` (over an ordered partition).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from zkql.plan import typing as t
from zkql.plan.expressions import Expression, Literal
from zkql.plan.functions.errors import FunctionError
from zkql.plan.types import BIGINT, BOOLEAN, NULL, Kind, SqlType, array

T = TypeVar("T")


class Function(StrEnum):
    """Every aggregate and analytic function; after them the other names that some of them have."""

    COUNT = "COUNT"
    SUM = "SUM"
    MIN = "MIN"
    MAX = "MAX"
    AVG = "AVG"
    VAR_POP = "VAR_POP"
    VAR_SAMP = "VAR_SAMP"
    STDDEV_POP = "STDDEV_POP"
    STDDEV_SAMP = "STDDEV_SAMP"
    MEDIAN = "MEDIAN"
    PERCENTILE_DISC = "PERCENTILE_DISC"
    PERCENTILE_CONT = "PERCENTILE_CONT"
    BIT_AND = "BIT_AND"
    BIT_OR = "BIT_OR"
    BIT_XOR = "BIT_XOR"
    BOOL_AND = "BOOL_AND"
    BOOL_OR = "BOOL_OR"
    COLLECT_DISTINCT = "COLLECT_DISTINCT"
    FIRST_VALUE = "FIRST_VALUE"
    LAST_VALUE = "LAST_VALUE"
    ROW_NUMBER = "ROW_NUMBER"
    RANK = "RANK"
    DENSE_RANK = "DENSE_RANK"
    PERCENT_RANK = "PERCENT_RANK"
    CUME_DIST = "CUME_DIST"
    NTILE = "NTILE"
    LAG = "LAG"
    LEAD = "LEAD"

    VARIANCE = "VAR_SAMP"
    STDDEV = "STDDEV_SAMP"
    PERCENTILE = "PERCENTILE_CONT"
    EVERY = "BOOL_AND"
    ANY = "BOOL_OR"
    SOME = "BOOL_OR"
    FIRST = "FIRST_VALUE"
    LAST = "LAST_VALUE"

    @property
    def is_aggregate(self) -> bool:
        """Whether it may stand without OVER."""
        return self not in _ANALYTIC

    @property
    def is_analytic(self) -> bool:
        """Whether it may stand with OVER."""
        return not self.takes_order

    @property
    def takes_distinct(self) -> bool:
        """Whether DISTINCT means something."""
        return self not in _ANALYTIC | _PERCENTILES | _BY_POSITION | {Function.COLLECT_DISTINCT}

    @property
    def takes_filter(self) -> bool:
        """Whether FILTER (WHERE …) may follow."""
        return self.is_aggregate

    @property
    def takes_order(self) -> bool:
        """Whether it needs WITHIN GROUP (ORDER BY one key)."""
        return self in _PERCENTILES

    @property
    def takes_frame(self) -> bool:
        """Whether OVER may say ROWS or RANGE."""
        return self.is_aggregate and self.is_analytic

    @property
    def needs_order(self) -> bool:
        """Whether OVER must say ORDER BY."""
        return self in _ANALYTIC


_SPREADS = {Function.VAR_POP, Function.VAR_SAMP, Function.STDDEV_POP, Function.STDDEV_SAMP}
_PERCENTILES = {Function.PERCENTILE_DISC, Function.PERCENTILE_CONT}
_BITS = {Function.BIT_AND, Function.BIT_OR, Function.BIT_XOR}
_BY_POSITION = {Function.FIRST_VALUE, Function.LAST_VALUE}
_OFFSETS = {Function.LAG, Function.LEAD}
_NUMBERS = {Function.ROW_NUMBER, Function.RANK, Function.DENSE_RANK, Function.NTILE}
_FRACTIONS = {Function.PERCENT_RANK, Function.CUME_DIST}
_ANALYTIC = _NUMBERS | _FRACTIONS | _OFFSETS


def lookup(name: str) -> Function | None:
    """A function by any of its names, in any case."""
    return Function.__members__.get(name.upper())


def arranged(name: str, arguments: tuple[T, ...]) -> tuple[tuple[T, ...], tuple[T, ...]]:
    """Arguments, and keys of WITHIN GROUP that are written among them: ``PERCENTILE(x, f)`` means
    ``PERCENTILE_CONT(f) WITHIN GROUP (ORDER BY x)``."""
    if name.upper() == "PERCENTILE" and len(arguments) == 2:
        return arguments[1:], arguments[:1]
    return arguments, ()


def coerced(function: Function, operands: tuple[SqlType, ...]) -> tuple[SqlType, ...]:
    """What the operands are cast to before the call: value and default of LAG and LEAD get one type."""
    if function in _OFFSETS and len(operands) == 3:
        common = t.common_type(operands[0], operands[2])
        assert common is not None
        return (common, operands[1], common)
    return operands


def result_type(function: Function, operands: tuple[SqlType, ...]) -> SqlType:
    """The type of a call over operands of these types (arguments, then WITHIN GROUP keys), after
    :func:`check` and :func:`coerced`."""
    match function:
        case Function.COUNT:
            return BIGINT
        case Function.SUM:
            return t.sum_type(operands[0])
        case Function.AVG:
            return t.average_type(operands[0])
        case Function.MEDIAN | Function.PERCENTILE_CONT:
            value = operands[-1]
            return value if value.kind is Kind.TIMESTAMP else t.spread_type(value)
        case Function.PERCENTILE_DISC:
            return operands[-1]
        case Function.BOOL_AND | Function.BOOL_OR:
            return BOOLEAN
        case Function.COLLECT_DISTINCT:
            return array(operands[0])
        case _ if function in _SPREADS:
            return t.spread_type(operands[0])
        case _ if function in _NUMBERS:
            return BIGINT
        case _ if function in _FRACTIONS:
            return t.FRACTION
        case _:
            return operands[0]


def result_nullable(function: Function) -> bool:
    """Whether the result may be NULL: over no rows, over NULLs only, beyond the partition."""
    return function is not Function.COUNT and function not in _NUMBERS | _FRACTIONS


# --- what a call may look like --------------------------------------------------------------------


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
        raise FunctionError(f"{function} does not take WITHIN GROUP")
    _check_place(function, over=over, ordered=ordered, framed=framed)
    if distinct and not function.takes_distinct:
        raise FunctionError(f"{function} does not take DISTINCT")
    if distinct and not operands:
        raise FunctionError(f"{function}(DISTINCT …) needs an argument")
    if filtered and not function.takes_filter:
        raise FunctionError(
            f"{function} does not take FILTER", notes=("filter the rows in a subquery, with WHERE",)
        )
    if function.takes_order and keys != 1:
        raise FunctionError(
            f"{function} needs WITHIN GROUP (ORDER BY one expression)",
            notes=(f"for example {function}(0.5) WITHIN GROUP (ORDER BY x)",),
        )
    _check_count(function, len(operands) - keys)
    _check_types(function, operands)


def _check_place(function: Function, *, over: bool, ordered: bool, framed: bool) -> None:
    if not over:
        if not function.is_aggregate:
            raise FunctionError(
                f"{function} needs OVER", notes=(f"for example {_example(function)} OVER (ORDER BY x)",)
            )
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
    if function in _OFFSETS:
        return f"{function}(x)"
    return f"{function}(4)" if function is Function.NTILE else f"{function}()"


def _check_count(function: Function, count: int) -> None:
    match function:
        case Function.COUNT:
            allowed, text = range(2), "one argument or *"
        case Function.LAG | Function.LEAD:
            allowed, text = range(1, 4), "a value, an offset and a default"
        case Function.NTILE:
            allowed, text = range(1, 2), "one argument, the number of buckets"
        case Function.PERCENTILE_CONT | Function.PERCENTILE_DISC:
            allowed, text = range(1, 2), "one argument, the fraction"
        case _ if function in _ANALYTIC:
            allowed, text = range(1), "no arguments"
        case _:
            allowed, text = range(1, 2), "one argument"
    if count not in allowed:
        raise FunctionError(f"{function} takes {text}; here are {count or 'none'}")


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
        case _ if operands:
            _check_value(function, operands[0], 0)


def _check_value(function: Function, kind: SqlType, operand: int) -> None:
    if kind == NULL:
        return
    wanted, fits = _wanted(function, kind)
    if not fits:
        raise FunctionError(f"{function} takes {wanted}, not {kind}", operand, _nearest(function, kind))


def _wanted(function: Function, kind: SqlType) -> tuple[str, bool]:
    """What a function takes, and whether a type is that."""
    match function:
        case Function.SUM | Function.AVG:
            return "a number", kind.is_numeric
        case Function.MEDIAN | Function.PERCENTILE_CONT:
            return "a number or a timestamp", kind.is_numeric or kind.kind is Kind.TIMESTAMP
        case Function.MIN | Function.MAX | Function.PERCENTILE_DISC | Function.COLLECT_DISTINCT:
            return "what can be put in order", kind.kind not in (Kind.ARRAY, Kind.ROW)
        case Function.BOOL_AND | Function.BOOL_OR:
            return "a condition", kind.kind is Kind.BOOLEAN
        case _ if function in _BITS:
            return "an integer", kind.is_integer
        case _ if function in _SPREADS:
            return "a number", kind.is_numeric
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


def check_constants(function: Function, arguments: tuple[Expression, ...]) -> None:
    """Raises :class:`FunctionError` where a fraction, an offset or a number of buckets is not a literal,
    or is out of its range: a circuit is built for one."""
    if function in _PERCENTILES:
        value, kind = _literal(f"{function}'s fraction", arguments[0], 0)
        if not 0 <= value <= 10**kind.scale:
            raise FunctionError(f"{function}'s fraction is not between 0 and 1", 0)
    elif function is Function.NTILE:
        if _literal("NTILE's number of buckets", arguments[0], 0)[0] < 1:
            raise FunctionError("NTILE needs one bucket at least", 0)
    elif function in _OFFSETS and len(arguments) > 1:
        offset, _ = _literal(f"{function}'s offset", arguments[1], 1)
        if offset < 0:
            other = Function.LEAD if function is Function.LAG else Function.LAG
            note = f"use {other} to look the other way"
            raise FunctionError(f"{function}'s offset is negative", 1, (note,))


def _literal(what: str, argument: Expression, operand: int) -> tuple[int, SqlType]:
    if isinstance(argument, Literal) and isinstance(argument.value, int):
        return argument.value, argument.type
    raise FunctionError(f"{what} must be a number written out", operand)
