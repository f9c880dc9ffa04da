"""Expressions that are the same on every row. In: a typed expression. Out: its value."""

from __future__ import annotations

from zkql.circuit.lower.answer import Operand
from zkql.circuit.lower.refusals import NoCircuit
from zkql.circuit.lower.text import operand_of_text
from zkql.circuit.lower.truth import always_null
from zkql.circuit.wires import constant
from zkql.plan.expressions import Expression, Literal, calls_of, columns_of
from zkql.plan.functions.scalars import known
from zkql.plan.functions.temporal import CLOCKS
from zkql.plan.scalar import EvaluationError, evaluate


def is_constant(expression: Expression) -> bool:
    """Whether it reads no column, no clock, and calls no function that zkql does not know."""
    return not columns_of(expression) and not any(
        call.function in CLOCKS or not known(call.function) for call in calls_of(expression)
    )


def literal_of(expression: Expression) -> Literal | None:
    """The value of a constant; None for other expressions, and for a constant that is an error."""
    if isinstance(expression, Literal):
        return expression
    if not is_constant(expression):
        return None
    try:
        return Literal(evaluate(expression, {}), expression.type)
    except EvaluationError:
        return None


def operand_of(literal: Literal) -> Operand:
    """A literal in a circuit."""
    match literal.value:
        case None:
            return always_null(literal.type)
        case str(written):
            return operand_of_text(literal, written)
        case int(value):
            return Operand(constant(value), None, literal.type)
        case _:
            raise NoCircuit(literal, f"{literal.type} has no circuit")
