"""Exact arithmetic on unscaled integers: division, rounding, rescaling, and ranges of such values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import product

from zkql.plan.functions.base import EMPTY, Fault, Range
from zkql.plan.types import Kind, SqlType, format_value


def half_away(numerator: int, denominator: int) -> int:
    """The quotient, rounded to the nearest integer, ties away from zero."""
    size = (2 * abs(numerator) + abs(denominator)) // (2 * abs(denominator))
    return size if (numerator < 0) is (denominator < 0) else -size


def towards_zero(numerator: int, denominator: int) -> int:
    """The quotient, cut."""
    size = abs(numerator) // abs(denominator)
    return size if (numerator < 0) is (denominator < 0) else -size


def rescaled(value: int, scale: int, to: int) -> int:
    """The same number with ``to`` digits after the point, rounded half away from zero."""
    if to >= scale:
        return value * int(10 ** (to - scale))
    return half_away(value, int(10 ** (scale - to)))


def fitting(kind: SqlType) -> Callable[[int], int]:
    """The check that a value fits its type; raises :class:`Fault` where it does not."""
    if kind.kind is Kind.NULL:
        return lambda value: value  # there is none
    low, high = kind.bounds

    def fit(value: int) -> int:
        if low <= value <= high:
            return value
        raise Fault(f"{_shown(value, kind)} is outside {kind}")

    return fit


def _shown(value: int, kind: SqlType) -> str:
    """A value that is outside its type."""
    return str(format_value(value, kind)) if kind.is_numeric else f"{value} milliseconds"


# --- ranges ---------------------------------------------------------------------------------------


def hull(ranges: Iterable[Range]) -> Range:
    """The smallest range over all of them."""
    full = [r for r in ranges if r[0] <= r[1]]
    return (min(low for low, _ in full), max(high for _, high in full)) if full else EMPTY


def clipped(values: Range, limit: Range) -> Range:
    """What both ranges share."""
    low, high = max(values[0], limit[0]), min(values[1], limit[1])
    return (low, high) if low <= high else EMPTY


def mapped(values: Range, monotone: Callable[[int], int]) -> Range:
    """The range of a function that never turns."""
    return hull([(end, end) for end in map(monotone, values)])


def corners(left: Iterable[int], right: Iterable[int], compute: Callable[[int, int], int]) -> Range:
    """The range of a function that is monotone in each operand between the points given."""
    found = [compute(a, b) for a, b in product(left, right)]
    return (min(found), max(found)) if found else EMPTY


def divisors(values: Range) -> tuple[int, ...]:
    """The points of a divisor's range between which a quotient is monotone; zero is never one."""
    low, high = values
    return tuple({point for point in (low, -1, 1, high) if point and low <= point <= high})
