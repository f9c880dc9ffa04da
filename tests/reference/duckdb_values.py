"""Typed DuckDB expressions. In: operands as SQL text with their SQL types. Out: the same for a result.

DuckDB's own arithmetic is used wherever it is exact. Where it would go over to floats (division of
decimals, averages, variances, percentiles) or has too few digits, the unscaled integers are computed with
as HUGEINT, whose 128 bits raise an error rather than wrap. Intervals are BIGINT milliseconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from zkql.plan.types import BOOLEAN, MAX_PRECISION, NULL, Kind, SqlType
from zkql.plan.typing import as_decimal, common_type


class UnsupportedError(Exception):
    """The translation has no rule for this: a gap of the test, not a difference."""


@dataclass(frozen=True, slots=True)
class Typed:
    """DuckDB text and the type of its value."""

    sql: str
    type: SqlType


MACROS = (
    """ref_fraction(n, d) AS CASE WHEN n IS NULL OR d IS NULL THEN NULL
    ELSE (2 * abs(n) + abs(d)) // (2 * abs(d)) * (CASE WHEN (n < 0) <> (d < 0) THEN -1 ELSE 1 END) END""",
    """ref_floor(n, d) AS CASE WHEN n % d < 0 THEN n // d - 1 ELSE n // d END""",
    """ref_unscaled(x) AS CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT)""",
    """ref_time(x) AS CASE WHEN x < TIMESTAMP '0001-01-01' OR x > TIMESTAMP '9999-12-31 23:59:59.999'
    THEN CAST('out of range: ' || CAST(x AS VARCHAR) AS TIMESTAMP) ELSE x END""",
    # n² times the variance of the values in a list
    """ref_spread(l) AS len(l) * list_sum(list_transform(l, lambda v: v * v)) - list_sum(l) * list_sum(l)""",
    # n² times the covariance of a and b in a list of structs
    """ref_covariance(l) AS
    len(l) * list_sum(list_transform(l, lambda p: struct_extract(p, 'a') * struct_extract(p, 'b')))
    - list_sum(list_transform(l, lambda p: struct_extract(p, 'a')))
    * list_sum(list_transform(l, lambda p: struct_extract(p, 'b')))""",
    # of the values that are there most often the smallest
    """ref_mode(l) AS list_sort(list_transform(list_distinct(l),
    lambda v: struct_pack(n := -len(list_filter(l, lambda w: w = v)), v := v)))[1]['v']""",
    # a in the first struct of a list whose b is the one wanted
    """ref_first(l, wanted) AS list_filter(l, lambda p: struct_extract(p, 'b') = wanted)[1]['a']""",
    # the integer nearest to the root of n / d, found around what a float says
    """ref_root(n, d) AS CASE WHEN n IS NULL THEN NULL WHEN n = 0 THEN CAST(0 AS HUGEINT) ELSE list_filter(
    list_transform(range(-64, 65), lambda i: i + CAST(
    sqrt(CAST(n AS DOUBLE) / CAST(d AS DOUBLE)) AS HUGEINT)),
    lambda r: r >= 0 AND (2 * r - 1) * abs(2 * r - 1) * d <= 4 * n
    AND 4 * n < (2 * r + 1) * (2 * r + 1) * d)[1] END""",
    # p / q of the way through a sorted list, times q
    """ref_between(l, p, q) AS l[((len(l) - 1) * p) // q + 1] * CAST(q - ((len(l) - 1) * p) % q AS HUGEINT)
    + l[least(((len(l) - 1) * p) // q + 2, len(l))] * CAST(((len(l) - 1) * p) % q AS HUGEINT)""",
)
"""Scalar macros that translated queries use; none of them needs a type."""


def type_name(kind: SqlType) -> str:
    """A type's name in DuckDB."""
    match kind.kind:
        case Kind.INT:
            return "INTEGER"
        case Kind.TIMESTAMP:
            return "TIMESTAMP"
        case Kind.VARCHAR:
            return "VARCHAR"
        case Kind.INTERVAL:
            return "BIGINT"
        case Kind.NULL:
            return "INTEGER"
        case Kind.ARRAY:
            return f"{type_name(kind.element)}[]"
        case Kind.ROW:
            raise UnsupportedError(str(kind))
        case _:
            return str(kind)


def text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("'", "''") + "'"


def number(value: int, kind: SqlType) -> Typed:
    """A numeric literal of a type, from its unscaled value."""
    digits = str(abs(value)).rjust(kind.scale + 1, "0")
    shown = f"{digits[: len(digits) - kind.scale]}.{digits[len(digits) - kind.scale :]}"
    return Typed(f"CAST('{'-' if value < 0 else ''}{shown.rstrip('.')}' AS {type_name(kind)})", kind)


def cast(value: Typed, kind: SqlType) -> str:
    """A value under a type that holds all of its values; zkql's implicit conversion."""
    return value.sql if value.type == kind else f"CAST({value.sql} AS {type_name(kind)})"


def united(values: list[Typed]) -> tuple[list[str], SqlType]:
    """Values under their common type."""
    kind = NULL
    for value in values:
        common = common_type(kind, value.type)
        if common is None:
            raise UnsupportedError(f"{kind} beside {value.type}")
        kind = common
    return [cast(v, kind) for v in values], kind


def condition(value: Typed) -> str:
    """A BOOLEAN, also where it is a bare NULL."""
    return cast(value, BOOLEAN)


def unscaled(value: Typed) -> str:
    """A number as a HUGEINT of its last digit's unit."""
    return f"ref_unscaled({value.sql})" if value.type.scale else f"CAST({value.sql} AS HUGEINT)"


def scaled(huge: str, kind: SqlType) -> Typed:
    """A HUGEINT in units of a type's last digit as a value of that type."""
    if kind.kind is not Kind.DECIMAL:
        return Typed(f"CAST({huge} AS {type_name(kind)})", kind)
    whole = f"CAST({huge} AS DECIMAL(38, 0))"
    if kind.scale:
        digit = f"'0.{'1'.rjust(kind.scale, '0')}'"
        whole = f"{whole} * CAST({digit} AS DECIMAL({min(kind.scale + 1, MAX_PRECISION)}, {kind.scale}))"
    return Typed(f"CAST({whole} AS {type_name(kind)})", kind)


def rounded(numerator: str, denominator: str, shift: int, kind: SqlType) -> Typed:
    """``numerator · 10^shift / denominator`` in units of the type's last digit, half away from zero."""
    if shift >= 0:
        return scaled(f"ref_fraction({numerator} * {power(shift)}, {denominator})", kind)
    return scaled(f"ref_fraction({numerator}, {denominator} * {power(-shift)})", kind)


def power(exponent: int) -> str:
    """``10^exponent`` as a HUGEINT."""
    return f"CAST('{10**exponent}' AS HUGEINT)"


def _wide(value: Typed) -> str:
    """A number as a decimal of 38 digits: DuckDB keeps 18 where both operands have 18 or fewer."""
    return f"CAST({value.sql} AS DECIMAL({MAX_PRECISION}, {value.type.scale}))"


def add(left: Typed, right: Typed, operator: str, kind: SqlType) -> Typed:
    """``left + right``, ``left - right`` of numbers."""
    if kind.kind is not Kind.DECIMAL:
        return Typed(f"({cast(left, kind)} {operator} {cast(right, kind)})", kind)
    a, b = as_decimal(left.type), as_decimal(right.type)
    scale = max(a.scale, b.scale)
    if max(a.precision - a.scale, b.precision - b.scale) + scale + 1 <= MAX_PRECISION:
        return Typed(f"CAST({_wide(left)} {operator} {_wide(right)} AS {type_name(kind)})", kind)
    sides = [f"{unscaled(v)} * {power(scale - v.type.scale)}" for v in (left, right)]
    return rounded(f"({sides[0]} {operator} {sides[1]})", "1", kind.scale - scale, kind)


def multiply(left: Typed, right: Typed, kind: SqlType) -> Typed:
    """``left * right`` of numbers."""
    if kind.kind is not Kind.DECIMAL:
        return Typed(f"({cast(left, kind)} * {cast(right, kind)})", kind)
    a, b = as_decimal(left.type), as_decimal(right.type)
    if a.precision + b.precision <= MAX_PRECISION:
        return Typed(f"CAST({_wide(left)} * {_wide(right)} AS {type_name(kind)})", kind)
    return rounded(f"({unscaled(left)} * {unscaled(right)})", "1", kind.scale - a.scale - b.scale, kind)


def divide(left: Typed, right: Typed, kind: SqlType) -> Typed:
    """``left / right`` of numbers: DuckDB's ``//`` cuts integers towards zero, its ``/`` is a float."""
    if kind.kind is not Kind.DECIMAL:
        return Typed(f"({cast(left, kind)} // {cast(right, kind)})", kind)
    shift = kind.scale + right.type.scale - left.type.scale
    return rounded(unscaled(left), unscaled(right), shift, kind)


def remainder(left: Typed, right: Typed, kind: SqlType) -> Typed:
    """``MOD(left, right)``: in both dialects with the sign of ``left``."""
    scale = max(left.type.scale, right.type.scale)
    sides = [f"({unscaled(v)} * {power(scale - v.type.scale)})" for v in (left, right)]
    return rounded(f"({sides[0]} % {sides[1]})", "1", kind.scale - scale, kind)
