"""Write a circuit out. In: a staged plan. Out: ZoKrates source, parameters, line map, exact cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from zkql.circuit.assemble import build_gadgets, result_name
from zkql.circuit.gadgets.aggregates import Average, Total
from zkql.circuit.gadgets.base import Gadget, Parameter, environment, one_line
from zkql.circuit.gadgets.rows import Opening, poseidon_constraints, render_poseidon
from zkql.circuit.gadgets.selection import Selection, shown_name
from zkql.errors import Diagnostic, Label, QueryError
from zkql.plan.functions.aggregates import Function

if TYPE_CHECKING:
    from zkql.errors import Span
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


def build_circuit(plan: StagedPlan, circuit: CircuitPlan) -> Circuit:
    """Assemble the circuit of a stage. Raises :class:`QueryError` where numbers could outgrow their types."""
    gadgets = build_gadgets(plan, circuit)
    _check_widths(plan, circuit, gadgets)
    capacity = circuit.capacity
    parameters = (
        Parameter("context", (), public=True),
        Parameter("rows", (), public=True),
        Parameter("commitment", (capacity,), public=True),
        *(Parameter(shown_name(i), (capacity,), public=True) for i in range(len(circuit.shown))),
        Parameter("present", (), public=True),
        *(Parameter(result_name(i), (), public=True) for i in circuit.calls),
        *(p for gadget in gadgets for p in gadget.advice_parameters),
    )
    opening = next(g for g in gadgets if isinstance(g, Opening))
    inputs = len(opening.segments) + 1
    functions = [render_poseidon(inputs), *(g.render() for g in gadgets)]
    calls = []
    for gadget in gadgets:
        calls.append(gadget.invocation())
        if isinstance(gadget, Opening) and circuit.predicate is None:
            calls.append("field count = rows;")
    source = (
        environment()
        .get_template("circuit.zok.j2")
        .render(
            title=one_line(f"Stage 0 of a query over stream {plan.stream.name}"),
            stream=one_line(plan.stream.name),
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


def _regions(source: str, functions: list[str], clauses: list[tuple[str, int]]) -> tuple[Region, ...]:
    found: list[Region] = []
    position = 0
    for function, (clause, expected) in zip(functions, clauses, strict=True):
        position = source.index(function, position)
        first = source.count("\n", 0, position) + 1
        last = first + function.count("\n")
        found.append(Region(first, last, clause, expected))
        position += len(function)
    return tuple(found)


def _check_widths(plan: StagedPlan, circuit: CircuitPlan, gadgets: tuple[Gadget, ...]) -> None:
    """No sum may leave its SQL type, and nothing may come near the field's size: a number of 254 bits
    has a second spelling, and every comparison that rests on it could be answered either way."""
    for selection in (g for g in gadgets if isinstance(g, Selection)):
        for test in selection.tests:
            if test.span_bits > MAX_BITS:
                raise _too_wide(
                    "ZKQL0311",
                    f"{test.sql} needs {test.span_bits} bits, and a circuit has {MAX_BITS}",
                    selection.predicate.span,
                    "nearest provable form: columns and constants of smaller precision and closer scales",
                )
    totals = {g.argument.expression: g for g in gadgets if isinstance(g, Total)}
    averages = {g.call: g for g in gadgets if isinstance(g, Average)}
    for call in (plan.calls[i] for i in circuit.calls):
        if call.argument is None or call.argument not in totals:
            continue
        total = totals[call.argument]
        fits = True
        if call.function is Function.SUM:
            fits = call.type.contains(total.largest)
        elif call in averages:
            low = total.argument.lowest
            high = low + (1 << total.argument.bits) - 1
            means = (low * averages[call].scale, high * averages[call].scale)
            fits = all(map(call.type.contains, means)) and averages[call].total_width <= MAX_BITS
        if not fits:
            raise _too_wide(
                "ZKQL0309",
                f"{call} over {circuit.capacity} rows can leave {call.type}",
                call.span,
                "nearest provable form: a smaller DECIMAL precision, or a smaller 'capacity'",
            )


def _too_wide(code: str, message: str, span: Span | None, note: str) -> QueryError:
    return QueryError((Diagnostic(code, message, (Label(span),) if span else (), (note,)),))
