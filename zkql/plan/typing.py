"""Types of results: Flink's rules, exact. In: operand types. Out: a type, or None where there is none.

The rules for DECIMAL are those of Flink's ``LogicalTypeMerging`` (Hive's and Spark's as well): a result
of more than 38 digits keeps its integer digits and gives up digits after the point, six of them at most
kept by force. Where zkql differs from Flink, the function says so.
"""

from __future__ import annotations

from zkql.plan.types import (
    BIGINT,
    INTEGERS,
    INTERVAL,
    MAX_PRECISION,
    NULL,
    TIMESTAMP,
    VARCHAR,
    Kind,
    SqlType,
    decimal,
)

_DIGITS = {Kind.TINYINT: 3, Kind.SMALLINT: 5, Kind.INT: 10, Kind.BIGINT: 19}
_KEPT_SCALE = 6


def as_decimal(kind: SqlType) -> SqlType:
    """A number's type as a DECIMAL that holds all of its values."""
    return decimal(_DIGITS[kind.kind], 0) if kind.is_integer else kind


def _adjusted(precision: int, scale: int) -> SqlType:
    if precision <= MAX_PRECISION:
        return decimal(precision, scale)
    whole = precision - scale
    return decimal(MAX_PRECISION, max(MAX_PRECISION - whole, min(scale, _KEPT_SCALE)))


def common_type(left: SqlType, right: SqlType) -> SqlType | None:
    """The type of CASE, COALESCE, IN, UNION and comparisons over both. Digits before the point are never
    given up."""
    if left == right or right.kind is Kind.NULL:
        return left
    if left.kind is Kind.NULL:
        return right
    if left.is_integer and right.is_integer:
        return max(left, right, key=lambda t: INTEGERS[t.kind])
    if left.is_numeric and right.is_numeric:
        a, b = as_decimal(left), as_decimal(right)
        whole = max(a.precision - a.scale, b.precision - b.scale)
        scale = min(max(a.scale, b.scale), MAX_PRECISION - whole)
        return decimal(whole + scale, scale)
    if left.kind is Kind.VARCHAR and right.kind is Kind.VARCHAR:
        return (
            SqlType(Kind.VARCHAR, max(left.precision, right.precision))
            if (left.precision and right.precision)
            else VARCHAR
        )
    return None


def sum_of_two(left: SqlType, right: SqlType, *, minus: bool) -> SqlType | None:
    """``left + right`` and ``left - right``, of numbers, timestamps and intervals."""
    match left.kind, right.kind:
        case Kind.NULL, _:
            return right
        case _, Kind.NULL:
            return left
        case (Kind.TIMESTAMP, Kind.INTERVAL):
            return TIMESTAMP
        case (Kind.INTERVAL, Kind.TIMESTAMP) if not minus:
            return TIMESTAMP
        case (Kind.TIMESTAMP, Kind.TIMESTAMP) if minus:
            return INTERVAL
        case (Kind.INTERVAL, Kind.INTERVAL):
            return INTERVAL
    if not (left.is_numeric and right.is_numeric):
        return None
    if left.is_integer and right.is_integer:
        return common_type(left, right)
    a, b = as_decimal(left), as_decimal(right)
    scale = max(a.scale, b.scale)
    return _adjusted(max(a.precision - a.scale, b.precision - b.scale) + scale + 1, scale)


def product(left: SqlType, right: SqlType) -> SqlType | None:
    """``left * right``, of numbers, and of an interval and an integer."""
    if Kind.NULL in (left.kind, right.kind):
        return common_type(left, right)
    if (left.kind is Kind.INTERVAL and right.is_integer) or (right.kind is Kind.INTERVAL and left.is_integer):
        return INTERVAL
    if not (left.is_numeric and right.is_numeric):
        return None
    if left.is_integer and right.is_integer:
        return common_type(left, right)
    a, b = as_decimal(left), as_decimal(right)
    return _adjusted(a.precision + b.precision + 1, a.scale + b.scale)


def quotient(left: SqlType, right: SqlType) -> SqlType | None:
    """``left / right``: integers are cut towards zero, decimals rounded half away from zero."""
    if Kind.NULL in (left.kind, right.kind):
        return common_type(left, right)
    if not (left.is_numeric and right.is_numeric):
        return None
    if left.is_integer and right.is_integer:
        return common_type(left, right)
    a, b = as_decimal(left), as_decimal(right)
    scale = max(_KEPT_SCALE, a.scale + b.precision + 1)
    return _adjusted(a.precision - a.scale + b.scale + scale, scale)


def remainder(left: SqlType, right: SqlType) -> SqlType | None:
    """``MOD(left, right)``, with the sign of ``left``; of integers, the type of ``right``."""
    if Kind.NULL in (left.kind, right.kind):
        return common_type(left, right)
    if not (left.is_numeric and right.is_numeric):
        return None
    if left.is_integer and right.is_integer:
        return right
    a, b = as_decimal(left), as_decimal(right)
    scale = max(a.scale, b.scale)
    return _adjusted(min(a.precision - a.scale, b.precision - b.scale) + scale, scale)


def sum_type(argument: SqlType) -> SqlType:
    """SUM never wraps: integers below BIGINT give BIGINT, BIGINT gives DECIMAL(38, 0), DECIMAL keeps
    its scale. Flink keeps the integer type and wraps silently; the wider result is PostgreSQL's rule."""
    if argument.is_integer and argument.kind is not Kind.BIGINT:
        return BIGINT
    return argument if argument == NULL else decimal(MAX_PRECISION, argument.scale)


def average_type(argument: SqlType) -> SqlType:
    """Flink's: an integer for integers (cut towards zero), DECIMAL(38, max(scale, 6)) otherwise."""
    if argument.kind is Kind.DECIMAL:
        return decimal(MAX_PRECISION, max(argument.scale, _KEPT_SCALE))
    return argument


def spread_type(argument: SqlType) -> SqlType:
    """VAR, STDDEV, MEDIAN and PERCENTILE_CONT of numbers: exact decimals, rounded half away from
    zero, where Flink has DOUBLE (or, of integers, integers)."""
    return NULL if argument == NULL else decimal(MAX_PRECISION, max(argument.scale, _KEPT_SCALE))


def covariance_type(left: SqlType, right: SqlType) -> SqlType:
    """COVAR_POP and COVAR_SAMP: as :func:`spread_type`, with the digits of whichever has more."""
    scales = [kind.scale for kind in (left, right) if kind != NULL]
    return decimal(MAX_PRECISION, max(*scales, _KEPT_SCALE)) if scales else NULL


FRACTION = decimal(10, 9)
"""PERCENT_RANK, CUME_DIST and CORR: a DOUBLE in Flink, here nine digits, rounded half away from zero."""
