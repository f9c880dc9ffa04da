"""Which gadgets a plan needs, in the order of ``main``. In: a staged plan. Out: gadgets.

context, opening, selection and count, presence, then the results. The compiler writes them out
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
from zkql.circuit.gadgets.base import Gadget, Origin, one_line
from zkql.circuit.gadgets.rows import Anchor, Context, Opening
from zkql.circuit.gadgets.selection import Selection, shown_name
from zkql.crypto.commitment import layout
from zkql.plan.expressions import Column, Expression, columns_of
from zkql.plan.functions.aggregates import Function

if TYPE_CHECKING:
    from zkql.plan.stages import CircuitPlan, StagedPlan


def result_name(index: int) -> str:
    """The public input of a call's result."""
    return f"result_{index}"


def build_gadgets(plan: StagedPlan, circuit: CircuitPlan) -> tuple[Gadget, ...]:
    """The gadgets of a circuit."""
    capacity = circuit.capacity
    rows = Origin(f"rows of {plan.stream.name}")
    where = Origin("WHERE", circuit.predicate.span if circuit.predicate is not None else None)
    used = _used_columns(plan, circuit)
    opening = Opening(plan.stream, capacity, used, _anchors(plan, circuit), rows)
    gadgets: list[Gadget] = [Context(Origin("the whole query")), opening]
    if circuit.predicate is not None:
        gadgets.append(Selection(circuit.predicate, circuit.shown, opening, where))
        gadgets.append(Count(capacity, where))
    gadgets.append(Presence(where if circuit.predicate is not None else rows))
    totals: dict[Expression, Total] = {}
    for index in circuit.calls:
        origin = Origin(str(plan.calls[index]), plan.calls[index].span)
        gadgets += _result(plan, circuit, opening, index, origin, totals)
    return tuple(gadgets)


def _used_columns(plan: StagedPlan, circuit: CircuitPlan) -> tuple[str, ...]:
    """The private columns that the circuit works with, in order of declaration."""
    wanted = {c.name for c in columns_of(circuit.predicate)} if circuit.predicate else set()
    wanted |= {c.name for i in circuit.calls if (a := plan.calls[i].argument) for c in columns_of(a)}
    return tuple(c.name for c in plan.stream.private_columns if c.name in wanted)


def _anchors(plan: StagedPlan, circuit: CircuitPlan) -> dict[str, Anchor]:
    """Columns whose range check and whose MIN or MAX are one: where no condition selects, and the
    column has a field element of the commitment to itself."""
    anchors: dict[str, Anchor] = {}
    if circuit.predicate is not None:
        return anchors
    alone = {e.columns[0].name for e in layout(plan.stream) if len(e.columns) == 1}
    for index in circuit.calls:
        call = plan.calls[index]
        if call.function not in (Function.MIN, Function.MAX) or not isinstance(call.argument, Column):
            continue
        name = call.argument.name
        if name in alone and name not in anchors:
            largest = call.function is Function.MAX
            anchors[name] = Anchor(one_line(str(call)), result_name(index), index, largest)
    return anchors


def _result(
    plan: StagedPlan,
    circuit: CircuitPlan,
    opening: Opening,
    index: int,
    origin: Origin,
    totals: dict[Expression, Total],
) -> list[Gadget]:
    """The gadgets of one aggregate; ``totals`` are shared between SUM and AVG of a column."""
    call, capacity, result = plan.calls[index], circuit.capacity, result_name(index)
    if call.argument is None:
        return [Reveal(result, "count", f"reveal_{index}", origin)]
    argument = _argument(circuit, opening, call.argument)
    if call.function in (Function.MIN, Function.MAX):
        name = f"{call.function.lower()}_{index}"
        anchor = opening.anchors.get(call.argument.name) if isinstance(call.argument, Column) else None
        return [
            Extreme(
                argument=argument,
                largest=call.function is Function.MAX,
                anchored=anchor is not None and anchor.call_index == index,
                masked=circuit.predicate is not None,
                call_index=index,
                capacity=capacity,
                result=result,
                name=name,
                origin=origin,
            )
        ]
    if call.function not in (Function.SUM, Function.AVG):
        raise TypeError(f"{call} has no circuit")  # cut() refuses it
    gadgets: list[Gadget] = []
    total = totals.get(call.argument)
    if total is None:
        masked = circuit.predicate is not None
        total = Total(argument, masked, capacity, f"total_{index}", origin)
        totals[call.argument] = total
        gadgets.append(total)
    if call.function is Function.SUM:
        gadgets.append(Reveal(result, total.variable, f"reveal_{index}", origin))
    else:
        gadgets.append(Average(total, call, result, f"average_{index}", origin))
    return gadgets


def _argument(circuit: CircuitPlan, opening: Opening, expression: Expression) -> Argument:
    if isinstance(expression, Column) and expression.private:
        name = expression.name
        return Argument(expression, opening.column(name), None, name in opening.anchors)
    position = circuit.shown.index(expression)
    return Argument(expression, shown_name(position), position, anchored=False)
