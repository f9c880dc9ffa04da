"""Put a circuit together from gadgets. In: a staged plan. Out: source, parameters, line map.

The order of gadgets is the order of ``main``: context, rows, opening, selection, count, presence,
then one gadget a result.
"""

from __future__ import annotations

from dataclasses import dataclass
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
from zkql.circuit.gadgets.base import Gadget, Origin, Parameter, environment
from zkql.circuit.gadgets.rows import (
    Context,
    Opening,
    Validity,
    poseidon_constraints,
    render_poseidon,
)
from zkql.circuit.gadgets.selection import Selection, shown_name
from zkql.errors import query_error
from zkql.plan.expressions import Column, columns_of
from zkql.plan.nodes import Function

if TYPE_CHECKING:
    from zkql.lang.query import Query
    from zkql.plan.stages import CircuitPlan, StagedPlan

MAX_BITS = 250
"""Sums and scaled totals stay this far below the field's 254 bits."""


@dataclass(frozen=True, slots=True)
class Region:
    """Lines ``[first, last]`` of the source belong to ``clause`` of the query."""

    first: int
    last: int
    clause: str
    expected: int


@dataclass(frozen=True, slots=True)
class Circuit:
    """A circuit before compilation. ``constraints`` is the exact count that must come out."""

    capacity: int
    source: str
    parameters: tuple[Parameter, ...]
    gadgets: tuple[Gadget, ...]
    regions: tuple[Region, ...]
    constraints: int


def build_circuit(query: Query, plan: StagedPlan, circuit: CircuitPlan) -> Circuit:
    """Assemble the circuit of a query."""
    gadgets = _gadgets(query, plan, circuit)
    capacity = circuit.capacity
    parameters = (
        Parameter("context", (), public=True),
        Parameter("rows", (), public=True),
        Parameter("commitment", (capacity,), public=True),
        *(Parameter(shown_name(i), (capacity,), public=True) for i in range(len(circuit.shown))),
        Parameter("present", (), public=True),
        *(Parameter(_result(i), (), public=True) for i in circuit.calls),
        *(p for gadget in gadgets for p in gadget.advice_parameters),
    )
    opening = next(g for g in gadgets if isinstance(g, Opening))
    inputs = len(opening.segments) + 1
    functions = [render_poseidon(inputs), *(g.render() for g in gadgets)]
    calls = []
    for gadget in gadgets:
        calls.append(gadget.invocation())
        if isinstance(gadget, Opening) and circuit.predicate is None:
            calls.append("field[N] selected = valid;")
    source = (
        environment()
        .get_template("circuit.zok.j2")
        .render(
            title=f"Stage 0 of a query over stream {plan.stream.name}",
            stream=plan.stream.name,
            capacity=capacity,
            functions=functions,
            parameters=parameters,
            calls=calls,
        )
    )
    hashed = capacity * poseidon_constraints(inputs)
    clauses = [(f"{opening.origin}: commitment", hashed)]
    for gadget in gadgets:
        own = gadget.constraints(capacity) - (hashed if gadget is opening else 0)
        clauses.append((str(gadget.origin), own))
    return Circuit(
        capacity=capacity,
        source=source,
        parameters=parameters,
        gadgets=gadgets,
        regions=_regions(source, functions, clauses),
        constraints=sum(g.constraints(capacity) for g in gadgets),
    )


def _regions(
    source: str, functions: list[str], clauses: list[tuple[str, int]]
) -> tuple[Region, ...]:
    found: list[Region] = []
    position = 0
    for function, (clause, expected) in zip(functions, clauses, strict=True):
        position = source.index(function, position)
        first = source.count("\n", 0, position) + 1
        last = first + function.count("\n")
        found.append(Region(first, last, clause, expected))
        position += len(function)
    return tuple(found)


def _result(index: int) -> str:
    return f"result_{index}"


def _gadgets(query: Query, plan: StagedPlan, circuit: CircuitPlan) -> tuple[Gadget, ...]:
    capacity = circuit.capacity
    rows = Origin(f"stream {plan.stream.name}", query.origins.stream)
    where = Origin("WHERE", query.origins.where)
    wanted = {c.name for c in columns_of(circuit.predicate) if c.private} if circuit.predicate else set()
    for index in circuit.calls:
        argument = plan.calls[index].argument
        if argument is not None and argument.private:
            wanted.add(argument.name)
    used = tuple(c.name for c in plan.stream.private_columns if c.name in wanted)
    opening = Opening(plan.stream, capacity, used, rows)
    gadgets: list[Gadget] = [Context(Origin("the whole query")), Validity(capacity, rows), opening]
    if circuit.predicate is not None:
        gadgets.append(Selection(circuit.predicate, circuit.shown, opening, where))
    counted = where if circuit.predicate is not None else rows
    gadgets += [Count(counted), Presence(counted)]

    totals: dict[str, Total] = {}
    for index in circuit.calls:
        call = plan.calls[index]
        origin = Origin(str(call), query.origins.calls[index])
        if call.argument is None:
            gadgets.append(Reveal(_result(index), "count", f"reveal_{index}", origin))
            continue
        argument = _argument(plan, circuit, opening, index)
        if call.function in (Function.MIN, Function.MAX):
            name = f"{call.function.lower()}_{index}"
            gadgets.append(Extreme(argument, index, capacity, _result(index), name, origin))
            continue
        total = totals.get(call.argument.name)
        if total is None:
            name = f"total_{index}"
            masked = circuit.predicate is not None
            total = totals[call.argument.name] = Total(argument, masked, capacity, name, origin)
            gadgets.append(total)
        if call.function is Function.SUM:
            _check_sum(query, plan, index, argument.largest_total(capacity))
            gadgets.append(Reveal(_result(index), total.variable, f"reveal_{index}", origin))
        else:
            average = Average(total, call, index, _result(index), f"average_{index}", origin)
            _check_average(query, index, average)
            gadgets.append(average)
    return tuple(gadgets)


def _argument(plan: StagedPlan, circuit: CircuitPlan, opening: Opening, index: int) -> Argument:
    call = plan.calls[index]
    column = call.argument
    assert isinstance(column, Column)
    if column.private:
        return Argument(call, opening.column(column.name), None)
    position = circuit.shown.index(column)
    return Argument(call, shown_name(position), position)


def _check_sum(query: Query, plan: StagedPlan, index: int, largest: int) -> None:
    kind = plan.calls[index].type
    if not kind.contains(largest):
        raise query_error(
            "ZKQL0309",
            f"{plan.calls[index]} over {query.capacity} rows can leave {kind}",
            query.origins.calls[index],
            "nearest provable form: a smaller DECIMAL precision, or a smaller 'capacity'",
        )


def _check_average(query: Query, index: int, average: Average) -> None:
    call = average.call
    assert call.argument is not None
    low = average.total.argument.lowest
    high = low + (1 << average.total.argument.bits) - 1
    scale = 10 ** (call.type.scale - call.argument.type.scale)
    if average.total_width > MAX_BITS or not all(call.type.contains(v * scale) for v in (low, high)):
        raise query_error(
            "ZKQL0309",
            f"{call} over {query.capacity} rows can leave {call.type}",
            query.origins.calls[index],
            "nearest provable form: a smaller DECIMAL precision, or a smaller 'capacity'",
        )
