"""FIRST_VALUE, LAST_VALUE, ARG_MAX and ARG_MIN. In: the selected rows, in slot order, and the arguments.
Out: the argument's value on one row.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.groups import ChosenMembers
from zkql.circuit.gadgets.positions import Element, EndValue
from zkql.circuit.lower import basic
from zkql.circuit.lower.answer import Answer
from zkql.circuit.wires import constant, width_of
from zkql.plan.functions.aggregates import Function

if TYPE_CHECKING:
    from zkql.circuit.lower.answer import Operand
    from zkql.circuit.lower.selection import Selection
    from zkql.circuit.wires import Linear
    from zkql.plan.calls import Aggregation


def first_or_last(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """FIRST_VALUE and LAST_VALUE: what the first or last selected row has, NULL if that is NULL."""
    (operand,) = operands
    last = call.function is Function.LAST_VALUE
    if operand.null is None:
        return Answer(end_value(selection, operand.value, last=last), selection.any)
    value, null = _end_operand(selection, operand.value, operand.null, last=last)
    return Answer(value, selection.draft.multiply(selection.any, 1 - null))


def argument_of_extreme(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """ARG_MAX and ARG_MIN: the first argument on the row with the largest or smallest second one; of
    several such rows the first."""
    value, by = operands
    if not value.value.dims:
        return Answer(value.value, selection.any)
    best = selection
    if by.value.dims:
        function = Function.MAX if call.function is Function.ARG_MAX else Function.MIN
        found = basic.extreme(selection, replace(call, function=function), (by,))
        own = selection.of_own_group(found.value)
        best = selection.narrowed(selection.draft.equal(own, by.value))
    return Answer(end_value(best, value.value, last=False), selection.any)


def end_value(selection: Selection, value: Linear, *, last: bool) -> Linear:
    """The value on the first or last selected row; where none is selected, some value within bounds."""
    if not value.dims:
        return value
    chosen = _chosen(selection)
    if chosen is None:
        return selection.draft.make(Element, "element", value, selection.capacity - 1 if last else 0)
    return selection.draft.make(EndValue, "last" if last else "first", value, chosen, last)


def _chosen(selection: Selection) -> Linear | None:
    """1 in selected slots, for each group; None where the slots at both ends are selected if any is."""
    mask, member = selection.mask, selection.member
    if mask is None or not mask.dims:
        return None if member is None else member.linear
    return mask if member is None else selection.draft.make(ChosenMembers, "chosen", member, mask)


def _end_operand(selection: Selection, value: Linear, null: Linear, *, last: bool) -> tuple[Linear, Linear]:
    """The value on the first or last selected row, and whether it is NULL there. NULL is put above all
    values if finding both at once and telling them apart is cheaper than finding each."""
    draft, low, high = selection.draft, value.low, value.high
    steps = 1 if _chosen(selection) is None else selection.capacity
    if not value.dims or not null.dims or width_of(low, high) + 1 >= steps:
        return end_value(selection, value, last=last), end_value(selection, null, last=last)
    reach = high - low + 1
    both = end_value(selection, value + null * reach, last=last)
    found = draft.less(constant(high), both)
    return draft.bounded(both - found * reach, low, high), found
