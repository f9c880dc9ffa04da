"""Aggregate a HOP window once per slide, and put the panes together.

before  r1 := Hop[r0] ts 10 s every 2 s
        r2 := Aggregate[r1] COUNT(*) AS n by window_start, window_end
after   r1 := Tumble[r0] ts 2 s AS pane_start, pane_end, pane_time
        r2 := Aggregate[r1] COUNT(*) AS n by pane_start, pane_end
        r3 := Hop[r2] pane_start 10 s every 2 s
        r4 := Aggregate[r3] SUM(n) AS n by window_start, window_end

Each row is proven once instead of size / slide times. Where a condition stands between window and
aggregate, it stays below both.
"""

from __future__ import annotations

from dataclasses import replace

from zkql.plan.calls import Aggregation, Named, Output
from zkql.plan.expressions import Column, columns_of
from zkql.plan.functions.aggregates import Function
from zkql.plan.functions.scalars import call as scalar_call
from zkql.plan.lineage import origin
from zkql.plan.nodes import Aggregate, Filter, Node, Project, Window, WindowKind
from zkql.plan.walk import bottom_up, expressions_of

_COMBINED = {
    Function.COUNT: Function.SUM,
    Function.SUM: Function.SUM,
    Function.MIN: Function.MIN,
    Function.MAX: Function.MAX,
}
_PANE = ("pane_start", "pane_end", "pane_time")


def choose_panes(plan: Node) -> Node:
    """Rewrite every aggregate over HOP whose calls can be put together from those of its panes."""
    return bottom_up(plan, _panes)


def _panes(node: Node) -> Node:
    if not isinstance(node, Aggregate):
        return node
    filtered = node.input
    window = filtered.input if isinstance(filtered, Filter) else filtered
    if not isinstance(window, Window) or window.kind is not WindowKind.HOP or window.size == window.slide:
        return node
    if origin(window.input, window.time).bound is not None:
        return node  # over panes already, or over another window
    calls = [c.call for c in node.calls if isinstance(c.call, Aggregation)]
    if not calls or not all(c.function in _COMBINED and not c.distinct for c in calls):
        return node
    bounds = set(window.names)
    keys = tuple(
        k for k in node.keys if not (isinstance(k.expression, Column) and k.expression.name in bounds)
    )
    read = [*expressions_of(filtered)] if isinstance(filtered, Filter) else []
    read += [k.expression for k in keys] + [e for c in calls for e in c.expressions]
    if any(c.name in bounds for e in read for c in columns_of(e)) or len(keys) == len(node.keys):
        return node
    return _combined(node, window, filtered, keys)


def _combined(node: Aggregate, window: Window, filtered: Node, keys: tuple[Output, ...]) -> Node:
    pane: Node = replace(
        window,
        kind=WindowKind.TUMBLE,
        size=window.slide,
        slide=0,
        offset=window.offset % window.slide,
        names=_PANE,
    )
    assert isinstance(pane, Window)
    bounds = tuple(Output(name, c) for name, c in zip(_PANE[:2], pane.columns[-3:-1], strict=True))
    if isinstance(filtered, Filter):
        pane = replace(filtered, input=pane)
    panes = replace(node, input=pane, keys=(*bounds, *keys))
    hop = replace(window, input=panes, time=_PANE[0])
    made = {c.name: c for c in hop.columns}
    again: list[Named] = []
    for named in node.calls:
        assert isinstance(named.call, Aggregation)
        function = _COMBINED[named.call.function]
        again.append(Named(named.name, Aggregation(function, (made[named.name],), span=named.call.span)))
    outer_keys = tuple(k if k not in keys else Output(k.name, made[k.name], span=k.span) for k in node.keys)
    outer = Aggregate(hop, outer_keys, tuple(again), span=node.span)
    wanted, found = node.columns, outer.columns
    if all(a.type == b.type for a, b in zip(wanted, found, strict=True)):
        return outer
    outputs = tuple(
        Output(b.name, b if a.type == b.type else scalar_call("CAST", (b,), None, to=a.type))
        for a, b in zip(wanted, found, strict=True)
    )
    return Project(outer, outputs)
