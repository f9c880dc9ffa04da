"""Aggregate and analytic functions: what they are called, where they may stand, what they give. In: operand
types. Out: the type of the result.

Calls are checked by :mod:`zkql.plan.functions.signatures`; their values are computed by
:mod:`zkql.plan.functions.values` (over the rows of a group or a frame) and
:mod:`zkql.plan.functions.analytics` (over an ordered partition).
"""

from __future__ import annotations

from enum import StrEnum
from typing import TypeVar

from zkql.plan import typing as t
from zkql.plan.types import BIGINT, BOOLEAN, Kind, SqlType, array

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
    TOP = "TOP"
    BOTTOM = "BOTTOM"
    MODE = "MODE"
    COVAR_POP = "COVAR_POP"
    COVAR_SAMP = "COVAR_SAMP"
    CORR = "CORR"
    ARG_MAX = "ARG_MAX"
    ARG_MIN = "ARG_MIN"
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
    MAX_BY = "ARG_MAX"
    MIN_BY = "ARG_MIN"

    @property
    def is_aggregate(self) -> bool:
        """Whether it may stand without OVER, be it with WITHIN GROUP."""
        return self not in ANALYTIC - HYPOTHETICAL

    @property
    def is_analytic(self) -> bool:
        """Whether it may stand with OVER."""
        return self not in PERCENTILES

    @property
    def takes_distinct(self) -> bool:
        """Whether DISTINCT means something."""
        return self not in ANALYTIC | PERCENTILES | PAIRED | _UNLIKE_DISTINCT

    @property
    def takes_order(self) -> bool:
        """Whether it needs WITHIN GROUP (ORDER BY one key) where it stands without OVER."""
        return self in PERCENTILES | HYPOTHETICAL

    @property
    def takes_frame(self) -> bool:
        """Whether OVER may say ROWS or RANGE."""
        return self not in ANALYTIC | PERCENTILES

    @property
    def needs_order(self) -> bool:
        """Whether OVER must say ORDER BY."""
        return self in ANALYTIC


SPREADS = frozenset((Function.VAR_POP, Function.VAR_SAMP, Function.STDDEV_POP, Function.STDDEV_SAMP))
PERCENTILES = frozenset((Function.PERCENTILE_DISC, Function.PERCENTILE_CONT))
BITS = frozenset((Function.BIT_AND, Function.BIT_OR, Function.BIT_XOR))
LARGEST_OR_SMALLEST = frozenset((Function.TOP, Function.BOTTOM))
"""They list as many values as their second argument says."""
BY_OTHER = frozenset((Function.ARG_MAX, Function.ARG_MIN))
"""They give a value of the row where another one is largest, or smallest."""
PAIRED = frozenset((Function.COVAR_POP, Function.COVAR_SAMP, Function.CORR)) | BY_OTHER
"""They take two values of each row, and leave out rows where one is NULL."""
OFFSETS = frozenset((Function.LAG, Function.LEAD))
HYPOTHETICAL = frozenset((Function.RANK, Function.DENSE_RANK, Function.PERCENT_RANK, Function.CUME_DIST))
"""With OVER the rank of each row; with WITHIN GROUP the one that a row with a given value would have among
the rows of a group, which are then one more (SQL's hypothetical set functions)."""
_NUMBERS = frozenset((Function.ROW_NUMBER, Function.RANK, Function.DENSE_RANK, Function.NTILE))
_FRACTIONS = frozenset((Function.PERCENT_RANK, Function.CUME_DIST))
ANALYTIC = _NUMBERS | _FRACTIONS | OFFSETS
_UNLIKE_DISTINCT = {Function.FIRST_VALUE, Function.LAST_VALUE, Function.COLLECT_DISTINCT, Function.MODE}


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
    if function in OFFSETS and len(operands) == 3:
        common = t.common_type(operands[0], operands[2])
        assert common is not None
        return (common, operands[1], common)
    return operands


def result_type(function: Function, operands: tuple[SqlType, ...]) -> SqlType:
    """The type of a call over operands of these types (arguments, then WITHIN GROUP keys), after
    :func:`coerced`."""
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
        case Function.COLLECT_DISTINCT | Function.TOP | Function.BOTTOM:
            return array(operands[0])
        case Function.COVAR_POP | Function.COVAR_SAMP:
            return t.covariance_type(*operands)
        case Function.CORR:
            return t.FRACTION
        case _ if function in SPREADS:
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
