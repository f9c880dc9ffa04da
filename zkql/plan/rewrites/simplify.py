"""Compute what is constant, and leave out what changes nothing.

before  Filter[r0] x > 1 + 2 AND TRUE          after  Filter[r0] x > 3
before  Aggregate[r0] COUNT(x) AS n            after  Aggregate[r0] COUNT(*) AS n     where x is never NULL

Less is evaluated, and COUNT of a column needs no circuit of its own.
"""

from __future__ import annotations

from dataclasses import replace

from zkql.plan.calls import Aggregation, Named
from zkql.plan.expressions import (
    FALSE,
    TRUE,
    Call,
    Column,
    Connective,
    Expression,
    Literal,
    Logical,
    Not,
    children,
    rebuilt,
)
from zkql.plan.functions.aggregates import Function
from zkql.plan.nodes import Aggregate, Filter, Node
from zkql.plan.scalar import EvaluationError, evaluate
from zkql.plan.types import Kind
from zkql.plan.walk import bottom_up, over_expressions


def simplify(plan: Node) -> Node:
    """Fold constants in every expression, and drop conditions that are always true."""
    return bottom_up(plan, _node)


def _node(node: Node) -> Node:
    node = over_expressions(node, _expression)
    if isinstance(node, Filter) and node.predicate == TRUE:
        return node.input
    if isinstance(node, Aggregate):
        return replace(node, calls=tuple(Named(c.name, _call(c.call)) for c in node.calls))
    return node


def _call(call: object) -> Aggregation:
    assert isinstance(call, Aggregation)
    counts = call.function is Function.COUNT and not call.distinct
    if counts and call.argument is not None and not call.argument.nullable:
        call = replace(call, arguments=())
    if call.function in (Function.MIN, Function.MAX):
        call = replace(call, distinct=False)
    return replace(call, filter=None) if call.filter == TRUE else call


def _expression(expression: Expression) -> Expression:
    expression = rebuilt(expression, _expression)
    match expression:
        case Column() | Literal():
            return expression
        case Logical(connective, operands):
            return _logical(expression, connective, operands)
        case Not(Not(operand)):
            return operand
        case Call("IS NULL", (operand,)) if not operand.nullable:
            return replace(FALSE, span=expression.span)
        case Call("CAST", (operand,)) if operand.type == expression.type:
            return operand
    parts = children(expression)
    if not parts or not all(isinstance(p, Literal) for p in parts) or expression.type.kind is Kind.NULL:
        return expression
    try:
        return Literal(evaluate(expression, {}), expression.type, span=expression.span)
    except EvaluationError:
        return expression  # it is an error if a row comes, and none if not


def _logical(expression: Logical, connective: Connective, operands: tuple[Expression, ...]) -> Expression:
    neutral, decisive = (TRUE, FALSE) if connective is Connective.AND else (FALSE, TRUE)
    if decisive in operands:
        return replace(decisive, span=expression.span)
    kept = tuple(o for o in operands if o != neutral)
    if not kept:
        return replace(neutral, span=expression.span)
    return kept[0] if len(kept) == 1 else replace(expression, operands=kept)
