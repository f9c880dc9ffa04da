"""Compute where it is used: a projection below another, or below an aggregate, goes into it.

before  r1 := Project[r0] x + 1 AS y            after  r1 := Aggregate[r0] SUM(x + 1) AS total
        r2 := Aggregate[r1] SUM(y) AS total

Views and subqueries leave no trace, so that however a query is written, it gets the same circuit.
"""

from __future__ import annotations

from dataclasses import replace

from zkql.plan.expressions import Column, Expression, substituted
from zkql.plan.nodes import Aggregate, Node, Project
from zkql.plan.walk import bottom_up, over_expressions


def merge_projections(plan: Node) -> Node:
    """Inline every projection into the projection or aggregate above it; drop those that change nothing."""
    return bottom_up(plan, _merged)


def _merged(node: Node) -> Node:
    if isinstance(node, Project | Aggregate) and isinstance(node.input, Project):
        made = {o.name: o.expression for o in node.input.outputs}
        own = replace(node, input=node.input.input)
        return _merged(over_expressions(own, lambda e: _inlined(e, made)))
    if isinstance(node, Project) and _is_identity(node):
        return node.input
    return node


def _inlined(expression: Expression, made: dict[str, Expression]) -> Expression:
    return substituted(expression, made)


def _is_identity(project: Project) -> bool:
    names = [c.name for c in project.input.columns]
    return [o.name for o in project.outputs] == names and all(
        isinstance(o.expression, Column) and o.expression.name == o.name for o in project.outputs
    )
