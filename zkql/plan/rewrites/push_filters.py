"""Move conditions to where their columns come from, and merge them.

before  r2 := Join[r0, r1] TRUE                         after  r1 := Filter[r0] a.x > 0
        r3 := Filter[r2] a.id = b.id AND a.x > 0               r3 := Join[r1, r2] a.id = b.id

Fewer rows are joined and proven, a comma join finds its condition, and neighbouring filters become one.
"""

from __future__ import annotations

from dataclasses import replace

from zkql.plan.calls import Analytic
from zkql.plan.expressions import (
    TRUE,
    Expression,
    columns_of,
    conjunction,
    conjuncts,
    substituted,
)
from zkql.plan.nodes import Aggregate, Filter, Join, Node, Over, Project, Union
from zkql.plan.rewrites.failing import may_be_an_error
from zkql.plan.walk import bottom_up


def push_filters(plan: Node) -> Node:
    """Push every filter as far down as it goes; windows stay below filters."""
    return bottom_up(plan, _pushed)


def _pushed(node: Node) -> Node:
    return _below(node.input, conjuncts(node.predicate), node) if isinstance(node, Filter) else node


def _below(source: Node, parts: tuple[Expression, ...], written: Filter) -> Node:
    """``source`` filtered by all parts; ``written`` is where they come from."""
    if not parts:
        return source
    match source:
        case Filter(inner, predicate):
            return _below(inner, (*conjuncts(predicate), *parts), written)
        case Project(inner, outputs):
            made = {o.name: o.expression for o in outputs}
            return replace(source, input=_below(inner, tuple(substituted(p, made) for p in parts), written))
        case Join(left, right, condition):
            return _below_join(source, left, right, condition, parts, written)
        case Union(nodes):
            return replace(source, inputs=tuple(_below_union(source, n, parts, written) for n in nodes))
        case Aggregate(inner, keys, _) if keys:
            keyed = {k.name: k.expression for k in keys}
            below = tuple(
                p for p in parts if _reads(p) and _reads(p) <= set(keyed) and not may_be_an_error(p)
            )
            lowered = replace(
                source, input=_below(inner, tuple(substituted(p, keyed) for p in below), written)
            )
            return _filtered(lowered, tuple(p for p in parts if p not in below), written)
        case Over(inner, calls):
            partitions = [set(c.call.partition) for c in calls if isinstance(c.call, Analytic)]
            shared = set.intersection(*partitions)
            below = tuple(
                p for p in parts if columns_of(p) <= shared and columns_of(p) and not may_be_an_error(p)
            )
            over = replace(source, input=_below(inner, below, written))
            return _filtered(over, tuple(p for p in parts if p not in below), written)
        case _:
            return _filtered(source, parts, written)


def _below_join(
    join: Join, left: Node, right: Node, condition: Expression, parts: tuple[Expression, ...], written: Filter
) -> Node:
    sides: list[list[Expression]] = [[], [], []]
    names = ({c.name for c in left.columns}, {c.name for c in right.columns})
    for part in parts:
        read = _reads(part)
        own = 2 if may_be_an_error(part) else next((i for i in (0, 1) if read <= names[i]), 2)
        sides[own].append(part)
    both = conjunction((*(c for c in conjuncts(condition) if c != TRUE), *sides[2]))
    return replace(
        join,
        left=_below(left, tuple(sides[0]), written),
        right=_below(right, tuple(sides[1]), written),
        condition=both or TRUE,
    )


def _below_union(union: Union, node: Node, parts: tuple[Expression, ...], written: Filter) -> Node:
    own = dict(zip(union.names, node.columns, strict=True))
    return _below(node, tuple(substituted(p, own) for p in parts), written)


def _filtered(source: Node, parts: tuple[Expression, ...], written: Filter) -> Node:
    predicate = conjunction(parts)
    return source if predicate is None else Filter(source, predicate, span=written.span)


def _reads(expression: Expression) -> set[str]:
    return {c.name for c in columns_of(expression)}
