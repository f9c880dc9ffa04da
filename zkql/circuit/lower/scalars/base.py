"""What the circuit of a scalar function is. In: a scope and a call. Out: its value or condition there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.integers import both
from zkql.circuit.lower.truth import Truth, all_known, always_null, known, null_unless
from zkql.circuit.wires import Linear, constant
from zkql.plan.expressions import Call

if TYPE_CHECKING:
    from zkql.circuit.lower.scope import Scope

Lowering = Callable[["Scope", Call], Operand | Truth]
Lowerings = Mapping[str, Lowering]
Compute = Callable[["Scope", Call, tuple[Operand, ...]], Linear | Operand]
"""From operands, none of which is NULL where the guard of the scope is 1, the value: an operand where it has
another type than the call, or may itself be NULL."""


def strict(compute: Compute, *, skipped: int = 0, taken: int | None = None) -> Lowering:
    """NULL where an operand is; all are evaluated first. ``skipped`` of the first operands, and those after
    so many ``taken``, are written out and only say what to compute."""

    def lower(scope: Scope, call: Call) -> Operand:
        operands = tuple(map(scope.operand, call.operands[skipped:taken]))
        given = all_known(scope.draft, operands)
        if given == constant(0):
            return always_null(call.type)
        made = compute(scope.narrowed(given), call, operands)
        if isinstance(made, Linear):
            return Operand(made, null_unless(given), call.type)
        return Operand(made.value, null_unless(both(scope.draft, given, known(made))), made.type)

    return lower
