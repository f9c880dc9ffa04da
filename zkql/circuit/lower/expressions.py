"""SQL's scalar expressions in circuits. In: a typed expression, and a :class:`Scope` of what it reads. Out:
its value, or where it holds, exactly as :mod:`zkql.plan.scalar` has it.

What stops a query natively (an overflow, a division by zero, a cast out of range) is refused by the
circuit in every slot in which the expression is evaluated. That costs nothing where bounds say that it
cannot happen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from zkql.circuit.draft import Draft
from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.refusals import NoCircuit, WideExpression
from zkql.circuit.lower.scope import Scope as Scope
from zkql.plan.codes import has_code, width
from zkql.plan.expressions import Column, Expression, columns_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zkql.circuit.wires import Linear
    from zkql.plan.types import SqlType


def lower(expression: Expression, scope: Scope) -> Operand:
    """The value of an expression. Text has the length of its longest value, which the type of the operand
    says. Raises :class:`NoCircuit` and :class:`WideExpression`."""
    return scope.operand(expression)


def holds(predicate: Expression, scope: Scope) -> Linear:
    """1 where a condition is true, neither false nor NULL."""
    return scope.truth(predicate).true


def support(expression: Expression, known: Iterable[Expression] = ()) -> NoCircuit | None:
    """Which part of an expression has no circuit, and why; None where all has. ``known`` are public parts
    that the verifier evaluates. Numbers that are too wide are only found when the circuit is made."""
    draft = Draft(1)
    read = dict.fromkeys((*known, *columns_of(expression)))
    given = {e: _anything(draft, f"value_{n}", e) for n, e in enumerate(read) if _stands(e.type)}
    columns = {e.name: given[e] for e in given if isinstance(e, Column)}
    guard = draft.public("guard", (1,), 0, 1).linear
    try:
        Scope(draft, columns, given, guard).operand(expression)
    except NoCircuit as refusal:
        return refusal
    except WideExpression:
        pass
    return None


def _stands(kind: SqlType) -> bool:
    """Whether values of a type can stand in a circuit."""
    return has_code(kind) or kind.is_bounded


def _anything(draft: Draft, name: str, expression: Expression) -> Operand:
    """An operand of any value of a type."""
    kind = expression.type
    low, high = kind.bounds if kind.is_bounded else (0, (1 << width(kind)) - 1)
    value = draft.public(name, (1,), low, high).linear
    null = draft.public(f"{name}_null", (1,), 0, 1).linear if expression.nullable else None
    return Operand(value, null, kind)
