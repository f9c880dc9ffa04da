"""Push the public part of a condition out of the circuits.

before  r1 := Filter[r0] zone = 3 AND load > 5        after  r1 := Filter[r0] zone = 3
                                                              r2 := Filter[r1] load > 5

What reads public columns only is evaluated by processor and consumer alike; only the rest is proven.
"""

from __future__ import annotations

from dataclasses import replace

from zkql.plan.expressions import conjunction, conjuncts, is_private
from zkql.plan.nodes import Filter, Node
from zkql.plan.rewrites.failing import may_be_an_error
from zkql.plan.walk import bottom_up


def split_filters(plan: Node) -> Node:
    """Each filter of public and private conditions becomes two, the public one first."""
    return bottom_up(plan, _split)


def _split(node: Node) -> Node:
    if not isinstance(node, Filter):
        return node
    parts = conjuncts(node.predicate)
    first = next((i for i, p in enumerate(parts) if is_private(p)), len(parts))
    public = tuple(
        p for i, p in enumerate(parts) if not is_private(p) and (i < first or not may_be_an_error(p))
    )
    rest = tuple(p for p in parts if p not in public)
    before, after = conjunction(public), conjunction(rest)
    if before is None or after is None:
        return node
    return replace(node, input=replace(node, predicate=before), predicate=after)
