"""Exact averages, variances, deviations and percentiles. In: unscaled integers, without NULLs. Out: an
unscaled integer at the result's scale, rounded once, from the exact value; no floats anywhere.
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
    """The mean square distance from the mean, over n rows, or of a sample over n − 1; None where that
    is zero. In squares of the values' unit."""
    count, total = len(values), sum(values)
    divisor = count * (count - sample)
    if not divisor:
        return None
    return Fraction(count * sum(v * v for v in values) - total * total, divisor)


def rounded_variance(value: Fraction, argument: SqlType, result: SqlType) -> int:
    """A variance at the result's scale."""
    return rounded(value * Fraction(10) ** (result.scale - 2 * argument.scale))


def rounded_root(value: Fraction, argument: SqlType, result: SqlType) -> int:
    """The root of a variance at the result's scale: the nearest to the exact root, half up."""
    square = rescaled(rescaled(value, argument, result), argument, result)
    return (isqrt(4 * square.numerator // square.denominator) + 1) // 2


def discrete_percentile(ordered: Sequence[T], fraction: Fraction) -> T:
    """The first value whose cumulative distribution is at least ``fraction``."""
    return ordered[max(ceil(fraction * len(ordered)), 1) - 1]


def continuous_percentile(ordered: Sequence[int], fraction: Fraction) -> Fraction:
    """The value at row ``fraction · (n − 1)`` from 0, on the line between its neighbours."""
    whole, part = divmod(fraction * (len(ordered) - 1), 1)
    low = Fraction(ordered[whole])
    return low + (ordered[whole + 1] - low) * part if part else low
