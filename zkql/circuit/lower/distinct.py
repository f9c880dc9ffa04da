"""Aggregates of different values: COUNT, SUM and AVG with DISTINCT, and any other with it. In: the selected
rows and the argument. Out: the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.circuit.gadgets.arithmetic import Rounding
from zkql.circuit.lower import basic
from zkql.circuit.lower.answer import Answer
from zkql.circuit.lower.ordered import first_of_each, ordered
from zkql.plan.types import Kind

if TYPE_CHECKING:
    from collections.abc import Callable

    from zkql.circuit.lower.answer import ListAnswer, Operand
    from zkql.circuit.lower.ordered import Ordered
    from zkql.circuit.lower.selection import Selection
    from zkql.circuit.wires import Linear
    from zkql.plan.calls import Aggregation

    Lowering = Callable[[Selection, Aggregation, tuple[Operand, ...]], Answer | ListAnswer]


def count_distinct(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """COUNT(DISTINCT x)."""
    return Answer(different(selection, operands[0].value))


def different(selection: Selection, value: Linear) -> Linear:
    """How many different values the selected rows have."""
    if selection.most <= 1:
        return selection.count
    return ordered(selection, value, repeats=True).different


def sum_distinct(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """SUM(DISTINCT x)."""
    if selection.most <= 1:
        return basic.total(selection, call, operands)
    return Answer(_sum(ordered(selection, operands[0].value, repeats=True)), selection.any)


def average_distinct(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """AVG(DISTINCT x): cut towards zero for integers, rounded for decimals."""
    if selection.most <= 1:
        return basic.average(selection, call, operands)
    (operand,), known = operands, selection.any
    values = ordered(selection, operand.value, repeats=True)
    scaled = _sum(values) * 10 ** (call.type.scale - operand.type.scale)
    count = (values.different + (1 - known)).within(1, selection.capacity)
    rounding = Rounding.HALF_AWAY if call.type.kind is Kind.DECIMAL else Rounding.TRUNCATE
    return Answer(selection.draft.divide(scaled, count, rounding), known)


def _sum(values: Ordered) -> Linear:
    return values.total(values.values, values.beyond)


def of_distinct(plain: Lowering) -> Lowering:
    """Any aggregate with DISTINCT: over the first row of each value."""

    def lower(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer | ListAnswer:
        if selection.capacity > 1:
            selection = first_of_each(selection, operands[0].value)
        return plain(selection, call, operands)

    return lower
