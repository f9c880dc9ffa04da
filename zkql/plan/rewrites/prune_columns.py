"""Leave out what nobody reads.

before  r1 := Aggregate[r0] MAX(x) AS a, MIN(x) AS b      after  r1 := Aggregate[r0] MAX(x) AS a
        r2 := Project[r1] a                                       r2 := Project[r1] a

An aggregate that is not selected is not proven, and nobody learns it.
"""

from __future__ import annotations

from dataclasses import replace

from zkql.plan.expressions import columns_of
from zkql.plan.nodes import Aggregate, Filter, Join, Limit, Node, Over, Project, Scan, Union, Window, inputs
from zkql.plan.walk import expressions_of


def prune_columns(plan: Node) -> Node:
    """Drop outputs and calls that nothing above reads; the columns of the result stay."""
    return _pruned(plan, {c.name for c in plan.columns})


def _pruned(node: Node, wanted: set[str]) -> Node:
    match node:
        case Scan():
            return node
        case Project(_, outputs):
            kept = tuple(o for o in outputs if o.name in wanted) or outputs[:1]
            node = replace(node, outputs=kept)
        case Aggregate(_, _, calls):
            node = replace(node, calls=tuple(c for c in calls if c.name in wanted))
        case Over(source, calls):
            kept_calls = tuple(c for c in calls if c.name in wanted)
            if not kept_calls:
                return _pruned(source, wanted)
            node = replace(node, calls=kept_calls)
        case Union(nodes):
            every = tuple(_pruned(n, {c.name for c in n.columns}) for n in nodes)
            return replace(node, inputs=every)
        case Window() | Filter() | Join() | Limit():
            pass
    read = {c.name for e in expressions_of(node) for c in columns_of(e)}
    if isinstance(node, Window | Filter | Join | Limit | Over):
        read |= wanted
    sources = tuple(_pruned(s, read & {c.name for c in s.columns}) for s in inputs(node))
    if isinstance(node, Join):
        return replace(node, left=sources[0], right=sources[1])
    return replace(node, input=sources[0])
