"""COUNT, SUM, AVG, MIN, MAX, EVERY and ANY. In: the selected rows and the argument. Out: the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.circuit.gadgets.arithmetic import Rounding
from zkql.circuit.gadgets.attained import Attained
from zkql.circuit.gadgets.extreme import Extreme
from zkql.circuit.lower.answer import Answer
from zkql.circuit.wires import constant
from zkql.plan.functions.aggregates import Function
from zkql.plan.types import Kind

if TYPE_CHECKING:
    from zkql.circuit.lower.answer import Operand
    from zkql.circuit.lower.selection import Selection
    from zkql.circuit.wires import Linear
    from zkql.plan.calls import Aggregation


def count(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """COUNT: how many rows are selected."""
    return Answer(selection.count)


def total(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """SUM; its type holds the sum of any rows that fit."""
    return Answer(selection.total(operands[0].value), selection.any)


def average(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """AVG: the sum over the count, cut towards zero for integers, rounded for decimals."""
    (operand,) = operands
    known = selection.any
    scaled = selection.total(operand.value) * 10 ** (call.type.scale - operand.type.scale)
    rounding = Rounding.HALF_AWAY if call.type.kind is Kind.DECIMAL else Rounding.TRUNCATE
    return Answer(selection.draft.divide(scaled, at_least_one(selection, selection.count), rounding), known)


def at_least_one(selection: Selection, count: Linear) -> Linear:
    """A count as a divisor: 1 where no row is selected, so that the division is total."""
    positive = count + (1 - selection.any)
    return selection.draft.bounded(positive, 1, max(selection.capacity, 1))


def extreme(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """MIN and MAX: no row is beyond it, and a row has it."""
    (operand,) = operands
    largest = call.function is Function.MAX
    anchor = selection.draft.anchors.get((operand.value, largest)) if selection.selects_all else None
    if anchor is not None:
        selection.draft.put(Attained, "attained", operand.value, anchor)
        return Answer(anchor, selection.any)
    value = operand.value
    if operand.type.is_bounded:  # also of a column that is written from its other extreme
        value = selection.draft.bounded(value, *operand.type.bounds)
    value = value if largest else -value
    found = largest_of(selection, value)
    return Answer(found if largest else -found, selection.any)


def largest_of(selection: Selection, value: Linear) -> Linear:
    """The largest value of the selected rows; the least possible where there are none."""
    draft = selection.draft
    if value.is_constant or not value.dims:
        return value
    changing = value - value.constant
    common = changing.common  # as in the code of a text that ends in characters which are never there
    largest = draft.make(Extreme, "largest", changing.reduced(common), selection.mask, selection.member)
    return largest * common + value.constant


def every(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """EVERY and ANY (BOOL_AND, BOOL_OR): as many rows are true as there are, or one at least."""
    true = selection.total(operands[0].value)
    if call.function is Function.BOOL_AND:
        return Answer(selection.draft.equal(true, selection.count), selection.any)
    return Answer(1 - selection.draft.equal(true, constant(0)), selection.any)
