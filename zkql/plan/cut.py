"""Cut a logical plan into what is evaluated natively and what goes into a circuit.

In: a rewritten plan that can be proven in principle. Out: a :class:`StagedPlan`, or diagnostics that say,
operator by operator, what has no circuit yet. This version has circuits for one stage: aggregates over
tumbling windows of one stream, with conditions and groups (:mod:`zkql.plan.gaps` has the details).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from zkql.errors import QueryError
from zkql.plan.calls import Aggregation, Output
from zkql.plan.expressions import conjunction, conjuncts, is_private, substituted
from zkql.plan.functions.aggregates import Function
from zkql.plan.gaps import THIS_VERSION, Shape, gaps, of_window, planned, shown_parts
from zkql.plan.lineage import Bound, bounds
from zkql.plan.listing import ListShape, filters_of, list_shape, listing_gaps, staged_listing
from zkql.plan.nodes import (
    Aggregate,
    Filter,
    Join,
    Limit,
    Node,
    Over,
    Project,
    Scan,
    Union,
    Window,
    WindowKind,
    inputs,
)
from zkql.plan.rewrites.look_up_tables import is_known, obstacle
from zkql.plan.schema import StreamSchema
from zkql.plan.stages import BoundName, CircuitPlan, Limits, StagedPlan
from zkql.plan.walk import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zkql.errors import Diagnostic, Span

_PLANNED_WINDOWS = {
    WindowKind.HOP: "TUMBLE(TABLE …, DESCRIPTOR(…), INTERVAL …) with the slide as its size",
    WindowKind.CUMULATE: "TUMBLE(TABLE …, DESCRIPTOR(…), INTERVAL …) with the step as its size",
    WindowKind.SESSION: "TUMBLE(TABLE …, DESCRIPTOR(…), INTERVAL …)",
}


def cut(plan: Node, limits: Mapping[str, Limits], declared: Mapping[str, Mapping[str, Span]]) -> StagedPlan:
    """The stage of a plan. ``limits`` are by stream, and ``declared`` says where its columns stand. Raises
    :class:`QueryError` with everything that has no circuit yet."""
    shape = _shape(plan)
    if isinstance(shape, list):
        raise QueryError(tuple(shape))
    spans = declared[shape.stream.name]
    own = limits[shape.stream.name]
    problems = list(gaps(shape, spans) if isinstance(shape, Shape) else listing_gaps(shape, spans))
    if problems:
        raise QueryError(tuple(dict.fromkeys(problems)))
    staged = _staged(shape, own) if isinstance(shape, Shape) else staged_listing(shape, own)
    if unordered := list(_unordered(staged, plan.span)):
        raise QueryError(tuple(unordered))
    return staged


_IN_ORDER = frozenset((Function.FIRST_VALUE, Function.LAST_VALUE, Function.ARG_MAX, Function.ARG_MIN))


def _unordered(plan: StagedPlan, span: Span | None) -> Iterator[Diagnostic]:
    """What depends on the order of rows, where the chains of several devices stand one after the other."""
    if plan.circuit is None or plan.circuit.chains < 2:
        return
    note = f"nearest provable form: of each device: GROUP BY …, {plan.stream.device}"
    listed = (
        f"nearest provable form: of each device: PARTITION BY window_start, window_end, {plan.stream.device}"
    )
    if plan.listing is not None:
        place = next((c.span for c in plan.listing.analytics), span)
        yield planned("OVER rows of several chains has", place, listed)
    for call in plan.calls:
        if call.function in _IN_ORDER:
            yield planned(f"{call.function} of rows of several chains has", call.span, note)


# --- shape ------------------------------------------------------------------------------------------


def _shape(plan: Node) -> Shape | ListShape | list[Diagnostic]:
    listed = list_shape(plan)
    if listed is not None:
        return listed
    node = plan
    project = None
    if isinstance(node, Project):
        project, node = node, node.input
    having, node = filters_of(node)
    if isinstance(node, Aggregate):
        aggregate = node
        filters, node = filters_of(node.input)
        if isinstance(node, Window) and node.kind is WindowKind.TUMBLE and isinstance(node.input, Scan):
            assert isinstance(node.input.relation, StreamSchema)
            return Shape(project, having, aggregate, filters, node, node.input.relation)
    found = list(_culprits(plan))
    return found or [planned("this query has", plan.span, THIS_VERSION)]


def _culprits(node: Node, *, listed: bool = True, aggregated: bool = False) -> Iterator[Diagnostic]:
    """What stands in the way. ``listed`` says that rows come out as they are, ``aggregated`` that an
    aggregate is above."""
    match node:
        case Join():
            yield _join(node)
        case Over(_, calls):
            yield from (
                planned(
                    f"{c.call.function} OVER has",
                    c.call.span,
                    "it is planned: OVER rows of one stream in TUMBLE windows",
                )
                for c in calls
            )
        case Union():
            yield planned("UNION ALL has", node.span, "nearest provable form: a query over each stream alone")
        case Limit():
            yield planned("ORDER BY has", node.span)
        case Window(kind=kind) if kind in _PLANNED_WINDOWS:
            yield planned(f"{kind} has", node.span, f"nearest provable form: {_PLANNED_WINDOWS[kind]}")
        case Aggregate(_, _, ()):
            yield planned("DISTINCT has", node.span, "nearest provable form: GROUP BY …, with COUNT(*)")
        case Aggregate() if aggregated:
            yield planned(
                "an aggregate of aggregates has", node.span, "nearest provable form: the inner query alone"
            )
        case Scan() if listed:
            yield planned(
                "listing rows one by one has",
                node.span,
                "nearest provable form: ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY …) "
                "AS n, which lists them in that order",
                "or an aggregate, for example COUNT(*)",
            )
    panes = isinstance(node, Window) and node.kind is not WindowKind.TUMBLE
    for source in inputs(node):
        yield from _culprits(
            source,
            listed=listed and isinstance(node, Project | Filter | Window),
            aggregated=not panes and (aggregated or isinstance(node, Aggregate)),
        )


def _join(join: Join) -> Diagnostic:
    for side in (join.left, join.right):
        unknown = [n.relation for n in walk(side) if isinstance(n, Scan) and not is_known(n)]
        if unknown and not any(isinstance(relation, StreamSchema) for relation in unknown):
            name = unknown[0].name
            return planned(
                f"a join with {name!r}, whose rows are not known, has",
                join.span,
                f"nearest provable form: CREATE TABLE {name} (…) WITH ('path' = '{name}.csv')",
            )
    reason = obstacle(join)
    if reason is not None:
        return planned("this join with a table has", join.span, reason)
    if is_known(join.left) or is_known(join.right):
        return planned(
            "a join with a table, a column of which has no value, has", join.span, "leave that column out"
        )
    return planned(
        "a join of streams has",
        join.span,
        "nearest provable form: a query over each stream alone, or a join with a table of known rows",
    )


# --- the stage --------------------------------------------------------------------------------------


def _staged(shape: Shape, limits: Limits) -> StagedPlan:
    parts = [p for f in shape.filters for p in conjuncts(f.predicate)]
    window_parts = tuple(p for p in parts if of_window(p, shape.window))
    public = conjunction(tuple(p for p in parts if not is_private(p) and p not in window_parts))
    private = conjunction(tuple(p for p in parts if is_private(p)))
    aggregate = shape.aggregate
    keyed = {name: bound for name, (_, bound) in bounds(aggregate).items()}
    canonical = {
        c.name: replace(c, name=str(b)) for c, b in zip(shape.window.columns[-3:], Bound, strict=True)
    }
    window = conjunction(tuple(substituted(p, canonical) for p in window_parts))
    having = conjunction(tuple(p for f in shape.having for p in conjuncts(f.predicate)))
    calls = tuple(c.call for c in aggregate.calls if isinstance(c.call, Aggregation))
    keys = tuple(k for k in aggregate.keys if k.name not in keyed)
    hidden = tuple(k for k in keys if is_private(k.expression))
    # Which rows count, or count together, is private.
    whole = private is not None or bool(hidden) or shape.stream.is_chained
    proven = tuple(i for i, call in enumerate(calls) if whole or any(map(is_private, call.expressions)))
    circuit = None
    if proven or whole:
        read = [] if private is None else [private]
        read += [k.expression for k in hidden]
        read += [e for i in proven for e in calls[i].expressions]
        wanted = dict.fromkeys(part for e in read for part in shown_parts(e))
        capacity, chains = CircuitPlan.room(shape.stream, limits, keys)
        groups = limits.groups if hidden else 1
        circuit = CircuitPlan(capacity, chains, private, tuple(wanted), hidden, groups, proven)
    outputs = (
        shape.project.outputs
        if shape.project is not None
        else tuple(Output(c.name, c) for c in aggregate.columns)
    )
    return StagedPlan(
        stream=shape.stream,
        size=shape.window.size,
        offset=shape.window.offset,
        window=window,
        predicate=public,
        bounds=tuple(BoundName(name, bound) for name, bound in keyed.items()),
        keys=tuple(k for k in keys if k not in hidden),
        calls=calls,
        names=tuple(c.name for c in aggregate.calls),
        having=having,
        outputs=outputs,
        circuit=circuit,
    )
