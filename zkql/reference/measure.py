"""What the circuits of functions cost, measured on drafts. In: examples. Out: formulas.

Nothing is compiled: the gadgets' own formulas are exact, and the compiler holds them against the compiled
program of every query.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import TYPE_CHECKING

from zkql.circuit.assemble import assemble
from zkql.circuit.draft import Draft
from zkql.circuit.gadgets.base import Part
from zkql.circuit.gadgets.reveal import Reveal
from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.expressions import Scope, lower
from zkql.circuit.wires import Spelling
from zkql.errors import QueryError
from zkql.explain.formula import Formula, formula_at
from zkql.plan.codes import width
from zkql.plan.expressions import Column, Expression, columns_of
from zkql.plan.rewrites.failing import may_be_an_error
from zkql.reference import examples

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from zkql.plan.stages import CircuitPlan, StagedPlan


class Form(StrEnum):
    """Which rows a call sees."""

    ALL = "all rows"
    WHERE = "rows of a private condition"
    GROUPED = f"groups of a private key, at most {examples.GROUPS}"


# --- aggregates and analytic functions --------------------------------------------------------------


def aggregates(calls: Sequence[str], rows: int, form: Form) -> tuple[Formula, ...]:
    """What each call adds to a circuit that has the rows, and which of them count."""
    plan = examples.aggregated(calls, rows, where=form is Form.WHERE, grouped=form is Form.GROUPED)
    return tuple(_of_call(plan, position, rows) for position in _positions(plan))


def analytic(call: str, rows: int, form: Form) -> Formula | None:
    """What a call with OVER adds, the order of the rows included; None where it has no circuit."""
    if form is Form.GROUPED:
        return None
    try:
        plan = examples.listed(call, rows, where=form is Form.WHERE)
    except QueryError:
        return None
    return _of_results(plan, plan.circuit, rows)


def _positions(plan: StagedPlan) -> Iterator[int]:
    """Where the calls are that the outputs show, in their order."""
    for output in plan.outputs:
        assert isinstance(output.expression, Column)
        if output.expression.name in plan.names:
            yield plan.names.index(output.expression.name)


def _of_call(plan: StagedPlan, position: int, rows: int) -> Formula:
    circuit = plan.circuit
    if circuit is None or position not in circuit.calls:
        return Formula(0, 0)
    return _of_results(plan, replace(circuit, calls=(position,)), rows)


def _of_results(plan: StagedPlan, circuit: CircuitPlan | None, rows: int) -> Formula:
    assert circuit is not None
    return formula_at(rows, lambda count: _results(plan, replace(circuit, capacity=count)))


def _results(plan: StagedPlan, circuit: CircuitPlan) -> int:
    gadgets = assemble(replace(plan, circuit=circuit), circuit).gadgets
    return sum(g.constraints() for g in gadgets if g.origin.part is Part.RESULT)


# --- scalar functions -------------------------------------------------------------------------------


def scalar(expression: Expression, rows: int) -> Formula:
    """What an expression over private columns costs where it is evaluated on every row."""
    return formula_at(rows, lambda count: _on_rows(expression, count))


def _on_rows(expression: Expression, rows: int) -> int:
    draft = Draft(rows)
    columns = {column.name: _operand(draft, column) for column in columns_of(expression)}
    # Without a row there is no error.
    guard = draft.public("any", (), 0, 1).linear if may_be_an_error(expression) else None
    made = lower(expression, Scope(draft, columns, {}, guard))
    draft.reveal("value", made.value)
    if made.null is not None:
        draft.reveal("null", made.null)
    draft.prune()
    return sum(g.constraints() for g in draft.gadgets if not isinstance(g, Reveal))


def _operand(draft: Draft, column: Column) -> Operand:
    """A column of every value that its type has, with bits as an opening has them."""
    kind, slots = column.type, (draft.capacity,)
    low, high = kind.bounds if kind.is_bounded else (0, (1 << width(kind)) - 1)
    value = draft.public(column.name, slots, low, high).linear
    bits = draft.public(f"{column.name}_bits", (*slots, width(kind)), 0, 1)
    draft.learn(value - low, Spelling(bits, 0, width(kind)))
    null = draft.public(f"{column.name}_null", value.dims, 0, 1).linear if column.nullable else None
    return Operand(value, null, kind)
