"""Compute what the rows of a query show after they are ranked, from the columns that the ranks read.

before  r1 := Project[r0] x + 1 AS y            after  r1 := Over[r0] ROW_NUMBER() OVER (ORDER BY x + 1) AS n
        r2 := Over[r1] … (ORDER BY y) AS n             r2 := Filter[r1] n <= 3
        r3 := Filter[r2] n <= 3                        r3 := Project[r2] x + 1 AS y, n

Ranks are proven over the rows of a window as they are; what is computed of these goes into the circuit.
"""

from __future__ import annotations

from dataclasses import replace

from zkql.plan.calls import Named, Output, free_name
from zkql.plan.expressions import substituted
from zkql.plan.nodes import Filter, Node, Over, Project
from zkql.plan.walk import bottom_up, over_expressions


def lift_projections(plan: Node) -> Node:
    """Lift every projection over the OVER and the filters above it."""
    return bottom_up(plan, _lifted)


def _lifted(node: Node) -> Node:
    if not isinstance(node, Over | Filter) or not isinstance(node.input, Project):
        return node
    project = node.input
    made = {o.name: o.expression for o in project.outputs}
    below = over_expressions(replace(node, input=project.input), lambda e: substituted(e, made))
    if isinstance(below, Filter):
        return replace(project, input=_lifted(below))
    assert isinstance(below, Over)
    own = len(below.input.columns)
    below = replace(below, calls=_renamed(below.calls, {c.name for c in below.input.columns}))
    ranks = zip(node.columns[len(project.outputs) :], below.columns[own:], strict=True)
    shown = (Output(column.name, rank) for column, rank in ranks)
    return replace(project, input=_lifted(below), outputs=(*project.outputs, *shown))


def _renamed(calls: tuple[Named, ...], taken: set[str]) -> tuple[Named, ...]:
    """The calls, under names that no column has."""
    found: list[Named] = []
    for call in calls:
        name = free_name(call.name, taken)
        taken = taken | {name}
        found.append(Named(name, call.call))
    return tuple(found)
