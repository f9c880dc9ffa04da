"""VAR, STDDEV, COVAR and CORR. In: the selected rows and one or two arguments. Out: the answer, from exact
sums of products.

``n² · covariance = n Σab - Σa Σb`` is the spread of a pair. It does not change when a constant is taken off
the arguments, so their bounds are made symmetric first: numbers stay as small as the ranges allow.
"""

from __future__ import annotations

from dataclasses import replace
from math import isqrt
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.arithmetic import Rounding
from zkql.circuit.gadgets.root import NearestRoot
from zkql.circuit.lower import integers
from zkql.circuit.lower.answer import Answer
from zkql.circuit.lower.basic import at_least_one
from zkql.circuit.wires import constant
from zkql.plan.functions.aggregates import Function

if TYPE_CHECKING:
    from zkql.circuit.lower.answer import Operand
    from zkql.circuit.lower.selection import Selection
    from zkql.circuit.wires import Linear
    from zkql.plan.calls import Aggregation

_OF_SAMPLES = frozenset((Function.VAR_SAMP, Function.STDDEV_SAMP, Function.COVAR_SAMP))


def covariance(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """VAR and COVAR, of rows (POP) or a sample (SAMP)."""
    draft, left, right = selection.draft, operands[0], operands[-1]
    divisor, known = _divisor(selection, call.function)
    places = call.type.scale - left.type.scale - right.type.scale
    dividend = _spread(selection, left.value, right.value) * 10 ** max(places, 0)
    divisor *= 10 ** max(-places, 0)
    value = integers.divide(draft, dividend, divisor, Rounding.HALF_AWAY)
    # A sample's is at most half of the product of the ranges, a population's a quarter.
    most = _range(left.value) * _range(right.value) * 10 ** max(places, 0) // (2 * 10 ** max(-places, 0)) + 1
    value = integers.bounded(draft, value, -most, most)
    return Answer(integers.within(draft, value, *call.type.bounds, known), known)


def deviation(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """STDDEV: the root of the variance, rounded once."""
    draft, (operand,) = selection.draft, operands
    divisor, known = _divisor(selection, call.function)
    unit = 10 ** (call.type.scale - operand.type.scale)
    square = _spread(selection, operand.value, operand.value) * unit**2
    if square.is_constant:  # all rows have the same
        return Answer(constant(0), known)
    most = isqrt((_range(operand.value) * unit) ** 2 // 2) + 1
    value = draft.make(NearestRoot, "root", square, divisor, most)
    return Answer(integers.within(draft, value, *call.type.bounds, known), known)


def correlation(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """CORR: the covariance over the root of both variances; NULL where one of them is zero."""
    draft, (left, right) = selection.draft, (o.value for o in operands)
    squares = integers.multiply(draft, _spread(selection, left, left), _spread(selection, right, right))
    if squares.is_constant:  # all rows have the same
        return Answer(constant(0), constant(0))
    spread = _spread(selection, left, right)
    unit = 10**call.type.scale
    flat = integers.equal(draft, squares, constant(0))
    divisor = integers.bounded(draft, squares + flat, 1, squares.high)
    # Cauchy and Schwarz: the square of the spread is at most the product of the squares.
    square = integers.bounded(draft, integers.multiply(draft, spread, spread), 0, squares.high) * unit**2
    magnitude = draft.make(NearestRoot, "root", square, divisor, unit)
    sign = 1 - integers.less(draft, spread, constant(0)) * 2
    value = integers.bounded(draft, integers.multiply(draft, sign, magnitude), -unit, unit)
    return Answer(value, 1 - flat)


def _divisor(selection: Selection, function: Function) -> tuple[Linear, Linear]:
    """What divides a spread, at least 1, and whether there is an answer: n², or n (n - 1)."""
    draft, count, rows = selection.draft, selection.count, selection.capacity
    if function not in _OF_SAMPLES:
        positive = integers.bounded(draft, at_least_one(selection, count), 1, rows)
        return integers.bounded(
            draft, integers.multiply(draft, positive, positive), 1, rows**2
        ), selection.any
    pairs = rows * (rows - 1)
    if not pairs:
        return constant(1), constant(0)
    product = integers.bounded(draft, integers.multiply(draft, count, count - 1), 0, pairs)
    single = integers.equal(draft, product, constant(0))
    return integers.bounded(draft, product + single, 1, pairs), 1 - single


def _range(value: Linear) -> int:
    return value.high - value.low


def _spread(selection: Selection, left: Linear, right: Linear) -> Linear:
    """``n Σab - Σa Σb``. Between zero and a quarter of ``(n · range)²`` where both are the same (Popoviciu's
    inequality), else within that of both ranges (by Cauchy and Schwarz)."""
    if not left.dims or not right.dims:  # the same in all rows
        return constant(0)
    draft = selection.draft
    most = selection.capacity**2 * _range(left) * _range(right) // 4
    same = left == right
    left, right = (value - (value.low + value.high) // 2 for value in (left, right))
    chosen = selection.masked(left)
    product = integers.multiply(draft, chosen, right)
    summed = replace(selection, mask=None)  # what is not selected is zero already
    if same:
        product = integers.bounded(draft, product, 0, product.high)
    total = summed.total(chosen)
    other = total if same else summed.total(selection.masked(right))
    spread = integers.multiply(draft, selection.count, summed.total(product))
    spread -= integers.multiply(draft, total, other)
    return integers.bounded(draft, spread, 0 if same else -most, most)
