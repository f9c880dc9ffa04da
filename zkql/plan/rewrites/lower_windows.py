"""Move windows down to the scan.

before  r1 := Filter[r0] x > 0            after  r1 := Tumble[r0] ts 10 s
        r2 := Tumble[r1] ts 10 s                 r2 := Filter[r1] x > 0

A window over a stream is decided by signed event times alone; filters and projections then stand above
it, where they can be merged. Sessions stay where they are: a filter decides where they end.
"""

from __future__ import annotations

from dataclasses import replace

from zkql.plan.calls import Output
from zkql.plan.expressions import Column
from zkql.plan.nodes import Filter, Node, Project, Window, WindowKind
from zkql.plan.walk import bottom_up


def lower_windows(plan: Node) -> Node:
    """Swap each window with the filters and projections below it."""
    return bottom_up(plan, _lowered)


def _lowered(node: Node) -> Node:
    if not isinstance(node, Window):
        return node
    below = node.input
    if isinstance(below, Filter) and node.kind is not WindowKind.SESSION:
        return replace(below, input=_lowered(replace(node, input=below.input)))
    if isinstance(below, Project):
        return _below_project(node, below)
    return node


def _below_project(window: Window, project: Project) -> Node:
    made = {o.name: o.expression for o in project.outputs}
    read = [made[name] for name in (window.time, *(c.name for c in window.partition))]
    taken = {c.name for c in project.input.columns}
    if not all(isinstance(e, Column) for e in read) or taken & set(window.names):
        return window
    time, *partition = [e for e in read if isinstance(e, Column)]
    lowered = replace(window, input=project.input, time=time.name, partition=tuple(partition))
    bounds = (Output(c.name, c) for c in lowered.columns[-len(window.names) :])
    return replace(project, input=_lowered(lowered), outputs=(*project.outputs, *bounds))
