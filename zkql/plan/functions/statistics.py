"""Exact averages, variances, covariances, correlations, deviations and percentiles. In: unscaled integers,
without NULLs. Out: an unscaled integer at the result's scale, rounded once, from the exact value; no floats
anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, isqrt
from typing import TypeVar

from zkql.plan.types import Kind, SqlType

T = TypeVar("T")


def rounded(value: Fraction) -> int:
    """The nearest integer, half away from zero."""
    magnitude = (2 * abs(value.numerator) + value.denominator) // (2 * value.denominator)
    return -magnitude if value < 0 else magnitude


def rounded_up(value: Fraction) -> int:
    """The nearest integer, half up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


def rescaled(value: Fraction, argument: SqlType, result: SqlType) -> Fraction:
    """A number in units of ``argument``'s last digit, in units of ``result``'s."""
    return value * Fraction(10) ** (result.scale - argument.scale)


def average(total: int, count: int, argument: SqlType, result: SqlType) -> int:
    """Flink's AVG: integers are cut towards zero, decimals rounded half away from zero."""
    if result.kind is not Kind.DECIMAL:
        magnitude = abs(total) // count
        return -magnitude if total < 0 else magnitude
    return rounded(rescaled(Fraction(total, count), argument, result))


def variance(values: Sequence[int], *, sample: bool) -> Fraction | None:
    """The covariance of values with themselves."""
    return covariance([(v, v) for v in values], sample=sample)


def covariance(pairs: Sequence[tuple[int, int]], *, sample: bool) -> Fraction | None:
    """The mean product of the distances from both means, over n rows, or of a sample over n − 1; None
    where that is zero. In products of the values' units."""
    count = len(pairs)
    divisor = count * (count - sample)
    return Fraction(_spread(pairs), divisor) if divisor else None


def _spread(pairs: Sequence[tuple[int, int]]) -> int:
    """n² times the covariance."""
    return len(pairs) * sum(a * b for a, b in pairs) - sum(a for a, _ in pairs) * sum(b for _, b in pairs)


def rounded_covariance(value: Fraction, left: SqlType, right: SqlType, result: SqlType) -> int:
    """A covariance at the result's scale."""
    return rounded(value * Fraction(10) ** (result.scale - left.scale - right.scale))


def rounded_root(value: Fraction, argument: SqlType, result: SqlType) -> int:
    """The root of a variance at the result's scale: the nearest to the exact root, half up."""
    return _nearest_root(rescaled(rescaled(value, argument, result), argument, result))


def correlation(pairs: Sequence[tuple[int, int]], scale: int) -> int | None:
    """Pearson's coefficient with so many digits after the point: the covariance over the root of the
    product of both variances, rounded half away from zero; None where a variance is zero."""
    spread = _spread(pairs)
    squares = _spread([(a, a) for a, _ in pairs]) * _spread([(b, b) for _, b in pairs])
    if not squares:
        return None
    magnitude = _nearest_root(Fraction(spread * spread * 100**scale, squares))
    return -magnitude if spread < 0 else magnitude


def _nearest_root(square: Fraction) -> int:
    """The integer nearest to the root, half up."""
    return (isqrt(4 * square.numerator // square.denominator) + 1) // 2


def discrete_percentile(ordered: Sequence[T], fraction: Fraction) -> T:
    """The first value whose cumulative distribution is at least ``fraction``."""
    return ordered[max(ceil(fraction * len(ordered)), 1) - 1]


def continuous_percentile(ordered: Sequence[int], fraction: Fraction) -> Fraction:
    """The value at row ``fraction · (n − 1)`` from 0, on the line between its neighbours."""
    whole, part = divmod(fraction * (len(ordered) - 1), 1)
    low = Fraction(ordered[whole])
    return low + (ordered[whole + 1] - low) * part if part else low
