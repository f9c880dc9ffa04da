"""TOP, BOTTOM, COLLECT_DISTINCT and MODE. In: the selected rows and the argument. Out: the answer."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from zkql.circuit.gadgets.runs import RunningMode
from zkql.circuit.gadgets.slices import Item
from zkql.circuit.lists import items_of
from zkql.circuit.lower.answer import Answer, ListAnswer
from zkql.circuit.lower.ordered import ordered
from zkql.circuit.wires import constant

if TYPE_CHECKING:
    from zkql.circuit.lower.answer import Operand
    from zkql.circuit.lower.ordered import Line
    from zkql.circuit.lower.selection import Selection
    from zkql.circuit.wires import Linear
    from zkql.plan.calls import Aggregation


def top(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> ListAnswer:
    """TOP(x, n): the largest values, from the largest on; with DISTINCT each once."""
    if selection.most <= 1:
        return _alone(selection, operands)
    items = items_of(call, selection.capacity)
    line = _line(selection, call, operands, selection.capacity)
    return _listed(line, line.largest(items), items)


def bottom(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> ListAnswer:
    """BOTTOM(x, n): the smallest values, from the smallest on; with DISTINCT each once."""
    if selection.most <= 1:
        return _alone(selection, operands)
    items = items_of(call, selection.capacity)
    line = _line(selection, call, operands, items)
    return _listed(line, line.smallest(items), items)


def collect_distinct(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> ListAnswer:
    """COLLECT_DISTINCT(x): each value once, ascending."""
    if selection.most <= 1:
        return _alone(selection, operands)
    items = selection.capacity
    line = ordered(selection, operands[0].value, repeats=True).line_of_different(items)
    return _listed(line, line.smallest(items), items)


def mode(selection: Selection, call: Aggregation, operands: tuple[Operand, ...]) -> Answer:
    """MODE(x): the most frequent value, of several the smallest."""
    if selection.most <= 1:
        return Answer(selection.total(operands[0].value), selection.any)
    found = ordered(selection, operands[0].value, repeats=False)
    draft, (starts, restarts) = found.draft, (found.starts, found.restarts)
    modes = draft.make(RunningMode, "mode", found.values, starts, found.live, restarts)
    if selection.member is None:
        return Answer(draft.make(Item, "mode_of_all", modes, selection.capacity - 1), selection.any)
    return Answer(replace(found.line, values=modes).last, selection.any)


def _alone(selection: Selection, operands: tuple[Operand, ...]) -> ListAnswer:
    """What the one slot of a window has, or none where no row ever counts."""
    return ListAnswer(selection.total(operands[0].value), selection.count, selection.any)


def _line(selection: Selection, call: Aggregation, operands: tuple[Operand, ...], items: int) -> Line:
    found = ordered(selection, operands[0].value, repeats=call.distinct)
    return found.line_of_different(items) if call.distinct else found.line


def _listed(line: Line, items: Linear, most: int) -> ListAnswer:
    draft, length = line.selection.draft, line.count
    if most < line.selection.capacity:
        length = draft.select(draft.less(length, constant(most)), length, constant(most))
    return ListAnswer(items, length.within(0, most), line.selection.any)
