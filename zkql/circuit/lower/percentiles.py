"""MEDIAN, PERCENTILE_CONT and PERCENTILE_DISC. In: the selected rows and the argument. Out: the answer, from
one or two neighbouring order statistics.
"""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.arithmetic import Rounding
from zkql.circuit.gadgets.order import OrderStatistic
from zkql.circuit.lower import integers
from zkql.circuit.lower.answer import Answer
from zkql.circuit.lower.basic import at_least_one
from zkql.circuit.wires import constant
from zkql.plan.types import Kind

if TYPE_CHECKING:
    from zkql.circuit.lower.answer import Operand
    from zkql.circuit.lower.selection import Selection
    from zkql.circuit.wires import Linear
    from zkql.plan.calls import Aggregation
    from zkql.plan.types import SqlType

_HALF = Fraction(1, 2)


def median(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """MEDIAN: PERCENTILE_CONT(0.5)."""
    (operand,) = operands
    return _continuous(selection, call.type, operand, _HALF, descending=False)


def continuous(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """PERCENTILE_CONT: the value at row ``fraction · (n - 1)``, on the line between its neighbours."""
    fraction, operand = operands
    (key,) = call.order
    return _continuous(selection, call.type, operand, _number(fraction), descending=key.descending)


def discrete(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """PERCENTILE_DISC: the first value whose cumulative distribution is at least the fraction."""
    fraction = _number(operands[0])
    (key,) = call.order
    value = -operands[1].value if key.descending else operands[1].value
    rank = constant(1)
    if fraction:
        rows = at_least_one(selection, selection.count)
        up = rows * fraction.numerator + fraction.denominator - 1
        rank = _divided(selection, up, fraction.denominator)
    (found,) = _of_rank(selection, value, rank, both=False)
    return Answer(-found if key.descending else found, selection.any)


def _number(operand: Operand) -> Fraction:
    """A fraction that is written out."""
    assert operand.value.is_constant
    return Fraction(operand.value.constant, 10**operand.type.scale)


def _divided(selection: Selection, dividend: Linear, divisor: int) -> Linear:
    return integers.divide(selection.draft, dividend, constant(divisor), Rounding.FLOOR)


def _continuous(
    selection: Selection, result: SqlType, operand: Operand, fraction: Fraction, *, descending: bool
) -> Answer:
    draft, size = selection.draft, fraction.denominator
    value = -operand.value if descending else operand.value
    position = (at_least_one(selection, selection.count) - 1) * fraction.numerator
    whole = _divided(selection, position, size)
    part = integers.bounded(draft, position - whole * size, 0, size - 1)
    if part == constant(0):
        (found,) = _of_rank(selection, value, whole + 1, both=False)
        exact = found * size
    else:
        lower, upper = _of_rank(selection, value, whole + 1, both=True)
        gap = integers.bounded(draft, upper - lower, 0, value.high - value.low)
        exact = lower * size + integers.multiply(draft, gap, part)
    exact = integers.bounded(draft, exact, value.low * size, value.high * size)
    rounded = _rounded(selection, -exact if descending else exact, size, operand.type, result)
    return Answer(integers.within(draft, rounded, *result.bounds, selection.any), selection.any)


def _rounded(selection: Selection, exact: Linear, size: int, argument: SqlType, result: SqlType) -> Linear:
    """``exact / size`` in units of the result."""
    if result.kind is Kind.TIMESTAMP:  # half up
        return _divided(selection, exact * 2 + size, 2 * size) if size > 1 else exact
    scale = 10 ** (result.scale - argument.scale)
    shared = gcd(scale, size)
    divisor = constant(size // shared)
    return integers.divide(selection.draft, exact * (scale // shared), divisor, Rounding.HALF_AWAY)


def _of_rank(selection: Selection, value: Linear, rank: Linear, *, both: bool) -> tuple[Linear, ...]:
    """The value of a rank, and the next."""
    draft, rows = selection.draft, selection.capacity
    count, any_row = at_least_one(selection, selection.count), selection.any
    if not value.dims or any_row == constant(0):  # of a constant, or over no rows
        return (value, value) if both else (value,)
    found = draft.put(
        OrderStatistic,
        "order",
        value,
        selection.mask,
        selection.member,
        selection.rows,
        count,
        any_row,
        integers.bounded(draft, rank, 1, rows),
        both,
    )
    return tuple(wire.linear for wire in found.outputs)
