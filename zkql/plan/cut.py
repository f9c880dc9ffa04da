"""Cut a logical plan into what is evaluated natively and what goes into a circuit.

In: a rewritten plan that can be proven in principle. Out: a :class:`StagedPlan`, or diagnostics that say,
operator by operator, what has no circuit yet. This version has circuits for one stage: COUNT, SUM, MIN, MAX
and AVG over tumbling windows of one stream, with conditions and groups.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zkql.errors import Diagnostic, Label, QueryError
from zkql.plan.calls import Aggregation, Output
from zkql.plan.expressions import (
    Call,
    Column,
    Comparison,
    Expression,
    Literal,
    Logical,
    Not,
    as_written,
    columns_of,
    conjunction,
    conjuncts,
    is_private,
    substituted,
)
from zkql.plan.functions.aggregates import Function
from zkql.plan.lineage import Bound, bounds
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
from zkql.plan.rewrites.failing import may_be_an_error
from zkql.plan.schema import StreamSchema
from zkql.plan.stages import BoundName, CircuitPlan, StagedPlan
from zkql.plan.types import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from zkql.errors import Span
    from zkql.plan.types import SqlType

PROVEN = (Function.COUNT, Function.SUM, Function.MIN, Function.MAX, Function.AVG)
THIS_VERSION = "this version proves COUNT, SUM, MIN, MAX and AVG over TUMBLE windows of one stream"
_PLANNED_WINDOWS = {
    WindowKind.HOP: "TUMBLE(TABLE …, DESCRIPTOR(…), INTERVAL …) with the slide as its size",
    WindowKind.CUMULATE: "TUMBLE(TABLE …, DESCRIPTOR(…), INTERVAL …) with the step as its size",
    WindowKind.SESSION: "TUMBLE(TABLE …, DESCRIPTOR(…), INTERVAL …)",
}


@dataclass(frozen=True, slots=True)
class _Shape:
    """The one shape that has a circuit, top down."""

    project: Project | None
    having: tuple[Filter, ...]
    aggregate: Aggregate
    filters: tuple[Filter, ...]
    window: Window
    stream: StreamSchema


def cut(plan: Node, capacities: Mapping[str, int], declared: Mapping[str, Mapping[str, Span]]) -> StagedPlan:
    """The stage of a plan. ``capacities`` has the most rows of one proof by stream, ``declared`` where the
    columns stand. Raises :class:`QueryError` with everything that has no circuit yet."""
    shape = _shape(plan)
    if isinstance(shape, list):
        raise QueryError(tuple(shape))
    spans = declared[shape.stream.name]
    problems = [*_stream_problems(shape.stream, spans), *_problems(shape, spans)]
    if problems:
        raise QueryError(tuple(dict.fromkeys(problems)))
    return _staged(shape, capacities[shape.stream.name])


def _planned(what: str, span: Span | None, *notes: str) -> Diagnostic:
    labels = () if span is None else (Label(span),)
    return Diagnostic(
        "ZKQL0301", f"{what} no circuit yet", labels, notes or (f"it is planned; {THIS_VERSION}",)
    )


# --- shape ------------------------------------------------------------------------------------------


def _shape(plan: Node) -> _Shape | list[Diagnostic]:
    node = plan
    project = None
    if isinstance(node, Project):
        project, node = node, node.input
    having, node = _filters(node)
    if isinstance(node, Aggregate):
        aggregate = node
        filters, node = _filters(node.input)
        if isinstance(node, Window) and node.kind is WindowKind.TUMBLE and isinstance(node.input, Scan):
            assert isinstance(node.input.relation, StreamSchema)
            return _Shape(project, having, aggregate, filters, node, node.input.relation)
    found = list(_culprits(plan))
    return found or [_planned("this query has", plan.span, THIS_VERSION)]


def _filters(node: Node) -> tuple[tuple[Filter, ...], Node]:
    """The filters on top of a node, those first that are asked first, and what they filter."""
    found: list[Filter] = []
    while isinstance(node, Filter):
        found.insert(0, node)
        node = node.input
    return tuple(found), node


def _culprits(node: Node, *, listed: bool = True, aggregated: bool = False) -> Iterator[Diagnostic]:
    """What stands in the way. ``listed`` says that rows come out as they are, ``aggregated`` that an
    aggregate is above."""
    match node:
        case Join():
            yield _planned("a join has", node.span, "nearest provable form: a query over each stream alone")
        case Over(_, calls):
            yield from (_planned(f"{c.call.function} OVER has", c.call.span) for c in calls)
        case Union():
            yield _planned(
                "UNION ALL has", node.span, "nearest provable form: a query over each stream alone"
            )
        case Limit():
            yield _planned("ORDER BY has", node.span)
        case Window(kind=kind) if kind in _PLANNED_WINDOWS:
            yield _planned(f"{kind} has", node.span, f"nearest provable form: {_PLANNED_WINDOWS[kind]}")
        case Aggregate(_, _, ()):
            yield _planned("DISTINCT has", node.span, "nearest provable form: GROUP BY …, with COUNT(*)")
        case Aggregate() if aggregated:
            yield _planned(
                "an aggregate of aggregates has", node.span, "nearest provable form: the inner query alone"
            )
        case Scan() if listed:
            yield _planned(
                "listing rows one by one has",
                node.span,
                "nearest provable form: an aggregate, for example COUNT(*)",
            )
    panes = isinstance(node, Window) and node.kind is not WindowKind.TUMBLE
    for source in inputs(node):
        yield from _culprits(
            source,
            listed=listed and isinstance(node, Project | Filter | Window),
            aggregated=not panes and (aggregated or isinstance(node, Aggregate)),
        )


# --- what has no circuit in that shape --------------------------------------------------------------


def _stream_problems(stream: StreamSchema, declared: Mapping[str, Span]) -> Iterator[Diagnostic]:
    for column in stream.columns:
        span = declared[column.name]
        if column.nullable:
            yield _planned(
                "NULL in a stream has",
                span,
                "nearest provable form: NOT NULL, and a value that stands for it",
            )
        if not _is_scalar(column.type):
            yield _planned(
                f"{column.type} in a stream has", span, "nearest provable form: a column for each field"
            )
        elif column.private and not column.type.is_bounded:
            yield Diagnostic(
                "ZKQL0308",
                f"private {column.type} has no circuit yet",
                (Label(span),),
                ("nearest provable form: declare it PUBLIC, or leave the column out of the stream",),
            )


def _problems(shape: _Shape, declared: Mapping[str, Span]) -> Iterator[Diagnostic]:
    for name, (_, bound) in bounds(shape.window).items():
        read = [p for f in shape.filters for p in conjuncts(f.predicate) if not _of_window(p, shape.window)]
        read += [e for c in shape.aggregate.calls for e in c.call.expressions]
        read += [k.expression for k in shape.aggregate.keys if not isinstance(k.expression, Column)]
        for expression in read:
            if name in {c.name for c in columns_of(expression)}:
                yield _planned(
                    f"{bound} beside columns, in a key or in an aggregate has",
                    expression.span,
                    "nearest provable form: compute with it in the SELECT list",
                )
    for key in shape.aggregate.keys:
        if is_private(key.expression):
            places = [declared[c.name] for c in columns_of(key.expression) if c.private]
            causes = (Label(span, "declared here") for span in sorted(places, key=lambda s: s.start))
            yield Diagnostic(
                "ZKQL0303",
                f"grouping by {as_written(key.expression)}, which is private, has no circuit yet",
                () if key.span is None else (Label(key.span), *causes),
                ("nearest provable form: declare it PUBLIC, or aggregate over all groups",),
            )
        elif key.expression.nullable:
            yield _planned(
                f"grouping by {as_written(key.expression)}, which may be NULL, has",
                key.span,
                "nearest provable form: COALESCE(…, a value)",
            )
        elif not _is_scalar(key.expression.type):
            yield _planned(
                f"grouping by {key.expression.type} has",
                key.span,
                "nearest provable form: group by what it holds, in columns of their own",
            )
    yield from _error_problems(shape)
    for filter_ in shape.filters:
        for part in filter(is_private, conjuncts(filter_.predicate)):
            yield from _condition_problems(part)
    hidden = any(is_private(f.predicate) for f in shape.filters)
    if hidden and not shape.aggregate.calls:  # no call, no circuit: nobody would ask the condition
        yield _planned(
            "a private condition without an aggregate has",
            next(f.span for f in shape.filters if is_private(f.predicate)),
            "nearest provable form: select COUNT(*) as well",
        )
    for named in shape.aggregate.calls:
        assert isinstance(named.call, Aggregation)
        yield from _call_problems(named.call, hidden=hidden)
    for having in shape.having:
        if is_private(having.predicate):
            yield _planned(
                "HAVING over private aggregates has",
                having.span,
                "nearest provable form: select the aggregate, and let the consumer choose",
            )
    private = {c.name for c in shape.aggregate.columns if c.private}
    for output in shape.project.outputs if shape.project else ():
        if _is_derived(output.expression, private):
            yield _planned(
                f"computing with private aggregates ({as_written(output.expression)}) has",
                output.span,
                "nearest provable form: select the aggregates themselves",
            )


def _error_problems(shape: _Shape) -> Iterator[Diagnostic]:
    """What is public is evaluated natively on every row, also on those that a private condition before it
    leaves out: there it must not be an error."""
    parts = [p for f in shape.filters for p in conjuncts(f.predicate)]
    first = next((i for i, p in enumerate(parts) if is_private(p)), None)
    if first is None:
        return
    public = [e for p in parts[first:] for e in ([p] if not is_private(p) else _public_parts(p))]
    public += [k.expression for k in shape.aggregate.keys]
    public += [e for c in shape.aggregate.calls for e in c.call.expressions]
    for expression in public:
        if not is_private(expression) and may_be_an_error(expression):
            yield _planned(
                f"{as_written(expression)}, which may be an error, beside a private condition has",
                expression.span,
                "nearest provable form: what always has a value, like TRY_CAST or division by a constant",
            )


def _is_derived(expression: Expression, private: set[str]) -> bool:
    """Whether it shows less than the private aggregates it reads: then these must not be revealed."""
    if isinstance(expression, Column):
        return False
    if isinstance(expression, Call) and expression.function == "CAST":
        (operand,) = expression.operands
        keeps = operand.type.is_numeric and expression.type.is_numeric
        if keeps and expression.type.scale >= operand.type.scale:
            return _is_derived(operand, private)
    return any(c.name in private for c in columns_of(expression))


def _condition_problems(condition: Expression) -> Iterator[Diagnostic]:
    """A private condition is made of comparisons of columns and constants."""
    if not is_private(condition):
        if condition.nullable or isinstance(condition, Literal):  # NOT of NULL is not what 1 - 0 is
            yield _in_where(condition)
        return
    match condition:
        case Logical(_, operands):
            for operand in operands:
                yield from _condition_problems(operand)
        case Not(operand):
            yield from _condition_problems(operand)
        case Comparison(_, left, right):
            for side in (left, right):
                computed = is_private(side) and not isinstance(side, Column)
                if computed or side.nullable or not side.type.is_bounded:
                    yield _in_where(side)
        case Column():
            return
        case _:
            yield _in_where(condition)


def _in_where(expression: Expression) -> Diagnostic:
    return _planned(
        f"{as_written(expression)} in a private condition has",
        expression.span,
        "nearest provable form: comparisons of columns and constants, with BETWEEN, IN, AND, OR and NOT",
    )


def _call_problems(call: Aggregation, *, hidden: bool) -> Iterator[Diagnostic]:
    if not hidden and not any(map(is_private, call.expressions)):
        if not _is_scalar(call.type):
            yield _planned(f"{call.type} as a result has", call.span)
        return
    if call.function not in PROVEN:
        yield _planned(f"{call.function} of private rows has", call.span)
    elif call.distinct and call.function not in (Function.MIN, Function.MAX):
        yield _planned(f"{call.function}(DISTINCT …) of private rows has", call.span)
    elif call.filter is not None:
        yield _planned(
            "FILTER over private rows has", call.span, "nearest provable form: the condition in WHERE"
        )
    elif call.function is Function.COUNT and call.argument is not None:
        yield _planned("COUNT of what may be NULL has", call.span, "nearest provable form: COUNT(*)")
    elif call.argument is not None:
        argument = call.argument
        simple = isinstance(argument, Column) or not is_private(argument)
        if not simple:
            yield _planned(
                f"{call.function} of an expression has",
                call.span,
                "nearest provable form: aggregate a column as it is",
            )
        elif argument.nullable or not argument.type.is_bounded or argument.type.kind is Kind.BOOLEAN:
            yield _planned(
                f"{call.function} of {argument.type} that may be NULL has"
                if argument.nullable
                else f"{call.function} of {argument.type} has",
                call.span,
            )


def _of_window(condition: Expression, window: Window) -> bool:
    """Whether a condition asks about the window alone: then whole windows are left out."""
    read = {c.name for c in columns_of(condition)}
    return bool(read) and read <= set(window.names)


def _is_scalar(kind: SqlType) -> bool:
    """Whether values can stand in rows and envelopes."""
    return (kind.is_bounded and kind.kind is not Kind.INTERVAL) or kind.kind is Kind.VARCHAR


# --- the stage --------------------------------------------------------------------------------------


def _staged(shape: _Shape, capacity: int) -> StagedPlan:
    parts = [p for f in shape.filters for p in conjuncts(f.predicate)]
    of_window = tuple(p for p in parts if _of_window(p, shape.window))
    public = conjunction(tuple(p for p in parts if not is_private(p) and p not in of_window))
    private = conjunction(tuple(p for p in parts if is_private(p)))
    aggregate = shape.aggregate
    keyed = {name: bound for name, (_, bound) in bounds(aggregate).items()}
    canonical = {
        c.name: replace(c, name=str(b)) for c, b in zip(shape.window.columns[-3:], Bound, strict=True)
    }
    window = conjunction(tuple(substituted(p, canonical) for p in of_window))
    having = conjunction(tuple(p for f in shape.having for p in conjuncts(f.predicate)))
    calls = tuple(c.call for c in aggregate.calls if isinstance(c.call, Aggregation))
    proven = tuple(
        i for i, call in enumerate(calls) if private is not None or any(map(is_private, call.expressions))
    )
    circuit = None
    if proven:
        arguments = (calls[i].argument for i in proven)
        wanted = [a for a in arguments if a is not None and not is_private(a)]
        wanted += _public_parts(private)
        circuit = CircuitPlan(capacity, private, tuple(dict.fromkeys(wanted)), proven)
    assert private is None or circuit is not None, "a condition that nobody would ask"
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
        keys=tuple(k for k in aggregate.keys if k.name not in keyed),
        calls=calls,
        names=tuple(c.name for c in aggregate.calls),
        having=having,
        outputs=outputs,
        circuit=circuit,
    )


def _public_parts(predicate: Expression | None) -> list[Expression]:
    """The largest public parts of a private condition: whole conditions, else sides of comparisons."""
    match predicate:
        case None | Literal():
            return []
        case _ if not is_private(predicate):
            return [predicate]
        case Logical(_, operands):
            return [part for operand in operands for part in _public_parts(operand)]
        case Not(operand):
            return _public_parts(operand)
        case Comparison(_, left, right):
            return [side for side in (left, right) if not is_private(side) and not isinstance(side, Literal)]
        case _:
            return []
