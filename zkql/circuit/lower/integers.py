"""Exact integers in a circuit: arithmetic, comparisons and choices that know their bounds.

In: linear combinations of wires. Out: the same, with bounds as tight as intervals tell. Nothing is made
where bounds already say the answer, and equal questions are asked in one form, so that they are shared.
Whatever might not stay below the size of the field raises :class:`~zkql.circuit.wires.TooWide`.
"""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.arithmetic import Rounding, quotient
from zkql.circuit.gadgets.bits import Weighted
from zkql.circuit.gadgets.compare import InRange
from zkql.circuit.gadgets.membership import NoneOf, OneOf
from zkql.circuit.wires import Linear, check_width, constant

if TYPE_CHECKING:
    from zkql.circuit.draft import Draft


class Hopeless(ValueError):
    """A check that no value passes, where every value is checked."""


def held(value: Linear) -> Linear:
    """The value, which the field can hold. Raises :class:`zkql.circuit.wires.TooWide`."""
    check_width("a number", value.low, value.high)
    return value


def bounded(draft: Draft, value: Linear, low: int, high: int) -> Linear:
    """The value, which is known to be in ``[low, high]`` wherever its gadgets accept it."""
    low, high = max(low, value.low), min(high, value.high)
    if low == high:
        return constant(low)
    return value if (low, high) == (value.low, value.high) else draft.bounded(value, low, high)


# --- arithmetic -----------------------------------------------------------------------------------


def multiply(draft: Draft, left: Linear, right: Linear) -> Linear:
    """``left · right``."""
    if not left.is_constant and not right.is_constant:
        left, right = sorted((left, right), key=_order)
    product = held(draft.multiply(left, right))
    return bounded(draft, product, 0, product.high) if left == right else product


def divide(draft: Draft, dividend: Linear, divisor: Linear, rounding: Rounding) -> Linear:
    """``dividend / divisor`` as an integer; the divisor is at least 1."""
    if divisor.is_constant:
        common = gcd(dividend.common, divisor.constant)
        dividend, divisor = dividend.reduced(common), divisor.reduced(common)
    ends = [
        quotient(a, b, rounding) for a in (dividend.low, dividend.high) for b in (divisor.low, divisor.high)
    ]
    low, high = min(ends), max(ends)
    if low == high:
        return constant(low)
    if rounding is not Rounding.FLOOR and dividend.high <= 0:
        return -divide(draft, -dividend, divisor, rounding)
    if rounding is Rounding.HALF_AWAY and divisor.is_constant:
        return bounded(draft, _rounded(draft, dividend, divisor.constant), low, high)
    if rounding is Rounding.TRUNCATE and dividend.low >= 0:
        rounding = Rounding.FLOOR
    return bounded(draft, _divided(draft, held(dividend), held(divisor), rounding), low, high)


def _rounded(draft: Draft, dividend: Linear, divisor: int) -> Linear:
    """Rounded half away from zero: from half a divisor more, or from the rest of what is cut towards zero."""
    half, odd = divmod(divisor, 2)
    size, width = constant(divisor), (dividend.high - dividend.low).bit_length()
    if odd or dividend.low >= 0:
        return divide(draft, dividend + half, size, Rounding.FLOOR)
    if width < 2 * divisor.bit_length() + 11:  # what the sign of the dividend, and those of the rest, cost
        down = less(draft, dividend, constant(0))
        return divide(draft, dividend + half - down, size, Rounding.FLOOR)
    whole = divide(draft, dividend, size, Rounding.TRUNCATE)
    rest = bounded(draft, dividend - whole * divisor, 1 - divisor, divisor - 1)
    return whole + less(draft, constant(half - 1), rest) - less(draft, rest, constant(1 - half))


def _divided(draft: Draft, dividend: Linear, divisor: Linear, rounding: Rounding) -> Linear:
    if not divisor.is_constant or rounding is not Rounding.FLOOR:
        return draft.divide(dividend, divisor, rounding)
    size = divisor.constant
    place = (size & -size).bit_length() - 1
    odd = size >> place
    if not place or (odd > 1 and not _is_spelled(draft, dividend, place)):
        return draft.divide(dividend, divisor, rounding)
    return draft.divide(_shifted(draft, dividend, place), constant(odd), rounding)


def _is_spelled(draft: Draft, value: Linear, place: int) -> bool:
    """Whether the bits are there of which :func:`_shifted` takes some."""
    return draft.known_spelling(value - (value.low >> place << place)) is not None


def _shifted(draft: Draft, value: Linear, place: int) -> Linear:
    """``value / 2^place``, rounded down: of its bits, those from ``place`` on."""
    least = value.low >> place
    above = value - (least << place)
    spelling = draft.spelled(above, above.high.bit_length())
    upper, lower = spelling.part(place, spelling.width), spelling.part(0, place)
    weights = upper.at_places([1 << j for j in range(upper.width)])
    shifted = draft.make(Weighted, "upper", upper.bits, weights)
    draft.learn(shifted, upper)
    draft.learn(above - shifted * (1 << place), lower)
    return bounded(draft, shifted + least, least, value.high >> place)


def remainder(draft: Draft, value: Linear, size: int) -> Linear:
    """``value`` modulo a constant, never negative."""
    whole = divide(draft, value, constant(size), Rounding.FLOOR)
    return bounded(draft, value - whole * size, 0, size - 1)


# --- comparisons ----------------------------------------------------------------------------------


def less(draft: Draft, left: Linear, right: Linear) -> Linear:
    """1 where ``left < right``, else 0: a question about the sign of the difference."""
    distance = held(right - left).primitive
    if distance.low >= 1:
        return constant(1)
    if distance.high <= 0:
        return constant(0)
    if (distance.low, distance.high) == (0, 1):
        return distance
    if distance.low == 0:
        return 1 - equal(draft, distance, constant(0))
    if distance.high == 1:
        return equal(draft, distance, constant(1))
    if distance.terms[0][1] < 0:
        return 1 - less(draft, constant(0), 1 - distance)
    return draft.less(constant(0), distance)


def equal(draft: Draft, left: Linear, right: Linear) -> Linear:
    """1 where ``left = right``, else 0."""
    if _is_flag(left) and _is_flag(right):
        return bounded(draft, 1 - left - right + both(draft, left, right) * 2, 0, 1)
    difference = held(left - right)
    if not difference.is_constant and difference.terms[0][1] < 0:
        difference = -difference
    if (difference.low, difference.high) == (0, 1):
        return 1 - difference
    if (difference.low, difference.high) == (-1, 0):
        return difference + 1
    return draft.equal(constant(0), difference)


def one_of(draft: Draft, value: Linear, options: set[int]) -> Linear:
    """1 where the value is one of the options, else 0."""
    possible = tuple(sorted(o for o in options if value.low <= o <= value.high))
    if value.is_constant or len(possible) < 2:
        return equal(draft, value, constant(possible[0])) if possible else constant(0)
    if len(possible) == value.high - value.low + 1:
        return constant(1)
    return draft.make(OneOf, "one_of", held(value), possible)


# --- flags: numbers that are 0 or 1 -----------------------------------------------------------------


def _is_flag(value: Linear) -> bool:
    return value.low >= 0 and value.high <= 1


def both(draft: Draft, left: Linear, right: Linear) -> Linear:
    """1 where two flags are 1. A negated flag is asked for as it is, and the answer taken off."""
    if left == right:
        return left
    if left.is_constant or right.is_constant:
        return multiply(draft, left, right)
    if _is_negated(right):
        return bounded(draft, left - both(draft, left, 1 - right), 0, 1)
    if _is_negated(left):
        return bounded(draft, right - both(draft, 1 - left, right), 0, 1)
    return bounded(draft, multiply(draft, left, right), 0, 1)


def either(draft: Draft, left: Linear, right: Linear) -> Linear:
    """1 where one of two flags is 1."""
    return 1 - both(draft, 1 - left, 1 - right)


def _is_negated(flag: Linear) -> bool:
    return flag.terms[0][1] < 0


def select(draft: Draft, condition: Linear, then: Linear, otherwise: Linear) -> Linear:
    """``then`` where the condition (a flag) is 1, else ``otherwise``."""
    if condition.is_constant:
        return then if condition.constant else otherwise
    if _is_negated(condition):
        condition, then, otherwise = 1 - condition, otherwise, then
    chosen = otherwise + multiply(draft, condition, then - otherwise)
    return bounded(draft, chosen, min(then.low, otherwise.low), max(then.high, otherwise.high))


# --- assertions -----------------------------------------------------------------------------------


def never(draft: Draft, guard: Linear | None) -> None:
    """Assert that the guard is 0. Raises :class:`Hopeless` where it always is 1."""
    if guard is None or guard.low == 1:
        raise Hopeless
    if guard.high == 1:
        draft.put(NoneOf, "never", guard, (1,))


def nonzero(draft: Draft, value: Linear, guard: Linear | None) -> Linear:
    """The value where the guard is 1, which is asserted not to be zero; elsewhere some number that is not."""
    if value.low > 0 or value.high < 0:
        return value
    other = 1 if value.high > 0 else -1
    if value.is_constant or _is_zero(guard):
        never(draft, guard)
        return constant(other)
    return bounded(draft, _none_of(draft, value, (0,), guard, other), value.low or 1, value.high or -1)


def within(draft: Draft, value: Linear, low: int, high: int, guard: Linear | None) -> Linear:
    """The value where the guard is 1, which is asserted to be in ``[low, high]``; elsewhere some number
    in ``[low, high]``."""
    if low <= value.low and value.high <= high:
        return value
    other = min(max(low, value.low, 0), value.high, high)
    if value.high < low or value.low > high or _is_zero(guard):
        never(draft, guard)
        return constant(min(max(low, value.low), high))
    size = high - low
    below, above = max(low - value.low, 0), max(value.high - high, 0)
    if below + above < size.bit_length():
        outside = (*range(value.low, low), *range(high + 1, value.high + 1))
        return bounded(draft, _none_of(draft, value, outside, guard, other), low, high)
    if not below:
        return high - _small(draft, high - value, high - value.low, guard)
    return _small(draft, value - low, size if above else value.high - low, guard) + low


def _small(draft: Draft, value: Linear, most: int, guard: Linear | None) -> Linear:
    """The value where the guard is 1, which is asserted to be in ``[0, most]``; 0 elsewhere."""
    masked = _masked(draft, value, guard)
    draft.put(InRange, "in_range", masked, max(most.bit_length(), 1))
    if most < value.high and most & (most + 1):
        draft.put(InRange, "in_range", most - masked, most.bit_length())
    return bounded(draft, masked, 0, most)


def _none_of(
    draft: Draft, value: Linear, options: tuple[int, ...], guard: Linear | None, other: int
) -> Linear:
    """The value where the guard is 1, which is asserted to be none of the options; elsewhere ``other``."""
    chosen = _masked(draft, value - other, guard) + other
    chosen = bounded(draft, chosen, min(value.low, other), max(value.high, other))
    draft.put(NoneOf, "none_of", chosen, options)
    return chosen


def _is_zero(guard: Linear | None) -> bool:
    return guard is not None and guard.high == 0


def _masked(draft: Draft, value: Linear, guard: Linear | None) -> Linear:
    """The value where the guard is 1, else 0."""
    return held(value) if guard is None else multiply(draft, guard, value)


def _order(value: Linear) -> tuple[object, ...]:
    return ([(wire.name, factor) for wire, factor in value.terms], value.constant)
