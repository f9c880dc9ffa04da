"""Which gadgets a plan needs, in the order of ``main``. In: a staged plan. Out: gadgets.

context, rows, opening, selection, count, presence, then the results. The compiler writes them out
as source; the processor asks each for its advice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.circuit.gadgets.aggregates import (
    Argument,
    Average,
    Count,
    Extreme,
    Presence,
    Reveal,
    Total,
)
from zkql.circuit.gadgets.base import Gadget, Origin
from zkql.circuit.gadgets.rows import Context, Opening, Validity
from zkql.circuit.gadgets.selection import Selection, shown_name
from zkql.plan.expressions import Column, columns_of
from zkql.plan.nodes import Function

if TYPE_CHECKING:
    from zkql.lang.query import Origins
    from zkql.plan.stages import CircuitPlan, StagedPlan


def result_name(index: int) -> str:
    """The public input of a call's result."""
    return f"result_{index}"


def build_gadgets(
    plan: StagedPlan, circuit: CircuitPlan, origins: Origins | None = None
) -> tuple[Gadget, ...]:
    """The gadgets of a circuit; ``origins`` says where in the text they come from."""
    capacity = circuit.capacity
    rows = Origin(f"stream {plan.stream.name}", origins.stream if origins else None)
    where = Origin("WHERE", origins.where if origins else None)
    opening = Opening(plan.stream, capacity, _used_columns(plan, circuit), rows)
    gadgets: list[Gadget] = [Context(Origin("the whole query")), Validity(capacity, rows), opening]
    if circuit.predicate is not None:
        gadgets.append(Selection(circuit.predicate, circuit.shown, opening, where))
    counted = where if circuit.predicate is not None else rows
    gadgets += [Count(counted), Presence(counted)]
    totals: dict[str, Total] = {}
    for index in circuit.calls:
        origin = Origin(str(plan.calls[index]), origins.calls[index] if origins else None)
        gadgets += _result(plan, circuit, opening, index, origin, totals)
    return tuple(gadgets)


def _used_columns(plan: StagedPlan, circuit: CircuitPlan) -> tuple[str, ...]:
    """The private columns that the circuit works with, in order of declaration."""
    wanted = {c.name for c in columns_of(circuit.predicate)} if circuit.predicate else set()
    wanted |= {a.name for i in circuit.calls if (a := plan.calls[i].argument) is not None}
    return tuple(c.name for c in plan.stream.private_columns if c.name in wanted)


def _result(
    plan: StagedPlan,
    circuit: CircuitPlan,
    opening: Opening,
    index: int,
    origin: Origin,
    totals: dict[str, Total],
) -> list[Gadget]:
    """The gadgets of one aggregate; ``totals`` are shared between SUM and AVG of a column."""
    call, capacity, result = plan.calls[index], circuit.capacity, result_name(index)
    if call.argument is None:
        return [Reveal(result, "count", f"reveal_{index}", origin)]
    argument = _argument(circuit, opening, call.argument)
    if call.function in (Function.MIN, Function.MAX):
        name = f"{call.function.lower()}_{index}"
        largest = call.function is Function.MAX
        return [Extreme(argument, largest, index, capacity, result, name, origin)]
    gadgets: list[Gadget] = []
    total = totals.get(call.argument.name)
    if total is None:
        masked = circuit.predicate is not None
        total = Total(argument, masked, capacity, f"total_{index}", origin)
        totals[call.argument.name] = total
        gadgets.append(total)
    if call.function is Function.SUM:
        gadgets.append(Reveal(result, total.variable, f"reveal_{index}", origin))
    else:
        gadgets.append(Average(total, call, result, f"average_{index}", origin))
    return gadgets


def _argument(circuit: CircuitPlan, opening: Opening, column: Column) -> Argument:
    if column.private:
        return Argument(column, opening.column(column.name), None)
    position = circuit.shown.index(column)
    return Argument(column, shown_name(position), position)
